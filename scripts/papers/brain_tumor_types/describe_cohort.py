"""Slices and patients by tumour type and by part of each split, from the sheet to the networks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.splits.split_table import count_parts, read_split
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

FLOW = ("in the sheet", "admitted", "prepared", "with a mask")


def cohort_table(samples: pd.DataFrame) -> pd.DataFrame:
    """label ('all' last), slices, patients, slices_a_patient, with_mask, tumour_share (mean of the picture).

    Parameters
    ----------
    samples : sample, patient, label, mask_share (NaN without a mask).
    """
    rows = []
    for label, members in [*samples.groupby("label", sort=True), ("all", samples)]:
        patients = members["patient"].nunique()
        rows.append(
            {
                "label": label,
                "slices": len(members),
                "patients": patients,
                "slices_a_patient": len(members) / patients,
                "with_mask": int(members["mask_share"].notna().sum()),
                "tumour_share": float(members["mask_share"].mean()),
            }
        )
    return pd.DataFrame(rows)


def flow_table(sheet_rows: int, clinical: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """step (FLOW), n: slices from the sheet to the networks."""
    counts = (sheet_rows, len(clinical), len(samples), int(samples["mask_share"].notna().sum()))
    return pd.DataFrame({"step": FLOW, "n": counts})


def part_table(splits: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """scheme, repeat, fold, part, slices, patients, shared: patients of a part who stand in another part, too."""
    rows = []
    for scheme, split in splits.items():
        for (repeat, fold), members in split.groupby(["repeat", "fold"], sort=True):
            parts = members.groupby("patient")["part"].nunique()
            torn = set(parts.index[parts > 1])
            for part, own in members.groupby("part", sort=False):
                shared = len(torn & set(own["patient"]))
                rows.append((scheme, repeat, fold, part, len(own), own["patient"].nunique(), shared))
    return pd.DataFrame(rows, columns=["scheme", "repeat", "fold", "part", "slices", "patients", "shared"])


def main(job: Job) -> None:
    """Rule describe_cohort_brain_tumor_types."""
    samples = read_table(job.input.samples)
    splits = {scheme: read_split(job.input[scheme]) for scheme in ("patient", "slice")}
    ledger = read_table(job.input.ledger)
    cases = sum(len(read_table(path)) for path in job.input.cases)
    write_both(cohort_table(samples), job.output.cohort)
    write_both(flow_table(cases, read_table(job.input.clinical), samples), job.output.flow)
    write_both(part_table(splits), job.output.parts)
    counts = [count_parts(split).assign(scheme=scheme) for scheme, split in splits.items()]
    write_both(pd.concat(counts, ignore_index=True), job.output.part_counts)
    write_both(ledger, job.output.exclusions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
