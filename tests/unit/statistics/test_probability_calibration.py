"""Calibration by hand, against scikit-learn, and of probabilities that are true."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from scripts.statistics.probability_calibration import bins_of, brier_scores, calibration_errors, reliability


@pytest.fixture(scope="module")
def predicted():
    random = np.random.default_rng(7)
    probabilities = random.dirichlet([1, 2, 3], 400)
    truth = np.array([random.choice(3, p=p) for p in probabilities])
    return truth, probabilities


def test_bins_are_closed_above():
    np.testing.assert_array_equal(bins_of([0, 0.1, 0.2, 0.20001, 0.8, 0.9, 1.0], 5), [0, 0, 0, 1, 3, 4, 4])


def test_calibration_error_by_hand():
    """Bin (0.5, 0.75]: confidences 0.6, 0.7, one right, gap 0.15; bin (0.75, 1]: 0.8, 1.0, both right, gap 0.1."""
    p = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [1.0, 0.0]])
    truth = np.array([0, 1, 1, 0])
    found = calibration_errors(truth, p, 4, np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0]]))
    np.testing.assert_allclose(found, [0.125, 0.15, np.nan])


def test_brier_by_hand_and_against_scikit_learn(predicted):
    assert brier_scores(np.array([1]), np.array([[0.3, 0.5, 0.2]]), np.ones((1, 1)))[0] == pytest.approx(
        0.3**2 + 0.5**2 + 0.2**2
    )
    truth, p = predicted
    found = brier_scores(truth, p, np.ones((1, 400)))[0]
    assert found == pytest.approx(brier_score_loss(truth, p, labels=[0, 1, 2], scale_by_half=False))
    weights = np.random.default_rng(8).integers(0, 3, (1, 400))
    repeated = brier_score_loss(
        truth.repeat(weights[0]), p.repeat(weights[0], axis=0), labels=[0, 1, 2], scale_by_half=False
    )
    assert brier_scores(truth, p, weights)[0] == pytest.approx(repeated)


def test_reliability_against_scikit_learn(predicted):
    """scikit-learn closes its bins below; no probability here lies on an edge."""
    truth, p = predicted
    share, mean = calibration_curve(truth == 2, p[:, 2], n_bins=8)
    count, predicted_mean, observed = (
        part[0] for part in reliability(truth == 2, p[:, 2], 8, np.ones((1, 400)))
    )
    np.testing.assert_allclose(observed[count > 0], share)
    np.testing.assert_allclose(predicted_mean[count > 0], mean)
    assert count.sum() == 400


def test_weights_are_repeated_cases(predicted):
    truth, p = predicted
    weights = np.random.default_rng(9).integers(0, 3, (2, 400))
    found = reliability(truth == 0, p[:, 0], 5, weights)
    errors = calibration_errors(truth, p, 5, weights)
    for b, weight in enumerate(weights):
        y, q, once = truth.repeat(weight), p.repeat(weight, axis=0), np.ones((1, weight.sum()))
        for part, expected in zip(found, reliability(y == 0, q[:, 0], 5, once), strict=True):
            np.testing.assert_allclose(part[b], expected[0])
        assert errors[b] == pytest.approx(calibration_errors(y, q, 5, once)[0])


def test_an_empty_bin_has_no_share():
    count, mean, share = reliability(np.array([1]), np.array([0.9]), 2, np.ones((1, 1)))
    np.testing.assert_array_equal(count, [[0, 1]])
    np.testing.assert_array_equal(np.isnan(mean), [[True, False]])
    np.testing.assert_array_equal(np.isnan(share), [[True, False]])


def test_true_probabilities_are_calibrated_and_sharpened_ones_are_not(predicted):
    truth, p = predicted
    sharp = p**3 / (p**3).sum(1, keepdims=True)
    once = np.ones((1, 400))
    honest, bold = (calibration_errors(truth, q, 10, once)[0] for q in (p, sharp))
    assert honest < 0.06
    assert bold > 0.15
