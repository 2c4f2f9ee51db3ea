"""Two one-sided tests against brute force, definitions and their duality with the 90 % interval."""

import numpy as np
import pytest
from scipy import optimize, stats

from scripts.errors import InputError
from scripts.statistics import equivalence
from scripts.statistics.equivalence import (
    alike_means,
    alike_proportions,
    alike_ranks,
    score_error,
    verdict,
)
from scripts.statistics.roc import area_interval

COUNTS = [(38, 52, 57, 80), (4, 52, 9, 80), (0, 20, 3, 25), (12, 12, 9, 11)]


def likeliest_error(x_a, n_a, x_b, n_b, delta):
    """The same from the definition: the likelihood maximised over p_a with p_b = p_a - delta, by search."""

    def loss(p):
        return -(stats.binom.logpmf(x_a, n_a, p) + stats.binom.logpmf(x_b, n_b, p - delta))

    low, high = max(0, delta) + 1e-12, min(1, 1 + delta) - 1e-12
    grid = np.linspace(low, high, 20001)
    start = grid[np.argmin(loss(grid))]
    step = grid[1] - grid[0]
    p = optimize.minimize_scalar(
        loss,
        bounds=(max(low, start - step), min(high, start + step)),
        method="bounded",
        options={"xatol": 1e-12},
    ).x
    return np.sqrt(p * (1 - p) / n_a + (p - delta) * (1 - p + delta) / n_b)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("delta", [-0.2, 0.2, 0.45])
def test_the_cubic_finds_the_likeliest_proportions(counts, delta):
    assert score_error(*counts, delta) == pytest.approx(likeliest_error(*counts, delta), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("counts", COUNTS)
@pytest.mark.parametrize("margin", [0.1, 0.2, 0.3])
def test_alike_exactly_where_the_interval_lies_within_the_margin(counts, margin):
    found = alike_proportions(*counts, margin)
    assert (found.p_value < 0.05) == (-margin < found.low and found.high < margin)
    assert found.low < found.estimate < found.high


def test_the_score_interval_of_equal_groups_with_a_margin_of_its_own_end_has_p_of_five_percent():
    counts = (30, 52, 48, 80)
    found = alike_proportions(*counts, 0.2)
    end = max(-found.low, found.high)
    assert alike_proportions(*counts, end).p_value == pytest.approx(0.05, abs=1e-6)


def test_means_by_the_textbook_formula():
    a, b = np.array([10.1, 11.3, 9.2, 10.8, 12.0]), np.array([10.4, 9.9, 11.1, 10.0])
    margin = 2.0 * np.sqrt((4 * a.var(ddof=1) + 3 * b.var(ddof=1)) / 7)
    low = stats.ttest_ind(a, b - margin, equal_var=False, alternative="greater").pvalue
    high = stats.ttest_ind(a, b + margin, equal_var=False, alternative="less").pvalue
    found = alike_means(a, b, 2.0)
    assert found.p_value == pytest.approx(max(low, high))
    assert found.margin_high == pytest.approx(margin)


@pytest.mark.parametrize("shift", [-1.0, -0.3, 0.0, 0.3, 1.0])
def test_ranks_by_delongs_error(shift):
    random = np.random.default_rng(3)
    a, b = random.normal(shift, size=80), random.normal(size=90)
    y, values = np.repeat([1, 0], [80, 90]), np.concatenate([a, b])
    found, area = alike_ranks(a, b, 0.138), area_interval(y, values, 0.90)
    assert (found.low, found.high) == pytest.approx((area.ci_low, area.ci_high))
    assert (found.p_value < 0.05) == (found.low > 0.362 and found.high < 0.638)
    nearest_margin = max((area.estimate - 0.638), (0.362 - area.estimate))  # below 0 within the margins
    assert found.p_value == pytest.approx(stats.norm.cdf(nearest_margin / area.standard_error))


def test_the_level_is_kept_at_the_margin():
    # true proportions 0.5 and 0.3, margin 0.2: calling these alike is an error, in at most about 5 of 100
    random = np.random.default_rng(7)
    pairs = zip(random.binomial(60, 0.5, 1500), random.binomial(60, 0.3, 1500), strict=True)
    alike = [alike_proportions(x, 60, y, 60, 0.2).p_value < 0.05 for x, y in pairs]
    assert 0.02 < np.mean(alike) < 0.065


def test_means_on_either_side_have_the_same_p_value():
    a, b = np.array([10.1, 11.3, 9.2, 10.8, 12.0]), np.array([12.4, 11.9, 13.1, 10.0])
    one, other = alike_means(a, b, 1.2), alike_means(b, a, 1.2)
    assert one.p_value == pytest.approx(other.p_value)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_the_score_interval_reaches_the_ends_where_the_difference_does():
    assert alike_proportions(0, 3, 3, 3, 0.2).low == -1.0
    assert alike_proportions(3, 3, 0, 3, 0.2).high == 1.0


def test_degenerate_groups():
    assert np.isnan(alike_proportions(0, 0, 1, 5, 0.2).p_value)
    assert np.isnan(alike_ranks(np.array([1.0]), np.array([1.0, 2]), 0.1).p_value)
    assert np.isnan(alike_means(np.ones(5), np.ones(4), 0.5).p_value)


def test_a_few_equal_values_do_not_show_likeness_and_many_do():
    # a share of 2 x 0.1 of the pairs may differ; 5 pairs without a patient in common all miss it with 0.8^5
    few, many = (alike_ranks(np.zeros(n), np.zeros(n + 1), 0.1) for n in (5, 52))
    assert (few.estimate, few.p_value) == (0.5, pytest.approx(0.32768))
    assert many.p_value == pytest.approx(9.134385233318148e-06)
    for found in (few, many):
        assert (found.p_value < 0.05) == (found.low > 0.4 and found.high < 0.6)
    assert alike_ranks(np.arange(5.0), np.arange(9.0, 15), 0.1).p_value == 1.0  # nobody overlaps


def test_the_interval_of_equal_values_ends_where_the_margin_has_five_percent():
    found = alike_ranks(np.zeros(20), np.zeros(30), 0.1)
    assert alike_ranks(np.zeros(20), np.zeros(30), found.high - 0.5).p_value == pytest.approx(0.05)


@pytest.mark.parametrize("margin", [0.0, 1.0, -0.2])
def test_an_impossible_margin_is_refused(margin):
    with pytest.raises(InputError, match="margin of proportions: expected a number between 0 and 1"):
        alike_proportions(1, 5, 2, 5, margin)
    with pytest.raises(InputError, match="margin of ranks"):
        alike_ranks(np.arange(4.0), np.arange(3.0), margin or 0.5)


@pytest.mark.parametrize(
    ("difference", "likeness", "words"),
    [(0.01, 0.2, "DIFFERENT"), (0.3, 0.01, "ALIKE"), (0.01, 0.01, "BOTH"), (0.3, 0.2, "OPEN"),
     (0.049, 0.051, "DIFFERENT"), (0.051, 0.049, "ALIKE"), (0.051, 0.051, "OPEN"),
     (np.nan, np.nan, "NOT_TESTED"), (np.nan, 0.01, "ALIKE")],
)  # fmt: skip
def test_the_four_verdicts(difference, likeness, words):
    assert verdict(difference, likeness) == getattr(equivalence, words)
