"""Prepared slices by hand, the table of a batch, runs and patients, the parts of splits."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from scripts.errors import CaseError
from scripts.papers.brain_tumor_types.describe_cohort import cohort_table, flow_table, part_table
from scripts.papers.brain_tumor_types.group_slices import grouped, summary
from scripts.papers.brain_tumor_types.name_patients import named
from scripts.papers.brain_tumor_types.prepare_images import (
    eight_bits,
    prepare_picture,
    slice_table,
    squared,
    tensors_of,
)
from scripts.papers.brain_tumor_types.training_parts import snapshot_epochs, spread_over_types, to_input
from scripts.preprocess.case_batch import Outcome

NEAREST = Image.Resampling.NEAREST


def test_eight_bits_stay_and_others_are_spread():
    grey = np.array([[3, 200]], np.uint8)
    assert eight_bits(grey) is grey
    np.testing.assert_array_equal(eight_bits(np.array([[100, 350, 1100]], np.uint16)), [[0, 64, 255]])


def test_a_wide_picture_keeps_its_shape_between_zeros():
    picture = np.full((4, 8), 9, np.uint8)
    made = squared(picture, 16, NEAREST)
    assert made.shape == (16, 16)
    rows = np.flatnonzero(made.any(axis=1))
    assert (rows[0], rows[-1]) == (4, 11)  # 4 of 8 rows at twice the size, in the middle
    assert (made[4:12] == 9).all()


def test_a_prepared_slice():
    picture = np.random.default_rng(0).integers(0, 255, (32, 32)).astype(np.uint8)
    mask = np.zeros((32, 32), np.uint8)
    mask[8:16, 8:24] = 1
    made = prepare_picture(picture, mask, 16)
    assert made["picture"].shape == (1, 16, 16)
    assert made["picture"].dtype == np.uint8
    expected = np.zeros((16, 16))
    expected[4:8, 4:12] = 1
    np.testing.assert_array_equal(made["mask"], expected)
    assert made["mask_share"] == 32 / 256
    assert (made["height"], made["width"]) == (32, 32)
    without = prepare_picture(picture, None, 16)
    assert without["mask"] is None
    assert np.isnan(without["mask_share"])


def test_slices_that_cannot_be_prepared():
    with pytest.raises(CaseError, match="found the value 7 in every pixel"):
        prepare_picture(np.full((9, 9), 7, np.uint8), None, 8)
    dot = np.zeros((64, 64), np.uint8)
    dot[0, 1] = 1
    with pytest.raises(CaseError, match="a tumour of at least a pixel at 8 x 8"):
        prepare_picture(np.arange(4096).reshape(64, 64).astype(np.uint16), dot, 8)


def test_the_table_of_a_batch():
    done = {
        "picture": np.zeros((1, 2, 2), np.uint8),
        "mask": None,
        "mask_share": 0.5,
        "height": 4,
        "width": 5,
    }
    outcomes = [Outcome("S1", done), Outcome("S2", cause="broken"), Outcome("S3", done)]
    clinical = pd.DataFrame(
        {"patient": ["S1", "S2", "S3"], "subject": ["P1", "P1", None], "number": [7.0, 8.0, np.nan],
         "tumour_type": ["glioma", "glioma", "pituitary"]}
    )  # fmt: skip
    table = slice_table(outcomes, clinical)
    assert table["sample"].tolist() == ["S1", "S3"]
    assert table["subject"].isna().tolist() == [False, True]
    assert table["number"].isna().tolist() == [False, True]
    assert list(tensors_of(outcomes)) == ["S1", "S3"]


def slices(subjects):
    n = len(subjects)
    return pd.DataFrame(
        {"sample": [f"S{k}" for k in range(n)], "label": "glioma", "number": range(n), "subject": subjects}
    )


def test_known_patients_stay_and_unknown_ones_are_runs():
    random = np.random.default_rng(1)
    first, second = random.normal(size=(2, 6, 6))
    stack = np.array([first, first + 0.01, first * 2, second, second])
    known = grouped(slices(["P1", "P1", "P2", "P2", "P2"]), stack, 0.5, 1)
    assert known["patient"].tolist() == ["P1", "P1", "P2", "P2", "P2"]
    assert known["run"].tolist() == ["glioma-run-0000"] * 3 + ["glioma-run-0001"] * 2
    numbers = summary(known).set_index("quantity")["value"]
    assert numbers[["slices", "runs", "slices_a_run", "cuts", "known_patients", "kept_together"]].tolist() == [
        5, 2, 2.5, 1, 2, 0.5,
    ]  # fmt: skip
    unknown = grouped(slices([None] * 5), stack, 0.5, 1)
    assert unknown["patient"].tolist() == known["run"].tolist()
    assert np.isnan(summary(unknown).set_index("quantity").loc["kept_together", "value"])


def test_samples_with_their_patients():
    groups = pd.DataFrame({"sample": ["S0", "S1"], "patient": ["r1", "P9"]})
    table = slices([None, "P9"]).assign(mask_share=0.1)
    found = named(table, groups)
    assert found["patient"].tolist() == ["r1", "P9"]
    assert found["known"].tolist() == [False, True]
    assert found["case"].tolist() == ["S0", "S1"]


def test_cohort_flow_and_parts():
    samples = pd.DataFrame(
        {"sample": list("abcd"), "patient": ["P1", "P1", "P2", "P3"], "label": ["g", "g", "g", "m"],
         "mask_share": [0.1, 0.3, np.nan, 0.2]}
    )  # fmt: skip
    table = cohort_table(samples).set_index("label")
    assert table.loc["g", ["slices", "patients", "slices_a_patient", "with_mask"]].tolist() == [3, 2, 1.5, 2]
    assert table.loc["all", ["slices", "patients"]].tolist() == [4, 3]
    assert flow_table(6, samples, samples)["n"].tolist() == [6, 4, 4, 3]
    split = pd.DataFrame(
        {"repeat": 1, "fold": 1, "part": ["train", "test", "train", "validation"], "sample": list("abcd"),
         "patient": ["P1", "P1", "P2", "P3"], "label": "g"}
    )  # fmt: skip
    parts = part_table({"slice": split}).set_index("part")
    assert parts.loc["train", ["slices", "patients", "shared"]].tolist() == [2, 2, 1]
    assert parts.loc["test", ["slices", "patients", "shared"]].tolist() == [1, 1, 1]
    assert parts.loc["validation", "shared"] == 0


def test_examples_are_of_every_type_and_of_many_patients():
    table = pd.DataFrame(
        {"sample": ["a1", "a2", "a3", "b1", "c1", "d1"], "patient": ["A", "A", "A", "B", "C", "D"],
         "label": ["g", "g", "g", "g", "m", "p"]}
    )  # fmt: skip
    # a type in turn; within it patients in turn, the middle slice of a patient first
    assert spread_over_types(table, 3) == ["a2", "c1", "d1"]
    assert spread_over_types(table, 10) == ["a2", "c1", "d1", "b1", "a1", "a3"]


def test_snapshots_of_the_paper():
    assert snapshot_epochs(30, 6) == [5, 10, 15, 20, 25, 30]
    assert snapshot_epochs(3, 6) == [1, 2, 3]


def test_inputs_of_a_network():
    picture = torch.tensor([[[0, 255], [51, 102]]], dtype=torch.uint8)
    made = to_input(picture, 2)
    assert made.shape == (3, 2, 2)
    np.testing.assert_allclose(made[1].numpy(), [[0, 1], [0.2, 0.4]], atol=1e-7)
    scaled = to_input(torch.full((1, 8, 8), 100, dtype=torch.uint8), 4)
    np.testing.assert_allclose(scaled.numpy(), 100 / 255, atol=1e-6)
    # torchvision's documentation: (x - mean) / sd of each colour
    normal = to_input(picture, 2, normalised=True)
    expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    np.testing.assert_allclose(normal[:, 0, 1].numpy(), expected, rtol=1e-5)
