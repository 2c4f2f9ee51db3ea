"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), the lesion volumes of every segment (`latents`) and the
truth."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.errors import InputError
from scripts.quantification.lung_regions import SEGMENTS
from scripts.seeds import generator
from scripts.simulation.covid_ct.groups import LesionModel, best_area, draw_all, lobe_superiority
from scripts.simulation.covid_ct.identifiers import case_files, patient_ids
from scripts.tables import write_json, write_table

DRAWS = 40_000  # a group, for the areas in the population: their standard error is below 0.002


def sample_sheet(
    drawn: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The drawn patients as a user's sheet, with the paths of images, masks and label maps.

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
    shown = drawn.drop(columns=[f"ml_{name}" for name in SEGMENTS])
    return pd.concat([shown[["patient"]], files, shown.drop(columns="patient")], axis=1)


def describe_truth(model: LesionModel, seed: int) -> dict[str, Any]:
    """Everything planted, ready for JSON: chances of findings, the lobe that differs, areas in the population."""
    random = generator(seed, "covid_ct", "population")
    return {
        "findings": {name: list(pair) for name, pair in model.findings.items()},
        "lobe": model.lobe,
        "factor": model.factor,
        "lobe_superiority": lobe_superiority(model, DRAWS, random),
        "best_area": best_area(model, DRAWS, random),
    }


def main(job) -> None:
    """Settings: prefix, n_covid, n_other, image_folder, batches."""
    settings, model = job.settings, LesionModel()
    n = {"covid": settings["n_covid"], "other": settings["n_other"]}
    if min(n.values()) < 1:
        raise InputError("n_covid, n_other", "at least one patient of each group", str(n))
    groups = [group for group, count in n.items() for _ in range(count)]
    drawn = draw_all(patient_ids(sum(n.values()), settings["prefix"]), groups, job.seed, model)
    write_table(sample_sheet(drawn, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(drawn[["patient", "group", *(f"ml_{name}" for name in SEGMENTS)]], job.output.latents)
    write_json({"seed": job.seed, **describe_truth(model, job.seed)}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
