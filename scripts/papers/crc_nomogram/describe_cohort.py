"""Table 1: patients by cohort and risk group with its tests; the flow of patients from the sheet to each analysis.

Source: Table 1 of the paper (tests as R's tableone makes them).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORTS, STAGE_LABELS, followed, of_cohort
from scripts.statistics.baseline_table import Variable, describe_groups
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

VARIABLES = [
    Variable("sex", "Sex", "categorical", {"F": "Female", "M": "Male"}),
    Variable("age", "Age, y", "continuous"),
    Variable(
        "differentiation",
        "Differentiation grade",
        "categorical",
        {"high": "High", "moderate": "Moderate", "low": "Low"},
    ),
    Variable("tnm_stage", "TNM stage", "categorical", STAGE_LABELS),
    Variable("cea", "CEA", "categorical", {"low": "Low (<5 ng/ml)", "high": "High (≥5 ng/ml)"}),
    Variable("lymph_node", "Lymph node metastasis", "categorical", {"no": "No", "yes": "Yes"}),
]
GROUPS = ["low", "high"]
WITH_SURVIVAL = "Patients with survival data, n"


def baseline_table(clinical: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Table 1, long: cohort, variable, level, low, high, p_value, test; the first two rows count patients."""
    table = clinical.merge(scores[["patient", "risk_group"]], on="patient", validate="one_to_one")
    parts = []
    for cohort in COHORTS:
        members = of_cohort(table, cohort)
        if members.empty:
            continue
        by_group = followed(members)["risk_group"].value_counts()
        row = {"variable": WITH_SURVIVAL, "level": "", **{g: str(int(by_group.get(g, 0))) for g in GROUPS}}
        described = describe_groups(members, "risk_group", VARIABLES, groups=GROUPS)
        parts += [
            table.assign(cohort=cohort) for table in (described[:1], pd.DataFrame([row]), described[1:])
        ]
    return pd.concat(parts, ignore_index=True)


def flow_table(ledger: pd.DataFrame, clinical: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Patients of each cohort at each step, long: cohort, step, n."""
    excluded = ledger[ledger["excluded_from"] == "all"].drop_duplicates("patient")
    rows = []
    for cohort in COHORTS:
        scored = of_cohort(clinical[clinical["patient"].isin(scores["patient"])], cohort)
        lost = int((excluded["cohort"] == cohort).sum())
        outcomes = followed(scored)
        counts = {
            "in the sheet": len(scored) + lost,
            "excluded": lost,
            "scored": len(scored),
            "without follow-up": len(scored) - len(outcomes),
            "with follow-up": len(outcomes),
            "with follow-up and TNM stage": int(outcomes["tnm_stage"].notna().sum()),
            "recurrences": int(outcomes["recurrence"].sum()),
        }
        rows += [{"cohort": cohort, "step": step, "n": n} for step, n in counts.items()]
    return pd.DataFrame(rows)


def main(job: Job) -> None:
    """Rule describe_cohort."""
    clinical, scores = read_table(job.input.clinical), read_table(job.input.scores)
    ledger = read_table(job.input.ledger)
    scored = clinical[clinical["patient"].isin(scores["patient"])]
    write_both(baseline_table(scored, scores), job.output.table1)
    write_both(flow_table(ledger, clinical, scores), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
