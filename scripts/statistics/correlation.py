"""Pearson correlation with Fisher's z interval and the t-test of r = 0; Benjamini-Hochberg q-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


def false_discovery(p_values: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg q-values of an array of any shape; NaN stays NaN and does not count as a test."""
    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(p_values.shape, np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        q_values[known] = multipletests(p_values[known], method="fdr_bh")[1]
    return q_values


def stars(p_value: float) -> str:
    """'***' below 0.001, '**' below 0.01, '*' below 0.05, else ''."""
    return next((mark for limit, mark in STARS if p_value < limit), "")


def correlate(x: np.ndarray, y: np.ndarray, level: float = 0.95) -> dict[str, float]:
    """Pearson's r of two columns over the patients who have both.

    Parameters
    ----------
    x, y : (n,) values; NaN is missing.
    level : of the confidence interval tanh(atanh(r) -+ z / sqrt(n - 3)), which needs 4 patients.

    Returns
    -------
    dict: n (patients with both), r, ci_low, ci_high, p_value (two-sided t-test of r = 0, n - 2 degrees of
    freedom; R's cor.test). NaN where a column is constant or fewer than 3 patients have both.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    unknown = dict.fromkeys(("r", "ci_low", "ci_high", "p_value"), float("nan"))
    if len(x) < 3 or _constant(x) or _constant(y):
        return {"n": len(x), **unknown}
    result = stats.pearsonr(x, y)
    r = float(result.statistic)
    low, high = (float("nan"),) * 2
    if len(x) > 3:
        low, high = (r, r) if abs(r) == 1 else result.confidence_interval(level)
    return {
        "n": len(x),
        "r": r,
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": float(result.pvalue),
    }


def _constant(values: np.ndarray) -> bool:
    """Whether the values differ by no more than rounding, so that a correlation would be noise."""
    return np.ptp(values) <= 2e-13 * np.abs(values).max()


def correlate_tables(rows: pd.DataFrame, columns: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Pearson's r of each column of `rows` with each column of `columns`, over the same patients.

    Parameters
    ----------
    rows, columns : a patient a row, with the same index; NaN is missing, pair by pair.

    Returns
    -------
    DataFrame, one row a pair: row, column, n, r, ci_low, ci_high, p_value, q_value (Benjamini-Hochberg over
    all pairs of this table), stars (by p_value).
    """
    if not rows.index.equals(columns.index):
        raise ValueError("the two tables do not hold the same patients in the same order")
    table = pd.DataFrame(
        [
            {
                "row": row,
                "column": column,
                **correlate(rows[row].to_numpy(), columns[column].to_numpy(), level),
            }
            for row in rows.columns
            for column in columns.columns
        ],
        columns=["row", "column", "n", "r", "ci_low", "ci_high", "p_value"],
    )
    table["q_value"] = false_discovery(table["p_value"].to_numpy())
    table["stars"] = [stars(p_value) for p_value in table["p_value"]]
    return table
