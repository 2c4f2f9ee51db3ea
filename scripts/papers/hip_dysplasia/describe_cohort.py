"""Who the patients are, their angles by side and by class, and the flow from the sheet to the analysis."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.papers.hip_dysplasia.names import ANGLES, KNOWLEDGE, SIDES
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def angle_table(verdicts: pd.DataFrame) -> pd.DataFrame:
    """angle, group, n, mean, sd, low, high (least and largest): of all hips, of each side, of each class by
    CE; CCD too.
    """
    groups = {"all": np.ones(len(verdicts), bool)}
    groups |= {side: (verdicts["side"] == side).to_numpy() for side in SIDES}
    groups |= {name: (verdicts["knowledge"] == name).to_numpy() for name in KNOWLEDGE}
    rows = []
    for angle in (*ANGLES, "ccd"):
        for group, members in groups.items():
            known = verdicts.loc[members, angle].dropna()
            rows.append((angle, group, len(known), known.mean(), known.std(ddof=1), known.min(), known.max()))
    return pd.DataFrame(rows, columns=["angle", "group", "n", "mean", "sd", "low", "high"])


def characteristics(clinical: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """variable, value (text): of the analysed patients; what nobody is known of is left out."""
    members = clinical[clinical["patient"].isin(verdicts["patient"])]
    rows = [("Patients (films)", str(len(members))), ("Hips", str(len(verdicts)))]
    if "age" in members and members["age"].notna().any():
        age = members["age"].dropna().astype(float)
        rows.append(
            (
                "Age, y: mean (SD), range",
                f"{age.mean():.1f} ({age.std(ddof=1):.1f}), {age.min():g}-{age.max():g}",
            )
        )
    if "sex" in members and members["sex"].notna().any():
        sex = members["sex"].dropna()
        women = int((sex == "F").sum())
        rows.append(("Women: n (%)", f"{women} ({100 * women / len(sex):.1f})"))
    by_film = verdicts.drop_duplicates("patient")["tool"].value_counts()
    rows.append(("Annotated with: films", ", ".join(f"{tool} {n}" for tool, n in sorted(by_film.items()))))
    return pd.DataFrame(rows, columns=["variable", "value"])


def flow_table(ledger: pd.DataFrame, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Patients at each step (step, n): in the sheet, excluded, analysed, of them read twice; hips."""
    lost = ledger[ledger["excluded_from"] == "all"]["patient"].nunique()
    analysed = verdicts["patient"].nunique()
    counts = {"in the sheet": analysed + lost, "excluded": lost, "analysed": analysed, "hips": len(verdicts)}
    counts |= {name: int((verdicts["side"] == name).sum()) for name in SIDES}
    return pd.DataFrame(counts.items(), columns=["step", "n"])


def main(job: Job) -> None:
    """Rule describe_cohort."""
    clinical, verdicts = read_table(job.input.clinical), read_table(job.input.verdicts)
    ledger = read_table(job.input.ledger)
    write_both(characteristics(clinical, verdicts), job.output.table1)
    write_both(angle_table(verdicts), job.output.angles)
    write_both(flow_table(ledger, verdicts), job.output.patient_flow)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
