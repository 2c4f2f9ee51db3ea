"""Corrected resampled t, by hand."""

import numpy as np
import pytest

from scripts.statistics.resampled_t import corrected_interval


def test_corrected_interval_by_hand():
    """Mean 0.7, s^2 0.01, J 3, 3 folds: se = sqrt(0.01 (1/3 + 1/2)) = 0.0912871; t(2, 0.975) = 4.302653."""
    mean, low, high, p = corrected_interval(np.array([0.6, 0.7, 0.8]), 3)
    assert (mean, low, high) == pytest.approx((0.7, 0.7 - 0.3927766, 0.7 + 0.3927766), rel=1e-6)
    # P(|T2| > 7.66812) = 1 - t / sqrt(2 + t^2)
    assert p == pytest.approx(1 - 7.668116 / np.sqrt(2 + 7.668116**2), rel=1e-5)


def test_corrected_interval_of_no_difference():
    assert corrected_interval(np.zeros(6), 3) == (0.0, 0.0, 0.0, 1.0)
