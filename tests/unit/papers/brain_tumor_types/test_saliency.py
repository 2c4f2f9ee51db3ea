"""Maps, masks at another size, blind hits and the tables over patients: by hand, on networks whose answer is known."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.papers.brain_tumor_types.assess_recovery import recovery_table
from scripts.papers.brain_tumor_types.measure_gap import gap_table, saliency_table, share
from scripts.papers.brain_tumor_types.measure_saliency import (
    at_size,
    blind_hits,
    maps_of,
    pointing_rows,
    unet_map,
    unet_pictures,
)
from scripts.papers.brain_tumor_types.networks import EncoderClassifier, TwoSidedUNet, joined


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


class LooksAtOnePixel(nn.Module):
    """The logit of class 1 is twice the red value of one pixel; the others are 0."""

    def __init__(self, y, x):
        super().__init__()
        self.features = nn.Identity()
        self.place = (y, x)

    def forward(self, pictures):
        value = 2 * self.features(pictures)[:, 0, self.place[0], self.place[1]]
        zero = torch.zeros_like(value)
        return torch.stack([zero, value, zero], dim=1)


def test_maps_point_at_what_a_network_looks_at():
    pictures = torch.rand(2, 3, 6, 5) * 0.5 + 0.5
    maps, classes = maps_of(LooksAtOnePixel(4, 1), pictures, 4)
    assert classes.tolist() == [1, 1]
    expected = np.zeros((6, 5))
    expected[4, 1] = 2
    np.testing.assert_allclose(maps["gradient"][0], expected)
    # integrated gradients of a linear network from black: weight times value
    np.testing.assert_allclose(
        maps["integrated_gradients"][0][4, 1], 2 * pictures[0, 0, 4, 1].item(), rtol=1e-5
    )
    assert maps["grad_cam"].shape == (2, 6, 5)


def test_a_mask_at_another_size():
    mask = np.zeros((8, 8))
    mask[2:4, 4:8] = 1
    np.testing.assert_array_equal(at_size(mask, 4), [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert at_size(np.eye(1, 64, 40).reshape(8, 8), 2).sum() == 1  # one pixel of 64: kept
    assert at_size(mask, 16).sum() == 4 * mask.sum()


def test_blind_hits_by_hand():
    picture = np.zeros((6, 6))
    picture[1:5, 1:5] = 0.5  # a head of 16 pixels
    mask = np.zeros((6, 6))
    mask[1:3, 1:3] = 1
    by_chance, centre = blind_hits(picture, mask, 0)
    assert by_chance == 4 / 16
    assert centre == 0.0  # pixel (3, 3)
    assert blind_hits(picture, mask, 1.5) == (9 / 16, 1.0)  # distances up to 1.5 pixels reach one ring


def test_pointing_rows():
    picture = np.full((1, 4, 4), 0.5)
    mask = np.zeros((4, 4))
    mask[0, 0] = 1
    maps = {"gradient": np.eye(4)[None] * [4, 3, 2, 1]}
    (row,) = pointing_rows("cnn", maps, picture, [mask], 0.0)
    assert (row["model"], row["method"], row["slice"], row["hit"]) == ("cnn", "gradient", 0, 1.0)
    assert row["inside"] == 4 / 10
    assert row["by_chance"] == 1 / 16


def test_the_joined_networks_map():
    unet = TwoSidedUNet([4, 6]).eval()
    classifier = EncoderClassifier(3, 8, [4, 6]).eval()
    pictures = torch.rand(2, 3, 8, 8)
    own, both = unet_pictures(unet, joined(unet, classifier), pictures)
    np.testing.assert_allclose(own, unet(pictures).mean(dim=1).detach().numpy(), atol=1e-6)
    assert unet_map(own, both).max() > 0
    classifier.features.load_state_dict(unet.down.state_dict())
    own, same = unet_pictures(unet, joined(unet, classifier), pictures)
    assert unet_map(own, same).max() == 0


def predictions(right, patients, model="cnn", scheme="patient"):
    """All slices are gliomas; called right where `right` says so."""
    table = pd.DataFrame(
        {"sample": [f"S{k}" for k in range(len(right))], "patient": patients, "part": "test", "label": "glioma",
         "p_glioma": np.where(right, 0.8, 0.1), "p_meningioma": np.where(right, 0.1, 0.8), "p_pituitary": 0.1}
    )  # fmt: skip
    return predictions_of([(FoldPlace(model, scheme, 1, 1), table)])


def test_weighted_shares():
    weights = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    found = share(weights, np.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(found[:2], [2 / 3, 0.0])
    assert np.isnan(found[2])


def test_the_gap_between_the_splits():
    patients = [f"P{k // 4}" for k in range(80)]
    by_patient = predictions([k % 4 != 0 for k in range(80)], patients)
    by_slice = predictions([k % 8 != 0 for k in range(80)], patients, scheme="slice")
    (row,) = gap_table(by_patient, by_slice, 400, np.random.default_rng(1)).to_dict("records")
    assert (row["accuracy_patient"], row["accuracy_slice"], row["gap"]) == (0.75, 0.875, 0.125)
    assert (row["n_patient"], row["n_slice"]) == (80, 80)
    # by patient everybody has the same share: no width; by slice ten have 3/4 and ten 1: SE 0.125 / sqrt(20)
    assert row["lower_patient"] == row["upper_patient"] == 0.75
    se = 0.125 / np.sqrt(20)
    assert row["gap_lower"] == pytest.approx(0.125 - 1.96 * se, abs=0.015)
    assert row["gap_upper"] == pytest.approx(0.125 + 1.96 * se, abs=0.015)


def pointing():
    return pd.DataFrame(
        {"model": "cnn", "method": "gradient", "patient": [f"P{k // 2}" for k in range(40)], "hit": [1.0, np.nan] * 20,
         "inside": 0.25, "by_chance": 0.1, "centre": [0.0, 1.0] * 20}
    )  # fmt: skip


def test_hits_over_patients():
    (row,) = saliency_table(pointing(), 200, np.random.default_rng(2)).to_dict("records")
    assert (row["n"], row["n_patients"]) == (40, 20)
    assert row["hit"] == 0.5  # a map that points nowhere misses
    assert (row["inside"], row["by_chance"], row["centre"]) == (0.25, pytest.approx(0.1), 0.5)


def test_recovery_judges_by_its_rules():
    gap = pd.DataFrame(
        {"model": ["cnn", "vgg16", "encoder"], "accuracy_patient": [0.88, 0.99, 0.52],
         "lower_patient": [0.84, 0.97, 0.44], "upper_patient": [0.92, 1.0, 0.6]}
    )  # fmt: skip
    saliency = pd.DataFrame(
        {
            "model": ["cnn", "cnn"],
            "method": ["gradient", "grad_cam"],
            "hit": [0.6, 0.12],
            "hit_lower": [0.5, 0.08],
            "hit_upper": [0.7, 0.2],
            "by_chance": [0.1, 0.1],
        }
    )
    grouping = pd.DataFrame({"quantity": ["kept_together"], "value": [0.5]})
    truth = {"bayes_accuracy": 0.908, "bayes_these_slices": 0.9, "priors": [0.2, 0.45, 0.35]}
    table = recovery_table(truth, gap, saliency, grouping)
    # a network whose whole interval lies above what can be known has seen its patients; one that names the commonest
    # type has learnt nothing
    assert table["ok"].tolist() == [True, False, False, True, False, False]
    assert table["planted"].tolist() == [0.908] * 3 + [1.0] * 3
