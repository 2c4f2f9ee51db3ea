"""A frozen model on new patients: this run's own, the paper's, one from elsewhere, and a damaged one."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import (
    BANNER,
    CACHE,
    MODEL_BANNER,
    RESULTS,
    ROOT,
    features,
    finished,
    refused,
    write_config,
    write_sheet,
)

OUTCOMES = ["dfs_months", "recurrence"]


def target(cohort: str, model: str) -> str:
    return f"{(RESULTS / 'predict' / cohort / model).as_posix()}.pdf"


def predictions(folder, cohort: str, model: str) -> pd.DataFrame:
    path = folder / RESULTS / "predict" / cohort / model / "tables" / "predictions"
    pd.testing.assert_frame_equal(
        pd.read_parquet(path.with_suffix(".parquet")).astype(
            {"patient": object, "cohort": object, "risk_group": object}
        ),
        pd.read_csv(path.with_suffix(".csv"), float_precision="round_trip"),
        check_dtype=False,
    )
    return pd.read_parquet(path.with_suffix(".parquet"))


@pytest.fixture(scope="module")
def external(simulated_run, tmp_path_factory):
    """A copy of the default run, with the built-in external cohort predicted by both built-in models."""
    folder = tmp_path_factory.mktemp("external") / "run"
    shutil.copytree(simulated_run, folder)
    finished(folder, target("simulated_external", "fitted"), target("simulated_external", "published"))
    return folder


@pytest.fixture(scope="module")
def clinic(simulated_run, patients, tmp_path_factory):
    """A clinic that has a model.json from elsewhere, 30 new patients without outcomes, and nothing else."""
    folder = tmp_path_factory.mktemp("clinic")
    (folder / "received").mkdir()
    shutil.copyfile(simulated_run / RESULTS / "model.json", folder / "received" / "model.json")
    card = json.loads((folder / "received" / "model.json").read_text())
    card["radiomics"]["bin_width"] = 10.0
    (folder / "received" / "fine.json").write_text(json.dumps(card))
    mine = patients.iloc[:30].drop(columns=["cohort", "lymph_node", "admission_date", *OUTCOMES])
    mine.loc[mine.index[3], "tnm_stage"] = ""
    write_sheet(mine, folder / "sheet.csv")
    write_config(
        folder / "mine.yaml",
        cohorts={"mine": {"sheet": "sheet.csv"}},
        models={
            "received": "received/model.json",
            "fine_bins": "received/fine.json",
            "broken": "received/broken.json",
            "printed": "received/printed.json",
        },
    )
    return folder


@pytest.mark.parametrize("model", ["fitted", "published"])
def test_an_external_cohort_is_scored_and_validated(external, model):
    scores = predictions(external, "simulated_external", model)
    assert len(scores) == 150
    assert set(scores["risk_group"]) == {"low", "high"}
    assert ("survival_60m" in scores) == (model == "fitted")
    validation = external / RESULTS / "predict" / "simulated_external" / model / "validation"
    assert {"discrimination", "kaplan_meier", "risk_groups"} <= {path.stem for path in validation.iterdir()}
    found = pd.read_parquet(validation / "discrimination.parquet").query(
        "model == 'rad_score' and measure == 'harrell_c'"
    )
    assert found["estimate"].item() > 0.55
    pages = pdf_pages(external / target("simulated_external", model))
    assert all(BANNER in page for page in pages)


def test_the_model_is_applied_as_it_is_written(external):
    """The scores follow from the numbers in model.json by hand: z-score, sum, cut-off, S0(t) ** exp(lp)."""
    model = json.loads((external / RESULTS / "model.json").read_text())
    values = features(external, "simulated_external")
    scores = predictions(external, "simulated_external", "fitted").set_index("patient")
    terms = model["signature"]["features"]
    by_hand = sum(f["coefficient"] * (values[f["name"]] - f["mean"]) / f["sd"] for f in terms)
    np.testing.assert_allclose(scores["rad_score"], by_hand[scores.index], rtol=1e-10)
    high = by_hand[scores.index] > model["signature"]["cutoff"]["value"]
    assert (scores["risk_group"] == "high").tolist() == high.tolist()
    clinical = pd.read_parquet(external / CACHE / "simulated_external" / "clinical.parquet").set_index(
        "patient"
    )
    cox = dict(zip(model["nomogram"]["covariates"], model["nomogram"]["coefficients"], strict=True))
    assert set(cox) == {"rad_score", "tnm_stage"}
    stage = clinical.loc[scores.index, "tnm_stage"].astype(float)
    predictor = cox["rad_score"] * by_hand[scores.index] + cox["tnm_stage"] * stage
    baseline = [s for months, s in model["nomogram"]["baseline_survival"] if months <= 60][-1]
    np.testing.assert_allclose(scores["survival_60m"], baseline ** np.exp(predictor), rtol=1e-9)


def test_a_received_model_scores_patients_without_outcomes(clinic, simulated_run):
    """Same patients, same features, so the same scores as where the model was made."""
    finished(clinic, target("mine", "received"), "--configfile", "mine.yaml")
    scores = predictions(clinic, "mine", "received").set_index("patient")
    home = pd.read_parquet(simulated_run / RESULTS / "tables" / "scores.parquet").set_index("patient")
    pd.testing.assert_series_equal(scores["rad_score"], home.loc[scores.index, "rad_score"], rtol=1e-12)
    assert scores["survival_36m"].isna().sum() == 1
    text = " ".join("\n".join(pdf_pages(clinic / target("mine", "received"))).split())
    assert "no outcomes" in text
    assert BANNER not in text
    assert MODEL_BANNER in text
    assert not list((clinic / RESULTS / "predict" / "mine" / "received" / "validation").glob("*.csv"))
    assert not (clinic / RESULTS / "model.json").exists()


def test_a_received_model_brings_its_own_extraction_settings(clinic):
    finished(clinic, target("mine", "received"), target("mine", "fine_bins"), "--configfile", "mine.yaml")
    coarse, fine = features(clinic, "mine", "received"), features(clinic, "mine", "fine_bins")
    shape = [name for name in coarse if "_shape_" in name]
    np.testing.assert_array_equal(coarse[shape], fine[shape])
    entropy = "original_firstorder_Entropy"  # of the grey-level bins: 10 HU wide ones hold more than 25 HU wide ones
    assert (fine[entropy] > coarse[entropy] + 0.5).all()
    assert not (clinic / CACHE / "mine" / "features" / "config.parquet").exists()


def test_the_printed_model_as_a_file_is_the_printed_model(clinic):
    """A model without extraction settings uses those of the configuration."""
    shutil.copyfile(
        ROOT / "resources/models/crc_nomogram_published.json", clinic / "received" / "printed.json"
    )
    finished(clinic, target("mine", "printed"), target("mine", "published"), "--configfile", "mine.yaml")
    pd.testing.assert_frame_equal(
        predictions(clinic, "mine", "printed"), predictions(clinic, "mine", "published")
    )


DAMAGES = {
    "not JSON": lambda text: text[: len(text) // 2],
    "no radiomics": lambda text: text.replace('"radiomics"', '"radio"'),
    "a misspelt key": lambda text: text.replace('"cutoff"', '"cutof"'),
    "text for a number": lambda text: text.replace('"coefficient": ', '"coefficient": "x", "y": '),
    "an unknown feature": lambda text: text.replace('"original_', '"originel_'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_model_is_a_message_that_names_the_file(clinic, damage):
    text = (clinic / "received" / "model.json").read_text()
    broken = clinic / "received" / "broken.json"
    broken.write_text(DAMAGES[damage](text))
    assert broken.read_text() != text
    said = refused(clinic, target("mine", "broken"), "--configfile", "mine.yaml")
    assert "received/broken.json" in said


def test_a_model_that_is_not_there_is_a_message(clinic):
    (clinic / "received" / "broken.json").unlink(missing_ok=True)
    said = refused(clinic, target("mine", "broken"), "--configfile", "mine.yaml")
    assert "received/broken.json" in said


def test_too_few_patients_to_scale_a_cohort_by_itself(clinic):
    """The printed score is scaled by the cohort it is applied to; of a handful that says nothing."""
    sheet = pd.read_csv(clinic / "sheet.csv", dtype=str, keep_default_na=False).head(4)
    write_sheet(sheet, clinic / "few.csv")
    write_config(clinic / "few.yaml", cohorts={"few": {"sheet": "few.csv"}})
    said = refused(clinic, target("few", "published"), "--configfile", "few.yaml")
    assert "10 patients" in said
