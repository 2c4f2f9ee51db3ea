"""Ranking by recursive feature elimination with a support vector machine (SVM-RFE).

Guyon, Weston, Barnhill and Vapnik (Machine Learning 46, 2002), section 4 for the linear kernel and section 6 for any
other: fit a machine on the features that are left, and drop those without which |w|^2 changes least, the multipliers
kept. With a_i = alpha_i y_i,

    |w|^2 = sum_ik a_i a_k k(x_i, x_k),    change of feature j = 1/2 | |w|^2 - |w without j|^2 |

For the linear kernel the change is w_j^2 / 2. For the Gaussian kernel k without j is k exp(gamma (x_ij - x_kj)^2);
the absolute value is Rakotomamonjy's (JMLR 3, 2003), because there the change can have either sign.
"""

from __future__ import annotations

import numpy as np

from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances
from scripts.errors import InputError

KERNELS = ("gaussian", "linear")
MOST_KEPT = 2**26  # numbers: half a gigabyte
LARGEST_EXPONENT = 700.0  # exp of more is no number


def rank_features(
    x: np.ndarray,
    y: np.ndarray,
    kernel: str = "gaussian",
    c: float = 1.0,
    gamma: float = 1.0,
    step: float = 1,
    always: np.ndarray | None = None,
) -> np.ndarray:
    """Positions of the features, the best (last eliminated) first.

    Parameters
    ----------
    x : (n, p) scaled values. y : (n,) classes, 0 or 1.
    kernel : 'gaussian' or 'linear'.
    c : cost of the machines.
    gamma : of the Gaussian kernel, as a multiple of 1 / (number of features left), which is renewed whenever half of
        them have gone.
    step : features dropped at a time, a whole number; or below 1 the share of those left (rounded down, at least 1).
    always : (p,) bool, features that every machine uses and that are not ranked.

    Returns
    -------
    (number of features that are not `always`,) whole numbers.

    Raises
    ------
    InputError : unknown kernel, or a step that is no whole number from 1 and no share between 0 and 1.
    """
    if kernel not in KERNELS:
        raise InputError("SVM-RFE", f"kernel {' or '.join(KERNELS)}", f"'{kernel}'")
    if not (0 < step < 1 or (step >= 1 and step == int(step))):
        raise InputError("SVM-RFE, step", "a whole number from 1, or a share between 0 and 1", f"{step}")
    x, y = np.asarray(x, dtype=float), np.asarray(y)
    always = np.zeros(x.shape[1], dtype=bool) if always is None else np.asarray(always, dtype=bool)
    left, dropped = np.flatnonzero(~always), []
    machines = (_Gaussian if kernel == "gaussian" else _Linear)(x, y, always, c, gamma)
    while len(left) > 1:
        change = machines.change(left)
        n_drop = min(int(step) if step >= 1 else max(1, int(step * len(left))), len(left) - 1)
        worst_first = np.argsort(change, kind="stable")
        dropped.extend(left[worst_first[:n_drop]])
        machines.drop(left[worst_first[:n_drop]])
        left = np.sort(left[worst_first[n_drop:]])
    return np.array([*left, *reversed(dropped)], dtype=int)


def norm_changes(x: np.ndarray, coefficients: np.ndarray, kernel: np.ndarray, gamma: float) -> np.ndarray:
    """(p,) 1/2 | |w|^2 - |w without j|^2 | of a Gaussian machine for each column j of `x`.

    Parameters
    ----------
    x : (n, p) scaled values of the training cases.
    coefficients : (n,) a_i = alpha_i y_i, 0 for what is no support vector.
    kernel : (n, n) Gaussian kernel with `gamma` of all columns (and of others, if the machine has others).
    """
    first, second = np.triu_indices(len(x), 1)
    weights = coefficients[first] * coefficients[second] * kernel[first, second]
    return np.abs(_growth(x, first, second, gamma) @ weights)


def _growth(x: np.ndarray, first: np.ndarray, second: np.ndarray, gamma: float) -> np.ndarray:
    """(p, pairs) exp(gamma d^2) - 1: by what share the kernel of a pair grows where feature j is left out."""
    squares = (x[first] - x[second]).T ** 2
    return np.expm1(np.minimum(gamma * squares, LARGEST_EXPONENT))


class _Linear:
    """|w without j|^2 of linear machines."""

    def __init__(self, x: np.ndarray, y: np.ndarray, always: np.ndarray, c: float, gamma: float) -> None:
        self.x, self.y, self.c = x, y, c
        self.used = np.ones(x.shape[1], dtype=bool)

    def change(self, left: np.ndarray) -> np.ndarray:
        x = self.x[:, self.used]
        machine = fit_machine(x @ x.T, self.y, self.c)
        return (machine.coefficients @ self.x[np.ix_(machine.support, left)]) ** 2 / 2

    def drop(self, columns: np.ndarray) -> None:
        self.used[columns] = False


class _Gaussian:
    """The same of Gaussian machines; growth factors are computed once for each gamma, where they fit into memory."""

    def __init__(self, x: np.ndarray, y: np.ndarray, always: np.ndarray, c: float, gamma: float) -> None:
        self.x, self.y, self.c, self.multiple = x, y, c, gamma
        self.distances = squared_distances(x, x)
        self.pairs = np.triu_indices(len(x), 1)
        self.n_always = int(always.sum())
        self.renewed_at = 0
        self.growth: np.ndarray | None = None
        self.rows = np.full(x.shape[1], -1)

    def change(self, left: np.ndarray) -> np.ndarray:
        if self.renewed_at == 0 or len(left) <= self.renewed_at / 2:
            self._renew(left)
        kernel = gaussian_kernel(self.distances, self.gamma)
        machine = fit_machine(kernel, self.y, self.c)
        coefficients = np.zeros(len(self.y))
        coefficients[machine.support] = machine.coefficients
        if self.growth is None:
            own = machine.support
            parts = np.array_split(left, max(1, len(left) * len(own) ** 2 // MOST_KEPT))
            within = (coefficients[own], kernel[np.ix_(own, own)], self.gamma)
            return np.concatenate([norm_changes(self.x[np.ix_(own, part)], *within) for part in parts])
        first, second = self.pairs
        weights = coefficients[first] * coefficients[second] * kernel[first, second]
        return np.abs(self.growth @ weights)[self.rows[left]]

    def _renew(self, left: np.ndarray) -> None:
        self.renewed_at = len(left)
        self.gamma = self.multiple / (len(left) + self.n_always)
        if len(left) * len(self.pairs[0]) > MOST_KEPT:
            return
        self.growth = _growth(self.x[:, left], *self.pairs, self.gamma)
        self.rows[left] = np.arange(len(left))

    def drop(self, columns: np.ndarray) -> None:
        for j in columns:
            self.distances -= np.subtract.outer(self.x[:, j], self.x[:, j]) ** 2
        np.maximum(self.distances, 0.0, out=self.distances)
