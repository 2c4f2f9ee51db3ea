"""Effect sizes against published examples, closed forms and counting by hand."""

import numpy as np
import pytest

from scripts.statistics.effect_sizes import (
    hedges_g,
    median_shift,
    odds_ratio,
    proportion_difference,
    superiority,
)


@pytest.mark.parametrize(
    ("counts", "limits"),
    [  # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ],
)
def test_newcombes_own_examples(counts, limits):
    found = proportion_difference(*counts)
    assert (found.ci_low, found.ci_high) == pytest.approx(limits, abs=6e-5)
    assert found.estimate == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])


def test_swapping_groups_turns_the_sign():
    one, other = proportion_difference(11, 52, 15, 80), proportion_difference(15, 80, 11, 52)
    assert (one.estimate, one.ci_low, one.ci_high) == pytest.approx(
        (-other.estimate, -other.ci_high, -other.ci_low)
    )
    a, b = np.array([1.0, 2, 4, 9]), np.array([3.0, 3, 5])
    assert superiority(a, b).estimate == pytest.approx(1 - superiority(b, a).estimate)
    assert median_shift(a, b).estimate == pytest.approx(-median_shift(b, a).estimate)
    assert hedges_g(a, b).estimate == pytest.approx(-hedges_g(b, a).estimate)


def test_hedges_g_by_hand():
    # means 3 and 5, variances 1 and 1: d = -2; m = 4, J = Gamma(2) / (sqrt(2) Gamma(1.5)) = 0.797885
    found = hedges_g(np.array([2.0, 3, 4]), np.array([4.0, 5, 6]))
    g = -2 * 0.7978845608
    assert found.estimate == pytest.approx(g)
    assert found.ci_high - found.estimate == pytest.approx(1.959964 * np.sqrt(6 / 9 + g**2 / 12), rel=1e-6)


def test_superiority_counts_pairs_and_halves_ties():
    # pairs of (1, 3, 5) and (3, 4): larger 5>3, 5>4; tie 3=3: 2.5 of 6
    assert superiority(np.array([1.0, 3, 5]), np.array([3.0, 4])).estimate == pytest.approx(2.5 / 6)


def test_groups_that_do_not_overlap_leave_what_a_few_pairs_leave_open():
    # 3 pairs of 3 with the larger value in a: Clopper and Pearson's lower limit of 3 of 3 is 0.025^(1/3) = 0.2924
    found = superiority(np.array([4.0, 5, 6]), np.array([0.0, 1, 2, 3]))
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((1, 0.2924018, 1))
    found = superiority(np.array([0.0, 1, 2, 3]), np.array([4.0, 5, 6]))
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0, 0, 0.7075982))
    found = superiority(np.zeros(3), np.zeros(9))
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0.5, 0.1462009, 0.8537991))


def test_shift_is_the_median_of_all_differences_and_its_limits_are_differences():
    a, b = np.array([1.0, 4, 6, 11]), np.array([0.0, 2.5, 3])
    differences = sorted(x - y for x in a for y in b)
    found = median_shift(a, b, 0.8)  # C = 6 - 1.2816 sqrt(12 * 8 / 12) = 2.375, so ranks 2 and 11
    assert found.estimate == pytest.approx((differences[5] + differences[6]) / 2)
    assert (found.ci_low, found.ci_high) == (differences[1], differences[10])


def test_ranks_of_the_shifts_limits():
    # differences -5 to 30, each once; C = 18 - 1.96 sqrt(36 * 13 / 12) = 5.76, so ranks 5 and 32
    found = median_shift(6 * np.arange(6.0), np.arange(6.0))
    assert (found.estimate, found.ci_low, found.ci_high) == (12.5, -1, 26)


def test_missing_values_take_no_part_and_what_cannot_be_told_is_missing():
    a = np.array([1.0, np.nan, 3])
    assert superiority(a, np.array([2.0, 5])).estimate == pytest.approx(0.25)
    assert np.isnan(superiority(np.array([1.0]), a).estimate)
    assert np.isnan(hedges_g(np.array([2.0, 2]), np.array([2.0, 2])).estimate)
    assert np.isnan(proportion_difference(0, 0, 1, 2).estimate)
    assert np.isnan(odds_ratio(0, 5, 0, 7).estimate)
    assert np.isnan(median_shift(np.array([]), a).estimate)
    assert np.isnan(median_shift(np.array([1.0]), np.array([2.0])).ci_low)
