"""Resampling of patients against the plain bootstrap, closed forms of the variance, and coverage."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.statistics.clustered_bootstrap import (
    bca_limits,
    patient_codes,
    patient_resamples,
    percentile_limits,
    replicates,
    share_limits,
)


def shares(right):
    return lambda weights: weights @ right / weights.sum(1)


def test_draws_are_resamples():
    found = patient_resamples(7, 4000, np.random.default_rng(0))
    draws = found.weights[:4000]
    assert (draws.sum(1) == 7).all()
    np.testing.assert_allclose(draws.mean(0), 1, atol=0.06)
    np.testing.assert_allclose(draws.var(0), 6 / 7, atol=0.08)  # binomial(7, 1/7)
    left_out = found.weights[4000:]
    assert left_out.shape == (7, 7)
    assert (left_out.sum(0) == 6).all()
    assert (left_out.sum(1) == 6).all()


def test_large_cohorts_leave_out_groups():
    left_out = patient_resamples(450, 1, np.random.default_rng(0)).weights[1:]
    assert left_out.shape == (200, 450)
    assert set(left_out.sum(1)) == {447, 448}
    assert (left_out.sum(0) == 199).all()


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
    draws = patient_resamples(40, 4000, np.random.default_rng(1)).weights[:4000]
    found = replicates(shares(right), codes, draws).var()
    assert found == pytest.approx(0.7 * 0.3 / 40, rel=0.08)


def test_limits_leave_out_what_does_not_exist():
    values = np.column_stack([np.arange(101.0), np.full(101, np.nan), [np.nan, *range(100)]])
    lower, upper = percentile_limits(values)
    np.testing.assert_allclose(lower, [2.5, np.nan, 2.475])
    np.testing.assert_allclose(upper, [97.5, np.nan, 96.525])
    lower, upper = percentile_limits(np.arange(101.0), 0.9)
    np.testing.assert_allclose([lower, upper], [5.0, 95.0])


@pytest.mark.parametrize("statistic", [np.mean, np.var, np.median])
def test_bca_against_scipy(statistic):
    """scipy's resamples of a skewed sample, and its statistic without each case, give scipy's limits."""
    sample = np.random.default_rng(4).exponential(size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.bootstrap(
            (sample,), statistic, n_resamples=999, method="BCa", rng=1, confidence_level=0.9
        )
    left_out = [statistic(np.delete(sample, i)) for i in range(40)]
    values = np.concatenate([theirs.bootstrap_distribution, left_out])
    lower, upper = bca_limits(values, statistic(sample), 999, 0.9)
    assert (float(lower), float(upper)) == pytest.approx(tuple(theirs.confidence_interval))


def test_bca_of_several_statistics_leaves_out_what_does_not_exist():
    random = np.random.default_rng(5)
    values = random.normal(size=(220, 2, 2))
    values[:5, 0, 1] = values[210:213, 0, 1] = np.nan
    values[:, 1, 0] = np.nan
    values[:, 1, 1] = 3.0
    estimate = np.array([[0.1, 0.1], [np.nan, 3.0]])
    lower, upper = bca_limits(values, estimate, 200)
    alone = bca_limits(np.delete(values[:, 0, 1], [*range(5), 210, 211, 212]), np.float64(0.1), 195)
    assert (lower[0, 1], upper[0, 1]) == tuple(map(float, alone))
    assert np.isnan([lower[1, 0], upper[1, 0]]).all()
    assert lower[1, 1] == upper[1, 1] == 3.0
    assert lower[0, 0] < 0.1 < upper[0, 0]


def test_everybody_right_is_no_certainty():
    """Of 20 patients who are all right the exact lower limit is 0.025^(1/20)."""
    lower, upper, how = share_limits(np.ones(100), 1.0, 20)
    assert (lower, upper, how) == (pytest.approx(0.025 ** (1 / 20)), 1.0, "exact")
    lower, upper, how = share_limits(np.zeros(100), 0.0, 20)
    assert (lower, upper) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    values = np.random.default_rng(6).normal(0.5, 0.1, 120)
    found = share_limits(values, 0.45, 20, n_bootstrap=100)
    assert found == (*map(float, bca_limits(values, np.float64(0.45), 100)), "bootstrap")
    assert share_limits(np.arange(101.0), 50.0, 20)[:2] == pytest.approx((2.5, 97.5))


def test_coverage_where_cases_of_a_patient_are_alike():
    """60 patients of 1 to 9 cases, each patient's share from beta(4, 1) (mean 0.8); an interval over cases covers
    far less."""
    random = np.random.default_rng(3)
    over_patients = over_cases = 0
    for _ in range(200):
        codes = np.repeat(np.arange(60), random.integers(1, 10, 60))
        right = (random.random(len(codes)) < random.beta(1, 0.25, 60)[codes]).astype(float)
        values = replicates(shares(right), codes, patient_resamples(60, 400, random).weights)
        lower, upper = bca_limits(values, right.mean(), 400)
        over_patients += lower <= 0.8 <= upper
        half = 1.96 * np.sqrt(right.mean() * (1 - right.mean()) / len(right))
        over_cases += abs(right.mean() - 0.8) <= half
    assert 0.88 <= over_patients / 200 <= 0.98
    assert over_cases / 200 < 0.75
