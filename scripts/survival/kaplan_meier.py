"""Kaplan-Meier curves with R's default interval, numbers at risk, log-rank test.

The libraries at hand give log-log intervals; R's survfit, and so the papers, draw log ones:
exp(log S -+ 1.96 se) with Greenwood's se^2 = sum d / (n (n - d)), cut at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.survival.outcome import Z_95, read_outcome

WHERE = "Kaplan-Meier"


@dataclass(frozen=True)
class LogRank:
    """Log-rank test of equal survival in all groups: chi-square on df = groups - 1."""

    chi_square: float
    df: int
    p_value: float


class Steps(NamedTuple):
    """The curve at each distinct time (k,), ascending; all other arrays (k,) too."""

    months: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    survival: np.ndarray


def survival_steps(time: np.ndarray, event: np.ndarray) -> Steps:
    """The bare Kaplan-Meier estimate of arrays that are checked already (`event` boolean)."""
    months, place, counts = np.unique(time, return_inverse=True, return_counts=True)
    events = np.bincount(place[event], minlength=months.size)
    at_risk = np.cumsum(counts[::-1])[::-1]
    return Steps(months, at_risk, events, counts - events, np.cumprod(1 - events / at_risk))


def survival_before(time: np.ndarray, event: np.ndarray, months: float) -> float:
    """The bare estimate at one time, of checked arrays; past the last time, the last value. 1 for nobody."""
    observed = np.sort(time[event & (time <= months)])
    if observed.size == 0:
        return 1.0
    distinct, events = np.unique(observed, return_counts=True)
    at_risk = time.size - np.searchsorted(np.sort(time), distinct, side="left")
    return float(np.prod(1 - events / at_risk))


def kaplan_meier(time, event) -> pd.DataFrame:
    """Kaplan-Meier curve, as R's survfit(Surv(time, event) ~ 1).

    Parameters
    ----------
    time, event : (n,) months above 0; 1 recurrence, 0 censored. Censored patients count as at risk at their
        time.

    Returns
    -------
    DataFrame[months, at_risk, events, censored, survival, ci_low, ci_high]: a row at 0, then one for each
    distinct time. The 95 % interval is missing where survival has reached 0.
    """
    time, event = read_outcome(time, event, where=WHERE, min_events=0)
    steps = survival_steps(time, event)
    low, high = greenwood_interval(steps)
    start = (0.0, time.size, 0, 0, 1.0, 1.0, 1.0)
    columns = (*steps, low, high)
    names = ("months", "at_risk", "events", "censored", "survival", "ci_low", "ci_high")
    return pd.DataFrame(
        {name: np.append(first, column) for name, first, column in zip(names, start, columns, strict=True)}
    )


def greenwood_interval(steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """95 % limits (k,) on the log scale; missing where survival has reached 0."""
    left = steps.at_risk - steps.events
    term = np.divide(steps.events, steps.at_risk * left, out=np.zeros(left.size), where=left > 0)
    reach = Z_95 * np.sqrt(np.cumsum(term))
    alive = np.where(steps.survival > 0, steps.survival, np.nan)
    return alive * np.exp(-reach), np.minimum(1.0, alive * np.exp(reach))


def survival_probability(time, event, months: float) -> float:
    """Kaplan-Meier survival at `months`, events at that very time included; past the end, the last value."""
    time, event = read_outcome(time, event, where=WHERE, min_events=0)
    if not np.isfinite(months) or months < 0:
        raise InputError(WHERE, "a time of 0 months or more", f"{months!r}")
    return survival_before(time, event, float(months))


def at_risk_table(time, event, group, months: list[float]) -> pd.DataFrame:
    """Patients of each group still at risk at each of `months` (their time is that or later).

    Returns
    -------
    DataFrame[group, months, at_risk], groups in sorted order.
    """
    time, event = read_outcome(time, event, where=WHERE, min_events=0)
    group, names = _groups(group, time.size, fewest=1)
    return pd.DataFrame(
        [
            {"group": name, "months": month, "at_risk": int((time[group == name] >= month).sum())}
            for name in names
            for month in months
        ]
    )


def log_rank(time, event, group) -> LogRank:
    """Log-rank test between two or more groups, as R's survdiff (rho = 0).

    Parameters
    ----------
    time, event : (n,) months above 0; 1 recurrence, 0 censored; at least one event.
    group : (n,) names or numbers, at least two different ones.
    """
    from sksurv.compare import compare_survival
    from sksurv.util import Surv

    time, event = read_outcome(time, event, where=WHERE)
    group, names = _groups(group, time.size, fewest=2)
    chi_square, p_value = compare_survival(Surv.from_arrays(event, time), group)
    return LogRank(float(chi_square), len(names) - 1, float(p_value))


def _groups(group, n: int, fewest: int) -> tuple[np.ndarray, list]:
    """Group labels as an array (n,), and the distinct ones in order."""
    labels = pd.Series(np.asarray(group).tolist(), dtype=object)
    if len(labels) != n:
        raise InputError(WHERE, f"{n} group labels", f"{len(labels)}")
    if labels.isna().any():
        raise InputError(WHERE, "a group for each patient", f"{int(labels.isna().sum())} missing")
    codes, names = pd.factorize(labels, sort=True)
    if len(names) < fewest:
        raise InputError(WHERE, "at least two groups", f"only '{names[0]}'", "Both groups need patients.")
    return labels.to_numpy(), list(names)
