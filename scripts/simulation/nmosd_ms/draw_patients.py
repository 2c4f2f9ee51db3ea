"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), the numbers of lesions by region with brain size and plane
(`latents`) and the truth (`truth`).
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence

import pandas as pd

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.simulation.nmosd_ms.diseases import LesionModel
from scripts.simulation.nmosd_ms.identifiers import case_files, patient_ids
from scripts.simulation.nmosd_ms.patients import draw_all
from scripts.simulation.nmosd_ms.truth import describe_truth
from scripts.tables import write_json, write_table

CLINICAL = ("disease", "age", "sex", "duration_months", "edss", "icv_ml")
SHEET_COLUMNS = ("patient", "flair", "lesions", *CLINICAL)


def sample_sheet(
    drawn: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The drawn patients as a user's sheet, with the paths of FLAIR and lesion mask.

    Raises
    ------
    InputError : a patient who is in no batch.
    """
    batch_of = {patient: batch for batch, members in batches.items() for patient in members}
    homeless = [patient for patient in drawn["patient"] if patient not in batch_of]
    if homeless:
        raise InputError(
            "batches", "every patient in a batch", f"{len(homeless)} in none, first {homeless[0]}"
        )
    files = pd.DataFrame([case_files(image_folder, batch_of[p], p) for p in drawn["patient"]])
    return drawn.join(files)[list(SHEET_COLUMNS)]


def main(job) -> None:
    """Settings: prefix, n_patients, image_folder, batches."""
    settings = job.settings
    if settings["n_patients"] < 1:
        raise InputError("n_patients", "at least one patient", str(settings["n_patients"]))
    model = LesionModel()
    drawn = draw_all(patient_ids(settings["n_patients"], settings["prefix"]), job.seed, model)
    write_table(sample_sheet(drawn, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(drawn, job.output.latents)
    truth = describe_truth(drawn, model, generator(job.seed, "nmosd_ms", "bayes"))
    write_json({"seed": job.seed, **truth}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
