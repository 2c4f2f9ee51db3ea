"""Logistic regression with a ridge penalty: all features at once, none selected; and whether it finds more than
chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from scripts.classification.cross_validation import Predict, nested_validation
from scripts.classification.rivals import tune
from scripts.classification.scaling import Scaling
from scripts.errors import InputError


@dataclass(frozen=True)
class RidgeFit:
    """A fitted score: intercept + sum of coefficients times (x - mean) / sd, NaN counting as the mean.

    Attributes
    ----------
    mean, sd, coefficients : (p,), of the training cases. c : inverse strength of the penalty.
    """

    mean: np.ndarray
    sd: np.ndarray
    coefficients: np.ndarray
    intercept: float
    c: float

    def score(self, x: np.ndarray) -> np.ndarray:
        """(n,) log odds of class 1 from (n, p) values."""
        return ridge_score(x, self.mean, self.sd, self.coefficients, self.intercept)


def ridge_score(
    x: np.ndarray, mean: np.ndarray, sd: np.ndarray, coefficients: np.ndarray, intercept: float
) -> np.ndarray:
    """The score of `RidgeFit` from its parts: (n, p) -> (n,)."""
    z = (np.asarray(x, dtype=float) - mean) / sd
    return intercept + np.where(np.isnan(z), 0.0, z) @ coefficients


def probability(scores: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-score)), at the share of class 1 that the score was fitted with."""
    return expit(scores)


@dataclass(frozen=True)
class RidgeLogistic:
    """Ridge logistic regression (scikit-learn, lbfgs; the intercept is not penalised) on scaled features.

    Called as `fit(x, y, generator) -> predict(x)`, see `scripts.classification.cross_validation`.

    Parameters
    ----------
    c_grid : inverse strengths of the penalty, of which inner folds choose.
    """

    c_grid: Sequence[float] = (0.01, 0.1, 1.0)
    inner_folds: int = 5
    name: str = "ridge_logistic"

    def __call__(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> Predict:
        """Choose C by inner folds, then fit all training cases."""
        return self.fit(x, y, generator).score

    def fit(self, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> RidgeFit:
        """As calling, with the coefficients."""
        grid = sorted(float(c) for c in self.c_grid)  # of equal areas the stronger penalty
        if not grid or grid[0] <= 0:
            raise InputError("c_grid", "positive numbers", str(list(self.c_grid)))

        def scores(x: np.ndarray, y: np.ndarray, held_out: np.ndarray, seed: int) -> list[np.ndarray]:
            return [fit_ridge(x, y, c).score(held_out) for c in grid]

        return fit_ridge(x, y, tune(grid, scores, x, y, self.inner_folds, generator))


def fit_ridge(x: np.ndarray, y: np.ndarray, c: float) -> RidgeFit:
    """Fit all cases: minimises |coefficients|^2 / 2 + c times the sum of the log losses.

    Parameters
    ----------
    x : (n, p), NaN where missing. y : (n,) 0 or 1. A feature without spread has sd 1, and so coefficient 0.
    """
    from sklearn.linear_model import LogisticRegression

    scaling = Scaling.learn(x)
    model = LogisticRegression(C=c, max_iter=2000, tol=1e-8).fit(scaling.apply(x), y)
    return RidgeFit(scaling.mean, scaling.sd, model.coef_[0], float(model.intercept_[0]), float(c))


@dataclass(frozen=True)
class PermutationTest:
    """Cross-validated area, those of shuffled classes, and the share of shuffles that reach it: (1 + #) / (1 + n)."""

    area: float
    shuffled: np.ndarray
    p_value: float


def permutation_test(
    model: RidgeLogistic,
    x: np.ndarray,
    y: np.ndarray,
    n_folds: int,
    n_permutations: int,
    generator: np.random.Generator,
    threads: int = 1,
) -> PermutationTest:
    """Whether the cross-validated area of a model is more than shuffled classes give; tuning is part of each shuffle.

    Every shuffle, and the classes as they are, go through one repeat of the outer folds.
    """
    streams = generator.spawn(n_permutations + 1)
    areas = []
    for k, stream in enumerate(streams):
        classes = y if k == 0 else stream.permutation(y)
        areas.append(nested_validation([model], x, classes, n_folds, 1, stream, threads)[0].areas.mean())
    reached = int(np.sum(np.array(areas[1:]) >= areas[0] - 1e-12))
    return PermutationTest(float(areas[0]), np.array(areas[1:]), (1 + reached) / (1 + n_permutations))
