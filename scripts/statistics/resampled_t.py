"""Intervals of a mean over the folds of cross-validation, whose training cases overlap."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit


def corrected_interval(
    values: np.ndarray, n_folds: int, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Mean of fold-wise values, its interval, and the p-value for mean 0, by the corrected resampled t.

    Parameters
    ----------
    values : (J,) one a fold of repeated `n_folds`-fold cross-validation (Nadeau and Bengio 2003, section 4.2:
        variance s^2 (1/J + n_test/n_training), n_test/n_training = 1/(n_folds - 1)).
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    mean, error = values.mean(), np.sqrt(values.var(ddof=1) * (1 / n + 1 / (n_folds - 1)))
    half = stdtrit(n - 1, (1 + level) / 2) * error
    p_value = 1.0 if mean == 0 else 0.0 if error == 0 else 2 * stdtr(n - 1, -abs(mean) / error)
    return float(mean), float(mean - half), float(mean + half), float(p_value)
