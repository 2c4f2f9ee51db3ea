"""Z-scores by the training cases: their means and standard deviations, and their mean where a value is missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.errors import InputError


@dataclass(frozen=True)
class Scaling:
    """What the training cases set.

    Attributes
    ----------
    mean, sd : (p,) of the known training values; sd with n - 1, and 1 for a feature that is constant there.
    varies : (p,) bool, whether the feature takes more than one value among the training cases.
    """

    mean: np.ndarray
    sd: np.ndarray
    varies: np.ndarray

    @classmethod
    def learn(cls, x: np.ndarray) -> Scaling:
        """Means and standard deviations of `x`, (n, p) values of the training cases, NaN where missing.

        Raises
        ------
        InputError : fewer than two cases, or an infinite value.
        """
        x = np.asarray(x, dtype=float)
        if len(x) < 2:
            raise InputError("feature scaling", "at least 2 training cases", f"{len(x)}")
        if np.isinf(x).any():
            raise InputError(
                "feature scaling", "finite or missing values", f"{int(np.isinf(x).sum())} infinite"
            )
        known = ~np.isnan(x)
        n = known.sum(axis=0)
        values = np.where(known, x, 0.0)
        mean = values.sum(axis=0) / np.maximum(n, 1)
        squares = (np.where(known, x - mean, 0.0) ** 2).sum(axis=0)
        sd = np.sqrt(squares / np.maximum(n - 1, 1))
        varies = sd > 1e-12 * np.maximum(np.abs(mean), np.finfo(float).tiny)  # beyond rounding
        return cls(mean, np.where(varies, sd, 1.0), varies)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """(x - mean) / sd; 0, the training mean, where a value is missing."""
        scaled = (np.asarray(x, dtype=float) - self.mean) / self.sd
        return np.where(np.isnan(scaled), 0.0, scaled)
