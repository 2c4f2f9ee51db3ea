"""Two-class support vector machines on kernels that are already computed (libsvm, through scikit-learn).

Soft-margin machine of Cortes and Vapnik (Machine Learning 20, 1995): f(x) = sum_i a_i k(x_i, x) + b with
a_i = alpha_i y_i, 0 <= alpha_i <= C, sum_i a_i = 0; Gaussian kernel k(x, z) = exp(-gamma |x - z|^2). Higher f: class 1.

A grid search fits thousands of machines of some fifty patients. scikit-learn's SVC takes ten times longer for one than
libsvm itself (0.43 ms against 0.04 ms, scikit-learn 1.9.1), all of it checks; therefore its binding is called, and a
test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.svm import _libsvm

from scripts.errors import InputError


@dataclass(frozen=True)
class Machine:
    """A fitted machine: positions of the support vectors among the training cases, a_i (see above), and b."""

    support: np.ndarray
    coefficients: np.ndarray
    intercept: float

    def decision(self, kernel: np.ndarray) -> np.ndarray:
        """(m,) values of f for an (m, n) kernel of m cases with the n training cases."""
        return kernel[:, self.support] @ self.coefficients + self.intercept


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, m) squared Euclidean distances of the rows of `a` (n, p) and `b` (m, p).

    Feature by feature and without subtracting large squares, so that a distance does not depend on which other rows
    are asked for, and equal rows have distance 0.
    """
    distances = np.zeros((len(a), len(b)))
    for j in range(a.shape[1]):
        distances += np.subtract.outer(a[:, j], b[:, j]) ** 2
    return distances


def gaussian_kernel(distances: np.ndarray, gamma: float) -> np.ndarray:
    """exp(-gamma * distances), of squared distances."""
    return np.exp(-gamma * distances)


def fit_machine(kernel: np.ndarray, y: np.ndarray, c: float, tolerance: float = 1e-3) -> Machine:
    """The machine of cost `c` on training cases with `kernel` (n, n) and classes `y` (n,), 0 or 1.

    `tolerance` is libsvm's, by which the machine may miss the optimum's conditions.

    Raises
    ------
    InputError : only one class among the cases, or c not above 0.
    """
    y = np.asarray(y, dtype=float)
    if not 0 < y.sum() < len(y):
        raise InputError("support vector machine", "training cases of both classes", "one class only")
    if not c > 0:
        raise InputError("support vector machine", "a cost C above 0", f"{c}")
    kernel = np.ascontiguousarray(kernel, dtype=float)
    _libsvm.set_verbosity_wrap(0)
    support, _, _, dual, intercept, *_ = _libsvm.fit(
        kernel, y, svm_type=0, kernel="precomputed", C=float(c), tol=tolerance
    )
    # libsvm's first class is positive in its own terms; ours is the second, the responders
    return Machine(support.astype(int), -dual[0].copy(), -float(intercept[0]))
