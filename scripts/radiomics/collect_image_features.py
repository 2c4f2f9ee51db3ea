"""One feature table of an image from all batches, of the patients who have the features of every image."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from scripts.radiomics.collect_features import read_batches
from scripts.radiomics.extract_image_features import IMAGE_FEATURES
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def collect_image_features(
    features: pd.DataFrame, clinical: pd.DataFrame, ledger: pd.DataFrame
) -> pd.DataFrame:
    """Features of the admitted patients whom the ledger keeps out of nothing, in the order of `clinical`.

    So the tables of all images have the same patients in the same order.

    Parameters
    ----------
    features : patient and IMAGE_FEATURES, of all batches. clinical : the admitted patients.
    ledger : see `scripts.radiomics.account_for_patients`; a row with excluded_from 'all' keeps its patient out.

    Raises
    ------
    ValueError : an admitted patient has neither features nor a row in the ledger, or features twice.
    """
    out = set(ledger.loc[ledger["excluded_from"] == "all", "patient"].astype(str))
    kept = [patient for patient in clinical["patient"].astype(str) if patient not in out]
    known = features.set_index(features["patient"].astype(str)).drop(columns="patient")
    missing = [patient for patient in kept if patient not in known.index]
    if missing or known.index.has_duplicates:
        raise ValueError(
            f"patients without features or with several rows: {', '.join(missing[:5]) or 'twice'}"
        )
    table = known.loc[kept, list(IMAGE_FEATURES)]
    table.insert(0, "patient", pd.array(table.index, dtype="string"))
    return table.reset_index(drop=True)


def main(job: Job) -> None:
    """Collect one image's batches."""
    table = collect_image_features(
        read_batches(list(job.input.features)), read_table(job.input.clinical), read_table(job.input.ledger)
    )
    write_table(table, job.output.features)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
