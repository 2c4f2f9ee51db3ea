"""Cross-validation of two-class models: folds balanced by class, areas under the curve within folds.

An area is computed within each fold and averaged: held-out scores of different folds come from different models, and a
fold with more responders than its share leaves fewer to its training cases, so that scores pooled over folds give areas
below 0.5 where there is nothing to find.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.statistics.resampled_t import corrected_interval

Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray, np.random.Generator], Predict]
"""fit(x, y, generator) -> predict(x): (n, p) values with NaN where missing, (n,) classes; higher = class 1."""


@dataclass(frozen=True)
class FoldAreas:
    """Areas under the curve, one a fold of repeated `n_folds`-fold cross-validation.

    `interval()` is mean, lower and upper limit (95 %): Nadeau and Bengio's corrected resampled t, kept within 0..1.
    """

    areas: np.ndarray
    n_folds: int

    def interval(self, level: float = 0.95) -> tuple[float, float, float]:
        mean, low, high, _ = corrected_interval(self.areas, self.n_folds, level)
        return mean, max(low, 0.0), min(high, 1.0)


def usable_folds(y: np.ndarray, n_folds: int) -> int:
    """`n_folds`, or the size of the smaller class where that is less: every fold needs a case of each class.

    Raises
    ------
    InputError : a class has fewer than two cases.
    """
    counts = np.bincount(np.asarray(y, dtype=int), minlength=2)
    if counts.min() < 2:
        raise InputError("cross-validation", "at least 2 cases of each class", f"{counts[1]} and {counts[0]}")
    return min(n_folds, int(counts.min()))


def stratified_folds(y: np.ndarray, n_folds: int, generator: np.random.Generator) -> np.ndarray:
    """(n,) fold numbers from 0, at random, both classes spread evenly.

    Raises
    ------
    InputError : fewer than 2 folds, or more folds than a class has cases.
    """
    y = np.asarray(y, dtype=int)
    smaller = int(np.bincount(y, minlength=2).min())
    if not 2 <= n_folds <= smaller:
        raise InputError(
            "cross-validation", "from 2 folds to as many as the smaller class has cases",
            f"{n_folds} folds, {smaller} cases in the smaller class", "Lower the number of folds.",
        )  # fmt: skip
    folds = np.empty(len(y), dtype=int)
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=int(generator.integers(2**31)))
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(y)), y)):
        folds[held_out] = fold
    return folds


def fold_areas(scores: np.ndarray, y: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """(..., n_folds) share of pairs of a responder and a nonresponder of the same fold that `scores` (..., n) order
    rightly; a tie counts half (Mann-Whitney).
    """
    y = np.asarray(y, dtype=int)
    areas = []
    for fold in range(folds.max() + 1):
        high = scores[..., (folds == fold) & (y == 1), None]
        low = scores[..., None, (folds == fold) & (y == 0)]
        areas.append(((high > low) + 0.5 * (high == low)).mean(axis=(-2, -1)))
    return np.stack(areas, axis=-1)


def nested_validation(
    fits: Sequence[Fit],
    x: np.ndarray,
    y: np.ndarray,
    n_folds: int,
    n_repeats: int,
    generator: np.random.Generator,
    threads: int = 1,
) -> list[FoldAreas]:
    """Held-out areas of each model: whatever it scales, ranks, selects and tunes, it does on the outer training cases.

    Parameters
    ----------
    fits : models, each fitted anew in every fold, all on the same folds.
    n_folds, n_repeats : outer cross-validation; fewer folds where a class has fewer cases (see `usable_folds`).
    threads : processes; the result does not depend on it.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=int)
    n_folds = usable_folds(y, n_folds)
    tasks = []
    for stream in generator.spawn(n_repeats):
        folds = stratified_folds(y, n_folds, stream)
        tasks += [(folds == fold, inner) for fold, inner in enumerate(stream.spawn(n_folds))]
    areas = np.array(map_cases(functools.partial(_outer_fold, fits=list(fits), x=x, y=y), tasks, threads))
    return [FoldAreas(areas[:, j], n_folds) for j in range(len(fits))]


@threadpool_limits.wrap(limits=1)
def _outer_fold(
    task: tuple[np.ndarray, np.random.Generator], fits: list[Fit], x: np.ndarray, y: np.ndarray
) -> list[float]:
    held_out, generator = task
    one_fold = np.zeros(int(held_out.sum()), dtype=int)
    areas = []
    for fit, stream in zip(fits, generator.spawn(len(fits)), strict=True):
        predict = fit(x[~held_out], y[~held_out], stream)
        areas.append(float(fold_areas(np.asarray(predict(x[held_out])), y[held_out], one_fold)[0]))
    return areas
