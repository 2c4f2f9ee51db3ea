"""Power of the study: for the difference that it names, for the numbers of patients here and as printed, at every
proportion.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.covid_ct.comparisons import PROPORTION
from scripts.papers.covid_ct.names import FINDINGS
from scripts.statistics.power import detectable_difference, exact_power, likeness_power, z_test_power
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

PRINTED = (52, 80)
SHARES = np.round(np.arange(0.05, 0.951, 0.05), 2)


def power_curve(n: tuple[int, int], settings: Mapping[str, Any]) -> pd.DataFrame:
    """Power at each proportion p of the other group: p_other, p_covid = p +- difference (upwards while that is below 1,
    else downwards), z_test, exact (chi-square by going through all tables), fisher, size (of the chi-square test where
    both have p), alike (probability of calling equal groups alike), half (z-test for half of the difference).
    """
    alpha, difference = settings["tests"]["alpha"], settings["power"]["difference"]
    margin = settings["equivalence"]["margin_proportion"]
    rows = []
    for p in SHARES:
        up = p + difference < 1 - 1e-9
        other = float(p + difference if up else p - difference)
        rows.append(
            {
                "n_covid": n[0], "n_other": n[1], "p_other": float(p), "p_covid": round(other, 4),
                "z_test": z_test_power(other, p, *n, alpha),
                "exact": exact_power(other, p, *n, "pearson", alpha),
                "fisher": exact_power(other, p, *n, "fisher", alpha),
                "size": exact_power(p, p, *n, "pearson", alpha),
                "alike": likeness_power(p, *n, margin, alpha),
                "half": z_test_power((p + other) / 2, p, *n, alpha),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def power_of_findings(comparisons: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """For each finding, at its proportion in the other group: power for the named difference, the smallest
    difference that would be found with the wanted power (NaN where none), and the chance of calling equal groups alike.
    """
    alpha, wanted = settings["tests"]["alpha"], settings["power"]["wanted"]
    rows = []
    findings = comparisons[(comparisons["family"] == "findings") & (comparisons["kind"] == PROPORTION)]
    for row in findings.to_dict("records"):
        n = int(row["n_covid"]), int(row["n_other"])
        p = row["x_other"] / row["n_other"] if row["n_other"] else float("nan")
        if p != p or row["quantity"] not in FINDINGS:
            continue
        up = p + settings["power"]["difference"]
        down = p - settings["power"]["difference"]
        rows.append(
            {
                "quantity": row["quantity"], "p_other": p,
                "power_up": z_test_power(up, p, *n, alpha) if up <= 1 else float("nan"),
                "power_down": z_test_power(down, p, *n, alpha) if down >= 0 else float("nan"),
                "detectable": detectable_difference(p, *n, wanted, alpha),
                "alike": likeness_power(p, *n, settings["equivalence"]["margin_proportion"], alpha),
            }
        )  # fmt: skip
    columns = ["quantity", "p_other", "power_up", "power_down", "detectable", "alike"]
    return pd.DataFrame(rows, columns=columns)


def main(job: Job) -> None:
    """Rule assess_power."""
    comparisons, flow = read_table(job.input.comparisons), read_table(job.input.patient_flow)
    compared = flow[flow["step"] == "compared"].set_index("group")["n"]
    here = int(compared["covid"]), int(compared["other"])
    curves = [
        power_curve(n, job.settings).assign(of=name) for name, n in (("here", here), ("printed", PRINTED))
    ]
    write_both(pd.concat(curves, ignore_index=True), job.output.power)
    write_both(power_of_findings(comparisons, job.settings), job.output.power_findings)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
