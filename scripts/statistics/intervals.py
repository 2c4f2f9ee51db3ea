"""Confidence intervals without a model: of a proportion, and bootstrap percentiles for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """An estimate with the ends of its confidence interval; NaN where there is none."""

    estimate: float
    ci_low: float
    ci_high: float


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of a proportion (Wilson 1927); stays inside 0..1 and holds its level near the ends.

    Parameters
    ----------
    successes, n : 0 <= successes <= n; n = 0 gives NaN throughout.
    level : confidence level.
    """
    return _proportion(successes, n, level, "wilson")


def clopper_pearson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """Exact interval of a proportion (Clopper and Pearson 1934); holds at least its level. Parameters as Wilson's."""
    return _proportion(successes, n, level, "beta")


def _proportion(successes: int, n: int, level: float, method: str) -> Interval:
    if not 0 <= successes <= n:
        raise ValueError(f"expected 0 <= successes <= n, found {successes} of {n}")
    if n == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    from statsmodels.stats.proportion import proportion_confint  # slow to import, and rarely needed

    low, high = proportion_confint(successes, n, alpha=1 - level, method=method)
    return Interval(successes / n, float(low), float(high))


def percentile_interval(replicates: np.ndarray, estimate: float, level: float = 0.95) -> Interval:
    """Percentile interval (Efron 1981) from replicates that are already computed; NaN replicates are left
    out.

    Parameters
    ----------
    replicates : (n_bootstrap,) the statistic in each resample; NaN where it did not exist.
    estimate : the statistic in the sample itself.
    """
    known = np.asarray(replicates, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) == 0:
        return Interval(float(estimate), float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(estimate), float(low), float(high))


def bootstrap_replicates(
    statistic: Callable[..., float],
    columns: tuple[np.ndarray, ...],
    n_bootstrap: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """`statistic(*columns)` in `n_bootstrap` resamples of the patients, drawn with replacement.

    Parameters
    ----------
    statistic : takes the columns; may return NaN for a resample in which it does not exist (no event, say).
    columns : arrays whose first axis is the patient; resampled together.
    generator : source of the draws.

    Returns
    -------
    (n_bootstrap,) array.
    """
    n = len(columns[0])
    if any(len(column) != n for column in columns):
        raise ValueError(f"columns differ in length: {', '.join(str(len(c)) for c in columns)}")
    draws = (generator.integers(0, n, n) for _ in range(n_bootstrap))
    return np.array([statistic(*(column[draw] for column in columns)) for draw in draws], dtype=float)


def bootstrap_interval(
    statistic: Callable[..., float],
    columns: tuple[np.ndarray, ...],
    n_bootstrap: int,
    generator: np.random.Generator,
    level: float = 0.95,
) -> Interval:
    """The statistic with its percentile bootstrap interval over patients; see `bootstrap_replicates`."""
    replicates = bootstrap_replicates(statistic, columns, n_bootstrap, generator)
    return percentile_interval(replicates, statistic(*columns), level)
