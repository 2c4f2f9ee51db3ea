"""Concordance: pairs by hand and by plain loops, influence by numerical derivative, invariances, Uno."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sksurv.metrics import concordance_index_censored, concordance_index_ipcw
from sksurv.util import Surv

from scripts.errors import InputError
from scripts.survival import concordance
from scripts.survival.concordance import (
    censoring_weights,
    concordance_difference,
    harrell_concordance,
    two_sided_p,
    uno_concordance,
)


def cohort(seed: int, n: int = 60, tied: bool = True):
    generator = np.random.default_rng(seed)
    risk = np.round(generator.normal(size=n), 1) if tied else generator.normal(size=n)
    time, censored = generator.exponential(40 * np.exp(-risk)), generator.uniform(10, 90, n)
    event = (time <= censored).astype(int)
    time = np.minimum(time, censored)
    return (np.ceil(time / 5) * 5 if tied else time + 1e-3), event, risk


def weighted_concordance(time, event, risk, weight):
    """C from its definition, a pair counting the product of its patients' weights."""
    won = pairs = 0.0
    for i in np.flatnonzero(event):
        for j in range(len(time)):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                pairs += weight[i] * weight[j]
                won += weight[i] * weight[j] * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
    return won / pairs


def test_pairs_by_hand():
    # recurrences at 2 and twice at 4, where somebody is censored too; comparable: that at 2 with four others,
    # each at 4 with two
    result = harrell_concordance([2, 4, 4, 4, 9], [1, 1, 1, 0, 0], [5, 4, 1, 4, 2])
    # 2: 5 > 4, 1, 4, 2; first 4: 4 = 4, 4 > 2; second 4: 1 < 4, 1 < 2
    assert (result.concordant, result.tied_risk, result.discordant, result.n_pairs) == (5, 1, 2, 8)
    assert result.estimate == 5.5 / 8


def test_interval_is_symmetric_in_the_logit():
    time, event, risk = cohort(1)
    event[np.flatnonzero(event)[21:]] = 0
    result = harrell_concordance(time, event, risk)
    c = result.estimate
    reach = 2.086 * result.standard_error / (c * (1 - c))  # Student's quantile for 21 - 1, from a table
    for limit, sign in ((result.ci_low, -1), (result.ci_high, 1)):
        assert np.log(limit / (1 - limit)) == pytest.approx(np.log(c / (1 - c)) + sign * reach, abs=1e-4)
    few = harrell_concordance([1, 2, 3, 4], [1, 1, 1, 0], [4, 2, 3, 1])
    assert 0 < few.ci_low < few.estimate < few.ci_high < 1
    one = harrell_concordance([1, 2, 3], [1, 0, 0], [2, 1, 3])  # the normal interval, cut
    assert (one.ci_low, one.ci_high) == (0, 1)
    perfect = harrell_concordance([1, 2, 3], [1, 1, 1], [3, 2, 1])
    assert (perfect.estimate, perfect.standard_error, perfect.ci_low) == (1, 0, 1)


def test_variance_is_the_sum_of_squared_influences():
    time, event, risk = cohort(2)
    n, h = time.size, 1e-5
    influence = []
    for i in range(n):
        shift = h * (np.arange(n) == i)
        up, down = (weighted_concordance(time, event, risk, 1 + sign * shift) for sign in (1, -1))
        influence.append((up - down) / (2 * h))
    result = harrell_concordance(time, event, risk)
    assert result.estimate == pytest.approx(weighted_concordance(time, event, risk, np.ones(n)), rel=1e-12)
    assert result.standard_error == pytest.approx(np.linalg.norm(influence), rel=1e-6)


def test_agrees_with_scikit_survival():
    time, event, risk = cohort(3)
    theirs = concordance_index_censored(event.astype(bool), time, risk)
    ours = harrell_concordance(time, event, risk)
    assert ours.estimate == pytest.approx(theirs[0], rel=1e-12)
    assert (ours.concordant, ours.discordant, ours.tied_risk) == theirs[1:4]


def test_invariances():
    time, event, risk = cohort(4)
    result = harrell_concordance(time, event, risk)
    order = np.random.default_rng(0).permutation(time.size)
    assert harrell_concordance(time[order], event[order], risk[order]) == result
    assert harrell_concordance(np.log1p(time), event, np.exp(risk)) == result
    reversed_risk = harrell_concordance(time, event, -risk)
    assert reversed_risk.estimate == pytest.approx(1 - result.estimate)
    assert reversed_risk.standard_error == pytest.approx(result.standard_error)
    assert harrell_concordance(time, event, np.zeros(time.size)).estimate == 0.5


