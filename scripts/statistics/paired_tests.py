"""Two classifiers on the same cases: McNemar's test, alone and for patients with several cases; Wilcoxon over folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from scripts.errors import InputError


@dataclass(frozen=True)
class PairedTest:
    """Difference a - b (share right, or mean of the folds), the statistic of the test, and its two-sided p-value."""

    difference: float
    statistic: float
    p_value: float


def mcnemar(right_a: np.ndarray, right_b: np.ndarray, mid_p: bool = False) -> PairedTest:
    """McNemar's exact test: of the cases that just one of two has right, is either's share one half?

    Parameters
    ----------
    right_a, right_b : (n,) whether each case is called rightly.
    mid_p : count the observed table half (Fagerland, Lydersen and Laake, BMC Med Res Methodol 13:91, 2013), which keeps
        close to its level where the exact test is cautious.

    Returns
    -------
    PairedTest, statistic = number of cases that only `a` has right. No such case on either side: p-value 1.
    """
    a, b = _pair(right_a, right_b)
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    n, k = only_a + only_b, min(only_a, only_b)
    p_value = 1.0
    if n:
        p_value = 2 * stats.binom.cdf(k, n, 0.5) - (stats.binom.pmf(k, n, 0.5) if mid_p else 0.0)
    return PairedTest((only_a - only_b) / len(a), float(only_a), float(min(p_value, 1.0)))


def clustered_mcnemar(right_a: np.ndarray, right_b: np.ndarray, patients: np.ndarray) -> PairedTest:
    """McNemar's test where a patient has several cases (Obuchowski, Statistics in Medicine 17:1495, 1998).

    With d the cases of a patient that only `a` has right less those that only `b` has, and K patients:
    X^2 = (K - 1) / K (sum d)^2 / sum d^2, one degree of freedom. On the cautious side of its level where patients are
    few (Yang, Sun and Hardin, Biometrical Journal 52:638, 2010).

    Parameters
    ----------
    right_a, right_b : (n,) whether each case is called rightly. patients : (n,) whose it is.

    Returns
    -------
    PairedTest, statistic = X^2.
    """
    a, b = _pair(right_a, right_b)
    codes = np.unique(np.asarray(patients), return_inverse=True)[1]
    d = np.bincount(codes, weights=a.astype(float) - b.astype(float))
    n, total = len(d), float(d.sum())
    statistic = (n - 1) / n * total**2 / float(d @ d) if d.any() else 0.0
    return PairedTest(total / len(a), statistic, float(stats.chi2.sf(statistic, 1)))


def wilcoxon(a: np.ndarray, b: np.ndarray) -> PairedTest:
    """Wilcoxon's signed ranks of a measure of two classifiers in the same folds, or repeats.

    Folds share training cases, so their differences are not independent and the p-value is too small where the whole
    cross-validation was repeated (`scripts.statistics.resampled_t` corrects for that).

    Parameters
    ----------
    a, b : (J,) the measure in each fold; folds in which either does not exist (NaN) are left out.

    Returns
    -------
    PairedTest, difference of the means, statistic = the smaller sum of ranks. Exact up to 50 differences that are
    distinct and not 0, else by the normal approximation. Nothing to compare: p-value 1.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    known = ~(np.isnan(a) | np.isnan(b))
    differences = np.round(a[known] - b[known], 12)
    if not len(differences):
        return PairedTest(float("nan"), float("nan"), float("nan"))
    if not differences.any():
        return PairedTest(0.0, 0.0, 1.0)
    moved = differences[differences != 0]
    tied = len(np.unique(np.abs(moved))) < len(moved) or len(moved) < len(differences)
    method = "exact" if not tied and len(moved) <= 50 else "asymptotic"
    result = stats.wilcoxon(moved, method=method)
    return PairedTest(float(differences.mean()), float(result.statistic), float(result.pvalue))


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values of several tests, adjusted by Holm's steps (1979): (n,) -> (n,), at most 1.

    As statsmodels' multipletests, which collects garbage at each call and takes a third of a second for it.
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def _pair(right_a: np.ndarray, right_b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(right_a, dtype=bool), np.asarray(right_b, dtype=bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise InputError("McNemar's test", "the same cases of both classifiers", f"{a.shape} and {b.shape}")
    return a, b
