"""Whether two groups are alike within a margin: two one-sided tests (Schuirmann 1987).

A test of difference that is not significant says that a difference was not shown; it does not say that there is
none. Here the null hypothesis is a difference of at least the margin, in either direction, and the p-value is the
larger of the two one-sided ones. At the 5 % level the groups are called alike exactly where the 90 % interval lies
within the margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from scripts.errors import InputError
from scripts.statistics.effect_sizes import limits_without_error
from scripts.statistics.roc import area_interval

DIFFERENT, ALIKE, BOTH, OPEN = "different", "alike", "different, within the margin", "open"
NOT_TESTED = "not tested"


@dataclass(frozen=True)
class Equivalence:
    """Estimate, its interval of level 1 - 2 alpha, the margin below and above, and the p-value; NaN where
    untestable.
    """

    estimate: float
    low: float
    high: float
    margin_low: float
    margin_high: float
    p_value: float


def alike_proportions(
    x_a: int, n_a: int, x_b: int, n_b: int, margin: float, alpha: float = 0.05
) -> Equivalence:
    """Whether two proportions differ by less than `margin` (a fraction): Farrington and Manning's score tests.

    Standard errors are those under the null hypothesis p_a - p_b = -+ margin (Statistics in Medicine 9, 1990); the
    interval inverts the same tests.

    Raises
    ------
    InputError : a margin outside (0, 1).
    """
    if not 0 < margin < 1:
        raise InputError("margin of proportions", "a number between 0 and 1", f"{margin:g}")
    if min(n_a, n_b) == 0:
        return _nothing(-margin, margin)
    difference = x_a / n_a - x_b / n_b

    def z(delta: float) -> float:
        return (difference - delta) / score_error(x_a, n_a, x_b, n_b, delta)

    p_value = max(special.ndtr(-z(-margin)), special.ndtr(z(margin)))
    limits = [_root(z, target) for target in (special.ndtri(1 - alpha), special.ndtri(alpha))]
    return Equivalence(difference, *limits, -margin, margin, float(p_value))


def score_error(x_a: int, n_a: int, x_b: int, n_b: int, delta: float) -> float:
    """Standard error of p_a - p_b with the proportions that are likeliest given p_a - p_b = delta, -1 < delta < 1.

    The cubic equation in closed form (Farrington and Manning 1990, appendix): theta = n_b / n_a, a x^3 + b x^2 + c x
    + d = 0 for p_a, p_b = p_a - delta.
    """
    theta, p_a, p_b = n_b / n_a, x_a / n_a, x_b / n_b
    a = 1 + theta
    b = -(1 + theta + p_a + theta * p_b + delta * (theta + 2))
    c = delta**2 + delta * (2 * p_a + theta + 1) + p_a + theta * p_b
    d = -p_a * delta * (1 + delta)
    v = b**3 / (3 * a) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.copysign(np.sqrt(max(b**2 / (3 * a) ** 2 - c / (3 * a), 0.0)), v)
    ratio = np.clip(v / u**3, -1, 1) if u else 0.0
    w = (np.pi + np.arccos(ratio)) / 3
    first = float(np.clip(2 * u * np.cos(w) - b / (3 * a), max(0.0, delta), min(1.0, 1 + delta)))
    second = first - delta
    return float(np.sqrt(max(first * (1 - first) / n_a + second * (1 - second) / n_b, 1e-15)))


def alike_means(a: np.ndarray, b: np.ndarray, margin_sd: float, alpha: float = 0.05) -> Equivalence:
    """Whether two means differ by less than `margin_sd` pooled standard deviations, by Welch's t.

    Estimate, interval and margin are in the unit of the values; the margin uses the pooled SD of these very values, as
    a standardised margin must.
    """
    a, b = _known(a), _known(b)
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) < 2 or a.var() + b.var() == 0:
        return _nothing(float("nan"), float("nan"))
    pooled = np.sqrt(((n_a - 1) * a.var(ddof=1) + (n_b - 1) * b.var(ddof=1)) / (n_a + n_b - 2))
    margin = margin_sd * pooled
    parts = a.var(ddof=1) / n_a, b.var(ddof=1) / n_b
    error = np.sqrt(sum(parts))
    df = sum(parts) ** 2 / (parts[0] ** 2 / (n_a - 1) + parts[1] ** 2 / (n_b - 1))
    difference = a.mean() - b.mean()
    p_value = max(
        stats.t.sf((difference + margin) / error, df), stats.t.cdf((difference - margin) / error, df)
    )
    half = stats.t.ppf(1 - alpha, df) * error
    values = difference, difference - half, difference + half, -margin, margin, p_value
    return Equivalence(*map(float, values))


def alike_ranks(a: np.ndarray, b: np.ndarray, margin: float, alpha: float = 0.05) -> Equivalence:
    """Whether the probability that a value of a exceeds one of b is within 0.5 -+ margin, by DeLong's error.

    With equal values everywhere DeLong's error is 0. The p-value is then (1 - 2 margin)^n, n the smaller group, and the
    interval that of `limits_without_error`: a few patients without any lesion do not show that two groups are alike.
    NaN where a group has fewer than two values.

    Raises
    ------
    InputError : a margin outside (0, 0.5).
    """
    if not 0 < margin < 0.5:
        raise InputError("margin of ranks", "a number between 0 and 0.5", f"{margin:g}")
    a, b = _known(a), _known(b)
    if min(len(a), len(b)) < 2:
        return _nothing(0.5 - margin, 0.5 + margin)
    y = np.repeat([1, 0], [len(a), len(b)])
    found = area_interval(y, np.concatenate([a, b]), 1 - 2 * alpha)
    if found.standard_error == 0:
        n = min(len(a), len(b))
        limits = limits_without_error(found.estimate, n, alpha)
        p_value = (1 - 2 * margin) ** n if found.estimate == 0.5 else 1.0
        return Equivalence(found.estimate, *limits, 0.5 - margin, 0.5 + margin, p_value)
    reach = np.array([found.estimate - (0.5 - margin), (0.5 + margin) - found.estimate])
    p_value = special.ndtr(-reach / found.standard_error).max()
    return Equivalence(
        found.estimate, found.ci_low, found.ci_high, 0.5 - margin, 0.5 + margin, float(p_value)
    )


def verdict(p_difference: float, p_equivalence: float, alpha: float = 0.05) -> str:
    """What the two tests say together: DIFFERENT, ALIKE, BOTH (a difference, but a small one), OPEN, or NOT_TESTED."""
    if np.isnan(p_difference) and np.isnan(p_equivalence):
        return NOT_TESTED
    differs, same = p_difference < alpha, p_equivalence < alpha
    return (BOTH if same else DIFFERENT) if differs else (ALIKE if same else OPEN)


def _root(z: object, target: float) -> float:
    """The delta within (-1, 1) at which z(delta), which falls, is `target`; the end where it stays on one side."""
    from scipy.optimize import brentq

    ends = (-1 + 1e-9, 1 - 1e-9)
    if z(ends[0]) <= target:
        return -1.0
    if z(ends[1]) >= target:
        return 1.0
    return float(brentq(lambda delta: z(delta) - target, *ends, xtol=1e-10))


def _nothing(low: float, high: float) -> Equivalence:
    return Equivalence(*(float("nan"),) * 3, low, high, float("nan"))


def _known(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]
