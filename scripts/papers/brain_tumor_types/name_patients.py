"""The table of a batch's samples, each with its patient: known or guessed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def named(slices: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """sample, case (the row of the sheet), patient, label, number, mask_share, known (named by the sheet)."""
    found = slices.merge(groups[["sample", "patient"]], on="sample", how="left", validate="one_to_one")
    found = found.assign(known=found["subject"].notna(), case=found["sample"])
    return found[["sample", "case", "patient", "label", "number", "mask_share", "known"]]


def main(job: Job) -> None:
    """Rule name_patients."""
    write_table(named(read_table(job.input.slices), read_table(job.input.groups)), job.output.table)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
