"""What each change makes run, and what a dry run says of it. The expected jobs are written from the rules, by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pytest

from scripts.workflow.batches import plan_batches
from tests.end_to_end.hospital import (
    CASES_PER_JOB,
    Hospital,
    done_by,
    explanation,
    foretold,
    make_hospital,
)
from tests.end_to_end.runs import PDF

REPORT = ("draw_figures", "write_report")
AFTER_FIT = (
    "fit_model",
    "apply_model",
    "describe_cohort",
    "evaluate_model",
    "assess_stability",
    "compare_rivals",
)
AFTER_FEATURES = (*AFTER_FIT, "validate_published", *REPORT)
AFTER_CHECK = ("check_cohort", "admit_cohort", "collect_features", *AFTER_FEATURES)
EVALUATION = "scripts/papers/crc_nomogram/evaluation.py"
PARAMETERS = "papers.crc_nomogram.parameters"
WIDTH, MOST_LINES = 110, 30


def batch_of(hospital: Hospital, patient: str, cases_per_job: int = CASES_PER_JOB) -> str:
    return next(b for b, members in hospital.batches(cases_per_job).items() if patient in members)


def one_batch(batch: str) -> Counter[str]:
    """What a change in one batch's files or patients reaches."""
    return Counter([f"check_cases {batch}", f"extract_features {batch}", *AFTER_CHECK])


def someone(hospital: Hospital) -> str:
    """A patient of the last batch; the pictures in the report are of the first one."""
    return list(hospital.batches().values())[-1][0]


@dataclass(frozen=True)
class Expected:
    """The jobs that must run, and words that the explanation must hold."""

    jobs: Counter[str]
    words: tuple[str, ...]


def nothing(hospital: Hospital) -> Expected:
    return Expected(Counter(), ("Nothing has changed: no job would run.",))


def touched(hospital: Hospital) -> Expected:
    hospital.touch()
    return nothing(hospital)


def one_voxel(hospital: Hospital) -> Expected:
    patient = someone(hospital)
    batch = batch_of(hospital, patient)
    hospital.add_voxel(patient)
    reached = f"reaches check_cases {batch} and extract_features {batch}, then check_cohort, admit_cohort"
    return Expected(
        one_batch(batch), ("Why 14 jobs", f"- {hospital.mask(patient)} changed", reached, "and 6 more")
    )


def comments(hospital: Hospital) -> Expected:
    hospital.reword_everything()
    return nothing(hospital)


def function_of_one_step(hospital: Hospital) -> Expected:
    hospital.change_function(EVALUATION, "decision_table")
    words = (f"the code changed: decision_table in {EVALUATION}", "reaches evaluate_model, then draw_figures")
    return Expected(Counter(["evaluate_model", *REPORT]), words)


def function_of_several_steps(hospital: Hospital) -> Expected:
    """The cut-off is part of every fit of the signature; the paper's own score has its cut-off printed."""
    hospital.change_function("scripts/survival/time_roc.py", "youden_cutoff")
    words = (
        "the code changed: youden_cutoff in scripts/survival/time_roc.py",
        "reaches assess_stability, compare_rivals and fit_model, then apply_model",
    )
    return Expected(Counter([*AFTER_FIT, *REPORT]), words)


def signature_parameter(hospital: Hospital) -> Expected:
    hospital.configure(lambda c: c["papers"]["crc_nomogram"]["parameters"]["signature"].update(n_folds=5))
    words = (
        f"{PARAMETERS}.signature.n_folds: 4 -> 5",
        "assess_stability, compare_rivals, fit_model and write_report",
    )
    return Expected(Counter([*AFTER_FIT, *REPORT]), words)


def evaluation_parameter(hospital: Hospital) -> Expected:
    hospital.configure(
        lambda c: c["papers"]["crc_nomogram"]["parameters"]["evaluation"].update(n_bootstrap=30)
    )
    reached = Counter(["evaluate_model", "validate_published", "compare_rivals", *REPORT])
    return Expected(reached, (f"{PARAMETERS}.evaluation.n_bootstrap: 20 -> 30", "then draw_figures"))


