"""Tests between two groups of patients, and between two visits of the same patients, as R makes them.

Mann-Whitney and Wilcoxon's signed-rank test: exact below 50 values without ties (and without differences of 0),
otherwise the normal approximation with continuity correction (R's wilcox.test). A missing value takes its patient out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from scripts.errors import InputError, nearest

GROUP_TESTS = ("mann_whitney", "student", "welch")
PAIRED_TESTS = ("wilcoxon", "paired_t")
EXACT_BELOW = 50
MOST_FOR_SHAPIRO = 5000


@dataclass(frozen=True)
class Comparison:
    """A test of two samples: their sizes, medians, means, statistic (W, V or t), p-value (two-sided); NaN where
    nothing can be tested.
    """

    test: str
    n_a: int
    n_b: int
    median_a: float
    median_b: float
    mean_a: float
    mean_b: float
    statistic: float
    p_value: float


def compare_groups(a: np.ndarray, b: np.ndarray, test: str = "mann_whitney") -> Comparison:
    """Do two groups differ?

    Parameters
    ----------
    a, b : values of the two groups, NaN where missing.
    test : 'mann_whitney', 'student' (equal variances) or 'welch'.

    Raises
    ------
    InputError : an unknown test.
    """
    _known(test, GROUP_TESTS)
    a, b = _values(a), _values(b)
    too_few = min(len(a), len(b)) < (1 if test == "mann_whitney" else 2)
    if too_few or np.ptp(np.concatenate([a, b])) == 0:
        return _summary(test, a, b, np.nan, np.nan)
    if test == "mann_whitney":
        ties = len(np.unique(np.concatenate([a, b]))) < len(a) + len(b)
        exact = max(len(a), len(b)) < EXACT_BELOW and not ties
        found = stats.mannwhitneyu(a, b, method="exact" if exact else "asymptotic", use_continuity=True)
    elif max(np.ptp(a), np.ptp(b)) == 0:
        return _summary(test, a, b, np.nan, np.nan)
    else:
        found = stats.ttest_ind(a, b, equal_var=test == "student")
    return _summary(test, a, b, found.statistic, found.pvalue)


def choose_group_test(a: np.ndarray, b: np.ndarray, alpha: float = 0.05) -> str:
    """'student' where both groups pass for normal, else 'mann_whitney': Shapiro and Wilk's test at `alpha` in each.

    The usual rule of clinical papers; a test chosen by another test of the same values no longer has quite its
    level. Groups of fewer than three values or without spread are never normal; of more than 5,000 the first 5,000
    are looked at."""
    for sample in map(_values, (a, b)):
        if len(sample) < 3 or np.ptp(sample) == 0:
            return "mann_whitney"
        if stats.shapiro(sample[:MOST_FOR_SHAPIRO]).pvalue < alpha:
            return "mann_whitney"
    return "student"


def compare_visits(before: np.ndarray, after: np.ndarray, test: str = "wilcoxon") -> Comparison:
    """Did the values of the same patients change? `before` is a, `after` b, and the statistic is of a - b.

    Parameters
    ----------
    before, after : (n,) values of the same patients, NaN where missing.
    test : 'wilcoxon' (signed ranks; differences of 0 are left out) or 'paired_t'.

    Raises
    ------
    InputError : an unknown test, or different lengths.
    """
    _known(test, PAIRED_TESTS)
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape:
        raise InputError("paired test", "two values a patient", f"{before.size} and {after.size}")
    known = np.isfinite(before) & np.isfinite(after)
    before, after = before[known], after[known]
    changes = before - after
    if len(changes) < 2 or not changes.any() or (test == "paired_t" and np.ptp(changes) == 0):
        return _summary(test, before, after, np.nan, np.nan)
    if test == "paired_t":
        found = stats.ttest_rel(before, after)
        return _summary(test, before, after, found.statistic, found.pvalue)
    moved = changes[changes != 0]
    plain = len(moved) == len(changes) and len(np.unique(np.abs(moved))) == len(moved)
    exact = len(changes) < EXACT_BELOW and plain
    p_value = stats.wilcoxon(moved, correction=not exact, method="exact" if exact else "asymptotic").pvalue
    positive = stats.rankdata(np.abs(moved))[moved > 0].sum()  # R's V
    return _summary(test, before, after, positive, p_value)


def _known(test: str, tests: tuple[str, ...]) -> None:
    if test not in tests:
        raise InputError("test", f"one of {', '.join(tests)}", f"'{test}'", nearest(test, tests).strip())


def _values(sample: np.ndarray) -> np.ndarray:
    sample = np.asarray(sample, dtype=float)
    return sample[np.isfinite(sample)]


def _summary(test: str, a: np.ndarray, b: np.ndarray, statistic: float, p_value: float) -> Comparison:
    middles = [float(of(s)) if len(s) else float("nan") for of in (np.median, np.mean) for s in (a, b)]
    return Comparison(test, len(a), len(b), *middles, float(statistic), float(p_value))
