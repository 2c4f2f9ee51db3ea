"""The paper's classifier, fitted: ranking, number of features, C and gamma from cross-validation of the training cases.

The order of things decides what a cross-validated area is worth.

- `select` ranks anew in every fold, so that the choice of the number of features, C and gamma is not misled by a
  ranking that has seen the held-out cases. Its area is the best of many and therefore still too high.
- `scripts.classification.cross_validation.nested_validation` of `SvmRfe` repeats all of that within outer folds: the
  honest figure.
- `leaky_validation` ranks once, with all cases, and cross-validates afterwards: for show. Where there is nothing to
  find it still finds much (Ambroise and McLachlan, PNAS 99, 2002).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scripts.classification.cross_validation import FoldAreas, fold_areas, stratified_folds, usable_folds
from scripts.classification.inclusion import SvmSettings, held_out_scores
from scripts.classification.scaling import Scaling
from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances


@dataclass(frozen=True)
class Classifier:
    """A Gaussian support vector machine that scores unscaled values by itself.

    Attributes
    ----------
    columns : (k,) positions of its features in the table that it was fitted on.
    mean, sd : (k,) of the training cases; a missing value counts as the mean.
    support_vectors : (s, k) scaled. coefficients : (s,) alpha_i y_i. intercept : b. gamma : of the kernel. c : cost.
    """

    columns: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    support_vectors: np.ndarray
    coefficients: np.ndarray
    intercept: float
    gamma: float
    c: float

    def score(self, values: np.ndarray) -> np.ndarray:
        """(n,) decision values of (n, k) unscaled values of its own features: higher = class 1.

        The value of a case does not depend on the others, to the last bit.
        """
        scaled = Scaling(self.mean, self.sd, self.sd > 0).apply(values)
        kernel = gaussian_kernel(squared_distances(scaled, self.support_vectors), self.gamma)
        return (kernel * self.coefficients).sum(axis=1) + self.intercept


@dataclass(frozen=True)
class Selection:
    """What cross-validation of the training cases chose.

    Attributes
    ----------
    ranking : positions of the features by SVM-RFE on all training cases, the best first (without those always in).
    path : DataFrame[n_features, c, gamma, cv_auc, chosen]: the best C and gamma at each number of features (those
        always in are counted), gamma as the kernel has it.
    n_ranked, gamma, c : what was chosen: number of ranked features, gamma as the kernel has it, C.
    n_folds : of the cross-validation. held_out : (n,) scores of each training case by the machines of the other folds.
    """

    ranking: np.ndarray
    path: pd.DataFrame
    n_ranked: int
    gamma: float
    c: float
    n_folds: int
    held_out: np.ndarray


def select(
    x: np.ndarray,
    y: np.ndarray,
    settings: SvmSettings,
    generator: np.random.Generator,
    always: np.ndarray | None = None,
) -> Selection:
    """Choose the number of features, C and gamma; every fold ranks with its own training cases.

    The largest mean of the folds' areas is chosen; of equal ones the fewest features, then the smallest gamma, then the
    smallest C. There are `settings.n_folds` folds, or as many as the smaller class has cases.

    Parameters
    ----------
    x : (n, p) unscaled values, NaN where missing. y : (n,) classes, 0 or 1.
    always : (p,) bool, features that are in every machine.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=int)
    always = _mask(always, x)
    folds = stratified_folds(y, usable_folds(y, settings.n_folds), generator)
    scores = held_out_scores(
        x, y, folds, settings, always, lambda scaled, classes: settings.rank(scaled, classes, always)
    )
    ranking = settings.rank(Scaling.learn(x).apply(x), y, always)
    areas = fold_areas(scores, y, folds).mean(axis=-1)
    return _chosen(areas, scores, ranking, settings, always, int(folds.max()) + 1)


def leaky_validation(
    x: np.ndarray,
    y: np.ndarray,
    settings: SvmSettings,
    generator: np.random.Generator,
    always: np.ndarray | None = None,
) -> FoldAreas:
    """What the leaky order claims, for show: ranked and scaled with all cases, then the best cross-validated area.

    No model is fitted by it. Parameters as in `select`.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=int)
    always = _mask(always, x)
    scaled = Scaling.learn(x).apply(x)
    ranking = settings.rank(scaled, y, always)
    folds = stratified_folds(y, usable_folds(y, settings.n_folds), generator)
    scores = held_out_scores(scaled, y, folds, settings, always, lambda *_: ranking)
    areas = fold_areas(scores, y, folds)
    best = np.unravel_index(_first_largest(areas.mean(axis=-1)), areas.shape[:-1])
    return FoldAreas(areas[best], areas.shape[-1])


def fit_classifier(
    x: np.ndarray,
    y: np.ndarray,
    settings: SvmSettings,
    generator: np.random.Generator,
    always: np.ndarray | None = None,
) -> tuple[Classifier, Selection]:
    """`select`, then the machine with the features, C and gamma that were chosen, on all training cases."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=int)
    selection = select(x, y, settings, generator, always)
    columns = np.concatenate(
        [np.flatnonzero(_mask(always, x)), selection.ranking[: selection.n_ranked]]
    ).astype(int)
    scaling = Scaling.learn(x[:, columns])
    scaled = scaling.apply(x[:, columns])
    kernel = gaussian_kernel(squared_distances(scaled, scaled), selection.gamma)
    machine = fit_machine(kernel, y, selection.c)
    classifier = Classifier(
        columns, scaling.mean, scaling.sd, scaled[machine.support], machine.coefficients, machine.intercept,
        selection.gamma, selection.c,
    )  # fmt: skip
    return classifier, selection


@dataclass(frozen=True)
class SvmRfe:
    """The whole of `fit_classifier` as a model of `nested_validation`."""

    settings: SvmSettings
    always: np.ndarray | None = None

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator):
        classifier, _ = fit_classifier(x, y, self.settings, generator, self.always)
        return lambda values: classifier.score(np.asarray(values, dtype=float)[:, classifier.columns])


def _mask(always: np.ndarray | None, x: np.ndarray) -> np.ndarray:
    return np.zeros(x.shape[1], dtype=bool) if always is None else np.asarray(always, dtype=bool)


def _first_largest(areas: np.ndarray) -> int:
    return int(np.argmax(np.round(areas, 12)))


def _chosen(
    areas: np.ndarray,
    scores: np.ndarray,
    ranking: np.ndarray,
    settings: SvmSettings,
    always: np.ndarray,
    n_folds: int,
) -> Selection:
    """The path, and the first of its largest areas."""
    n_always = int(always.sum())
    counts = settings.counts(len(ranking), n_always)
    best = np.unravel_index(_first_largest(areas), areas.shape)
    rows = []
    for at, count in enumerate(counts):
        g, k = np.unravel_index(_first_largest(areas[at]), areas[at].shape)
        rows.append(
            {
                "n_features": count + n_always,
                "c": settings.c_grid[k],
                "gamma": settings.gamma_grid[g] / (count + n_always),
                "cv_auc": float(areas[at, g, k]),
                "chosen": at == best[0],
            }
        )
    chosen = rows[best[0]]
    return Selection(
        ranking, pd.DataFrame(rows), counts[best[0]], chosen["gamma"], chosen["c"], n_folds, scores[best]
    )
