"""What runs again after a change: what the change reaches, and nothing else."""

import shutil
import time

import pandas as pd
import pytest
import SimpleITK as sitk
import yaml

from tests.end_to_end.runs import CACHE, PDF, finished, write_config

REPORT = {"draw_figures", "write_report"}
AFTER_FIT = {
    "fit_model",
    "apply_model",
    "describe_cohort",
    "evaluate_model",
    "assess_stability",
    *REPORT,
}
READING = {"check_cases", "extract_features"}


@pytest.fixture(scope="module")
def run(study, tmp_path_factory):
    """A copy of the study's run that the tests of this module may change and must put back."""
    return shutil.copytree(study, tmp_path_factory.mktemp("reruns") / "run")


@pytest.fixture
def mine(run):
    """The run's configuration as a dict, and a function that plans with it changed."""

    def plan(change=lambda config: None, *arguments):
        config = yaml.safe_load((run / "mine.yaml").read_text())
        change(config)
        write_config(run / "changed.yaml", **config)
        return finished(run, "-n", PDF, "--configfile", "changed.yaml", *arguments)

    return plan


def parameter(**branches):
    def change(config):
        for branch, values in branches.items():
            config["papers"]["crc_nomogram"]["parameters"].setdefault(branch, {}).update(values)

    return change


def test_with_nothing_changed_nothing_runs(mine):
    assert "Nothing to be done" in mine().said


@pytest.mark.parametrize(
    ("change", "reached"),
    [
        (parameter(stability={"n_bootstrap": 21}), {"assess_stability", *REPORT}),
        (parameter(rivals={"outer_folds": 4}), {"compare_rivals", *REPORT}),
        (parameter(evaluation={"calibration_groups": 3}), {"evaluate_model", *REPORT}),
        (parameter(tables={"alpha": 0.01}), {"evaluate_model", *REPORT}),
        (
            parameter(evaluation={"n_bootstrap": 31}),
            {"evaluate_model", "validate_published", "compare_rivals", *REPORT},
        ),
        (lambda config: config.update(threads_per_job=2), set()),
        (lambda config: config["cohorts"].pop("from_csv"), set()),
    ],
    ids=["stability", "rivals", "calibration", "alpha", "bootstrap", "threads", "another cohort"],
)
def test_a_parameter_reaches_its_step_and_what_follows(mine, change, reached):
    assert set(mine(change).rules) == reached


def test_a_parameter_of_the_fit_reads_no_image_again(mine):
    rules = set(mine(parameter(signature={"lambda_rule": "1se"})).rules)
    assert rules >= AFTER_FIT
    assert not rules & {*READING, "collect_features", "check_cohort"}


def test_a_setting_of_the_extraction_checks_nothing_again(mine):
    planned = mine(parameter(radiomics={"bin_width": 20.0}))
    assert set(planned.rules) >= {"extract_features", "collect_features", *AFTER_FIT}
    assert "check_cases" not in planned.rules
    assert planned.rules["extract_features"] == len(planned.batches) > 1


def test_a_mask_and_a_setting_changed_at_once_leave_no_batch_behind(run):
    """The changed mask brings the admission again: each batch must still see the setting."""
    copy = shutil.copytree(run, run.parent / "mask_and_setting")
    mask = sorted((copy / "data" / "images").glob("*_mask.nii.gz"))[30]
    sitk.WriteImage(sitk.BinaryDilate(sitk.ReadImage(str(mask)), (1, 1, 0)), str(mask))
    config = yaml.safe_load((copy / "mine.yaml").read_text())
    parameter(radiomics={"bin_width": 20.0})(config)
    write_config(copy / "changed.yaml", **config)
    planned = finished(copy, "-n", PDF, "--configfile", "changed.yaml")
    assert planned.rules["check_cases"] == 1
    assert (
        planned.rules["extract_features"]
        == len(list((copy / CACHE / "hospital" / "check").glob("*.parquet")))
        > 1
    )


def test_how_many_cases_may_fail_reads_no_image_again(mine):
    """The limit is applied to the records of the cases; the records stay."""
    rules = mine(lambda config: config["cohorts"]["hospital"].update(max_failed_cases=1)).rules
    assert "check_cohort" in rules
    assert not set(rules) & READING


def test_one_mask_changed_reaches_one_batch(run, mine):
    mask = sorted((run / "data" / "images").glob("*_mask.nii.gz"))[30]
    before = mask.read_bytes()
    batches = sorted((run / CACHE / "hospital" / "features" / "config").glob("*.parquet"))
    written = {path: path.stat().st_mtime_ns for path in batches}
    copy = shutil.copytree(run, run.parent / "one_mask")
    mask = copy / mask.relative_to(run)
    sitk.WriteImage(sitk.BinaryDilate(sitk.ReadImage(str(mask)), (1, 1, 0)), str(mask))
    assert mask.read_bytes() != before
    planned = finished(copy, "-n", PDF, "--configfile", "mine.yaml")
    assert planned.rules["check_cases"] == planned.rules["extract_features"] == 1
    assert set(planned.rules) >= AFTER_FIT
    table = CACHE / "hospital" / "features" / "config.parquet"
    finished(copy, table, "--configfile", "mine.yaml")
    changed = [p for p in batches if (copy / p.relative_to(run)).stat().st_mtime_ns != written[p]]
    assert [path.stem for path in changed] == list(planned.batches)
    first, second = (pd.read_parquet(folder / table).set_index("patient") for folder in (run, copy))
    moved = [patient for patient in first.index if not first.loc[patient].equals(second.loc[patient])]
    assert [f"{patient}_mask.nii.gz" for patient in moved] == [mask.name]


def with_rows(run, change):
    """The study with its workbook changed by `change`, in a folder of its own."""
    copy = shutil.copytree(run, run.parent / f"sheet_{time.monotonic_ns()}")
    sheet = change(pd.read_excel(copy / "data" / "study.xlsx", dtype={"patient": str}))
    sheet.to_excel(copy / "data" / "study.xlsx", index=False)
    return finished(copy, "-n", PDF, "--configfile", "mine.yaml").rules


def test_a_corrected_cell_reads_no_image_again(run):
    def older(sheet):
        sheet.loc[5, "age"] += 1
        return sheet

    rules = with_rows(run, older)
    assert {"check_cohort", *AFTER_FIT} <= set(rules)
    assert not set(rules) & READING


@pytest.mark.parametrize("where", ["top", "bottom"])
def test_one_patient_less_reaches_one_batch(run, where):
    """Also where the lines of all others move up."""

    def fewer(sheet):
        return sheet.iloc[1:] if where == "top" else sheet.iloc[:-1]

    rules = with_rows(run, fewer)
    assert rules["check_cases"] == rules["extract_features"] == 1
