"""One comparison of the two groups: the paper's test, how large the difference is, and what can be excluded.

Group a is COVID-19 and b the other pneumonias, so that a difference above 0 (a probability above 0.5) is more in
COVID-19."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.covid_ct.names import COUNTED, FINDINGS, GROUPS, NUMBERS, VOLUME_FAMILIES
from scripts.statistics.baseline_table import compare_counts
from scripts.statistics.correlation import false_discovery
from scripts.statistics.effect_sizes import (
    hedges_g,
    median_shift,
    odds_ratio,
    proportion_difference,
    superiority,
)
from scripts.statistics.equivalence import alike_means, alike_proportions, alike_ranks, verdict
from scripts.statistics.group_tests import choose_group_test, compare_groups
from scripts.statistics.paired_tests import holm

# What stands in a row. `effect` is the difference of proportions (a fraction) or the probability of superiority,
# with its interval; `alike_*` the interval of the two one-sided tests, and the margin around what would be no
# difference.
COLUMNS = (
    "family", "quantity", "kind", "n_covid", "n_other",
    "x_covid", "x_other", "mean_covid", "mean_other", "sd_covid", "sd_other",
    "median_covid", "median_other", "q1_covid", "q3_covid", "q1_other", "q3_other",
    "test", "p_value", "p_beside", "beside", "p_holm", "q_value",
    "effect", "ci_low", "ci_high", "further", "further_low", "further_high", "shift", "shift_low", "shift_high",
    "alike_scale", "alike_estimate", "alike_low", "alike_high", "margin_low", "margin_high", "p_alike", "verdict",
)  # fmt: skip
PROPORTION, CONTINUOUS = "proportion", "continuous"
STUDENT = "student"


def compare_proportion(x: Sequence[int], n: Sequence[int], settings: Mapping[str, Any]) -> dict[str, Any]:
    """One row of a yes-or-no value.

    Parameters
    ----------
    x, n : who has it and who is known, of COVID-19 and of the others.
    settings : `tests` (categorical, alpha) and `equivalence` (margin_proportion).

    `further` is the odds ratio; `p_beside` Fisher's exact test, or the chi-square test where Fisher's is the one
    chosen."""
    counts = np.array([[x[0], x[1]], [n[0] - x[0], n[1] - x[1]]])
    chosen = compare_counts(counts, settings["tests"]["categorical"])
    beside = compare_counts(counts, "pearson" if chosen.test.startswith("Fisher") else "fisher")
    difference = proportion_difference(x[0], n[0], x[1], n[1])
    ratio = odds_ratio(x[0], n[0], x[1], n[1])
    alpha, margin = settings["tests"]["alpha"], settings["equivalence"]["margin_proportion"]
    alike = alike_proportions(x[0], n[0], x[1], n[1], margin, alpha)
    return {
        "kind": PROPORTION,
        "n_covid": n[0], "n_other": n[1], "x_covid": x[0], "x_other": x[1],
        "test": chosen.test, "p_value": chosen.p_value, "beside": beside.test, "p_beside": beside.p_value,
        "effect": difference.estimate, "ci_low": difference.ci_low, "ci_high": difference.ci_high,
        "further": ratio.estimate, "further_low": ratio.ci_low, "further_high": ratio.ci_high,
        **_alike(alike, "difference of proportions"),
        "verdict": verdict(chosen.p_value, alike.p_value, alpha),
    }  # fmt: skip


def compare_numbers(a: np.ndarray, b: np.ndarray, settings: Mapping[str, Any]) -> dict[str, Any]:
    """One row of a number: Student's t where both groups pass for normal, else Mann-Whitney; the other beside it.

    Parameters
    ----------
    a, b : values of COVID-19 and of the others, NaN where missing.
    settings : `tests` (alpha, normality_alpha) and `equivalence` (margin_sd, margin_superiority).

    `further` is Hedges' g. Likeness is tested on means where the t-test was chosen, else on the probability of
    superiority."""
    a, b = (np.asarray(part, dtype=float) for part in (a, b))
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    test = choose_group_test(a, b, settings["tests"]["normality_alpha"])
    found = compare_groups(a, b, test)
    beside = compare_groups(a, b, "mann_whitney" if test == STUDENT else STUDENT)
    better, g, shift = superiority(a, b), hedges_g(a, b), median_shift(a, b)
    alpha, margins = settings["tests"]["alpha"], settings["equivalence"]
    if test == STUDENT:
        alike, scale = alike_means(a, b, margins["margin_sd"], alpha), "difference of means"
    else:
        alike, scale = alike_ranks(a, b, margins["margin_superiority"], alpha), "probability of superiority"
    row: dict[str, Any] = {"kind": CONTINUOUS}
    for group, values in zip(GROUPS, (a, b), strict=True):
        quartiles = np.quantile(values, [0.25, 0.5, 0.75]) if len(values) else [np.nan] * 3
        row |= {
            f"n_{group}": len(values),
            f"mean_{group}": values.mean() if len(values) else np.nan,
            f"sd_{group}": values.std(ddof=1) if len(values) > 1 else np.nan,
            f"q1_{group}": quartiles[0], f"median_{group}": quartiles[1], f"q3_{group}": quartiles[2],
        }  # fmt: skip
    return row | {
        "test": found.test, "p_value": found.p_value, "beside": beside.test, "p_beside": beside.p_value,
        "effect": better.estimate, "ci_low": better.ci_low, "ci_high": better.ci_high,
        "further": g.estimate, "further_low": g.ci_low, "further_high": g.ci_high,
        "shift": shift.estimate, "shift_low": shift.ci_low, "shift_high": shift.ci_high,
        **_alike(alike, scale),
        "verdict": verdict(found.p_value, alike.p_value, alpha),
    }  # fmt: skip


def _alike(alike: Any, scale: str) -> dict[str, Any]:
    return {
        "alike_scale": scale, "alike_estimate": alike.estimate, "alike_low": alike.low,
        "alike_high": alike.high, "margin_low": alike.margin_low, "margin_high": alike.margin_high,
        "p_alike": alike.p_value,
    }  # fmt: skip


def corrected(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a table with COLUMNS; `p_holm` and `q_value` (Benjamini and Hochberg) within each family."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["p_holm"], table["q_value"] = float("nan"), float("nan")
    for _, members in table.groupby("family", sort=False):
        known = members["p_value"].dropna().astype(float)
        table.loc[known.index, "p_holm"] = holm(known.to_numpy())
        table.loc[known.index, "q_value"] = false_discovery(known.to_numpy())
    return table


def has_it(clinical: pd.DataFrame, column: str) -> pd.Series:
    """1.0 where a patient has a yes-or-no value, 0.0 where not, NaN where unknown."""
    values = clinical[column]
    return (values == COUNTED.get(column, "yes")).astype(float).where(values.notna())


def compare_columns(
    clinical: pd.DataFrame, columns: Sequence[str], family: str, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of clinical columns, of those that the sheet has: a column without any value is left out."""
    rows = []
    for column in columns:
        if column not in clinical or clinical[column].isna().all():
            continue
        parts = [clinical[clinical["group"] == group] for group in GROUPS]
        if column in NUMBERS:
            row = compare_numbers(*(part[column].to_numpy(float) for part in parts), settings)
        else:
            known = [has_it(part, column).dropna() for part in parts]
            row = compare_proportion([int(k.sum()) for k in known], [len(k) for k in known], settings)
        rows.append({"family": family, "quantity": column, **row})
    return rows


def compare_findings(clinical: pd.DataFrame, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the eight findings."""
    return compare_columns(clinical, list(FINDINGS), "findings", settings)


def compare_volumes(
    measures: pd.DataFrame, group: pd.Series, n_windows: int, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Rows of every lesion volume and percentage, by lobe, segment, both lungs and window; regions that nobody has are
    left out.

    Parameters
    ----------
    measures : a row a patient, the columns of `scripts.quantification.measures`. group : of the same rows.
    """
    rows = []
    for family, (what, regions, by_window) in VOLUME_FAMILIES.items():
        endings = [f"|w{w}" for w in range(n_windows)] if by_window else [""]
        for name in (f"{what}|{region}{ending}" for region in regions for ending in endings):
            if measures[name].isna().all():
                continue
            parts = [measures.loc[(group == g).to_numpy(), name].to_numpy(float) for g in GROUPS]
            rows.append({"family": family, "quantity": name, **compare_numbers(*parts, settings)})
    return rows
