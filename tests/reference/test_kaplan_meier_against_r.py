"""`scripts.survival.kaplan_meier` against R's survfit (conf.type "log") and survdiff: closed formulae, 1e-10
relative.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.kaplan_meier import at_risk_table, kaplan_meier, log_rank, survival_probability


@pytest.fixture(params=["primary", "validation"])
def cohort(request, read_input, read_expected):
    return read_input(request.param), read_expected("kaplan_meier")[request.param]


@pytest.mark.parametrize("times", ["curve", "curve_tied"])
def test_curve(cohort, times, half_years, agree):
    table, expected = cohort
    time = half_years(table["time"]) if times.endswith("tied") else table["time"]
    curve = kaplan_meier(np.asarray(time), table["event"].to_numpy())
    start, rest = curve.iloc[0], curve.iloc[1:]
    assert (start["months"], start["survival"], start["ci_low"], start["ci_high"]) == (0, 1, 1, 1)
    for column in ("months", "at_risk", "events", "censored"):
        np.testing.assert_array_equal(rest[column], expected[times][column])
    for column in ("survival", "ci_low", "ci_high"):
        agree(f"kaplan-meier: {column}", rest[column], expected[times][column], relative=1e-10)


def test_survival_at_a_time(cohort, agree):
    table, expected = cohort
    expected = expected["survival_at"]
    obtained = [survival_probability(table["time"], table["event"], m) for m in expected["months"]]
    agree("kaplan-meier: survival at a time", obtained, expected["survival"], relative=1e-10)


def test_numbers_at_risk(cohort):
    table, expected = cohort
    expected = expected["at_risk"]
    months = list(dict.fromkeys(expected["months"]))
    obtained = at_risk_table(table["time"], table["event"], table["group"], months)
    found = {(row.group, row.months): row.at_risk for row in obtained.itertuples()}
    assert found == {
        (group, month): count
        for group, month, count in zip(
            expected["group"], expected["months"], expected["at_risk"], strict=True
        )
    }


@pytest.mark.parametrize("tied", ["", "_tied"])
@pytest.mark.parametrize("grouping", ["log_rank", "log_rank_tnm"])
def test_log_rank(cohort, grouping, tied, half_years, agree):
    table, expected = cohort
    expected = expected[grouping + tied]
    time = half_years(table["time"]) if tied else table["time"].to_numpy()
    group = table["tnm"] if grouping.endswith("tnm") else table["group"]
    test = log_rank(time, table["event"].to_numpy(), group.to_numpy())
    assert test.df == expected["df"]
    agree("log-rank: chi-square", test.chi_square, expected["chi_square"])
    agree("log-rank: p-value", test.p_value, expected["p_value"])
