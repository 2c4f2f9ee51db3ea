"""Patients by grade (the paper prints their numbers alone), and their flow from the sheet to the folds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.glioma_grading.names import GRADE_LABELS
from scripts.statistics.baseline_table import Variable, describe_groups
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

VARIABLES = {
    "age": Variable("age", "Age, y", "continuous"),
    "sex": Variable("sex", "Sex", "categorical", {"F": "Female", "M": "Male"}),
    "area_cm2": Variable("area_cm2", "Area of the tumour in its slice, cm²", "continuous"),
    "enhancing_share": Variable("enhancing_share", "Enhancing share of that area", "continuous"),
    "pixel_x_mm": Variable("pixel_x_mm", "Pixel, mm", "continuous"),
}


def characteristics(samples: pd.DataFrame, clinical: pd.DataFrame) -> pd.DataFrame:
    """variable, level, a column a grade, p_value, test: of the variables that are known of anybody.

    Parameters
    ----------
    samples : patient, label, area_mm2, enhancing_mm2, pixel_x_mm. clinical : patient, age, sex.
    """
    known = [name for name in ("age", "sex") if name in clinical]
    table = samples.merge(clinical[["patient", *known]], on="patient", how="left")
    table["area_cm2"] = table["area_mm2"] / 100
    table["enhancing_share"] = table["enhancing_mm2"] / table["area_mm2"]
    shown = [v for name, v in VARIABLES.items() if name in table and table[name].notna().any()]
    groups = [label for label in GRADE_LABELS if (table["label"] == label).any()]
    return describe_groups(table, "label", shown, groups=groups)


def flow(samples: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """step, n: in the sheet, excluded, with a picture, and those of each grade."""
    lost = ledger.loc[ledger["excluded_from"] == "all", "patient"].nunique()
    steps = {"in the sheet": len(samples) + lost, "excluded": lost, "with a picture": len(samples)}
    steps |= {label: int((samples["label"] == label).sum()) for label in GRADE_LABELS}
    return pd.DataFrame({"step": list(steps), "n": list(steps.values())})


def main(job: Job) -> None:
    """Rule describe_cohort."""
    samples, ledger = read_table(job.input.table), read_table(job.input.ledger)
    write_both(characteristics(samples, read_table(job.input.clinical)), job.output.table1)
    write_both(flow(samples, ledger), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
