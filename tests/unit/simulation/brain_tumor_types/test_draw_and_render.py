"""Drawn cohorts: names, numbers, repeatability; pictures that show exactly what was planted."""

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.simulation.brain_tumor_types.draw_patients import describe_truth, draw_slices, sample_sheet
from scripts.simulation.brain_tumor_types.head import draw_patient, render_slice
from scripts.simulation.brain_tumor_types.identifiers import SIZE, slice_ids
from scripts.simulation.brain_tumor_types.latents import LatentModel
from scripts.simulation.brain_tumor_types.render_cases import render_batch, render_case

MODEL = LatentModel()


def test_names_of_slices():
    ids = slice_ids(3, "SIM")
    assert list(ids)[:4] == ["SIM-001-01", "SIM-001-02", "SIM-001-03", "SIM-001-04"]
    assert set(ids.values()) == {"SIM-001", "SIM-002", "SIM-003"}
    larger = list(slice_ids(9, "SIM"))
    assert larger[: len(ids)] == list(ids)
    counts = np.unique(list(slice_ids(60, "SIM").values()), return_counts=True)[1]
    assert (counts.min(), counts.max()) == (2, 4)


def test_a_cohort_begins_with_the_smaller_one():
    small, large = (draw_slices(n, "SIM", 7, MODEL).set_index("patient") for n in (20, 40))
    same = large.loc[small.index].drop(columns="number")
    assert same.equals(small.drop(columns="number"))
    assert not draw_slices(20, "SIM", 8, MODEL)["z1"].equals(small["z1"].reset_index(drop=True))


def test_numbers_run_type_by_type_and_patient_by_patient():
    table = draw_slices(40, "SIM", 7, MODEL).sort_values("number")
    assert table["number"].tolist() == list(range(1, len(table) + 1))
    assert (table["tumour_type"] != table["tumour_type"].shift()).sum() == 3
    assert (table["subject"] != table["subject"].shift()).sum() == 40


def test_the_sheet_and_the_truth():
    table = draw_slices(30, "SIM", 7, MODEL)
    sheet = sample_sheet(table, "images", {"b0": table["patient"].tolist()})
    assert list(sheet) == ["patient", "subject", "number", "tumour_type", "image", "mask"]
    assert sheet["image"][0] == "images/b0/SIM-001-01.png"
    truth = describe_truth(table, MODEL)
    assert truth["bayes_accuracy"] == pytest.approx(0.908, abs=0.001)
    assert truth["n_subjects"] == 30
    assert 0.7 < truth["bayes_these_slices"] <= 1


def test_too_few_patients():
    with pytest.raises(InputError, match="at least 3 patients"):
        draw_slices(2, "SIM", 7, MODEL)


def rendered(z, seed=3):
    random = np.random.default_rng(seed)
    return render_slice(draw_patient(np.random.default_rng(2)), z, 0.0, random)


def test_the_first_number_is_the_height_of_the_tumour():
    heights = []
    for z1 in (-2.0, 0.0, 2.0):
        picture, mask = rendered((z1, 0.0))
        assert picture.shape == mask.shape == (SIZE, SIZE)
        heights.append(np.argwhere(mask)[:, 0].mean() - (SIZE - 1) / 2)
    # 16 pixels to the top at z = 4: 8 at 2
    np.testing.assert_allclose(heights, [8.0, 0.0, -8.0], atol=1.0)


def test_the_second_number_darkens_the_core():
    middles = []
    for z2 in (-4.0, 0.0, 4.0):
        picture, mask = rendered((0.0, z2))
        y, x = np.rint(np.argwhere(mask).mean(axis=0)).astype(int)
        middles.append(picture[y - 1 : y + 2, x - 1 : x + 2].mean() / 255)
    np.testing.assert_allclose(middles, [0.92, 0.52, 0.12], atol=0.1)


def test_masks_pass_the_check():
    table = draw_slices(60, "SIM", 2020, MODEL)
    masks = [render_case(row, 2020)[1] for row in table.to_dict("records")]
    assert min(mask.sum() for mask in masks) >= 27
    assert len({mask.tobytes() for mask in masks}) == len(masks)


def test_slices_do_not_depend_on_their_batch(tmp_path):
    table = draw_slices(4, "SIM", 7, MODEL)
    ids = table["patient"].tolist()
    render_batch(table, ids, tmp_path / "b0", 7)
    render_batch(table, ids[3:5], tmp_path / "b1", 7, threads=2)
    for name in (f"{ids[3]}.png", f"{ids[4]}_mask.png"):
        assert (tmp_path / "b0" / name).read_bytes() == (tmp_path / "b1" / name).read_bytes()
    with pytest.raises(InputError, match="none for NOBODY"):
        render_batch(table, ["NOBODY"], tmp_path / "b2", 7)
