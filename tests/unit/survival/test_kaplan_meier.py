"""Kaplan-Meier and log-rank against the 6-mercaptopurine trial as textbooks print it, lifelines, and by hand.

Freireich et al. (Blood 1963): weeks of remission of 42 children with leukaemia; the estimates are those of
Kalbfleisch and Prentice (The Statistical Analysis of Failure Time Data) and of Klein and Moeschberger.
"""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

from scripts.errors import InputError
from scripts.survival.kaplan_meier import at_risk_table, kaplan_meier, log_rank, survival_probability

TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_EVENT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def test_curve_of_the_mercaptopurine_arm():
    curve = kaplan_meier(TREATED, TREATED_EVENT)
    steps = curve[curve["events"] > 0]
    assert steps["months"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert steps["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    printed = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    np.testing.assert_allclose(steps["survival"], printed, atol=5e-4)
    assert curve.iloc[0].tolist() == [0, 21, 0, 0, 1, 1, 1]
    assert curve["censored"].sum() == 12


def test_interval_is_greenwood_on_the_log_scale():
    curve = kaplan_meier(TREATED, TREATED_EVENT).set_index("months")
    error = np.sqrt(3 / (21 * 18) + 1 / (17 * 16))  # of log S at 7 weeks
    assert curve.loc[7, "ci_low"] == pytest.approx(
        curve.loc[7, "survival"] * np.exp(-1.959964 * error), rel=1e-6
    )
    assert curve.loc[7, "ci_high"] == pytest.approx(
        curve.loc[7, "survival"] * np.exp(1.959964 * error), rel=1e-6
    )
    assert curve.loc[6, "ci_high"] == 1.0  # cut at 1


def test_interval_is_missing_where_survival_is_zero():
    curve = kaplan_meier([1, 2], [1, 1])
    assert curve["survival"].tolist() == [1, 0.5, 0]
    assert np.isnan(curve["ci_low"].iloc[-1])
    assert np.isnan(curve["ci_high"].iloc[-1])


def test_agrees_with_lifelines():
    generator = np.random.default_rng(2)
    time = np.ceil(generator.exponential(20, 200)) + 1
    event = generator.integers(0, 2, 200)
    theirs = KaplanMeierFitter().fit(time, event).survival_function_["KM_estimate"]
    ours = kaplan_meier(time, event)
    np.testing.assert_allclose(ours["survival"], theirs, rtol=1e-12)


def test_all_censored_stays_at_one():
    curve = kaplan_meier([5, 9], [0, 0])
    assert curve["survival"].tolist() == [1, 1, 1]
    assert curve["ci_low"].tolist() == [1, 1, 1]


def test_survival_at_a_time():
    time, event = [2, 4, 4, 7], [1, 1, 0, 1]
    expected = {0: 1, 1.9: 1, 2: 0.75, 3.9: 0.75, 4: 0.5, 6.9: 0.5, 7: 0, 100: 0}
    for months, survival in expected.items():
        assert survival_probability(time, event, months) == pytest.approx(survival)
    with pytest.raises(InputError, match="a time of 0 months or more, found -1"):
        survival_probability(time, event, -1)


def test_numbers_at_risk_count_those_whose_time_is_that_month():
    table = at_risk_table([5, 10, 15, 20], [1, 0, 1, 0], ["low", "high", "low", "high"], [0, 10, 15.5])
    assert table["group"].tolist() == ["high"] * 3 + ["low"] * 3
    assert table["at_risk"].tolist() == [2, 2, 1, 2, 1, 0]


def test_log_rank_of_the_trial():
    time = TREATED + PLACEBO
    event = TREATED_EVENT + [1] * 21
    group = ["6-MP"] * 21 + ["placebo"] * 21
    test = log_rank(time, event, group)
    assert test.chi_square == pytest.approx(16.79, abs=5e-3)  # as printed
    assert test.df == 1
    assert test.p_value == pytest.approx(4.17e-5, rel=2e-3)


def test_log_rank_by_hand():
    # deaths at 1 (a of 2 a + 2 b), 2 (b of a + 2 b), 4 (b alone): observed a 1, expected 1/2 + 1/3
    test = log_rank([1, 2, 3, 4], [1, 1, 0, 1], ["a", "b", "a", "b"])
    variance = 1 / 4 + (1 / 3) * (2 / 3)
    assert test.chi_square == pytest.approx((1 - 5 / 6) ** 2 / variance)


def test_log_rank_is_invariant():
    generator = np.random.default_rng(4)
    time, event = np.ceil(generator.exponential(20, 90)), generator.integers(0, 2, 90)
    group = generator.integers(0, 3, 90)
    test = log_rank(time, event, group)
    assert test.df == 2
    order = generator.permutation(90)
    for other in (
        log_rank(time[order], event[order], group[order]),
        log_rank(np.exp(time / 20), event, group),
        log_rank(time, event, np.array(["z", "a", "m"])[group]),
    ):
        assert other.chi_square == pytest.approx(test.chi_square, rel=1e-10)


def test_refusals():
    with pytest.raises(InputError, match="at least two groups, found only 'a'"):
        log_rank([1, 2], [1, 0], ["a", "a"])
    with pytest.raises(InputError, match="at least 1 event"):
        log_rank([1, 2], [0, 0], ["a", "b"])
    with pytest.raises(InputError, match="a group for each patient, found 1 missing"):
        log_rank([1, 2, 3], [1, 0, 1], ["a", None, "b"])
    with pytest.raises(InputError, match="2 group labels, found 1"):
        at_risk_table([1, 2], [1, 0], ["a"], [0])
    with pytest.raises(InputError, match="times above 0 months"):
        kaplan_meier([0, 1], [1, 1])
