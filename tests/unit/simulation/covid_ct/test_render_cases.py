"""Rendered chests: geometry, labels, volumes against what was asked for, and the same bytes from the same seed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.cohort.sheet_schema import load_schema
from scripts.cohort.voxel_faults import image_faults
from scripts.errors import InputError
from scripts.quantification.hounsfield import air_level
from scripts.quantification.lung_mask import LungMaskSettings, lung_mask
from scripts.quantification.lung_regions import LOBE_OF, LOBES, SEGMENTS
from scripts.seeds import generator
from scripts.simulation.covid_ct.draw_patients import describe_truth, sample_sheet
from scripts.simulation.covid_ct.groups import LesionModel, draw_all
from scripts.simulation.covid_ct.identifiers import SIZE_XYZ, SPACING_MM, case_files, patient_ids
from scripts.simulation.covid_ct.render_cases import render_batch, render_case
from scripts.tables import read_json
from scripts.workflow.config import ROOT

VOXEL_ML = np.prod(SPACING_MM) / 1000


@pytest.fixture(scope="module")
def row():
    return draw_all(["A"], ["other"], 5, LesionModel()).iloc[0].to_dict()


@pytest.fixture(scope="module")
def case(row):
    return render_case(row, LesionModel(), generator(1, "A"))


def test_an_image_is_a_ct_of_the_stated_size(case):
    image = case[0]["image"]
    assert image.size == SIZE_XYZ
    assert image.spacing == SPACING_MM
    assert image.array.dtype == np.int16
    assert list(image_faults(image, "CT")) == []
    assert air_level(image.array) == pytest.approx(-1000, abs=2)


def test_segments_tile_the_lobes(case):
    lobes, segments = case[0]["lobes"].array, case[0]["segments"].array
    assert ((lobes > 0) == (segments > 0)).all()
    for number, name in enumerate(SEGMENTS, start=1):
        assert set(np.unique(lobes[segments == number])) == {1 + LOBES.index(LOBE_OF[name])}
    volumes = [(lobes == k).sum() * VOXEL_ML for k in range(1, 6)]
    assert min(volumes) > 150
    assert 3000 < sum(volumes) < 8000


def test_the_right_lung_lies_at_the_patients_right(case):
    # x grows to the patient's left
    x = np.argwhere(np.isin(case[0]["lobes"].array, [1, 2, 3]))[:, 2]
    assert x.max() < SIZE_XYZ[0] / 2


def test_lesions_have_the_volume_asked_for(case, row):
    lesions, segments, truth = case[0]["lesions"].array, case[0]["segments"].array, case[1]
    for number, name in enumerate(SEGMENTS, start=1):
        found = (lesions[segments == number] > 0).sum() * VOXEL_ML
        assert truth["drawn_ml"][name] == pytest.approx(found)
        most = int(LesionModel().most * (segments == number).sum()) * VOXEL_ML
        assert found == pytest.approx(min(row[f"ml_{name}"], most), abs=0.51 * VOXEL_ML)
        assert sum(truth["windows_ml"][name]) == pytest.approx(found)
    assert not lesions[segments == 0].any()


def test_the_lungs_lie_inside_the_body():
    for k in range(4):
        volumes, _ = render_case({f"ml_{s}": 0.0 for s in SEGMENTS}, LesionModel(), generator(2, k))
        found = lung_mask(volumes["image"], LungMaskSettings())
        true = volumes["lobes"].array > 0
        assert 2 * (found & true).sum() / (found.sum() + true.sum()) > 0.98


def test_a_batch_is_the_same_in_any_order_and_company(tmp_path):
    drawn = draw_all(["A", "B"], ["covid", "other"], 5, LesionModel())
    render_batch(drawn, ["A", "B"], tmp_path / "one" / "b0", 1)
    render_batch(drawn, ["B"], tmp_path / "two" / "b1", 1)
    first, second = (case_files(str(tmp_path / n), b, "B") for n, b in (("one", "b0"), ("two", "b1")))
    assert all(Path(first[k]).read_bytes() == Path(second[k]).read_bytes() for k in first)
    assert [t["patient"] for t in read_json(tmp_path / "one" / "b0" / "truth.json")] == ["A", "B"]
    with pytest.raises(InputError, match="none for C"):
        render_batch(drawn, ["C"], tmp_path / "three" / "b2", 1)


def test_the_sheet_is_one_that_the_schema_takes():
    patients = patient_ids(4, "SIM")
    drawn = draw_all(patients, ["covid", "covid", "other", "other"], 1, LesionModel())
    sheet = sample_sheet(drawn, "images", {"b0": patients})
    assert set(sheet) <= set(load_schema(ROOT / "config/schemas/sheets/covid_ct.yaml").columns)
    assert not [name for name in sheet if name.startswith("ml_")]
    assert sheet["lobes"][0] == "images/b0/SIM-0001_lobes.mha"
    with pytest.raises(InputError, match="2 in none, first SIM-0003"):
        sample_sheet(drawn, "images", {"b0": patients[:2]})


def test_the_truth_names_what_differs():
    truth = describe_truth(LesionModel(), 1)
    assert truth["lobe"] == "left_lower"
    assert truth["best_area"]["standard_error"] < 0.002
    assert pd.Series(truth["findings"]).map(lambda pair: pair[0] != pair[1]).sum() == 1
