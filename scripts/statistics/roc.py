"""Area under the ROC curve with DeLong's variance, interval and paired test; the curve, and Youden's cut-off on it.

Classes are 1 (responder, diseased) and 0; higher score = class 1, and the direction is never chosen from the data: an
area below 0.5 stays below 0.5. Source: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988), as R's pROC computes it
with direction "<". Where patients have several cases each, the variance is Obuchowski's (Biometrics 53, 1997), which
sums the placements of a patient's cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from scripts.errors import InputError

WHERE = "ROC curve"


@dataclass(frozen=True)
class Area:
    """Area under a curve with DeLong's standard error and interval (normal, cut at 0 and 1)."""

    estimate: float
    standard_error: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class AreaDifference:
    """Area a - area b in the same patients, or another weighted sum: interval (normal), z and p-value (DeLong)."""

    difference: float
    ci_low: float
    ci_high: float
    z: float
    p_value: float


def area(y: np.ndarray, scores: np.ndarray) -> float:
    """Share of pairs of one of each class that the score orders rightly, ties a half (Mann-Whitney)."""
    y, scores = _read(y, scores)
    return float(_placements(y, scores)[0].mean())


def area_interval(
    y: np.ndarray, scores: np.ndarray, level: float = 0.95, patients: np.ndarray | None = None
) -> Area:
    """The area with DeLong's standard error and interval.

    Parameters
    ----------
    y : (n,) classes, 0 or 1. scores : (n,) finite.
    patients : (n,) whose each case is, where a patient may have several (of either class); None: one each.

    Raises
    ------
    InputError : a class is missing, a score is not finite, or the lengths differ. A class with a single case has no
        variance, nor has one with cases of a single patient: standard error and limits are NaN.
    """
    y, scores = _read(y, scores)
    high, low = _placements(y, scores)
    estimate, error = float(high.mean()), float(np.sqrt(_variance(high, low, y, patients)))
    half = float(ndtri((1 + level) / 2)) * error
    return Area(
        estimate,
        error,
        estimate - half if estimate - half > 0 or np.isnan(half) else 0.0,
        estimate + half if estimate + half < 1 or np.isnan(half) else 1.0,
    )


def area_difference(
    y: np.ndarray, a: np.ndarray, b: np.ndarray, level: float = 0.95, patients: np.ndarray | None = None
) -> AreaDifference:
    """Area of score `a` minus area of score `b`, of the same patients.

    Parameters
    ----------
    y : (n,) classes, 0 or 1. a, b : (n,) scores. patients : as in `area_interval`.

    Notes
    -----
    Scores that order the pairs alike have difference 0 without a variance: z 0, p-value 1.

    Raises
    ------
    InputError : as `area_interval`.
    """
    return area_contrast(y, [a, b], [1.0, -1.0], level, patients)


def area_contrast(
    y: np.ndarray,
    scores: Sequence[np.ndarray],
    weights: Sequence[float],
    level: float = 0.95,
    patients: np.ndarray | None = None,
) -> AreaDifference:
    """Weighted sum of the areas of several scores of the same patients, with DeLong's variance.

    Parameters
    ----------
    y : (n,) classes, 0 or 1. scores : k arrays (n,). weights : k, of any sign; (1, -1) is a difference.
    patients : as in `area_interval`.

    Raises
    ------
    InputError : as `area_interval`.
    """
    placements = [_placements(*_read(y, score)) for score in scores]
    high = sum(weight * of_high for weight, (of_high, _) in zip(weights, placements, strict=True))
    low = sum(weight * of_low for weight, (_, of_low) in zip(weights, placements, strict=True))
    difference, error = float(high.mean()), float(np.sqrt(_variance(high, low, np.asarray(y), patients)))
    half = float(ndtri((1 + level) / 2)) * error
    if error == 0:
        z, p_value = (0.0, 1.0) if difference == 0 else (float(np.copysign(np.inf, difference)), 0.0)
    else:
        z = difference / error
        p_value = float(2 * ndtr(-abs(z)))
    return AreaDifference(difference, difference - half, difference + half, z, p_value)


