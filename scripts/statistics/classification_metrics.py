"""Confusion matrices of several classes, and what is read from them: each class against the rest, and averages.

Every function takes stacks: leading axes may be resamples, so that a bootstrap is one call. Classes are codes 0..k-1.
"""

from __future__ import annotations

import numpy as np

from scripts.errors import InputError

BY_CLASS = ("accuracy", "precision", "sensitivity", "specificity", "f1")


def confusion_counts(
    truth: np.ndarray, called: np.ndarray, n_classes: int, weights: np.ndarray | None = None
) -> np.ndarray:
    """Cases by what they are (row) and what they are called (column).

    Parameters
    ----------
    truth, called : (n,) codes of classes.
    weights : (..., n) how often each case counts, once where it is None.

    Returns
    -------
    (..., n_classes, n_classes) floats.

    Raises
    ------
    InputError : the lengths differ, or a code is not a class.
    """
    truth, called = np.asarray(truth), np.asarray(called)
    if truth.shape != called.shape or truth.ndim != 1:
        raise InputError("confusion matrix", "a call for each case", f"{called.shape} for {truth.shape}")
    if len(truth) and not (
        min(truth.min(), called.min()) >= 0 and max(truth.max(), called.max()) < n_classes
    ):
        raise InputError("confusion matrix", f"codes 0 to {n_classes - 1}", "another code")
    cell = truth.astype(np.int64) * n_classes + called.astype(np.int64)
    weights = np.ones(len(cell)) if weights is None else np.asarray(weights, dtype=float)
    counts = weights @ np.eye(n_classes**2)[cell]
    return counts.reshape(*weights.shape[:-1], n_classes, n_classes)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of all cases that are called what they are: (..., k, k) -> (...)."""
    confusion = np.asarray(confusion, dtype=float)
    return _ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum((-2, -1)))


def by_class(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Each class against the rest: accuracy, precision, sensitivity (recall), specificity, F1.

    Parameters
    ----------
    confusion : (..., k, k), row = truth, column = call.

    Returns
    -------
    name (of `BY_CLASS`) -> (..., k). NaN where nobody is in the denominator: the precision of a class that nobody is
    called, the sensitivity of a class that nobody has, F1 where both hold.
    """
    confusion = np.asarray(confusion, dtype=float)
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    of_class, called = confusion.sum(-1), confusion.sum(-2)
    total = confusion.sum((-2, -1))[..., None]
    true_negative = total - of_class - called + hit
    return {
        "accuracy": _ratio(hit + true_negative, total),
        "precision": _ratio(hit, called),
        "sensitivity": _ratio(hit, of_class),
        "specificity": _ratio(true_negative, total - of_class),
        "f1": _ratio(2 * hit, of_class + called),
    }


def macro(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Plain means over the classes of `by_class` (macro sensitivity is the balanced accuracy): (..., k, k) -> (...).

    A class that has cases and is never called counts with precision 0, as in scikit-learn; a class without cases is
    left out, except that its calls count against its precision.
    """
    confusion = np.asarray(confusion, dtype=float)
    values = by_class(confusion)
    there = confusion.sum(-1) > 0
    values["precision"] = np.where(np.isnan(values["precision"]) & there, 0.0, values["precision"])
    return {name: _known_mean(values[name]) for name in BY_CLASS}


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


def _known_mean(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(-1), known.sum(-1))
