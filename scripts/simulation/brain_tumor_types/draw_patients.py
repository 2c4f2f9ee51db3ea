"""Draw the patients of a built-in cohort, their slices' latent numbers, and write down the truth behind them.

What a patient is depends on the seed and the patient's id: a larger cohort begins with the patients of a smaller one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.simulation.brain_tumor_types.identifiers import case_files, slice_ids
from scripts.simulation.brain_tumor_types.latents import PRIORS, TYPES, LatentModel, bayes_accuracy
from scripts.tables import write_json, write_table

SHEET_COLUMNS = ("patient", "subject", "number", "tumour_type", "image", "mask")


def draw_slices(n_subjects: int, prefix: str, seed: int, model: LatentModel) -> pd.DataFrame:
    """The slices of a cohort: patient (the row), subject, number, tumour_type, place, z1, z2.

    `number` counts the slices as a hospital that files tumour by tumour would: all of one type, patient by patient.

    Raises
    ------
    InputError : fewer patients than types.
    """
    if n_subjects < len(TYPES):
        raise InputError("n_subjects", f"at least {len(TYPES)} patients", str(n_subjects))
    slices = pd.Series(slice_ids(n_subjects, prefix), name="subject").rename_axis("patient").reset_index()
    parts = []
    for subject, rows in slices.groupby("subject", sort=False):
        random = generator(seed, "brain_tumor_types", "draw_patients", subject)
        kind = int(random.choice(len(TYPES), p=PRIORS))
        z = model.draw(kind, len(rows), random)
        place = np.linspace(-1, 1, len(rows))
        parts.append(rows.assign(tumour_type=TYPES[kind], place=place, z1=z[:, 0], z2=z[:, 1]))
    table = pd.concat(parts, ignore_index=True)
    order = table["tumour_type"].map(TYPES.index).argsort(kind="stable")
    numbers = pd.Series(np.arange(1, len(table) + 1), index=order.to_numpy())
    return table.assign(number=numbers.sort_index())


def sample_sheet(
    slices: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The slices as a user's sheet, with the paths of pictures and masks."""
    batch_of = {patient: batch for batch, members in batches.items() for patient in members}
    files = pd.DataFrame([case_files(image_folder, batch_of[p], p) for p in slices["patient"]])
    return slices.join(files)[list(SHEET_COLUMNS)]


def describe_truth(slices: pd.DataFrame, model: LatentModel) -> dict[str, Any]:
    """The planted truth: the model, Bayes accuracy of a slice of an unknown patient, and of these slices.

    `bayes_these_slices` is what the best rule gets right on exactly these slices: it differs from `bayes_accuracy` by
    the luck of the draw.
    """
    accuracy, recalls = bayes_accuracy(model)
    best = model.posterior(slices[["z1", "z2"]].to_numpy()).argmax(axis=1)
    right = best == slices["tumour_type"].map(TYPES.index).to_numpy()
    return {
        "types": list(TYPES),
        "priors": list(PRIORS),
        "distance": model.distance,
        "patient_share": model.patient_share,
        "bayes_accuracy": accuracy,
        "bayes_recall": dict(zip(TYPES, recalls, strict=True)),
        "bayes_these_slices": float(right.mean()),
        "n_subjects": int(slices["subject"].nunique()),
        "n_slices": len(slices),
    }


def main(job) -> None:
    """Settings: prefix, n_subjects, image_folder, batches."""
    settings, model = job.settings, LatentModel()
    slices = draw_slices(settings["n_subjects"], settings["prefix"], job.seed, model)
    write_table(sample_sheet(slices, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(slices, job.output.latents)
    write_json({"seed": job.seed, **describe_truth(slices, model)}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
