"""Expected values by hand; Harrell's C against scikit-survival."""

import math

import numpy as np
import pytest
from sksurv.metrics import concordance_index_censored

from scripts.seeds import generator
from scripts.simulation.survival_times import (
    PairCount,
    WeibullBaseline,
    count_all_pairs,
    count_pairs,
    exponential_times,
    median_follow_up,
    months_between,
    observe,
    weibull_survival,
    weibull_times,
)

BASELINE = WeibullBaseline(shape=0.8, scale_months=100.0)


def test_survival_at_the_scale_is_exp_of_minus_the_relative_hazard():
    found = weibull_survival(100.0, np.array([0.0, math.log(2)]), BASELINE)
    np.testing.assert_allclose(found, [math.exp(-1), math.exp(-2)])


def test_survival_follows_the_shape():
    # (t / scale)^shape = 2 at t = 100 * 2^(1 / 0.8)
    assert weibull_survival(100 * 2**1.25, np.array([0.0]), BASELINE)[0] == pytest.approx(math.exp(-2))


def test_times_are_where_survival_meets_the_uniform_number():
    uniform, predictor = np.array([0.9, 0.5, 0.01]), np.array([-1.0, 0.0, 2.0])
    times = weibull_times(uniform, predictor, BASELINE)
    np.testing.assert_allclose(
        [weibull_survival(t, p, BASELINE) for t, p in zip(times, predictor, strict=True)], uniform
    )


def test_loss_has_its_median():
    np.testing.assert_allclose(exponential_times(np.array([0.5, 0.25]), 40.0), [40.0, 80.0])


def test_a_month_is_a_twelfth_of_a_year():
    start = np.array(["2010-01-01", "2013-12-31"], dtype="datetime64[D]")
    np.testing.assert_allclose(months_between(start, "2014-01-01"), [48.0, 12 / 365.25])


def test_the_earlier_time_is_observed_and_rounded_up():
    months, event = observe(np.array([10.01, 30.0, 5.0, 0.001]), np.array([20.0, 12.3, 5.0, 9.0]))
    np.testing.assert_allclose(months, [10.1, 12.3, 5.0, 0.1])
    assert event.tolist() == [1, 0, 1, 1]


def test_follow_up_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="2 censoring times are not positive"):
        observe(np.ones(3), np.array([1.0, 0.0, -2.0]))


def test_median_follow_up_counts_events_as_censored():
    # by hand: at risk 5, 4, 3, 2, 1; censored at 2, 3 and 5 months: 3/4, 3/4 * 2/3 = 1/2
    assert median_follow_up(np.array([3.0, 1, 2, 5, 4]), np.array([0, 1, 0, 0, 1])) == 3


def test_an_event_leaves_before_a_censoring_at_the_same_time():
    # at risk 3 (event), then 2 (censored): 1/2 at 4 months; the other order would give 2/3 there
    assert median_follow_up(np.array([4.0, 4.0, 9.0]), np.array([0, 1, 0])) == 4


def test_median_follow_up_that_is_never_reached_is_nan():
    assert math.isnan(median_follow_up(np.array([1.0, 2.0]), np.array([1, 1])))


def test_pairs_by_hand():
    months = np.array([2.0, 4, 4, 4, 9])
    event = np.array([1, 1, 0, 1, 0])
    risk = np.array([3.0, 1, 1, 5, 2])
    # 0 with 1: 3 > 1 concordant; with 2: concordant; with 3: 3 < 5 discordant; with 4: concordant
    # 1 with 2 (event before censoring at 4): tied risk; with 3: two events at 4, not comparable
    # 1 with 4: 1 < 2 discordant; 2 with 3 (event 3 first): 5 > 1 concordant
    # 2 with 4: censored first, not comparable; 3 with 4: concordant
    assert count_all_pairs(months, event, risk) == PairCount(concordant=5, discordant=2, tied_risk=1)


def test_a_pair_counts_the_same_in_either_order():
    months, event, risk = np.array([2.0, 4]), np.array([1, 0]), np.array([1.0, 0])
    for first, second in ((0, 1), (1, 0)):
        assert count_pairs(months, event, risk, np.array([first]), np.array([second])).concordant == 1


def test_concordance_agrees_with_scikit_survival():
    draw = generator(3, "pairs")
    months = np.ceil(draw.exponential(30, 300))  # whole months: many ties
    event, risk = (draw.random(300) < 0.4).astype(int), draw.integers(0, 12, 300).astype(float)
    expected, concordant, discordant, tied_risk, _ = concordance_index_censored(event == 1, months, risk)
    found = count_all_pairs(months, event, risk)
    assert (found.concordant, found.discordant, found.tied_risk) == (concordant, discordant, tied_risk)
    assert found.concordance == pytest.approx(expected)


def test_monte_carlo_error_of_independent_pairs():
    assert PairCount(75, 25, 0).standard_error == pytest.approx(math.sqrt(0.75 * 0.25 / 100))
    assert PairCount(0, 0, 50).standard_error == 0  # every pair counts exactly one half