def clinical_cell(hospital: Hospital) -> Expected:
    sheet = hospital.sheet
    sheet.loc[5, "age"] = str(float(sheet.loc[5, "age"]) + 1)
    hospital.write_sheet(sheet)
    words = ("- data/sheet.csv changed", "reaches check_cohort and write_report, then admit_cohort")
    return Expected(Counter(AFTER_CHECK), words)


def one_patient_more(hospital: Hospital) -> Expected:
    """One who joins a batch with room, and not the first, whose patients are pictured."""
    sheet, before = hospital.sheet, hospital.batches()
    first = next(iter(before))
    for _, row in hospital.waiting.iterrows():
        after = plan_batches([*sheet["patient"], row["patient"]], CASES_PER_JOB)
        batch = next(b for b, members in after.items() if row["patient"] in members)
        if after.keys() == before.keys() and batch != first:
            break
    else:
        pytest.fail("no patient fits into a batch")
    hospital.write_sheet(pd.concat([sheet, row.to_frame().T]))
    words = (f"patient {row['patient']} is new", "data/sheet.csv changed")
    return Expected(one_batch(batch), words)


def one_patient_less(hospital: Hospital) -> Expected:
    sheet, before = hospital.sheet, hospital.batches()
    first = next(iter(before))
    for patient in sheet["patient"][sheet["recurrence"] == "0"]:
        batch = batch_of(hospital, patient)
        left = plan_batches(set(sheet["patient"]) - {patient}, CASES_PER_JOB)
        if left.keys() == before.keys() and batch != first:
            break
    else:
        pytest.fail("no patient can leave without joining two batches")
    hospital.write_sheet(sheet[sheet["patient"] != patient])
    return Expected(one_batch(batch), (f"patient {patient} is gone", "data/sheet.csv changed"))


def bin_width(hospital: Hospital) -> Expected:
    hospital.configure(
        lambda c: c["papers"]["crc_nomogram"]["parameters"].update(radiomics={"bin_width": 20.0})
    )
    extracted = [f"extract_features {batch}" for batch in hospital.batches()]
    return Expected(
        Counter(["settle_extraction", *extracted, "collect_features", *AFTER_FEATURES]),
        (
            f"{PARAMETERS}.radiomics.bin_width: 25.0 -> 20.0",
            "settle_extraction",
            f"extract_features ({len(extracted)} jobs)",
        ),
    )


def reported_number(hospital: Hospital) -> Expected:
    path = hospital.folder / "resources/reported/crc_nomogram.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# printed otherwise\n", encoding="utf-8")
    return Expected(
        Counter(["write_report"]), (f"{path.relative_to(hospital.folder)} changed", "write_report")
    )


def template(hospital: Hospital) -> Expected:
    path = hospital.folder / "resources/report/template.typ"
    path.write_text(path.read_text(encoding="utf-8") + "\n// a remark\n", encoding="utf-8")
    return Expected(
        Counter(["write_report"]), (f"{path.relative_to(hospital.folder)} changed", "write_report")
    )


def wording(hospital: Hospital) -> Expected:
    script = "scripts/papers/crc_nomogram/report/methods.py"
    hospital.change_function(script, "methods")
    return Expected(Counter(["write_report"]), (f"methods in {script}", "reaches write_report"))


def deleted(hospital: Hospital) -> Expected:
    (hospital.folder / PDF).unlink()
    return Expected(Counter(["write_report"]), (f"{PDF} was deleted", "reaches write_report"))


def seed(hospital: Hospital) -> Expected:
    hospital.configure(lambda c: c.update(seed=7))
    reached = (
        "assess_stability, compare_rivals, fit_model, validate_published, evaluate_model and write_report"
    )
    return Expected(Counter(AFTER_FEATURES), ("seed: 2020 -> 7", reached))