def test_blocks_do_not_change_anything(monkeypatch):
    time, event, risk = cohort(5)
    whole = harrell_concordance(time, event, risk)
    monkeypatch.setattr(concordance, "BLOCK", 150)  # three recurrences at a time
    assert harrell_concordance(time, event, risk) == whole


def test_difference():
    time, event, risk = cohort(6)
    other = np.random.default_rng(1).normal(size=time.size)
    ab = concordance_difference(time, event, risk, other)
    ba = concordance_difference(time, event, other, risk)
    a, b = harrell_concordance(time, event, risk), harrell_concordance(time, event, other)
    assert ab["difference"] == pytest.approx(a.estimate - b.estimate)
    assert (ba["difference"], ba["ci_low"]) == (-ab["difference"], -ab["ci_high"])
    assert (
        ba["p_value"]
        == ab["p_value"]
        == pytest.approx(2 * norm.sf(abs(ab["difference"]) / ab["standard_error"]))
    )
    opposite = concordance_difference(time, event, risk, -risk)  # influences of opposite sign
    assert opposite["standard_error"] == pytest.approx(2 * a.standard_error)


def test_difference_of_scores_of_one_order_is_nothing():
    time, event, risk = cohort(7)
    same = concordance_difference(time, event, risk, 3 * risk + 1)
    assert same == {"difference": 0.0, "standard_error": 0.0, "ci_low": 0.0, "ci_high": 0.0, "p_value": 1.0}
    assert two_sided_p(0.5, 0.0) == 0.0


def test_censoring_weights_by_hand():
    # at 4 a recurrence comes before the censoring: G falls to 3/4 after 2 (of 4 at risk), by half after 4
    weights = censoring_weights(np.array([9.0, 1, 2, 4, 4]), np.array([True, True, False, True, False]))
    np.testing.assert_allclose(weights, [8 / 3, 1, 1, 4 / 3, 4 / 3])


def test_uno_by_hand_and_by_loops():
    time, event, risk = cohort(8)
    weight = censoring_weights(time, event.astype(bool)) ** 2
    for tau in (np.median(time[event == 1]), 32.0, 90.0):
        assert tau != 32 or not (time == 32).any()
        won = pairs = 0.0
        for i in np.flatnonzero((event == 1) & (time <= tau)):
            for j in range(time.size):
                if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                    pairs += weight[i]
                    won += weight[i] * ((risk[i] > risk[j]) + 0.5 * (risk[i] == risk[j]))
        found = uno_concordance(time, event, risk, tau, 0, np.random.default_rng(0))
        assert found["estimate"] == pytest.approx(won / pairs, rel=1e-12)
        assert np.isnan(found["ci_low"])


def test_uno_agrees_with_scikit_survival_without_ties():
    time, event, risk = cohort(9, n=200, tied=False)
    y = Surv.from_arrays(event.astype(bool), time)
    theirs = concordance_index_ipcw(y, y, risk, tau=50)[0]
    assert uno_concordance(time, event, risk, 50, 0, np.random.default_rng(0))["estimate"] == pytest.approx(
        theirs
    )


def test_uno_without_censoring_is_harrell():
    time, _, risk = cohort(10)
    everybody = np.ones(time.size)
    harrell = harrell_concordance(time, everybody, risk).estimate
    found = uno_concordance(time, everybody, risk, time.max(), 0, np.random.default_rng(0))
    assert found["estimate"] == pytest.approx(harrell)


def test_uno_interval_is_reproducible_and_holds_the_estimate():
    time, event, risk = cohort(11)
    first, again = (uno_concordance(time, event, risk, 60, 100, np.random.default_rng(3)) for _ in range(2))
    assert first == again
    assert first["ci_low"] < first["estimate"] < first["ci_high"]


def test_refusals():
    with pytest.raises(InputError, match="at least 1 event"):
        harrell_concordance([1, 2], [0, 0], [1, 2])
    with pytest.raises(
        InputError, match="a recurrence in a patient outlived by another, found no comparable pair"
    ):
        harrell_concordance([2, 2, 1], [1, 1, 0], [1, 2, 3])
    with pytest.raises(InputError, match="finite values of risk"):
        harrell_concordance([1, 2], [1, 0], [1, np.inf])
    with pytest.raises(
        InputError, match="a recurrence up to 3 months in a patient outlived by another, found none"
    ):
        uno_concordance([5, 6], [1, 0], [1, 2], 3, 10, np.random.default_rng(0))
