"""Resampling of patients against the plain bootstrap, closed forms of the variance, and coverage."""

import numpy as np
import pandas as pd
import pytest

from scripts.statistics.clustered_bootstrap import (
    patient_codes,
    patient_draws,
    percentile_limits,
    replicates,
    share_limits,
)


def shares(right):
    return lambda weights: weights @ right / weights.sum(1)


def test_draws_are_resamples():
    draws = patient_draws(7, 4000, np.random.default_rng(0))
    assert draws.shape == (4000, 7)
    assert (draws.sum(1) == 7).all()
    np.testing.assert_allclose(draws.mean(0), 1, atol=0.06)
    np.testing.assert_allclose(draws.var(0), 6 / 7, atol=0.08)  # binomial(7, 1/7)


def test_a_patient_comes_whole(monkeypatch):
    """Patients a, b of 1 and 3 cases: drawn (2, 0), (1, 1), (0, 2); also in pieces."""
    codes = patient_codes(pd.Series(["b", "b", "a", "b"]), pd.Index(["a", "b"]))
    np.testing.assert_array_equal(codes, [1, 1, 0, 1])
    draws = np.array([[2, 0], [1, 1], [0, 2]])
    right = np.array([1.0, 1, 0, 0])
    np.testing.assert_allclose(replicates(shares(right), codes, draws), [0, 0.5, 2 / 3])
    monkeypatch.setattr("scripts.statistics.clustered_bootstrap.AT_A_TIME", 4)
    np.testing.assert_allclose(replicates(shares(right), codes, draws), [0, 0.5, 2 / 3])


def test_a_patient_without_draws():
    with pytest.raises(KeyError, match="no draws of patient c"):
        patient_codes(pd.Series(["a", "c"]), pd.Index(["a", "b"]))


def test_variance_is_that_of_patients_not_of_cases():
    """40 patients of 10 equal cases: the variance of the share is p (1 - p) / 40, not / 400."""
    right = np.repeat(np.arange(40) < 28, 10).astype(float)
    codes = np.repeat(np.arange(40), 10)
    draws = patient_draws(40, 4000, np.random.default_rng(1))
    found = replicates(shares(right), codes, draws).var()
    assert found == pytest.approx(0.7 * 0.3 / 40, rel=0.08)


def test_limits_leave_out_what_does_not_exist():
    values = np.column_stack([np.arange(101.0), np.full(101, np.nan), [np.nan, *range(100)]])
    lower, upper = percentile_limits(values)
    np.testing.assert_allclose(lower, [2.5, np.nan, 2.475])
    np.testing.assert_allclose(upper, [97.5, np.nan, 96.525])
    lower, upper = percentile_limits(np.arange(101.0), 0.9)
    np.testing.assert_allclose([lower, upper], [5.0, 95.0])


def test_everybody_right_is_no_certainty():
    """Of 20 patients who are all right the exact lower limit is 0.025^(1/20)."""
    lower, upper, how = share_limits(np.ones(100), 1.0, 20)
    assert (lower, upper, how) == (pytest.approx(0.025 ** (1 / 20)), 1.0, "exact")
    lower, upper, how = share_limits(np.zeros(100), 0.0, 20)
    assert (lower, upper) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert share_limits(np.linspace(0.4, 0.6, 101), 0.5, 20)[2] == "bootstrap"


def test_coverage_where_cases_of_a_patient_are_alike():
    """60 patients of 1 to 9 cases, each patient's share from beta(4, 1) (mean 0.8); an interval over cases covers
    far less."""
    random = np.random.default_rng(3)
    over_patients = over_cases = 0
    for _ in range(200):
        codes = np.repeat(np.arange(60), random.integers(1, 10, 60))
        right = (random.random(len(codes)) < random.beta(1, 0.25, 60)[codes]).astype(float)
        draws = patient_draws(60, 400, random)
        lower, upper = percentile_limits(replicates(shares(right), codes, draws))
        over_patients += lower <= 0.8 <= upper
        half = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / len(right))
        over_cases += abs(right.mean() - 0.8) <= half
    assert 0.88 <= over_patients / 200 <= 0.98
    assert over_cases / 200 < 0.75
