"""Whose slice is whose: as the sheet says, else by runs of similar neighbours in the numbering.

The runs are made in either case: where patients are known, they tell how good the guess would have been.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.splits.near_identical import NearIdenticalSettings, thumbnails_of
from scripts.splits.neighbour_runs import kept_together, runs, similarity_to_previous
from scripts.tables import read_table, write_both, write_table
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def grouped(
    slices: pd.DataFrame, thumbnails: np.ndarray, least_similarity: float, fewest: int
) -> pd.DataFrame:
    """The slices with their guessed group and the patient that splits use.

    Parameters
    ----------
    slices : sample, subject, label, number, in the order of label and number. thumbnails : of each, (n, side, side).

    Returns
    -------
    sample, label, number, subject, similarity (to the slice before it, NaN where there is none), run
    ('glioma-run-0003'), patient: the subject, or the run where the sheet names nobody.
    """
    similarity = similarity_to_previous(slices, thumbnails)
    numbered = runs(similarity, least_similarity, fewest)
    names = [f"{label}-run-{number:04d}" for label, number in zip(slices["label"], numbered, strict=True)]
    table = slices[["sample", "label", "number", "subject"]].assign(similarity=similarity, run=names)
    return table.assign(patient=table["subject"].where(table["subject"].notna(), table["run"]))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """quantity, value: slices, runs, slices a run, known patients, and the share of them that the runs keep whole."""
    sizes = table["run"].value_counts()
    known = table[table["subject"].notna()]
    rows = [
        ("slices", len(table)),
        ("runs", len(sizes)),
        ("slices_a_run", float(sizes.mean())),
        ("longest_run", int(sizes.max())),
        ("cuts", int((table["run"] != table["run"].shift()).sum() - table["label"].nunique())),
        ("known_patients", known["subject"].nunique()),
        ("kept_together", kept_together(known["run"], known["subject"]) if len(known) else float("nan")),
    ]
    return pd.DataFrame(rows, columns=["quantity", "value"]).astype({"value": float})


def main(job: Job) -> None:
    """Settings: grouping.least_similarity, grouping.fewest_slices."""
    slices = pd.concat([read_table(path) for path in job.input.slices], ignore_index=True)
    slices = slices.sort_values(["label", "number", "sample"], ignore_index=True)
    source = SampleSource(job.input.samples)
    thumbnails = thumbnails_of(list(slices["sample"]), source.read, NearIdenticalSettings())
    settings = job.settings["grouping"]
    table = grouped(slices, thumbnails, settings["least_similarity"], settings["fewest_slices"])
    write_table(table, job.output.groups)
    write_both(summary(table), job.output.grouping)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
