"""Render the slices of a batch: a PNG and a mask each.

A slice depends on the seed, its patient's id, its own id and its latent numbers, and on nothing else.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.brain_tumor_types.head import draw_patient, render_slice
from scripts.simulation.brain_tumor_types.identifiers import case_files
from scripts.tables import read_table, write_whole


def render_case(row: Mapping[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Picture and mask of a row of the latents table."""
    names = (seed, "brain_tumor_types", "render_cases")
    patient = draw_patient(generator(*names, row["subject"]))
    return render_slice(patient, (row["z1"], row["z2"]), row["place"], generator(*names, row["patient"]))


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> None:
    """Render a row into `folder`, which is named after its batch."""
    picture, mask = render_case(row, seed)
    files = case_files(str(folder.parent), folder.name, row["patient"])
    for array, path in ((picture, files["image"]), (255 * mask, files["mask"])):
        write_whole(path, lambda p, a=array: Image.fromarray(a).save(p, format="PNG"))


def render_batch(
    latents: pd.DataFrame, patients: Sequence[str], folder: str | Path, seed: int, threads: int = 1
) -> None:
    """Render the slices of one batch into `folder`.

    Raises
    ------
    InputError : slices that are not in the table.
    """
    table = latents.set_index("patient", drop=False)
    if missing := [patient for patient in patients if patient not in table.index]:
        found = f"none for {', '.join(missing[:5])}"
        raise InputError("latents", f"a row for each of {len(patients)} slices", found)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = table.loc[list(patients)].to_dict("records")
    map_cases(functools.partial(write_case, folder=folder, seed=seed), rows, threads)


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
