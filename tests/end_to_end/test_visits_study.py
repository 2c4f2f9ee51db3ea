"""nact_response on a user's cohort: two visits of contrast series to models, tables and the PDF."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from tests.end_to_end import visits
from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.planted_visits import planted_jobs
from tests.end_to_end.runs import BANNER, MODEL_BANNER, finished, refused
from tests.end_to_end.test_settings_read import check_all, plan
from tests.end_to_end.visits import (
    ALL_TARGETS,
    BROKEN,
    N_DEVELOPMENT,
    N_TESTING,
    OWN_PREDICTION,
    PREDICTION,
    TARGET,
    WITHOUT_MASKS,
    tables,
)

MODELS = {"baseline", "follow_up", "delta", "jacobian", "fusion", "fusion_subtype"}
NEW = f"{PREDICTION}/tables/predictions.csv"
MODEL = "results/nact_response/model.json"


@pytest.fixture(scope="module")
def study(visits_study):
    """Folder of a finished run; no test may change it."""
    return visits_study


def words_of(path):
    """All words of a PDF, and how many pages it has."""
    pages = pdf_pages(path)
    return " ".join(" ".join(pages).split()), len(pages)


def test_every_patient_is_in_the_tables_or_in_the_ledger(study):
    found = tables(study)
    scored = found["predictions"].groupby("model")["patient"].apply(set)
    assert set(scored.index) == MODELS
    assert all(len(patients) == N_DEVELOPMENT + N_TESTING - 1 for patients in scored)
    assert all(BROKEN not in patients for patients in scored)
    ledger = pd.read_csv(study / "cache/nact_response/clinic/image_features/ledger.csv").set_index("patient")
    assert ledger.index.tolist() == [BROKEN]
    assert ledger.loc[BROKEN, "step"] == "check_cases"
    assert "follow_up" in ledger.loc[BROKEN, "cause"]


def test_performance_is_of_the_predictions(study):
    """AUC by counting pairs."""
    found = tables(study)
    for row in found["performance"].itertuples():
        of_model = found["predictions"].query("model == @row.model and cohort == @row.cohort")
        groups = [of_model.loc[of_model["response"] == value, "score"] for value in (1, 0)]
        pairs = [(a > b) + 0.5 * (a == b) for a in groups[0] for b in groups[1]]
        assert row.auc == pytest.approx(sum(pairs) / len(pairs))
        called = of_model["score"] >= row.cutoff
        assert row.sensitivity == pytest.approx(called[of_model["response"] == 1].mean())
    assert set(found["performance"]["cohort"]) == {"development", "testing"}
    assert "recovery" not in found


def test_a_tumour_without_a_mask_is_outlined(study):
    folder = study / "cache/nact_response/clinic/preprocess/segment_tumours/baseline"
    outlined = pd.concat([pd.read_parquet(path) for path in folder.glob("*.parquet")]).set_index("patient")
    by_us = outlined.index[outlined["mask_source"] != "given"]
    assert by_us.tolist() == [WITHOUT_MASKS]
    assert outlined.loc[WITHOUT_MASKS, "volume_ml"] > 0.5


def test_no_map_folds(study):
    registered = pd.read_parquet(study / "results/nact_response/check/clinic/registrations.parquet")
    assert len(registered) == N_DEVELOPMENT + N_TESTING - 1
    assert (registered["n_nonpositive"] == 0).all()
    assert (registered["smallest_jacobian"] > 0).all()


def test_the_report_is_of_these_patients(study):
    text, n_pages = words_of(study / TARGET)
    assert n_pages > 12
    assert BANNER not in text
    for words in (
        "Reported beside obtained",
        "registrations with the lowest Dice",
        "Performance of the models",
    ):
        assert words in text


def test_a_second_run_has_nothing_to_do(study):
    assert "Nothing to be done" in finished(study, *ALL_TARGETS, "--configfile", "mine.yaml").said


def test_new_patients_get_the_scores_that_they_had_among_the_others(study):
    new = pd.read_csv(study / NEW).set_index(["patient", "model"])["score"]
    old = tables(study)["predictions"].set_index(["patient", "model"])["score"]
    assert len(new) == 3 * len(MODELS)
    pd.testing.assert_series_equal(new, old.loc[new.index], rtol=1e-12)


def test_a_prediction_without_responses_is_not_validated(study):
    text, n_pages = words_of(study / f"{PREDICTION}.pdf")
    assert n_pages > 2
    for words in ("Not validated", "no Miller-Payne grades", "Scores by patient", "3 patients were scored"):
        assert words in text
    assert BANNER not in text
    assert MODEL_BANNER not in text
    assert "Performance of the frozen models" not in text
    for name in ("performance", "roc", "auc_comparison", "score_thirds"):
        assert pd.read_csv(study / PREDICTION / "tables" / f"{name}.csv").empty


def test_a_prediction_with_responses_is_validated(study):
    text, _ = words_of(study / f"{OWN_PREDICTION}.pdf")
    for words in (
        "Performance of the frozen models",
        "Responders by third",
        "what is said of that set says nothing",
    ):
        assert words in text
    assert "Not validated" not in text
    home = tables(study)["performance"].set_index(["model", "cohort"])
    again = pd.read_csv(study / OWN_PREDICTION / "tables" / "performance.csv").set_index(["model", "cohort"])
    pd.testing.assert_frame_equal(home, again, check_dtype=False)
    drawn = {path.name for path in (study / OWN_PREDICTION / "figures").glob("*.svg")}
    assert drawn == {"flow.svg", "scores.svg", "roc_development.svg", "roc_testing.svg"}


def test_no_model_is_printed_in_the_paper(study):
    said = refused(study, f"results/{visits.PAPER}/predict/clinic/published.pdf", "--configfile", "mine.yaml")
    assert "No model 'published' of nact_response" in said


def test_a_model_of_other_settings_is_refused_with_the_settings(study, tmp_path):
    copy = shutil.copytree(study, tmp_path / "copy")
    card = json.loads((copy / MODEL).read_text())
    card["preparation"]["radiomics"]["bin_count"] = 16
    (copy / "theirs.json").write_text(json.dumps(card))
    with (copy / "mine.yaml").open("a") as text:
        text.write("models: {theirs: theirs.json}\n")
    theirs = f"results/{visits.PAPER}/predict/new_patients/theirs.pdf"
    said = refused(copy, theirs, "--configfile", "mine.yaml")
    assert "radiomics.bin_count: model 16, features 32" in said


def test_responses_of_testing_patients_reach_no_model(study, tmp_path):
    copy = shutil.copytree(study, tmp_path / "copy")
    sheet = pd.read_csv(copy / "sheet.csv", dtype=str, keep_default_na=False)
    testing = sheet["cohort"] == "testing"
    sheet.loc[testing, "miller_payne"] = sheet.loc[testing, "miller_payne"].map(
        lambda grade: str(6 - int(grade))
    )
    sheet.to_csv(copy / "sheet.csv", index=False)
    finished(copy, f"{visits.TABLES}/performance.csv", MODEL, "--configfile", "mine.yaml")
    assert json.loads((copy / MODEL).read_bytes()) == json.loads((study / MODEL).read_bytes())
    before, after = (
        tables(folder)["performance"].set_index(["model", "cohort"])["auc"] for folder in (study, copy)
    )
    assert before.xs("development", level="cohort").equals(after.xs("development", level="cohort"))
    assert not before.equals(after)


@pytest.mark.filterwarnings("ignore")
def test_rules_name_what_they_read(study, tmp_path, monkeypatch):
    folder = shutil.copytree(study, tmp_path / "copy")
    monkeypatch.chdir(folder)
    shared = ("check_cases", "check_cohort", "admit_cohort", "picture_cases")
    targets = (TARGET, f"{OWN_PREDICTION}.pdf")
    planned = {job["rule"]: job for target in targets for job in plan(folder, target, "mine.yaml")}
    jobs = [job for rule, job in planned.items() if rule not in shared]
    assert len(jobs) >= 21
    check_all(jobs)


@pytest.mark.filterwarnings("ignore")
def test_rules_of_simulated_patients_name_what_they_read(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_all(planted_jobs(study, tmp_path))