def roc_curve(y: np.ndarray, scores: np.ndarray) -> pd.DataFrame:
    """The curve from (0, 0) to (1, 1): threshold, false_positive_rate, true_positive_rate.

    A case is called positive at a score of `threshold` or more. Thresholds lie halfway between neighbouring scores
    (pROC); the first is infinity, the last minus infinity.
    """
    y, scores = _read(y, scores)
    values = np.unique(scores)[::-1]
    thresholds = np.concatenate([[np.inf], (values[:-1] + values[1:]) / 2, [-np.inf]])
    called = scores[None, :] >= thresholds[:, None]
    return pd.DataFrame(
        {
            "threshold": thresholds,
            "false_positive_rate": called[:, y == 0].mean(axis=1),
            "true_positive_rate": called[:, y == 1].mean(axis=1),
        }
    )


def youden_cutoff(y: np.ndarray, scores: np.ndarray) -> float:
    """The threshold of the largest sensitivity + specificity; of equal ones the highest (the most specific).

    Where no threshold does better than calling everybody alike, the middle of the scores' range is returned: a finite
    number that a frozen model can hold.
    """
    curve = roc_curve(y, scores)
    gain = np.round((curve["true_positive_rate"] - curve["false_positive_rate"]).to_numpy(), 12)
    best = int(np.argmax(gain))
    threshold = float(curve["threshold"].iloc[best])
    return threshold if np.isfinite(threshold) else float(np.mean([np.min(scores), np.max(scores)]))


def _placements(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the other class that each case is on the right side of, ties a half: of class 1, of class 0."""
    high, low = scores[y == 1], scores[y == 0]
    ranks = rankdata(np.concatenate([high, low]))
    of_high = (ranks[: len(high)] - rankdata(high)) / len(low)
    of_low = 1 - (ranks[len(high) :] - rankdata(low)) / len(high)
    return of_high, of_low


def _variance(high: np.ndarray, low: np.ndarray, y: np.ndarray, patients: np.ndarray | None) -> float:
    if patients is None:
        if min(len(high), len(low)) < 2:
            return float("nan")
        return float(high.var(ddof=1) / len(high) + low.var(ddof=1) / len(low))
    patients = np.asarray(patients)
    if patients.shape != y.shape:
        raise InputError(WHERE, "a patient for each case", f"{patients.shape} for {y.shape}")
    codes = np.unique(patients, return_inverse=True)[1]
    n = codes.max() + 1
    of_high = np.bincount(codes[y == 1], weights=high - high.mean(), minlength=n)
    of_low = np.bincount(codes[y == 0], weights=low - low.mean(), minlength=n)
    n_high, n_low = len(np.unique(codes[y == 1])), len(np.unique(codes[y == 0]))
    if min(n_high, n_low) < 2:
        return float("nan")
    variance = (
        n_high / (n_high - 1) * of_high @ of_high / len(high) ** 2
        + n_low / (n_low - 1) * of_low @ of_low / len(low) ** 2
        + 2 * n / (n - 1) * of_high @ of_low / (len(high) * len(low))
    )
    return max(float(variance), 0.0)


def _read(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, scores = np.asarray(y, dtype=float), np.asarray(scores, dtype=float)
    if y.shape != scores.shape or y.ndim != 1:
        raise InputError(WHERE, "a class for each score", f"{y.shape} classes and {scores.shape} scores")
    if not np.isin(y, (0, 1)).all():
        raise InputError(WHERE, "classes 0 and 1", f"{y[~np.isin(y, (0, 1))][0]:g}")
    if not np.isfinite(scores).all():
        raise InputError(WHERE, "finite scores", f"{int((~np.isfinite(scores)).sum())} that are not")
    if not 0 < y.sum() < len(y):
        raise InputError(WHERE, "cases of both classes", f"{int(y.sum())} of class 1 among {len(y)}")
    return y.astype(int), scores