def cases_per_job(hospital: Hospital) -> Expected:
    """Batches that had no more patients than now fit in one stay as they are; the first batch is cut, and pictured."""
    before = hospital.batches()
    hospital.configure(lambda c: c.update(cases_per_job=8))
    after = hospital.batches(8)
    new = [batch for batch in after if batch not in before]
    assert 0 < len(new) < len(after)
    jobs = Counter(
        [*(f"check_cases {b}" for b in new), *(f"extract_features {b}" for b in new), *AFTER_CHECK]
    )
    pictured = [next(iter(batches.values()))[:4] for batches in (before, after)]
    return Expected(
        jobs + Counter(["picture_cases"] if pictured[0] != pictured[1] else []),
        ("cases_per_job: other patients share a batch", f"check_cases ({len(new)} jobs)"),
    )


CHANGES: tuple[Callable[[Hospital], Expected], ...] = (
    nothing, touched, one_voxel, comments, function_of_one_step, function_of_several_steps, signature_parameter,
    evaluation_parameter, clinical_cell, one_patient_more, one_patient_less, bin_width, reported_number, template,
    wording, deleted, seed, cases_per_job,
)  # fmt: skip


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_first_run_is_told_whole_and_done_whole(tmp_path):
    study = make_hospital(tmp_path / "hospital")
    target = "cache/crc_nomogram/clinic/admitted.json"
    planned = study.run("-n", target=target)
    assert (
        "Nothing is there yet: all 7 jobs would run: check_cases (5 jobs), check_cohort and admit_cohort."
        in flat(explanation(planned))
    )
    started = study.run(target=target)
    assert "7 of 7 jobs to do: nothing is there yet." in started.said
    assert done_by(study) == foretold(planned)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_runs_what_it_reaches_and_the_dry_run_says_why(hospital, change, tmp_path):
    copy = hospital.copy(tmp_path / "copy")
    expected = change(copy)
    planned = copy.run("-n")
    told = explanation(planned)
    print(told)
    assert foretold(planned) == expected.jobs
    for words in expected.words:
        assert words in flat(told)
    assert len(told.splitlines()) <= MOST_LINES
    assert max(map(len, told.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    "change", [one_voxel, function_of_one_step, evaluation_parameter], ids=lambda c: c.__name__
)
def test_what_runs_is_what_was_foretold(hospital, change, tmp_path):
    copy = hospital.copy(tmp_path / "copy")
    expected = change(copy)
    told = copy.run()
    assert done_by(copy) == expected.jobs
    assert f"{expected.jobs.total()} of 24 jobs to do: " in told.said
    assert "Nothing has changed" in explanation(copy.run("-n"))


def test_two_changes_are_told_apart_even_behind_one_another(hospital, tmp_path):
    """A step behind a changed one says its own cause too, which Snakemake does not look for."""
    copy = hospital.copy(tmp_path / "copy")
    patient = someone(copy)
    one_voxel(copy)
    evaluation_parameter(copy)
    template(copy)
    told = flat(explanation(copy.run("-n")))
    for words in (f"{copy.mask(patient)} changed", "n_bootstrap: 20 -> 30", "template.typ changed"):
        assert words in told


def test_a_vanished_file_is_told_beside_a_changed_cell_of_its_batch(hospital, tmp_path):
    copy = hospital.copy(tmp_path / "copy")
    corrected, vanished, other = next(reversed(copy.batches().values()))[:3]
    (copy.folder / copy.mask(vanished)).unlink()
    sheet = copy.sheet
    masks = sheet.set_index("patient")["mask"]
    sheet.loc[sheet["patient"] == corrected, "mask"] = masks[other]
    copy.write_sheet(sheet)
    told = flat(explanation(copy.run("-n")))
    assert f"- {copy.mask(vanished)} is gone" in told
    assert f"- another mask of patient {corrected}" in told
    assert f"{copy.mask(corrected)} is gone" not in told
