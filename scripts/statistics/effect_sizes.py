"""How large a difference between two groups is, with its interval: of proportions, of means, of ranks.

The sign is always group a minus group b, or a over b.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from scripts.statistics.intervals import Interval
from scripts.statistics.roc import area_interval

NONE = Interval(float("nan"), float("nan"), float("nan"))


def proportion_difference(x_a: int, n_a: int, x_b: int, n_b: int, level: float = 0.95) -> Interval:
    """x_a / n_a - x_b / n_b with Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10).

    Of Wilson's limits (l, u) of each proportion p: lower = d - sqrt((p_a - l_a)^2 + (u_b - p_b)^2), upper likewise. NaN
    where a group is empty.
    """
    if min(n_a, n_b) == 0:
        return NONE
    from statsmodels.stats.proportion import confint_proportions_2indep  # slow to import

    low, high = confint_proportions_2indep(
        x_a, n_a, x_b, n_b, method="newcomb", compare="diff", alpha=1 - level
    )
    return Interval(x_a / n_a - x_b / n_b, float(low), float(high))


def odds_ratio(x_a: int, n_a: int, x_b: int, n_b: int, level: float = 0.95) -> Interval:
    """Conditional maximum-likelihood odds ratio with its exact interval, as R's fisher.test prints them.

    A limit may be infinite; NaN where a group is empty, or where nobody or everybody of both has the finding.
    """
    if min(n_a, n_b) == 0 or x_a + x_b in (0, n_a + n_b):
        return NONE
    found = stats.contingency.odds_ratio([[x_a, n_a - x_a], [x_b, n_b - x_b]], kind="conditional")
    low, high = found.confidence_interval(level)
    return Interval(float(found.statistic), float(low), float(high))


def hedges_g(a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Interval:
    """Standardised difference of means, Cohen's d over the pooled SD times Hedges' exact correction.

    J = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), m = n_a + n_b - 2; variance (n_a + n_b) / (n_a n_b) +
    g^2 / (2 (n_a + n_b)) (Hedges and Olkin 1985), normal interval. NaN with fewer than two in a group, or no spread.
    """
    a, b = _known(a), _known(b)
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) < 2:
        return NONE
    m = n_a + n_b - 2
    pooled = np.sqrt(((n_a - 1) * a.var(ddof=1) + (n_b - 1) * b.var(ddof=1)) / m)
    if pooled == 0:
        return NONE
    correction = np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    g = correction * (a.mean() - b.mean()) / pooled
    half = special.ndtri((1 + level) / 2) * np.sqrt((n_a + n_b) / (n_a * n_b) + g**2 / (2 * (n_a + n_b)))
    return Interval(float(g), float(g - half), float(g + half))


def superiority(a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Interval:
    """Probability that a value of a is larger than one of b, ties a half: the Mann-Whitney area, DeLong's interval.

    0.5 is no difference; Cliff's delta is 2 area - 1. Where DeLong's error is 0 the limits are those of
    `limits_without_error`. NaN where a group has fewer than two values.
    """
    a, b = _known(a), _known(b)
    if min(len(a), len(b)) < 2:
        return NONE
    y = np.repeat([1, 0], [len(a), len(b)])
    found = area_interval(y, np.concatenate([a, b]), level)
    if found.standard_error == 0:
        low, high = limits_without_error(found.estimate, min(len(a), len(b)), (1 - level) / 2)
        return Interval(found.estimate, low, high)
    return Interval(found.estimate, found.ci_low, found.ci_high)


def limits_without_error(area: float, n: int, alpha: float) -> tuple[float, float]:
    """Limits of a probability of superiority where all pairs of patients say the same: area 0, 0.5 or 1.

    DeLong's error is then 0, however few the patients are. But `n` pairs without a patient in common are independent:
    that all of them say the same has a probability of at most q^n, q the true share of such pairs, so that q is at
    least alpha^(1/n). The limits hold at least their level.

    Parameters
    ----------
    area : 1 (all of a are larger), 0 (smaller) or 0.5 (everybody has the same value).
    n : patients of the smaller group. alpha : one-sided, 0.025 of a 95 % interval.
    """
    open_share = 1 - alpha ** (1 / n)
    if area == 0.5:
        return 0.5 - open_share / 2, 0.5 + open_share / 2
    return (1 - open_share, 1.0) if area > 0.5 else (0.0, open_share)


def median_shift(a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Interval:
    """Hodges and Lehmann's shift: the median of all differences a_i - b_j, in the unit of the values.

    Limits are the differences of rank C and n_a n_b + 1 - C, C = n_a n_b / 2 - z sqrt(n_a n_b (n_a + n_b + 1) / 12)
    rounded down (Hollander and Wolfe, Nonparametric Statistical Methods, section 4.3, large samples). NaN without
    values."""
    a, b = _known(a), _known(b)
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) == 0:
        return NONE
    differences = np.sort(np.subtract.outer(a, b).ravel())
    z = special.ndtri((1 + level) / 2)
    rank = int(np.floor(n_a * n_b / 2 - z * np.sqrt(n_a * n_b * (n_a + n_b + 1) / 12)))
    middle = float(np.median(differences))
    if rank < 1:
        return Interval(middle, float("nan"), float("nan"))
    return Interval(middle, float(differences[rank - 1]), float(differences[n_a * n_b - rank]))


def _known(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]
