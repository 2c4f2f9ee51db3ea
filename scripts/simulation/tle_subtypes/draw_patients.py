"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), what the recordings are drawn with (`latents`) and the truth
(`truth`).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence

import pandas as pd

from scripts.errors import InputError
from scripts.simulation.tle_subtypes.identifiers import case_files, patient_ids
from scripts.simulation.tle_subtypes.patients import SubtypeModel, draw_all
from scripts.simulation.tle_subtypes.truth import describe_truth
from scripts.tables import write_json, write_table

SHEET_COLUMNS = ("patient", "recordings", "subtype", "age", "sex")


def sample_sheet(
    drawn: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The drawn patients as a user's sheet, with the folder of each one's recordings.

    Raises
    ------
    InputError : a patient who is in no batch.
    """
    batch_of = {patient: batch for batch, members in batches.items() for patient in members}
    if homeless := [patient for patient in drawn["patient"] if patient not in batch_of]:
        raise InputError(
            "batches", "every patient in a batch", f"{len(homeless)} in none, first {homeless[0]}"
        )
    files = pd.DataFrame([case_files(image_folder, batch_of[p], p) for p in drawn["patient"]])
    return drawn.join(files)[list(SHEET_COLUMNS)]


def main(job) -> None:
    """Settings: prefix, n_patients, image_folder, batches."""
    settings = job.settings
    if settings["n_patients"] < 2:
        raise InputError("n_patients", "at least two patients", str(settings["n_patients"]))
    model = SubtypeModel()
    drawn = draw_all(patient_ids(settings["n_patients"], settings["prefix"]), job.seed, model)
    write_table(sample_sheet(drawn, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(drawn, job.output.latents)
    write_json({"seed": job.seed, **describe_truth(drawn, model)}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
