"""Sequential inclusion of ranked features, with a grid search of C and gamma at each number of features.

Source (nact_response): Statistical Analysis and Machine Learning Methods: SVM-RFE ranks, features "were then
sequentially added into the predictive model", and its parameters "tuned using a grid search method in each iteration
with a 10-fold cross-validation framework".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from scripts.classification.scaling import Scaling
from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances
from scripts.classification.svm_rfe import rank_features
from scripts.errors import InputError, nearest


@dataclass(frozen=True)
class SvmSettings:
    """How the paper's classifier is ranked, grown and tuned.

    Parameters
    ----------
    n_folds : of the cross-validation that chooses the number of features, C and gamma.
    c_grid : values of C. gamma_grid : values of gamma as multiples of 1 / (number of features in the machine).
    max_features : the most ranked features that are included. inclusion_step : how many are added at a time.
    step : of SVM-RFE: features dropped at a time, or below 1 the share of those left.
    ranking_kernel : 'gaussian' or 'linear'. ranking_c, ranking_gamma : of SVM-RFE's machines, gamma as above.
    outer_folds, outer_repeats : of the nested cross-validation that judges the whole.
    """

    n_folds: int = 10
    c_grid: tuple[float, ...] = (0.125, 0.5, 2.0, 8.0, 32.0, 128.0, 512.0)
    gamma_grid: tuple[float, ...] = (0.0625, 0.25, 1.0, 4.0)
    max_features: int = 50
    inclusion_step: int = 1
    step: float = 1
    ranking_kernel: str = "gaussian"
    ranking_c: float = 1.0
    ranking_gamma: float = 1.0
    outer_folds: int = 10
    outer_repeats: int = 1

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SvmSettings:
        """Settings by name; lists become tuples, in rising order.

        Raises
        ------
        InputError : an unknown name, an empty grid, or a grid value that is not above 0.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise InputError(
                    f"svm.{name}", f"one of {', '.join(known)}", f"'{name}'", nearest(name, known)
                )
        read = dict(values)
        for name in {"c_grid", "gamma_grid"} & set(read):
            read[name] = tuple(sorted(float(value) for value in read[name]))
            if not read[name] or read[name][0] <= 0:
                raise InputError(f"svm.{name}", "at least one value, all above 0", f"{values[name]}")
        return cls(**read)

    def to_dict(self) -> dict[str, Any]:
        """For a bundle: plain values, lists for tuples."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    def rank(self, scaled: np.ndarray, y: np.ndarray, always: np.ndarray) -> np.ndarray:
        """SVM-RFE's ranking of scaled training cases."""
        return rank_features(
            scaled, y, self.ranking_kernel, self.ranking_c, self.ranking_gamma, self.step, always
        )

    def counts(self, n_ranked: int, n_always: int) -> list[int]:
        """Numbers of ranked features to try: from 1 (0 where other features are always in) to `max_features`."""
        first = 0 if n_always else 1
        return list(range(first, min(self.max_features, n_ranked) + 1, self.inclusion_step))


def held_out_scores(
    x: np.ndarray,
    y: np.ndarray,
    folds: np.ndarray,
    settings: SvmSettings,
    always: np.ndarray,
    ranking_of: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """(numbers of features, gammas, Cs, n) scores of every case by machines of the other folds.

    Parameters
    ----------
    x : (n, p) unscaled values, NaN where missing; scaled here by the training cases of each fold.
    folds : (n,) fold numbers.
    always : (p,) bool, features in every machine.
    ranking_of : (scaled training cases, their classes) -> positions of the others, the best first.
    """
    counts = settings.counts(int((~always).sum()), int(always.sum()))
    scores = np.empty((len(counts), len(settings.gamma_grid), len(settings.c_grid), len(y)))
    for fold in range(folds.max() + 1):
        held_out = folds == fold
        scaling = Scaling.learn(x[~held_out])
        scaled, classes = scaling.apply(x), y[~held_out]
        ranking = ranking_of(scaled[~held_out], classes)
        distances = squared_distances(scaled[:, always], scaled[~held_out][:, always])
        included = 0
        for at, count in enumerate(counts):
            column = scaled[:, ranking[included:count]]
            distances = distances + squared_distances(column, column[~held_out])
            included = count
            for g, multiple in enumerate(settings.gamma_grid):
                kernel = gaussian_kernel(distances, multiple / (count + always.sum()))
                within, across = np.ascontiguousarray(kernel[~held_out]), kernel[held_out]
                for k, c in enumerate(settings.c_grid):
                    scores[at, g, k, held_out] = fit_machine(within, classes, c).decision(across)
    return scores
