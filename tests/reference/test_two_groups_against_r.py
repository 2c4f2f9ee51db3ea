"""Effect sizes, likeness and power of two groups against R's fisher.test, wilcox.test, t.test and shapiro.test.

Exact tests: 1e-7 relative. The odds ratio and its limits are roots: R's fisher.test stops at 1e-4 of a transformed
scale. Hodges and Lehmann's limits: R solves for them and rounds between two differences, this project takes the
differences of the ranks: within the step between neighbours.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from scripts.statistics.effect_sizes import median_shift, odds_ratio, superiority
from scripts.statistics.equivalence import alike_means
from scripts.statistics.group_tests import choose_group_test
from scripts.statistics.power import exact_power, p_values, z_test_power


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("two_groups")


@pytest.fixture(scope="module")
def groups(read_input):
    table = read_input("primary")
    return lambda column: tuple(table.loc[table["sex"] == code, column].to_numpy(float) for code in (1, 0))


@pytest.mark.parametrize("case", range(6))
def test_odds_ratio_and_p_values_of_a_table(case, expected, agree):
    in_r = expected["odds"][case]
    x_a, n_a, x_b, n_b = in_r["counts"]
    found = odds_ratio(*in_r["counts"])
    agree("odds ratio", found.estimate, in_r["odds_ratio"], relative=1e-3, absolute=1e-12)
    agree("odds ratio: lower limit", found.ci_low, in_r["low"], relative=2e-3, absolute=1e-12)
    agree("odds ratio: upper limit", found.ci_high, in_r["high"], relative=1e-3)
    agree("Fisher", p_values(n_a, n_b, "fisher")[x_a, x_b], in_r["fisher"], relative=1e-7)
    agree("chi-square", p_values(n_a, n_b, "pearson")[x_a, x_b], in_r["pearson"], relative=1e-9)


@pytest.mark.parametrize("column", ["marker", "f03", "f01", "age"])
def test_numbers_of_two_groups(column, expected, groups, agree):
    in_r, (a, b) = expected["values"][column], groups(column)
    shift = median_shift(a, b)
    steps = np.diff(np.sort(np.subtract.outer(a, b).ravel()))
    agree("shift", shift.estimate, in_r["shift"], absolute=2e-4 * np.std(a))
    for name, limit in (("low", shift.ci_low), ("high", shift.ci_high)):
        agree(
            f"shift: {name}",
            limit,
            in_r[f"shift_{name}"],
            absolute=20 * float(np.median(steps)) + 2e-4 * np.std(a),
        )
    agree("superiority", superiority(a, b).estimate, in_r["superiority"], relative=1e-12)
    alike = alike_means(a, b, 0.5)
    agree("90 % interval of means", alike.low, in_r["mean_low"], relative=1e-9)
    agree("90 % interval of means", alike.high, in_r["mean_high"], relative=1e-9)
    agree("Shapiro-Wilk", stats.shapiro(a).pvalue, in_r["shapiro_a"], relative=1e-2)
    normal = min(in_r["shapiro_a"], in_r["shapiro_b"]) >= 0.05
    assert choose_group_test(a, b) == ("student" if normal else "mann_whitney")


@pytest.mark.parametrize("case", range(3))
@pytest.mark.parametrize("test", ["fisher", "pearson", "yates"])
def test_power_of_all_tables(case, test, expected, agree):
    in_r = expected["power"][case]
    p, q, n, m = in_r["case"]
    agree(f"power, {test}", exact_power(p, q, int(n), int(m), test), in_r[test], relative=1e-9)


def test_power_of_equal_groups(expected, agree):
    agree("power.prop.test", z_test_power(0.5, 0.7, 65, 65), expected["equal_groups"], relative=1e-6)
