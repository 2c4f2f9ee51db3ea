import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.simulation.nmosd_ms.draw_patients import SHEET_COLUMNS, sample_sheet
from scripts.simulation.nmosd_ms.identifiers import case_files, patient_ids
from scripts.simulation.nmosd_ms.patients import draw_all


@pytest.fixture(scope="module")
def many():
    return draw_all(patient_ids(3000, "SIM"), 9)


def test_a_larger_cohort_begins_with_the_smaller_one(many):
    pd.testing.assert_frame_equal(draw_all(patient_ids(5, "SIM"), 9), many.head(5))
    assert not draw_all(patient_ids(5, "SIM"), 10).equals(many.head(5))


def test_patients_are_those_of_table_1(many):
    printed = {
        "ms": {"age": 40.0, "icv_ml": 1407.2, "duration_months": 57.1, "edss": 3.6},
        "nmosd": {"age": 44.0, "icv_ml": 1367.3, "duration_months": 35.0, "edss": 4.2},
    }
    for disease, means in printed.items():
        members = many[many["disease"] == disease]
        for name, mean in means.items():
            assert members[name].mean() == pytest.approx(mean, rel=0.06), name
    assert (many["disease"] == "nmosd").mean() == pytest.approx(41 / 88, abs=0.03)
    men = many.groupby("disease")["sex"].agg(lambda s: (s == "M").mean())
    assert men["ms"] == pytest.approx(14 / 47, abs=0.04)
    assert men["nmosd"] == pytest.approx(8 / 41, abs=0.04)
    assert set(many["plane"]) == {"axial", "sagittal"}


def test_the_sheet_is_what_a_user_would_write(many):
    few = many.head(3)
    sheet = sample_sheet(few, "images", {"b0": ["SIM-0001", "SIM-0003"], "b1": ["SIM-0002"]})
    assert tuple(sheet) == SHEET_COLUMNS
    assert sheet["flair"].tolist()[1] == case_files("images", "b1", "SIM-0002")["flair"]
    assert not {"plane", "n_central"} & set(sheet)
    with pytest.raises(InputError, match="1 in none, first SIM-0003"):
        sample_sheet(few, "images", {"b0": ["SIM-0001", "SIM-0002"]})
