"""Power of comparing two proportions: by the normal approximation, exactly by going through all tables, and for
likeness.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special, stats

from scripts.errors import InputError

TESTS = ("pearson", "yates", "fisher")


def z_test_power(p_a: float, p_b: float, n_a: int, n_b: int, alpha: float = 0.05) -> float:
    """Power of the two-sided z-test of two proportions, with the pooled error under the null hypothesis.

    Phi((|p_a - p_b| - z s_0) / s_1) + Phi((-|p_a - p_b| - z s_0) / s_1), s_0 of the pooled proportion, s_1 of the two
    (Fleiss, Statistical Methods for Rates and Proportions, section 4.2, without continuity correction).
    """
    _require_shares(p_a, p_b)
    pooled = (n_a * p_a + n_b * p_b) / (n_a + n_b)
    null = np.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    error = np.sqrt(p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b)
    z, difference = special.ndtri(1 - alpha / 2), abs(p_a - p_b)
    if error == 0:
        return float(difference > 0)
    return float(
        special.ndtr((difference - z * null) / error) + special.ndtr((-difference - z * null) / error)
    )


def exact_power(
    p_a: float, p_b: float, n_a: int, n_b: int, test: str = "pearson", alpha: float = 0.05
) -> float:
    """Probability that the test of a 2 x 2 table has p < alpha: the sum over all tables of two binomial groups.

    With p_a = p_b it is the true size of the test.

    Parameters
    ----------
    test : 'pearson' (chi-square), 'yates' (with continuity correction) or 'fisher' (two-sided).

    Raises
    ------
    InputError : an unknown test.
    """
    _require_shares(p_a, p_b)
    weights = np.outer(
        stats.binom.pmf(np.arange(n_a + 1), n_a, p_a), stats.binom.pmf(np.arange(n_b + 1), n_b, p_b)
    )
    return float(weights[p_values(n_a, n_b, test) < alpha].sum())


def p_values(n_a: int, n_b: int, test: str) -> np.ndarray:
    """P-value of every table: (n_a + 1, n_b + 1), by the counts of a and of b; 1 where nobody or everybody has it."""
    if test not in TESTS:
        raise InputError("test", f"one of {', '.join(TESTS)}", f"'{test}'")
    x_a, x_b = np.arange(n_a + 1)[:, None], np.arange(n_b + 1)[None, :]
    total, n = x_a + x_b, n_a + n_b
    if test == "fisher":
        return _fisher(n_a, n_b)
    cross = np.abs(x_a * (n_b - x_b) - x_b * (n_a - x_a)).astype(float)
    if test == "yates":
        cross = np.maximum(cross - n / 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = n * cross**2 / (n_a * n_b * total * (n - total))
    return np.where(np.isnan(statistic), 1.0, special.chdtrc(1, np.nan_to_num(statistic)))


def _fisher(n_a: int, n_b: int) -> np.ndarray:
    """Two-sided Fisher: the sum of the probabilities of all tables of the same margins that are no likelier."""
    found = np.ones((n_a + 1, n_b + 1))
    for total in range(n_a + n_b + 1):
        x_a = np.arange(max(0, total - n_b), min(n_a, total) + 1)
        probability = stats.hypergeom.pmf(x_a, n_a + n_b, n_a, total)
        order = np.argsort(probability, kind="stable")
        cumulative = np.cumsum(probability[order])
        last = np.searchsorted(probability[order], probability * (1 + 1e-7), side="right")
        found[x_a, total - x_a] = np.minimum(cumulative[last - 1], 1.0)
    return found


def detectable_difference(p_b: float, n_a: int, n_b: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest p_a - p_b above 0 that the z-test finds with that power; NaN where even p_a = 1 has less."""

    def lack(difference: float) -> float:
        return z_test_power(p_b + difference, p_b, n_a, n_b, alpha) - power

    most = 1 - p_b - 1e-9
    if most <= 0 or lack(most) < 0:
        return float("nan")
    return float(optimize.brentq(lack, 1e-9, most))


def likeness_power(p: float, n_a: int, n_b: int, margin: float, alpha: float = 0.05) -> float:
    """Probability of calling two groups of the same true proportion alike within `margin`, by the normal approximation.

    max(0, 2 Phi(margin / s - z) - 1), z of 1 - alpha, s the error of the difference.
    """
    _require_shares(p, p)
    error = np.sqrt(p * (1 - p) * (1 / n_a + 1 / n_b))
    if error == 0:
        return 1.0
    return float(max(0.0, 2 * special.ndtr(margin / error - special.ndtri(1 - alpha)) - 1))


def _require_shares(*shares: float) -> None:
    if not all(0 <= share <= 1 for share in shares):
        raise InputError("proportions", "numbers from 0 to 1", ", ".join(f"{s:g}" for s in shares))
