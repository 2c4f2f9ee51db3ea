import json
from types import SimpleNamespace

import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.simulation.nact_response.draw_patients import (
    SHEET_COLUMNS,
    draw_patients,
    main,
    sample_sheet,
    true_changes,
)
from scripts.simulation.nact_response.scanners import HOSPITALS
from scripts.tables import read_json

DEVELOPMENT, EXTERNAL = HOSPITALS["development"], HOSPITALS["external"]


@pytest.fixture(scope="module")
def cohort():
    return draw_patients(61, 53, "SIM", DEVELOPMENT, 2020)


def test_the_papers_numbers_of_patients_and_fields(cohort):
    clinical, latents, outcomes = cohort
    assert clinical["cohort"].value_counts().to_dict() == {"development": 61, "testing": 53}
    assert clinical.groupby("cohort")["field_strength_t"].unique().map(list).to_dict() == {
        "development": [3.0],
        "testing": [1.5],
    }
    assert clinical["patient"].tolist() == latents["patient"].tolist()
    assert latents["side"].tolist() == clinical["side"].tolist()
    assert list(outcomes) == ["development", "testing"]
    assert not clinical.isna().any(axis=None)


def test_a_larger_cohort_begins_with_the_smaller(cohort):
    clinical, latents, _ = cohort
    more, more_latents, _ = draw_patients(61, 70, "SIM", DEVELOPMENT, 2020)
    pd.testing.assert_frame_equal(more_latents.iloc[:114], latents, check_exact=True)
    pd.testing.assert_frame_equal(more.iloc[:114], clinical, check_exact=True)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match="expected at least one patient, found none"):
        draw_patients(0, 0, "SIM", DEVELOPMENT, 1)
    with pytest.raises(
        InputError, match="n_development: expected 0, for the hospital has only a testing cohort"
    ):
        draw_patients(3, 0, "EXT", EXTERNAL, 1)


def test_the_sheet_is_what_a_user_would_write(cohort):
    batches = {"b0": ["SIM-0001", "SIM-0003"], "b1": ["SIM-0002"]}
    sheet = sample_sheet(cohort[0].iloc[:3], "images", batches)
    assert tuple(sheet.columns) == SHEET_COLUMNS
    assert sheet["baseline"].tolist()[1] == "images/b1/SIM-0002_baseline"
    assert sheet["follow_up_mask"].tolist()[2] == "images/b0/SIM-0003_follow_up_mask.mha"
    with pytest.raises(InputError, match="every patient in a batch, found 111 in none, first SIM-0004"):
        sample_sheet(cohort[0], "images", batches)


def test_true_changes_are_those_of_the_traits(cohort):
    changes = true_changes(cohort[1])
    assert changes["patient"].tolist() == cohort[1]["patient"].tolist()
    assert changes["volume_ratio"].between(0.25, 1.3).all()
    both = changes["volume_ratio"].rank().corr(cohort[1]["shrinkage"].rank())
    assert both == pytest.approx(-1)


def job(folder, **changes):
    settings = {
        "prefix": "SIM", "hospital": "development", "n_development": 12, "n_testing": 8, "image_folder": "images",
        "batches": {"b": [f"SIM-{k:04d}" for k in range(1, 21)]},
    } | changes  # fmt: skip
    names = {"sheet": "sheet.csv", "latents": "latents.parquet", "truth": "truth.json"}
    output = SimpleNamespace(**{key: str(folder / name) for key, name in names.items()})
    return SimpleNamespace(settings=settings, seed=11, output=output)


def test_the_step_writes_the_same_bytes_again(tmp_path):
    main(job(tmp_path / "a"))
    main(job(tmp_path / "b"))
    for name in ("sheet.csv", "latents.parquet", "truth.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    header, first = (tmp_path / "a" / "sheet.csv").read_text().splitlines()[:2]
    assert header == ",".join(SHEET_COLUMNS)
    assert first.startswith(
        "SIM-0001,development,images/b/SIM-0001_baseline,images/b/SIM-0001_baseline_mask.mha,"
    )
    truth = read_json(tmp_path / "a" / "truth.json")
    assert json.dumps(truth, allow_nan=False)
    assert truth["hospital"] == "development"
    assert len(truth["patients"]["patient"]) == 20


def test_the_external_hospital_has_a_testing_cohort(tmp_path):
    main(job(tmp_path, hospital="external", n_development=0, n_testing=20))
    assert list(read_json(tmp_path / "truth.json")["auc"]) == ["testing"]
    with pytest.raises(InputError, match="Did you mean 'external'"):
        main(job(tmp_path, hospital="externel"))
