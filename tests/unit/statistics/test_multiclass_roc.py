"""Areas of several classes against scikit-learn and by hand; resamples against repeated cases."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_curve

from scripts.statistics.multiclass_roc import (
    curves_on_grid,
    hand_till_areas,
    one_vs_rest_areas,
    weighted_areas,
)


@pytest.fixture(scope="module")
def predicted():
    """240 cases of 3 classes; probabilities in steps of 0.01, so that many are tied."""
    random = np.random.default_rng(4)
    truth = random.choice(3, 240, p=[0.6, 0.3, 0.1])
    logits = random.normal(size=(240, 3)) + 1.2 * np.eye(3)[truth]
    parts = np.round(100 * np.exp(logits) / np.exp(logits).sum(1, keepdims=True))
    parts[:, 0] += 100 - parts.sum(1)
    return truth, parts / 100


def test_against_scikit_learn(predicted):
    truth, probabilities = predicted
    once = np.ones((1, len(truth)))
    of_class = roc_auc_score(truth, probabilities, multi_class="ovr", average=None)
    np.testing.assert_allclose(one_vs_rest_areas(truth, probabilities, once)[0], of_class, rtol=1e-13)
    expected = roc_auc_score(truth, probabilities, multi_class="ovo", average="macro")
    assert hand_till_areas(truth, probabilities, once)[0] == pytest.approx(expected, rel=1e-13)


def test_weights_are_repeated_cases(predicted):
    truth, probabilities = predicted
    weights = np.random.default_rng(5).integers(0, 3, (4, len(truth)))
    areas = one_vs_rest_areas(truth, probabilities, weights)
    pairs = hand_till_areas(truth, probabilities, weights)
    for b, weight in enumerate(weights):
        y, p = truth.repeat(weight), probabilities.repeat(weight, axis=0)
        np.testing.assert_allclose(areas[b], roc_auc_score(y, p, multi_class="ovr", average=None), rtol=1e-13)
        assert pairs[b] == pytest.approx(roc_auc_score(y, p, multi_class="ovo"), rel=1e-13)


def test_hand_and_till_by_hand():
    """A(0|1) 1, A(1|0) 1/2; A(0|2) 1, A(2|0) 1; A(1|2) 1, A(2|1) 1/2: their mean is 5/6."""
    truth = np.array([0, 1, 2])
    probabilities = np.array([[0.5, 0.4, 0.1], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]])
    once = np.ones((1, 3))
    assert hand_till_areas(truth, probabilities, once)[0] == pytest.approx(5 / 6)


def test_two_classes_have_one_area():
    y, p = np.array([0, 1, 1, 0]), np.array([0.2, 0.9, 0.3, 0.4])
    both = np.stack([1 - p, p], axis=1)
    once = np.ones((1, 4))
    assert weighted_areas(y, p, once)[0] == 0.75
    assert hand_till_areas(y, both, once)[0] == 0.75
    np.testing.assert_array_equal(one_vs_rest_areas(y, both, once)[0], [0.75, 0.75])


def test_a_resample_without_a_class_has_no_area(predicted):
    truth, probabilities = predicted
    weights = np.stack([np.ones(len(truth)), (truth != 2).astype(float)])
    areas = one_vs_rest_areas(truth, probabilities, weights)
    assert np.isfinite(areas[0]).all()
    np.testing.assert_array_equal(np.isnan(areas[1]), [False, False, True])
    np.testing.assert_array_equal(np.isnan(hand_till_areas(truth, probabilities, weights)), [False, True])


def test_curve_on_a_grid(predicted):
    """At the points of the curve its top; between them straight: scikit-learn's own points, interpolated."""
    truth, probabilities = predicted
    y, score = (truth == 1).astype(int), probabilities[:, 1]
    false, true, _ = sklearn_curve(y, score, drop_intermediate=False)
    grid = np.linspace(0, 1, 21)
    found = curves_on_grid(y, score, np.ones((1, len(y))), grid)[0]
    np.testing.assert_allclose(found, np.interp(grid, false, true), atol=1e-12)
    fine = np.linspace(0, 1, 200_001)
    area = np.trapezoid(curves_on_grid(y, score, np.ones((1, len(y))), fine)[0], fine)
    assert area == pytest.approx(roc_auc_score(y, score), abs=1e-5)


def test_curve_by_hand():
    """Scores 4 (1), 3 (0), 2 (1), 1 (0): points (0, 0), (0, 1/2), (1/2, 1/2), (1/2, 1), (1, 1)."""
    found = curves_on_grid(
        np.array([1, 0, 1, 0]), np.array([4.0, 3, 2, 1]), np.array([[1.0] * 4, [1, 0, 1, 0]]),
        np.array([0, 0.25, 0.5, 1]),
    )  # fmt: skip
    np.testing.assert_array_equal(found[0], [0.5, 0.5, 1, 1])
    assert np.isnan(found[1]).all()
