"""Render T1CE volumes and tumour masks of simulated patients, a batch at a time.

A patient's image depends on the seed, the patient's id and traits, and on nothing else: not on the batch, the order or
the number of processes. Files carry no date, so equal images have equal bytes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
from collections.abc import Mapping
from typing import Any

import SimpleITK as sitk

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.glioma_grading.glioma import render_glioma
from scripts.simulation.glioma_grading.grades import TRAITS
from scripts.simulation.glioma_grading.identifiers import case_files
from scripts.tables import read_table
from scripts.volumes import write_volume
from scripts.workflow.job import Job


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> None:
    """Render a row of the latents table into `folder`, which is named after its batch."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    patient = row["patient"]
    random = generator(seed, "glioma_grading", "render_cases", patient)
    volumes = render_glioma({name: row[name] for name in TRAITS}, random)
    files = case_files(str(folder.parent), folder.name, patient)
    for volume, path in zip(volumes, (files["image"], files["mask"]), strict=True):
        write_volume(volume, path)


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes.

    Raises
    ------
    InputError : patients who are not in the table of latent factors.
    """
    table = latents.set_index("patient", drop=False)
    missing = [patient for patient in patients if patient not in table.index]
    if missing:
        found = f"none for {', '.join(missing[:5])}"
        raise InputError("latents", f"a row for each of {len(patients)} patients", found)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = table.loc[patients].to_dict("records")
    map_cases(functools.partial(write_case, folder=folder, seed=seed), rows, threads)


def main(job: Job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
