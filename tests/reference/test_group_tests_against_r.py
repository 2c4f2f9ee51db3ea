"""`scripts.statistics.group_tests` against R's wilcox.test and t.test: exact and approximate, with ties and zeros.

Closed formulae and counts of arrangements: 1e-9 relative.
"""

from __future__ import annotations

import pytest

from scripts.statistics.group_tests import compare_groups, compare_visits


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("group_tests")


@pytest.fixture(scope="module")
def samples(read_input):
    table = read_input("primary")
    return {"all": table, "forty": table.iloc[:40], "twelve": table.iloc[:12]}


@pytest.mark.parametrize("size", ["all", "forty", "twelve"])
@pytest.mark.parametrize("column", ["marker", "marker_coarse", "f03", "age"])
@pytest.mark.parametrize("test", ["mann_whitney", "student", "welch"])
def test_two_groups(size, column, test, samples, expected, agree):
    part, in_r = samples[size], expected["two_groups"][size][column][test]
    found = compare_groups(part.loc[part["sex"] == 1, column], part.loc[part["sex"] == 0, column], test)
    agree(f"{test}: statistic", found.statistic, in_r["statistic"], relative=1e-9)
    agree(f"{test}: p-value", found.p_value, in_r["p_value"], relative=1e-9)


@pytest.mark.parametrize("size", ["all", "forty", "twelve"])
@pytest.mark.parametrize("test", ["wilcoxon", "paired_t"])
def test_two_visits(size, test, samples, expected, agree):
    part = samples[size]
    for case in expected["two_visits"][size]:
        found = compare_visits(part[case["before"]], part[case["after"]], test)
        agree(f"{test}: statistic", found.statistic, case[test]["statistic"], relative=1e-9)
        agree(f"{test}: p-value", found.p_value, case[test]["p_value"], relative=1e-9)
