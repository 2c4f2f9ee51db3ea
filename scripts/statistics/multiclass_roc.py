"""Areas under ROC curves of several classes, and the curves on a grid, in one sample or in many resamples at once.

A class's score is its predicted probability; higher = more of this class, and the direction is never turned. One class
against the rest; the mean over classes (macro); and the measure M of Hand and Till (Machine Learning 45, 2001, eq. 7),
the mean over pairs of classes, each in both directions, which does not depend on how frequent the classes are.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np


def weighted_areas(y: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area of a score (Mann-Whitney, ties a half) where each case counts as often as its weight says.

    Parameters
    ----------
    y : (n,) 1 or 0. scores : (n,) higher = class 1. weights : (b, n), 0 or more.

    Returns
    -------
    (b,) areas; NaN where a class has no weight.
    """
    order, starts = _tie_groups(scores)
    weights = np.asarray(weights, dtype=float)[:, order]
    y = np.asarray(y, dtype=bool)[order]
    high = np.add.reduceat(weights * y, starts, axis=1)
    low = np.add.reduceat(weights * ~y, starts, axis=1)
    below = np.cumsum(low, axis=1) - low
    pairs = high.sum(1) * low.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(pairs > 0, (high * (below + low / 2)).sum(1) / pairs, np.nan)


def one_vs_rest_areas(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area of each class against all others.

    Parameters
    ----------
    truth : (n,) codes. probabilities : (n, k). weights : (b, n).

    Returns
    -------
    (b, k), NaN where a class or the rest has no weight.
    """
    n_classes = probabilities.shape[1]
    areas = [weighted_areas(truth == c, probabilities[:, c], weights) for c in range(n_classes)]
    return np.stack(areas, axis=1)


def hand_till_areas(truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Hand and Till's M: the mean of the areas A(i|j) over all ordered pairs of classes i, j.

    A(i|j) is the area of the probability of i among the cases of i and j alone. Parameters as `one_vs_rest_areas`.

    Returns
    -------
    (b,), NaN where a class has no weight.
    """
    areas = []
    for i, j in permutations(range(probabilities.shape[1]), 2):
        among = (truth == i) | (truth == j)
        if not among.any():
            return np.full(len(weights), np.nan)
        areas.append(weighted_areas(truth[among] == i, probabilities[among, i], weights[:, among]))
    return np.mean(areas, axis=0)


def curves_on_grid(
    y: np.ndarray, scores: np.ndarray, weights: np.ndarray, false_positive_rates: np.ndarray
) -> np.ndarray:
    """True positive rate at given false positive rates; straight between the points of a curve, its top where it rises
    upright.

    Parameters
    ----------
    y : (n,) 1 or 0. scores : (n,). weights : (b, n). false_positive_rates : (g,) rising, within 0..1.

    Returns
    -------
    (b, g), NaN where a class has no weight.
    """
    order, starts = _tie_groups(-np.asarray(scores, dtype=float))
    weights = np.asarray(weights, dtype=float)[:, order]
    y = np.asarray(y, dtype=bool)[order]
    high = np.cumsum(np.add.reduceat(weights * y, starts, axis=1), axis=1)
    low = np.cumsum(np.add.reduceat(weights * ~y, starts, axis=1), axis=1)
    found = np.full((len(weights), len(false_positive_rates)), np.nan)
    for row, (true, false) in enumerate(zip(high, low, strict=True)):
        if true[-1] > 0 and false[-1] > 0:
            x, top = np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1])
            found[row] = np.interp(false_positive_rates, x, top)
    return found


def _tie_groups(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of rising scores, and where in it each new value begins."""
    scores = np.asarray(scores, dtype=float)
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    return order, np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
