"""Render the recordings of simulated patients, a batch at a time: FIF files with a BIDS file beside each.

A patient's recordings depend on the seed, the patient's id and row of latents, and on nothing else: not on the batch,
the order or the number of processes. Files carry no date, so equal recordings have equal bytes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.tle_subtypes.helmet import positions
from scripts.simulation.tle_subtypes.identifiers import (
    N_RECORDINGS,
    RATE_HZ,
    SENSORS,
    case_files,
    recording_name,
)
from scripts.simulation.tle_subtypes.patients import SubtypeModel
from scripts.simulation.tle_subtypes.signals import own_sensitivity, recording
from scripts.tables import read_table


def as_raw(samples: np.ndarray) -> Any:
    """An MNE recording (sensors, samples) in tesla of magnetometers in their places."""
    import mne

    info = mne.create_info(list(SENSORS), RATE_HZ, "mag")
    for channel, place in zip(info["chs"], positions(), strict=True):
        channel["loc"][:3] = place
        channel["loc"][3:12] = np.eye(3).ravel()
    return mne.io.RawArray(samples, info, verbose="ERROR")


def write_case(row: Mapping[str, Any], folder: Path, seed: int, model: SubtypeModel) -> None:
    """Write a row of the latents table as recordings below `folder`, which is named after its batch."""
    patient = row["patient"]
    own = Path(case_files(str(folder.parent), folder.name, patient)["recordings"])
    own.mkdir(parents=True, exist_ok=True)
    random = generator(seed, "tle_subtypes", "render_cases", patient)
    sensitivity = own_sensitivity(random, model)
    for number in range(1, N_RECORDINGS + 1):
        stem = own / recording_name(patient, number)
        raw = as_raw(recording(row, sensitivity, random, model))
        raw.save(stem.with_suffix(".fif"), fmt="single", overwrite=True, verbose="ERROR")
        facts = {"TaskName": "rest", "SamplingFrequency": RATE_HZ, "MaxMovement": row[f"movement_{number}"]}
        stem.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def render_batch(latents: Any, patients: list[str], folder: str | Path, seed: int, threads: int = 1) -> None:
    """Render the patients of one batch into `folder`, on `threads` processes.

    Raises
    ------
    InputError : patients who are not in the table of latents.
    """
    table = latents.set_index("patient", drop=False)
    if missing := [patient for patient in patients if patient not in table.index]:
        expected = f"a row for each of {len(patients)} patients"
        raise InputError("latents", expected, f"none for {', '.join(missing[:5])}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rows = table.loc[patients].to_dict("records")
    map_cases(functools.partial(write_case, folder=folder, seed=seed, model=SubtypeModel()), rows, threads)


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`."""
    patients = [case["patient"] for case in job.cases]
    render_batch(read_table(job.input.latents), patients, job.output.images, job.seed, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
