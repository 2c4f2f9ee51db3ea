"""Time-dependent ROC curves: who recurs by a horizon, and who does not.

Heagerty, Lumley and Pepe (Biometrics 2000), with S the survival at the horizon t and X > c positive:

KM    TP(c) = (1 - S(t | X > c)) P(X > c) / (1 - S(t)),   FP(c) = S(t | X > c) P(X > c) / S(t),
      with Kaplan-Meier estimates; the curve need not be monotone.
NNE   TP(c) = (P(X > c) - S(c, t)) / (1 - S(t)),   FP(c) = S(c, t) / S(t),
      with S(c, t) the mean over patients of S(t | X) [X > c], S(t) = S(-inf, t), and S(t | x) the
      Kaplan-Meier estimate among the patients whose mid-rank of the marker is within floor(n span + 1/2) of
      that of x.

KM agrees with the R package survivalROC. So does NNE, except that survivalROC.C takes the neighbours of the
smallest marker value from the middle of the sample, and cuts through patients of equal marker by their order
in the table; here neighbours are those next to x, and equal markers are in or out together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.statistics.intervals import bootstrap_replicates, percentile_interval
from scripts.survival.concordance import censoring_weights, two_sided_p
from scripts.survival.kaplan_meier import survival_before
from scripts.survival.outcome import read_months, read_outcome, read_scores

WHERE = "time-dependent ROC"
BLOCK = 2_000_000  # patients x event times held at once
LEAST_RESAMPLES = 0.9  # part of the bootstrap resamples that must have an estimate


@dataclass(frozen=True)
class RocCurve:
    """A curve by ascending cut-off: positive = marker > cutoff; the first cutoff is -inf, at (1, 1).

    cutoffs, true_positive, false_positive : (k + 1,) for k distinct markers. survival : S(t) of the cohort.
    """

    cutoffs: np.ndarray
    true_positive: np.ndarray
    false_positive: np.ndarray
    auc: float
    months: float
    method: str
    survival: float


def time_dependent_roc(
    time, event, marker, months: float, method: str = "KM", span: float | None = None
) -> RocCurve:
    """ROC curve at `months` (Heagerty 2000); cumulative cases, dynamic controls.

    Parameters
    ----------
    time, event : (n,) months above 0; 1 recurrence, 0 censored.
    marker : (n,) finite; higher = higher risk.
    method : "KM" or "NNE". span : for NNE, the part of the patients on each side; default 0.25 n**-0.2.

    Raises
    ------
    InputError : malformed input, no recurrence by `months`, nobody followed that long or free of recurrence
        then.
    """
    time, event = read_outcome(time, event, where=WHERE)
    marker = read_scores(marker, time.size, "marker", where=WHERE)
    months = read_months(months, WHERE)
    if method not in ("KM", "NNE"):
        raise InputError(WHERE, "method 'KM' or 'NNE'", f"'{method}'")
    if span is not None and not 0 < span <= 1:
        raise InputError(WHERE, "a span above 0 and up to 1", f"{span}")
    if time.max() < months:
        raise InputError(WHERE, f"patients followed for {months:g} months", f"none beyond {time.max():g}")
    curve = _curve(time, event, marker, months, method, span)
    if curve is None:
        survival = survival_before(time, event, months)
        raise InputError(WHERE, f"a survival between 0 and 1 at {months:g} months", f"{survival:g}")
    return curve


def youden_cutoff(curve: RocCurve) -> float:
    """The cut-off with the largest TP - FP (Youden 1950), the smallest of several; high risk is above it.

    Raises InputError where no cut-off does better than calling everybody positive.
    """
    gain = curve.true_positive - curve.false_positive
    best = int(np.argmax(gain))
    if not gain[best] > 0:
        raise InputError(WHERE, "a cut-off with TP above FP", "none: the marker does not tell who recurs")
    return float(curve.cutoffs[best])


def ipcw_auc(
    time, event, marker, months: list[float], n_bootstrap: int, generator: np.random.Generator
) -> pd.DataFrame:
    """Cumulative/dynamic AUC weighted by the inverse chance of staying uncensored (Uno et al., JASA 2007).

    Cases recurred by the horizon, each weighted by 1 / G(t-); controls are followed beyond it; equal markers
    count one half. The weights are estimated in the same patients.

    Returns
    -------
    DataFrame[months, auc, ci_low, ci_high]: 95 % percentile interval of `n_bootstrap` resamples of patients,
    the same for all horizons.
    """
    time, event = read_outcome(time, event, where=WHERE)
    marker = read_scores(marker, time.size, "marker", where=WHERE)
    horizons = [read_months(month, WHERE) for month in months]
    estimates = [_weighted_auc(time, event, marker, month) for month in horizons]
    for month, estimate in zip(horizons, estimates, strict=True):
        if np.isnan(estimate):
            cases = int((event & (time <= month)).sum())
            found = f"{cases} recurrences, {int((time > month).sum())} patients followed beyond it"
            raise InputError(WHERE, f"recurrences by and patients beyond {month:g} months", found)
    draws = [generator.integers(0, time.size, time.size) for _ in range(n_bootstrap)]
    rows = []
    for month, estimate in zip(horizons, estimates, strict=True):
        replicates = np.array([_weighted_auc(time[d], event[d], marker[d], month) for d in draws])
        interval = percentile_interval(replicates, estimate)
        rows.append(
            {"months": month, "auc": estimate, "ci_low": interval.ci_low, "ci_high": interval.ci_high}
        )
    return pd.DataFrame(rows, columns=["months", "auc", "ci_low", "ci_high"])


def auc_difference(
    time,
    event,
    marker_a,
    marker_b,
    months: float,
    method: str,
    n_bootstrap: int,
    generator: np.random.Generator,
) -> dict[str, float]:
    """AUC at `months` of two markers in the same patients, and their difference, by a paired bootstrap.

    Both markers see the same `n_bootstrap` resamples. Intervals are 95 % percentile ones; the two-sided
    p-value is the normal one of the difference over its bootstrap standard deviation. Resamples in which a
    curve does not exist are left out; more than one in ten of them is an InputError.

    Returns
    -------
    dict of auc_a, auc_a_low, auc_a_high, the same of b, difference (a - b), ci_low, ci_high, p_value.
    """
    a = time_dependent_roc(time, event, marker_a, months, method).auc
    b = time_dependent_roc(time, event, marker_b, months, method).auc
    if n_bootstrap < 2:
        raise InputError(WHERE, "at least 2 bootstrap resamples", f"{n_bootstrap}")
    time, event = read_outcome(time, event, where=WHERE)
    markers = np.column_stack([marker_a, marker_b]).astype(float)
    replicates = bootstrap_replicates(
        lambda *columns: _aucs(*columns, months, method), (time, event, markers), n_bootstrap, generator
    )
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    if len(replicates) < max(2, LEAST_RESAMPLES * n_bootstrap):
        found = f"{len(replicates)} of {n_bootstrap}"
        raise InputError(WHERE, f"resamples with a curve at {months:g} months", found, "Too few recurrences.")
    difference = replicates[:, 0] - replicates[:, 1]
    intervals = {
        "a": percentile_interval(replicates[:, 0], a),
        "b": percentile_interval(replicates[:, 1], b),
        "difference": percentile_interval(difference, a - b),
    }
    spread = float(np.std(difference, ddof=1))
    found = {}
    for name in ("a", "b"):
        found |= {f"auc_{name}": intervals[name].estimate, f"auc_{name}_low": intervals[name].ci_low}
        found |= {f"auc_{name}_high": intervals[name].ci_high}
    both = intervals["difference"]
    return {
        **found,
        "difference": a - b,
        "ci_low": both.ci_low,
        "ci_high": both.ci_high,
        "p_value": two_sided_p(a - b, spread),
    }


def _aucs(time, event, markers, months: float, method: str) -> list[float]:
    curves = [_curve(time, event, marker, months, method, None) for marker in markers.T]
    return [np.nan if curve is None else curve.auc for curve in curves]


def _curve(time, event, marker, months: float, method: str, span: float | None) -> RocCurve | None:
    """The curve of checked arrays, or None where survival at the horizon is 0 or 1, or nobody gets there."""
    if time.max() < months:
        return None
    n = time.size
    order = np.argsort(marker, kind="stable")
    time, event, marker = time[order], event[order], marker[order]
    last = np.append(np.flatnonzero(np.diff(marker)), n - 1)  # the last patient with each distinct marker
    cutoffs = marker[last]
    positive = 1 - (last + 1) / n
    if method == "KM":
        survival = survival_before(time, event, months)
        surviving = _window_survival(time, event, months, last + 1, np.full(last.size, n)) * positive
    else:
        reach = int(np.floor(n * (0.25 * n**-0.20 if span is None else span) + 0.5))
        first = np.append(0, last[:-1] + 1)
        rank = first + last  # twice the mid-rank
        start = first[np.searchsorted(rank, rank - 2 * reach, side="left")]
        stop = last[np.searchsorted(rank, rank + 2 * reach, side="right") - 1] + 1
        given = _window_survival(time, event, months, start, stop) * (last + 1 - first) / n
        survival = float(given.sum())
        surviving = np.append(np.cumsum(given[::-1])[::-1][1:], 0.0)
    if not 1e-12 < survival < 1 - 1e-12:
        return None
    true_positive = np.append(1.0, (positive - surviving) / (1 - survival))
    false_positive = np.append(1.0, surviving / survival)
    auc = float(-np.diff(false_positive) @ (true_positive[1:] + true_positive[:-1]) / 2)
    return RocCurve(np.append(-np.inf, cutoffs), true_positive, false_positive, auc, months, method, survival)


def _window_survival(
    time: np.ndarray, event: np.ndarray, months: float, start: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    """Kaplan-Meier survival at `months` of the patients start..stop-1, for each window (k,); 1 for nobody."""
    moments = np.unique(time[event & (time <= months)])
    survival = np.ones(start.size)
    block = max(1, BLOCK // time.size)
    for at in range(0, moments.size, block):
        part = moments[at : at + block]
        at_risk = _counts_within(time[:, None] >= part, start, stop)
        events = _counts_within((time[:, None] == part) & event[:, None], start, stop)
        share = np.divide(events, at_risk, out=np.zeros(events.shape), where=at_risk > 0)
        survival *= np.prod(1 - share, axis=1)
    return survival


def _counts_within(member: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """How many rows start..stop-1 of `member` (n, m) are true, for each window: (k, m)."""
    sums = np.zeros((member.shape[0] + 1, member.shape[1]), dtype=np.int32)
    np.cumsum(member, axis=0, out=sums[1:])
    return sums[stop] - sums[start]


def _weighted_auc(time: np.ndarray, event: np.ndarray, marker: np.ndarray, months: float) -> float:
    """IPCW AUC of checked arrays; NaN without cases or controls."""
    cases, controls = event & (time <= months), np.sort(marker[time > months])
    if not cases.any() or controls.size == 0:
        return np.nan
    weight = censoring_weights(time, event)[cases]
    below = np.searchsorted(controls, marker[cases], side="left")
    up_to = np.searchsorted(controls, marker[cases], side="right")
    return float(weight @ (below + up_to) / (2 * controls.size * weight.sum()))
