"""Calibration: groups and Kaplan-Meier by hand, the bootstrap's optimism, the slope."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.survival.calibration import bootstrap_calibration, calibration_curve, calibration_slope
from scripts.survival.cox import baseline_survival, fit_cox, survival_at
from scripts.survival.kaplan_meier import kaplan_meier


def cohort(seed: int, n: int = 160):
    generator = np.random.default_rng(seed)
    x = pd.DataFrame({"score": generator.normal(size=n), "stage": generator.integers(1, 5, n).astype(float)})
    time = generator.exponential(40 * np.exp(-0.7 * x["score"] - 0.4 * (x["stage"] - 2)))
    censored = generator.uniform(20, 90, n)
    return x, np.minimum(time, censored) + 1e-3, (time <= censored).astype(int)


class SamePatients:
    """A generator whose resamples are the cohort itself."""

    def integers(self, low, high, size):
        return np.arange(low, high)[:size]


def test_two_groups_by_hand():
    predicted = [0.2, 0.3, 0.4, 0.7, 0.8, 0.9]
    curve = calibration_curve([5, 6, 30, 4, 30, 30], [1, 1, 0, 0, 1, 0], predicted, 24, 2)
    assert curve["group"].tolist() == [1, 2]
    assert curve["n"].tolist() == [3, 3]
    np.testing.assert_allclose(curve["predicted"], [0.3, 0.8])
    np.testing.assert_allclose(curve["observed"], [1 / 3, 1.0])
    error = np.sqrt(1 / (3 * 2) + 1 / (2 * 1))
    np.testing.assert_allclose(curve["ci_low"], [np.exp(-1.959964 * error) / 3, 1.0], rtol=1e-6)
    np.testing.assert_allclose(curve["ci_high"], [min(1, np.exp(1.959964 * error) / 3), 1.0], rtol=1e-6)


def test_a_recurrence_at_the_horizon_counts():
    curve = calibration_curve([24, 30, 30, 24.1, 30, 30], [1, 0, 0, 1, 0, 0], [0.2] * 3 + [0.8] * 3, 24, 2)
    np.testing.assert_allclose(curve["observed"], [2 / 3, 1])


def test_a_prediction_at_a_cut_point_belongs_to_the_upper_group():
    curve = calibration_curve([5.0] * 5, [1] * 5, [0.1, 0.2, 0.5, 0.6, 0.7], 4, 2)  # the median is 0.5
    assert curve["n"].tolist() == [2, 3]


def test_equal_predictions_share_a_group_and_merge_groups():
    predicted = [0.5] * 6 + [0.9] * 2
    curve = calibration_curve(np.arange(1.0, 9), [1] * 8, predicted, 4, 4)
    assert curve["n"].tolist() == [6, 2]
    with pytest.raises(InputError, match="predictions that fall into two groups or more, found one group"):
        calibration_curve([1, 2, 3], [1, 1, 1], [0.5] * 3, 2, 2)


def test_observed_is_missing_where_follow_up_ends_before_the_horizon():
    time, event = [5, 6, 10, 30, 30, 40], [1, 1, 0, 1, 0, 1]
    curve = calibration_curve(time, event, [0.2, 0.3, 0.4, 0.7, 0.8, 0.9], 24, 2)
    assert np.isnan(curve["observed"]).tolist() == [True, False]
    event[2] = 1  # the last patient of the group recurs: survival is 0 from then on, and known
    assert calibration_curve(time, event, [0.2, 0.3, 0.4, 0.7, 0.8, 0.9], 24, 2)["observed"][0] == 0


def test_observed_and_interval_are_those_of_the_groups_curve():
    x, time, event = cohort(1)
    predicted = 1 / (1 + np.exp(x["score"].to_numpy()))
    curve = calibration_curve(time, event, predicted, 30, 4)
    assert curve["n"].tolist() == [40] * 4
    lowest = predicted < np.quantile(predicted, 0.25)
    own = kaplan_meier(time[lowest], event[lowest])
    row = own[own["months"] <= 30].iloc[-1]
    np.testing.assert_allclose(
        curve.loc[0, ["observed", "ci_low", "ci_high"]].to_numpy(float),
        row[["survival", "ci_low", "ci_high"]].to_numpy(float),
    )


def test_the_same_patients_again_show_no_optimism():
    x, time, event = cohort(2)
    curve = bootstrap_calibration(x, time, event, 30, 3, 4, SamePatients())
    np.testing.assert_allclose(curve["optimism"], 0, atol=1e-12)
    np.testing.assert_allclose(curve["corrected"], curve["observed"])
    assert curve["n_bootstrap"].tolist() == [4] * 3
    fit = fit_cox(x, time, event)
    predicted = survival_at(baseline_survival(fit, x, time, event), fit.linear_predictor(x), 30)
    apparent = calibration_curve(time, event, predicted, 30, 3)
    shared = ["group", "n", "predicted", "observed", "ci_low", "ci_high"]
    pd.testing.assert_frame_equal(curve[shared], apparent[shared])


def test_optimism_by_hand_of_one_resample():
    x, time, event = cohort(3)
    rows = np.random.default_rng(8).integers(0, len(x), len(x))

    class OneResample:
        def integers(self, low, high, size):
            return rows

    curve = bootstrap_calibration(x, time, event, 30, 2, 1, OneResample())
    fit = fit_cox(x, time, event)
    predicted = survival_at(baseline_survival(fit, x, time, event), fit.linear_predictor(x), 30)
    cut = np.median(predicted)
    own = x.iloc[rows].reset_index(drop=True)
    again = fit_cox(own, time[rows], event[rows])
    baseline = baseline_survival(again, own, time[rows], event[rows])
    gaps = []
    for patients, t, e in ((own, time[rows], event[rows]), (x, time, event)):
        s = survival_at(baseline, again.linear_predictor(patients), 30)
        low = s < cut
        steps = kaplan_meier(t[low], e[low])
        gaps.append(steps[steps["months"] <= 30]["survival"].iloc[-1] - s[low].mean())
    assert curve["optimism"][0] == pytest.approx(gaps[0] - gaps[1], rel=1e-8)
    assert curve["corrected"][0] == pytest.approx(curve["observed"][0] - curve["optimism"][0])


def test_bootstrap_is_reproducible_and_corrects_an_overfitted_model():
    x, time, event = cohort(4, n=80)
    noise = np.random.default_rng(5).normal(size=(80, 12))
    x = x.join(pd.DataFrame(noise, columns=[f"noise{j}" for j in range(12)]))
    first, again = (bootstrap_calibration(x, time, event, 30, 3, 60, np.random.default_rng(6)) for _ in "ab")
    pd.testing.assert_frame_equal(first, again)
    # predictions spread too far: those of the worst group are too low, of the best too high
    assert first["corrected"].iloc[0] > first["observed"].iloc[0]
    assert first["corrected"].iloc[-1] < first["observed"].iloc[-1]
    assert (first["n_bootstrap"] <= 60).all()


def test_resamples_without_a_model_are_counted_out():
    x, time, event = cohort(5)
    x["rare"] = (np.arange(len(x)) < 1).astype(float)  # constant in a third of the resamples
    event[0] = 1
    curve = bootstrap_calibration(x, time, event, 30, 2, 40, np.random.default_rng(7))
    assert (curve["n_bootstrap"] < 35).all()
    assert (curve["n_bootstrap"] > 10).all()


def test_slope():
    x, time, event = cohort(6)
    fit = fit_cox(x, time, event)
    predictor = fit.linear_predictor(x)
    own = calibration_slope(time, event, predictor)
    assert own["slope"] == pytest.approx(1, rel=1e-9)  # in its own patients
    assert own["ci_low"] == pytest.approx(1 - 1.959964 * own["standard_error"], rel=1e-6)
    assert own["ci_high"] == pytest.approx(1 + 1.959964 * own["standard_error"], rel=1e-6)
    extreme = calibration_slope(time, event, 3 * predictor + 5)
    assert extreme["slope"] == pytest.approx(1 / 3, rel=1e-9)


def test_refusals():
    x, time, event = cohort(7)
    half = np.full(len(x), 0.5)
    with pytest.raises(InputError, match="between 0 and 1, found 50 to 50. It is a probability"):
        calibration_curve(time, event, 100 * half, 30, 3)
    with pytest.raises(InputError, match="2 to 160 groups for 160 patients, found 1"):
        calibration_curve(time, event, half, 30, 1)
    with pytest.raises(InputError, match="at least 5 events, found 4"):
        bootstrap_calibration(x, time, (np.arange(160) < 4).astype(int), 30, 3, 5, np.random.default_rng(0))
    with pytest.raises(InputError, match="at least one bootstrap resample, found 0"):
        bootstrap_calibration(x, time, event, 30, 3, 0, np.random.default_rng(0))
    with pytest.raises(InputError, match="160 rows of covariates, found 3"):
        bootstrap_calibration(x[:3], time, event, 30, 3, 5, np.random.default_rng(0))
    with pytest.raises(InputError, match="patients followed for 500 months"):
        bootstrap_calibration(x, time, event, 500, 3, 5, np.random.default_rng(0))
    with pytest.raises(InputError, match="covariates that vary"):
        calibration_slope(time, event, half)
