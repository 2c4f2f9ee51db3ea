"""Calibration: predicted survival against what was observed, in groups of like prediction, and its optimism.

Groups are cut at quantiles of the predictions, [a, b), the last one closed. Observed survival is the
Kaplan-Meier estimate of a group at the horizon; it is missing where a group has fewer than two patients, or
is followed less far.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.survival.cox import covariate_matrix, fit_cox, refit_and_predict
from scripts.survival.kaplan_meier import greenwood_interval, survival_before, survival_steps
from scripts.survival.outcome import Z_95, read_months, read_outcome, read_scores

WHERE = "calibration"
FEWEST_EVENTS = 5  # a resample with fewer is left out, as rms does


def calibration_curve(time, event, predicted_survival, months: float, n_groups: int) -> pd.DataFrame:
    """Mean predicted and Kaplan-Meier survival at `months` in groups of predicted survival.

    Parameters
    ----------
    time, event : (n,) months above 0; 1 recurrence, 0 censored.
    predicted_survival : (n,) probabilities of no recurrence by `months`.
    n_groups : groups between quantiles of the predictions; fewer where many predictions are equal.

    Returns
    -------
    DataFrame[group, n, predicted, observed, ci_low, ci_high], group 1 with the lowest predictions; 95 %
    interval of the Kaplan-Meier estimate on the log scale.
    """
    time, event = read_outcome(time, event, where=WHERE)
    months = read_months(months, WHERE)
    predicted = _probabilities(predicted_survival, time.size)
    return _groups(time, event, predicted, months, _cut_points(predicted, n_groups))


def bootstrap_calibration(
    x: pd.DataFrame,
    time,
    event,
    months: float,
    n_groups: int,
    n_bootstrap: int,
    generator: np.random.Generator,
) -> pd.DataFrame:
    """Calibration of a Cox model in its own patients, corrected for optimism: rms::calibrate(cmethod = "KM").

    In each resample of patients the model is fitted anew; its optimism in a group is (observed - predicted)
    in the resample less the same in the original patients, groups cut where those of the original model are.
    The mean optimism is taken off the observed survival (Harrell, Regression Modeling Strategies, 2015, ch. 5
    and 20).

    Parameters
    ----------
    x : (n, p) covariates of `scripts.survival.cox.fit_cox`. time, event, months, n_groups : see
        `calibration_curve`.

    Returns
    -------
    DataFrame[group, n, predicted, observed, optimism, corrected, ci_low, ci_high, n_bootstrap]: the interval
    is that of `observed`; n_bootstrap counts the resamples used, fewer where a model or a group's estimate
    did not exist.
    """
    time, event = read_outcome(time, event, where=WHERE, min_events=FEWEST_EVENTS)
    months = read_months(months, WHERE)
    if n_bootstrap < 1:
        raise InputError(WHERE, "at least one bootstrap resample", f"{n_bootstrap}")
    values = covariate_matrix(x)
    if len(values) != time.size:
        raise InputError(WHERE, f"{time.size} rows of covariates", f"{len(values)}")
    predicted = refit_and_predict(values, time, event, values, months)
    inner = _cut_points(predicted, n_groups)
    curve = _groups(time, event, predicted, months, inner)
    draws = (generator.integers(0, time.size, time.size) for _ in range(n_bootstrap))
    optimism = np.array([_optimism(values, time, event, months, inner, rows) for rows in draws])
    used = np.isfinite(optimism).sum(axis=0)
    total = np.nansum(optimism, axis=0)
    curve["optimism"] = np.divide(total, used, out=np.full(used.size, np.nan), where=used > 0)
    curve["corrected"] = curve["observed"] - curve["optimism"]
    curve["n_bootstrap"] = used
    ordered = "group n predicted observed optimism corrected ci_low ci_high n_bootstrap"
    return curve[ordered.split()]


def calibration_slope(time, event, linear_predictor) -> dict[str, float]:
    """Slope of the linear predictor in a Cox model of its own: 1 is right, below 1 it is too extreme.

    Returns
    -------
    dict of slope, standard_error, ci_low, ci_high (95 %, Wald).
    """
    time, event = read_outcome(time, event, where=WHERE)
    predictor = read_scores(linear_predictor, time.size, "linear predictor", where=WHERE)
    fit = fit_cox(pd.DataFrame({"linear predictor": predictor}), time, event)
    slope, error = float(fit.coefficients[0]), float(np.sqrt(fit.covariance[0, 0]))
    reach = Z_95 * error
    return {"slope": slope, "standard_error": error, "ci_low": slope - reach, "ci_high": slope + reach}


def _probabilities(predicted, n: int) -> np.ndarray:
    predicted = read_scores(predicted, n, "predicted survival", where=WHERE)
    if predicted.min() < 0 or predicted.max() > 1:
        found = f"{predicted.min():g} to {predicted.max():g}"
        raise InputError(
            WHERE, "predicted survival between 0 and 1", found, "It is a probability, not a percentage."
        )
    return predicted


def _cut_points(predicted: np.ndarray, n_groups: int) -> np.ndarray:
    """Inner cut points, such that no group is empty."""
    if not 2 <= n_groups <= predicted.size:
        raise InputError(WHERE, f"2 to {predicted.size} groups for {predicted.size} patients", f"{n_groups}")
    inner = np.unique(np.quantile(predicted, np.arange(1, n_groups) / n_groups))
    inner = inner[inner > predicted.min()]
    if inner.size == 0:
        raise InputError(
            WHERE, "predictions that fall into two groups or more", "one group", "They hardly differ."
        )
    return inner


def _groups(time, event, predicted, months: float, inner: np.ndarray) -> pd.DataFrame:
    number = np.searchsorted(inner, predicted, side="right")
    rows = []
    for group in range(inner.size + 1):
        members = number == group
        interval = (np.nan, np.nan, np.nan)
        if _is_followed(time[members], event[members], months):
            steps = survival_steps(time[members], event[members])
            curve = np.column_stack([steps.survival, *greenwood_interval(steps)])
            at = np.searchsorted(steps.months, months, side="right") - 1
            interval = tuple(curve[at]) if at >= 0 else (1.0, 1.0, 1.0)
        rows.append((group + 1, int(members.sum()), float(predicted[members].mean()), *interval))
    return pd.DataFrame(rows, columns=["group", "n", "predicted", "observed", "ci_low", "ci_high"])


def _gap(time, event, predicted, months: float, inner: np.ndarray) -> np.ndarray:
    """Observed - predicted of each group, NaN where its Kaplan-Meier estimate does not exist."""
    number = np.searchsorted(inner, predicted, side="right")
    gap = np.full(inner.size + 1, np.nan)
    for group in range(gap.size):
        members = number == group
        if _is_followed(time[members], event[members], months):
            gap[group] = survival_before(time[members], event[members], months) - predicted[members].mean()
    return gap


def _is_followed(time: np.ndarray, event: np.ndarray, months: float) -> bool:
    """Whether a group of two or more is followed to the horizon, or to its last patient's recurrence."""
    return time.size >= 2 and (time.max() >= months or bool(event[time == time.max()].all()))


def _optimism(x: np.ndarray, time, event, months: float, inner: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Observed - predicted by group, of a model of the resample `rows`: in the resample less in everybody."""
    if event[rows].sum() < FEWEST_EVENTS:
        return np.full(inner.size + 1, np.nan)
    try:
        predicted = refit_and_predict(x[rows], time[rows], event[rows], x, months)
    except InputError:
        # no model of this resample: a covariate is constant in it, or separates its recurrences
        return np.full(inner.size + 1, np.nan)
    trained = _gap(time[rows], event[rows], predicted[rows], months, inner)
    return trained - _gap(time, event, predicted, months, inner)
