"""Bootstrap over patients who have several cases each: a drawn patient comes with all cases, as often as drawn.

A resample is a row of multiplicities, not a list of cases: a statistic takes weights (b, n) and gives (b, ...), and
the resamples of one cohort serve every model and every repeat, so that differences between models are paired.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from scripts.statistics.intervals import clopper_pearson_interval

# Most weights that a statistic gets at a time (8 bytes each, and a few times as much inside it)
AT_A_TIME = 2_000_000


def patient_draws(n_patients: int, n_bootstrap: int, generator: np.random.Generator) -> np.ndarray:
    """How often each patient is in each resample of as many patients, drawn with replacement.

    Returns
    -------
    (n_bootstrap, n_patients) whole numbers; the rows sum to `n_patients`.
    """
    return generator.multinomial(n_patients, np.full(n_patients, 1 / n_patients), size=n_bootstrap)


def patient_codes(patients: pd.Series, known: pd.Index) -> np.ndarray:
    """The place of each case's patient in `known`; KeyError for one who is not there."""
    codes = known.get_indexer(patients)
    if (codes < 0).any():
        raise KeyError(f"no draws of patient {patients.to_numpy()[codes < 0][0]}")
    return codes


def replicates(
    statistic: Callable[[np.ndarray], np.ndarray], codes: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """The statistic in each resample.

    Parameters
    ----------
    statistic : takes weights (b, n) and gives (b, ...).
    codes : (n,) the patient of each case, a column of `draws`. draws : (n_bootstrap, n_patients).

    Returns
    -------
    (n_bootstrap, ...).
    """
    step = max(1, AT_A_TIME // max(len(codes), 1))
    parts = [statistic(draws[i : i + step][:, codes].astype(float)) for i in range(0, len(draws), step)]
    return np.concatenate(parts)


def percentile_limits(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Percentile limits over the first axis, resamples in which the statistic does not exist (NaN) left out.

    Parameters
    ----------
    values : (n_bootstrap, ...).

    Returns
    -------
    lower, upper, each of the shape of one statistic; NaN where it never exists.
    """
    values = np.asarray(values, dtype=float)
    ends = [(1 - level) / 2, (1 + level) / 2]
    if not np.isnan(values).any():
        lower, upper = np.quantile(values, ends, axis=0)
        return lower, upper
    flat = values.reshape(len(values), -1)
    found = np.full((2, flat.shape[1]), np.nan)
    for column in range(flat.shape[1]):
        known = flat[~np.isnan(flat[:, column]), column]
        if len(known):
            found[:, column] = np.quantile(known, ends)
    lower, upper = found.reshape(2, *values.shape[1:])
    return lower, upper


def share_limits(
    values: np.ndarray, estimate: float, n_patients: int, level: float = 0.95
) -> tuple[float, float, str]:
    """Limits of a share (accuracy, sensitivity, ...), also where nobody or everybody is right.

    There every resample gives the same 0 or 1 and the bootstrap has no width. Then the exact interval (Clopper and
    Pearson) of `n_patients` patients who are all right, or all wrong, stands in: wide enough whatever the patients'
    cases share.

    Parameters
    ----------
    values : (n_bootstrap,) the share in each resample. n_patients : patients with a case in its denominator.

    Returns
    -------
    lower, upper, and 'bootstrap' or 'exact'.
    """
    if estimate in (0.0, 1.0) and n_patients:
        exact = clopper_pearson_interval(int(estimate) * n_patients, n_patients, level)
        return exact.ci_low, exact.ci_high, "exact"
    lower, upper = percentile_limits(values, level)
    return float(lower), float(upper), "bootstrap"
