import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.simulation.crc_nomogram.draw_patients import SHEET_COLUMNS, draw_patients, main, sample_sheet
from scripts.simulation.crc_nomogram.hospitals import HOSPITALS
from scripts.tables import read_json, read_table

DEVELOPMENT, EXTERNAL = HOSPITALS["development"], HOSPITALS["external"]


@pytest.fixture(scope="module")
def cohort():
    return draw_patients(242, 139, 53, "SIM", DEVELOPMENT, 2020)


def test_the_papers_numbers_of_patients(cohort):
    clinical, latents, true_patients = cohort
    assert clinical["cohort"].value_counts().to_dict() == {"primary": 242, "validation": 139}
    assert clinical["patient"].tolist() == latents["patient"].tolist() == true_patients["patient"].tolist()
    without = clinical[clinical["recurrence"].isna()]
    assert without["cohort"].tolist() == ["primary", "validation"]
    assert without["dfs_months"].isna().all()
    assert true_patients["has_expression"].sum() == 53
    assert set(latents["scanner"]) == {"A", "B"}


def test_a_larger_cohort_begins_with_the_smaller(cohort):
    clinical, latents, _ = cohort
    more_clinical, more_latents, _ = draw_patients(242, 200, 53, "SIM", DEVELOPMENT, 2020)
    pd.testing.assert_frame_equal(more_latents.iloc[:381], latents, check_exact=True)
    outcome = ["dfs_months", "recurrence"]  # who has no follow-up is drawn from the whole cohort
    others = more_clinical.iloc[:381].drop(columns=outcome)
    pd.testing.assert_frame_equal(others, clinical.drop(columns=outcome), check_exact=True)
    changed = more_clinical.iloc[:381]["recurrence"].isna() != clinical["recurrence"].isna()
    assert changed.sum() <= 1


def test_patients_who_change_cohort_keep_their_tumour(cohort):
    _, latents, _ = draw_patients(100, 281, 0, "SIM", DEVELOPMENT, 2020)
    pd.testing.assert_frame_equal(latents, cohort[1], check_exact=True)


def test_who_has_expression_says_nothing_about_the_outcome():
    true_patients = draw_patients(2000, 0, 500, "SIM", DEVELOPMENT, 3)[2]
    ranks = true_patients["event_months"].rank(pct=True)
    assert ranks[true_patients["has_expression"]].mean() == pytest.approx(0.5, abs=4 * 0.29 / np.sqrt(500))


def test_another_seed_draws_other_patients(cohort):
    other = draw_patients(242, 139, 53, "SIM", DEVELOPMENT, 2021)[1]
    assert not np.isclose(other["size"], cohort[1]["size"]).any()


def test_true_risk_can_be_computed_by_hand(cohort):
    _, latents, true_patients = cohort
    one, truth = latents.iloc[5], true_patients.iloc[5]
    by_hand = (
        0.42 * one["size"] + 0.38 * one["irregularity"] - 0.42 * one["heterogeneity"]
        + 0.33 * one["coarseness"] + 0.28 * one["necrosis"] + 0.82 * (truth["tnm_stage"] - 2.5)
    )  # fmt: skip
    assert truth["linear_predictor"] == pytest.approx(by_hand)


def test_impossible_requests_are_refused():
    with pytest.raises(InputError, match="n_expression: expected at most the 5 patients drawn, found 9"):
        draw_patients(3, 2, 9, "SIM", DEVELOPMENT, 1)
    with pytest.raises(
        InputError, match="n_primary: expected 0, for the hospital has only a validation cohort, found 4"
    ):
        draw_patients(4, 2, 0, "EXT", EXTERNAL, 1)
    with pytest.raises(InputError, match="expected at least one patient, found none"):
        draw_patients(0, 0, 0, "SIM", DEVELOPMENT, 1)


def test_the_sheet_is_what_a_user_would_write(cohort):
    clinical = cohort[0].iloc[:3].copy()
    clinical["tnm_stage"] = pd.array([1, 4, None], "Int64")
    sheet = sample_sheet(clinical, "images", {"b0": ["SIM-0001", "SIM-0003"], "b1": ["SIM-0002"]})
    assert tuple(sheet.columns) == SHEET_COLUMNS
    assert sheet["tnm_stage"].fillna("missing").tolist() == ["I", "IV", "missing"]
    assert sheet["image"].tolist()[1] == "images/b1/SIM-0002_image.mha"
    assert sheet["mask"].tolist()[2] == "images/b0/SIM-0003_mask.mha"


def test_a_patient_without_a_batch_is_refused(cohort):
    with pytest.raises(InputError, match="every patient in a batch, found 380 in none, first SIM-0002"):
        sample_sheet(cohort[0], "images", {"b": ["SIM-0001"]})


def job(folder, **changes):
    settings = {
        "prefix": "SIM", "hospital": "development", "n_primary": 30, "n_validation": 20, "n_expression": 6,
        "image_folder": "images", "batches": {"b": [f"SIM-{k:04d}" for k in range(1, 51)]},
    } | changes  # fmt: skip
    names = {
        "sheet": "sheet.csv", "latents": "latents.parquet", "truth": "truth.json",
        "expression": "expression.parquet", "gene_sets": "sets.gmt",
    }  # fmt: skip
    output = SimpleNamespace(**{key: str(folder / name) for key, name in names.items()})
    return SimpleNamespace(settings=settings, seed=11, output=output)


def test_the_step_writes_the_same_bytes_again(tmp_path):
    main(job(tmp_path / "a"))
    main(job(tmp_path / "b"))
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(files) == 5
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    header, first = (tmp_path / "a" / "sheet.csv").read_text().splitlines()[:2]
    assert header == ",".join(SHEET_COLUMNS)
    assert first.startswith("SIM-0001,primary,images/b/SIM-0001_image.mha,images/b/SIM-0001_mask.mha,")
    expression = read_table(tmp_path / "a" / "expression.parquet")
    assert expression.shape == (6, 1501)
    truth = read_json(tmp_path / "a" / "truth.json")
    enrolled = pd.DataFrame(truth["patients"]).query("has_expression")["patient"].tolist()
    assert expression["patient"].tolist() == enrolled
    assert truth["hospital"] == "development"
    assert json.dumps(truth, allow_nan=False)


def test_a_cohort_without_expression_has_an_empty_table(tmp_path):
    main(job(tmp_path, hospital="external", n_primary=0, n_validation=50, n_expression=0))
    assert read_table(tmp_path / "expression.parquet").shape == (0, 1501)
    assert list(read_json(tmp_path / "truth.json")["cohorts"]) == ["validation"]


def test_as_many_without_follow_up_as_the_hospital_says():
    mix = replace(DEVELOPMENT.cohorts["primary"], without_follow_up=3)
    place = replace(DEVELOPMENT, cohorts={"primary": mix})
    assert draw_patients(40, 0, 0, "SIM", place, 1)[0]["recurrence"].isna().sum() == 3
