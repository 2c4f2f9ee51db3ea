"""Wilson's interval against R's prop.test; the bootstrap against its own definition and its coverage."""

import math

import numpy as np
import pytest

from scripts.statistics.intervals import (
    bootstrap_interval,
    bootstrap_replicates,
    percentile_interval,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # prop.test(successes, n, correct = FALSE)$conf.int in R 4.2.2
        (0, 10, 0.0, 0.277532799862889),
        (1, 10, 0.0178762130950729, 0.404150026795238),
        (53, 139, 0.304771988934293, 0.464202647194114),
        (10, 10, 0.722467200137111, 1.0),
    ],
)
def test_wilson_is_prop_test_without_correction(successes, n, low, high):
    interval = wilson_interval(successes, n)
    assert interval.estimate == successes / n
    assert (interval.ci_low, interval.ci_high) == pytest.approx((low, high), abs=1e-12)


def test_wilson_without_patients_is_unknown_and_nonsense_is_refused():
    assert math.isnan(wilson_interval(0, 0).ci_low)
    for successes, n in ((-1, 5), (6, 5)):
        with pytest.raises(ValueError, match=f"0 <= successes <= n, found {successes} of {n}"):
            wilson_interval(successes, n)


def test_percentiles_are_rs_quantiles_and_unknown_replicates_are_left_out():
    # quantile(c(3,1,4,1,5,9,2,6), c(.025, .975)): 1.000, 8.475
    interval = percentile_interval(np.array([3, 1, np.nan, 4, 1, 5, 9, 2, 6, np.nan]), 3.5)
    assert (interval.estimate, interval.ci_low, interval.ci_high) == pytest.approx((3.5, 1.0, 8.475))
    assert math.isnan(percentile_interval(np.array([np.nan]), 1.0).ci_high)


def test_columns_are_resampled_together_and_the_seed_decides():
    x = np.arange(20.0)
    spread = bootstrap_replicates(
        lambda a, b: np.abs(a - b).max(), (x, x.copy()), 50, np.random.default_rng(3)
    )
    assert (spread == 0).all()
    one, other = (bootstrap_replicates(np.mean, (x,), 5, np.random.default_rng(7)) for _ in range(2))
    assert one.tolist() == other.tolist()
    draws = np.random.default_rng(7)
    assert one.tolist() == [x[draws.integers(0, 20, 20)].mean() for _ in range(5)]
    with pytest.raises(ValueError, match="columns differ in length: 20, 19"):
        bootstrap_replicates(np.mean, (x, x[1:]), 5, np.random.default_rng(1))


def test_the_bootstrap_covers_a_mean():
    generator = np.random.default_rng(11)
    hits = 0
    for _ in range(200):
        interval = bootstrap_interval(np.mean, (generator.exponential(2.0, 60),), 200, generator)
        hits += interval.ci_low <= 2.0 <= interval.ci_high
    assert 0.88 <= hits / 200 <= 0.98  # 95 % less the known shortfall at 60 skewed values
