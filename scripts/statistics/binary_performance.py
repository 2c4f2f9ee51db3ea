"""Sensitivity, specificity and predictive values at a cut-off, each with the interval of a proportion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.errors import InputError, nearest
from scripts.statistics.intervals import Interval, clopper_pearson_interval, wilson_interval

INTERVALS = {"wilson": wilson_interval, "clopper_pearson": clopper_pearson_interval}


@dataclass(frozen=True)
class Counts:
    """Cases by what they are (1 = positive) and what they are called."""

    true_positive: int
    false_negative: int
    true_negative: int
    false_positive: int


def counts_of(y: np.ndarray, called: np.ndarray) -> Counts:
    """The four counts of (n,) classes and (n,) calls, 0 or 1 each."""
    y, called = np.asarray(y).astype(bool), np.asarray(called).astype(bool)
    if y.shape != called.shape:
        raise InputError("diagnostic performance", "a call for each case", f"{len(called)} for {len(y)}")
    return Counts(
        int((y & called).sum()),
        int((y & ~called).sum()),
        int((~y & ~called).sum()),
        int((~y & called).sum()),
    )


def diagnostic_performance(
    y: np.ndarray, called: np.ndarray, interval: str = "wilson", level: float = 0.95
) -> dict[str, Interval]:
    """sensitivity, specificity, ppv and npv, each with its interval; NaN where nobody is in the denominator.

    Parameters
    ----------
    y : (n,) classes, 1 = responder. called : (n,) 1 where the score reaches the cut-off.
    interval : 'wilson' or 'clopper_pearson' (R's prop.test without correction, binom.test).

    Notes
    -----
    Predictive values are those of the share of responders in the cases at hand.

    Raises
    ------
    InputError : an unknown interval.
    """
    if interval not in INTERVALS:
        raise InputError(
            "interval", " or ".join(INTERVALS), f"'{interval}'", nearest(interval, INTERVALS).strip()
        )
    n, of = counts_of(y, called), INTERVALS[interval]
    return {
        "sensitivity": of(n.true_positive, n.true_positive + n.false_negative, level),
        "specificity": of(n.true_negative, n.true_negative + n.false_positive, level),
        "ppv": of(n.true_positive, n.true_positive + n.false_positive, level),
        "npv": of(n.true_negative, n.true_negative + n.false_negative, level),
    }
