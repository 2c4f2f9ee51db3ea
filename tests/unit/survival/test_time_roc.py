"""Time-dependent ROC: the plain one without censoring; with it, definitions by plain loops; invariances."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sksurv.metrics import cumulative_dynamic_auc
from sksurv.util import Surv

from scripts.errors import InputError
from scripts.survival import time_roc
from scripts.survival.kaplan_meier import survival_probability
from scripts.survival.time_roc import (
    RocCurve,
    auc_difference,
    ipcw_auc,
    time_dependent_roc,
    youden_cutoff,
)


def cohort(seed: int, n: int = 80, tied: bool = True):
    generator = np.random.default_rng(seed)
    marker = np.round(generator.normal(size=n), 1) if tied else generator.normal(size=n)
    time, censored = generator.exponential(60 * np.exp(-marker)), generator.uniform(10, 100, n)
    event = (time <= censored).astype(int)
    time = np.minimum(time, censored)
    return (np.ceil(time / 5) * 5 if tied else time + 1e-3), event, marker


def test_four_patients_by_hand():
    # all recur; by 10 months the patients with markers 3 and 1 have
    curve = time_dependent_roc([5, 20, 8, 30], [1, 1, 1, 1], [3, 2, 1, 0], 10)
    assert curve.cutoffs.tolist() == [-np.inf, 0, 1, 2, 3]
    np.testing.assert_allclose(curve.true_positive, [1, 1, 0.5, 0.5, 0])
    np.testing.assert_allclose(curve.false_positive, [1, 0.5, 0.5, 0, 0], atol=1e-15)
    assert curve.auc == pytest.approx(0.75)
    assert (curve.months, curve.method, curve.survival) == (10, "KM", 0.5)
    assert youden_cutoff(curve) == 0  # TP - FP is 0.5 at 0 and at 2: the smaller


@pytest.mark.parametrize("tied", [True, False])
def test_without_censoring_the_area_is_that_of_the_plain_roc(tied):
    time, _, marker = cohort(1, tied=tied)
    everybody = np.ones(time.size)
    area = roc_auc_score(time <= 30, marker)
    assert time_dependent_roc(time, everybody, marker, 30).auc == pytest.approx(area, rel=1e-12)
    found = ipcw_auc(time, everybody, marker, [30], 0, np.random.default_rng(0))
    assert found["auc"][0] == pytest.approx(area, rel=1e-12)


@pytest.mark.parametrize("block", [2_000_000, 200])
def test_km_curve_by_definition(block, monkeypatch):
    monkeypatch.setattr(time_roc, "BLOCK", block)
    time, event, marker = cohort(2)
    curve = time_dependent_roc(time, event, marker, 40)
    survival = survival_probability(time, event, 40)
    assert curve.survival == pytest.approx(survival)
    for cutoff, tp, fp in zip(
        curve.cutoffs[1:-1], curve.true_positive[1:], curve.false_positive[1:], strict=False
    ):
        above = marker > cutoff
        of_positives = survival_probability(time[above], event[above], 40)
        assert tp == pytest.approx((1 - of_positives) * above.mean() / (1 - survival))
        assert fp == pytest.approx(of_positives * above.mean() / survival)
    assert (curve.true_positive[-1], curve.false_positive[-1]) == pytest.approx((0, 0))


@pytest.mark.parametrize("block", [2_000_000, 200])
def test_nearest_neighbours_by_definition(block, monkeypatch):
    monkeypatch.setattr(time_roc, "BLOCK", block)
    time, event, marker = cohort(3, tied=False)
    n, reach = time.size, 8
    curve = time_dependent_roc(time, event, marker, 40, "NNE", span=0.1)
    rank = np.argsort(np.argsort(marker))
    # without ties a patient's neighbours are those up to `reach` ranks below and above
    given = np.array(
        [
            survival_probability(time[near], event[near], 40)
            for near in (np.abs(rank - rank[i]) <= reach for i in range(n))
        ]
    )
    survival = given.mean()
    assert curve.survival == pytest.approx(survival)
    above = marker > curve.cutoffs[1:, None]
    joint = (given * above).mean(axis=1)
    np.testing.assert_allclose(
        curve.true_positive[1:], (above.mean(axis=1) - joint) / (1 - survival), atol=1e-12
    )
    np.testing.assert_allclose(curve.false_positive[1:], joint / survival, atol=1e-12)
    assert (np.diff(curve.true_positive) <= 1e-12).all()  # monotone, unlike KM


def test_nearest_neighbours_of_tied_markers_are_in_or_out_together():
    # values 0, 1, 2 of 10, 10 and 4 patients: mid-ranks 5.5, 15.5, 22.5
    time = np.array([10.0, 50] * 5 + [10.0] * 8 + [50] * 2 + [10.0] * 4)
    marker = np.repeat([0.0, 1.0, 2.0], [10, 10, 4])
    for span, given in {
        6 / 24: (5 / 10, 2 / 10, 0),
        7 / 24: (5 / 10, 2 / 14, 2 / 14),
        10 / 24: (7 / 20, 7 / 24, 2 / 14),
    }.items():
        curve = time_dependent_roc(time, np.ones(24), marker, 20, "NNE", span=span)
        survival = (10 * given[0] + 10 * given[1] + 4 * given[2]) / 24
        assert curve.survival == pytest.approx(survival)
        above = (10 * given[1] + 4 * given[2]) / 24
        assert curve.true_positive[1] == pytest.approx((14 / 24 - above) / (1 - survival))
        assert curve.false_positive[1] == pytest.approx(above / survival)


def test_default_span():
    time, event, marker = cohort(3, n=32, tied=False)  # 32^-0.2 = 1/2, so 1/8 of them, 4, to each side
    default = time_dependent_roc(time, event, marker, 40, "NNE")
    assert default.auc == time_dependent_roc(time, event, marker, 40, "NNE", span=4 / 32).auc
    assert default.auc != time_dependent_roc(time, event, marker, 40, "NNE", span=3 / 32).auc


def test_a_window_of_everybody_tells_nothing():
    time, event, marker = cohort(4)
    assert time_dependent_roc(time, event, marker, 40, "NNE", span=1.0).auc == pytest.approx(0.5)


@pytest.mark.parametrize("method", ["KM", "NNE"])
def test_invariances(method):
    time, event, marker = cohort(5)
    curve = time_dependent_roc(time, event, marker, 40, method)
    order = np.random.default_rng(0).permutation(time.size)
    permuted = time_dependent_roc(time[order], event[order], marker[order], 40, method)
    scaled = time_dependent_roc(time, event, np.exp(3 * marker), 40, method)
    later = time_dependent_roc(time * 2, event, marker, 80, method)
    for other in (permuted, scaled, later):
        np.testing.assert_allclose(other.true_positive, curve.true_positive, rtol=1e-12)
        assert other.auc == pytest.approx(curve.auc, rel=1e-12)
    assert youden_cutoff(scaled) == pytest.approx(np.exp(3 * youden_cutoff(curve)))


def test_youden_cutoff_of_a_useless_marker_is_refused():
    curve = RocCurve(
        np.array([-np.inf, 0, 1]), np.array([1, 0.3, 0]), np.array([1, 0.4, 0]), 0.4, 36, "KM", 0.5
    )
    with pytest.raises(InputError, match="a cut-off with TP above FP"):
        youden_cutoff(curve)


def test_ipcw_auc_by_loops():
    time, event, marker = cohort(6)
    found = ipcw_auc(time, event, marker, [20, 40], 0, np.random.default_rng(0)).set_index("months")["auc"]

    def uncensored_before(t):
        steps = np.unique(time[(event == 0) & (time < t)])
        lost = [((time == s) & (event == 0)).sum() for s in steps]
        return np.prod([1 - m / (m + (time > s).sum()) for m, s in zip(lost, steps, strict=True)])

    for months in (20, 40):
        won = total = 0.0
        for i in np.flatnonzero((event == 1) & (time <= months)):
            controls = marker[time > months]
            weight = 1 / uncensored_before(time[i])
            won += weight * ((marker[i] > controls) + 0.5 * (marker[i] == controls)).mean()
            total += weight
        assert found[months] == pytest.approx(won / total, rel=1e-12)


def test_ipcw_auc_agrees_with_scikit_survival_without_ties():
    time, event, marker = cohort(7, n=200, tied=False)
    y = Surv.from_arrays(event.astype(bool), time)
    theirs = cumulative_dynamic_auc(y, y, marker, [20, 50])[0]
    found = ipcw_auc(time, event, marker, [20, 50], 50, np.random.default_rng(0))
    np.testing.assert_allclose(found["auc"], theirs, rtol=1e-12)
    assert ((found["ci_low"] < found["auc"]) & (found["auc"] < found["ci_high"])).all()


def test_difference_is_paired():
    time, event, marker = cohort(8)
    other = np.random.default_rng(1).normal(size=time.size)
    ab, again = (
        auc_difference(time, event, marker, other, 40, "KM", 60, np.random.default_rng(2)) for _ in "ab"
    )
    ba = auc_difference(time, event, other, marker, 40, "KM", 60, np.random.default_rng(2))
    assert ab == again
    assert ba["difference"] == pytest.approx(-ab["difference"])
    assert (ba["ci_low"], ba["auc_b_low"]) == pytest.approx((-ab["ci_high"], ab["auc_a_low"]))
    assert ba["p_value"] == pytest.approx(ab["p_value"])
    assert ab["auc_a"] == time_dependent_roc(time, event, marker, 40).auc
    assert ab["auc_a_low"] < ab["auc_a"] < ab["auc_a_high"]
    same = auc_difference(time, event, marker, 2 * marker - 7, 40, "NNE", 60, np.random.default_rng(2))
    assert (same["difference"], same["ci_low"], same["ci_high"], same["p_value"]) == (0, 0, 0, 1)


def test_difference_needs_resamples_with_a_curve():
    time, event = np.arange(1.0, 41), np.zeros(40)
    event[3] = 1  # a resample has this one recurrence in two of three cases
    with pytest.raises(InputError, match=r"resamples with a curve at 20 months, found \d+ of 50. Too few"):
        auc_difference(time, event, time, -time, 20, "KM", 50, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": 200}, "patients followed for 200 months, found none beyond"),
        ({"months": 1}, "a survival between 0 and 1 at 1 months, found 1"),
        ({"months": -3}, "a horizon above 0 months, found -3"),
        ({"method": "smooth"}, "method 'KM' or 'NNE', found 'smooth'"),
        ({"method": "NNE", "span": 0}, "a span above 0 and up to 1, found 0"),
        ({"marker": [np.nan] * 80}, "finite values of marker, found 80 other"),
        ({"event": [0] * 80}, "at least 1 event"),
        ({"event": [1] * 79}, "80 times and as many events, found 80 times, 79 events"),
    ],
)
def test_refusals(arguments, message):
    time, event, marker = cohort(9)
    given = {"time": time, "event": event, "marker": marker, "months": 40} | arguments
    with pytest.raises(InputError, match=message):
        time_dependent_roc(**given)


def test_ipcw_auc_refuses_a_horizon_without_cases_or_controls():
    time, event, marker = cohort(10)
    with pytest.raises(
        InputError, match="recurrences by and patients beyond 1 months, found 0 recurrences, 80"
    ):
        ipcw_auc(time, event, marker, [1], 0, np.random.default_rng(0))
    with pytest.raises(InputError, match="beyond 500 months, found .* 0 patients"):
        ipcw_auc(time, event, marker, [500], 0, np.random.default_rng(0))
