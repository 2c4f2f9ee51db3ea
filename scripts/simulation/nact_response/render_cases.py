"""Render both visits of simulated patients, a batch at a time: phases, masks, the true Jacobian and bias field.

A patient's images depend on the seed, the patient's id, latent factors, scanner and side, and on nothing else: not on
the batch, the order or the number of processes. Files carry no date, so equal images have equal bytes.
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
from scripts.simulation.nact_response.identifiers import VISITS, case_files, phase_name, truth_files
from scripts.simulation.nact_response.scanners import SCANNERS
from scripts.simulation.nact_response.visits import render_patient
from scripts.tables import read_table
from scripts.volumes import write_volume


def write_case(row: Mapping[str, Any], folder: Path, seed: int) -> None:
    """Render a row of the latents table into `folder`, which is named after its batch."""
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    patient = row["patient"]
    random = generator(seed, "nact_response", "render_cases", patient)
    rendered = render_patient(row, SCANNERS[row["scanner"]], row["side"], random)
    files = case_files(str(folder.parent), folder.name, patient)
    for visit, name in zip(rendered.visits, VISITS, strict=True):
        for number, phase in enumerate(visit.phases):
            write_volume(phase, Path(files[name]) / phase_name(number))
        write_volume(visit.mask, files[f"{name}_mask"])
    truth = truth_files(str(folder.parent), folder.name, patient)
    write_volume(rendered.jacobian, truth["true_jacobian"])
    write_volume(rendered.visits[0].field, truth["true_field"])


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes.

    Raises
    ------
    InputError : patients who are not in the table of latent factors.
    """
    table = latents.set_index("patient", drop=False)
    missing = [patient for patient in patients if patient not in table.index]
    if missing:
        raise InputError(
            "latents", f"a row for each of {len(patients)} patients", f"none for {', '.join(missing[:5])}"
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = table.loc[patients].to_dict("records")
    map_cases(functools.partial(write_case, folder=folder, seed=seed), rows, threads)


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
