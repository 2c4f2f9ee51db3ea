"""What the study's printed tables say themselves: the same comparisons on its printed counts, means and deviations."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from scripts.papers.covid_ct.comparisons import compare_proportion, corrected
from scripts.papers.covid_ct.names import GROUPS
from scripts.reported.printed import read_reported
from scripts.tables import write_both
from scripts.workflow.job import Job

SPREADS = ("standard deviation", "standard error")


def printed_counts(reported: Mapping[str, Any], settings: Mapping[str, Any]) -> pd.DataFrame:
    """Tables 1 and 2: a row as `comparisons.COLUMNS` for each printed count, with `printed` (its name) and
    `printed_p`.
    """
    n = [int(reported["values"][f"n_patients.{group}"]["value"]) for group in GROUPS]
    rows, names = [], []
    tables = {
        "characteristics": [row for row in reported["table_1"] if row["statistic"] == "count"],
        "findings": reported["table_2"],
    }
    for family, entries in tables.items():
        for entry in entries:
            if entry.get("level") == "M":  # the other level of the same variable
                continue
            x = [int(entry[group][0]) for group in GROUPS]
            row = compare_proportion(x, n, settings)
            rows.append({"family": family, "quantity": entry["column"], **row})
            names.append((entry["printed"], float(entry["p"])))
    return corrected(rows).assign(printed=[a for a, _ in names], printed_p=[b for _, b in names])


def printed_means(reported: Mapping[str, Any]) -> pd.DataFrame:
    """Tables 1 and 3: Welch's test from the printed moments, with the figure after ± as standard deviation and as
    error.

    Returns
    -------
    DataFrame, a row for each printed pair of means and reading: table, printed (name), measure, spread, mean and
    spread of both groups, sd of both (under that reading), p_value, printed_p, g (difference in pooled SD).
    """
    n = [int(reported["values"][f"n_patients.{group}"]["value"]) for group in GROUPS]
    rows = []
    entries = [("Table 1", r["printed"], "", r) for r in reported["table_1"] if r["statistic"] == "mean_sd"]
    for r in reported["table_3"]:
        entries += [("Table 3", r["printed"], what, r[what]) for what in ("volume", "percent")]
    for table, name, measure, entry in entries:
        for spread in SPREADS if table == "Table 3" else SPREADS[:1]:
            rows.append(_means_row(entry, n, spread) | {"table": table, "printed": name, "measure": measure})
    columns = [
        "table", "printed", "measure", "spread", "mean_covid", "mean_other", "printed_covid", "printed_other",
        "sd_covid", "sd_other", "p_value", "printed_p", "g",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _means_row(entry: Mapping[str, Any], n: list[int], spread: str) -> dict[str, Any]:
    means = [float(entry[group][0]) for group in GROUPS]
    given = [float(entry[group][1]) for group in GROUPS]
    sds = [s * np.sqrt(k) if spread == SPREADS[1] else s for s, k in zip(given, n, strict=True)]
    test = stats.ttest_ind_from_stats(means[0], sds[0], n[0], means[1], sds[1], n[1], equal_var=False)
    pooled = np.sqrt(sum((k - 1) * s**2 for s, k in zip(sds, n, strict=True)) / (sum(n) - 2))
    return {
        "spread": spread,
        **{f"mean_{g}": m for g, m in zip(GROUPS, means, strict=True)},
        **{f"printed_{g}": s for g, s in zip(GROUPS, given, strict=True)},
        **{f"sd_{g}": float(s) for g, s in zip(GROUPS, sds, strict=True)},
        "p_value": float(test.pvalue),
        "printed_p": float(entry["p"]),
        "g": float((means[0] - means[1]) / pooled),
    }


def main(job: Job) -> None:
    """Rule recompute_printed."""
    reported = read_reported(job.input.reported)
    write_both(printed_counts(reported, job.settings), job.output.printed_counts)
    write_both(printed_means(reported), job.output.printed_means)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
