"""MEG recordings of a batch -> epochs of one length, scaled, as samples of the networks; and where their sensors are.

The only step that reads the user's recordings.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.parallel import map_cases
from scripts.preprocess.case_batch import FAILURES, Done, Outcome, Unreadable, run_case
from scripts.preprocess.helmet import sensors_as_rows
from scripts.preprocess.meg_epochs import EpochSettings, PatientEpochs, SignalSettings, patient_epochs
from scripts.preprocess.settings import settings_of
from scripts.tables import read_table, write_json, write_table, write_whole
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job
from scripts.workflow.provenance import versions

STEP = "prepare_images"
PACKAGES = ("mne", "numpy", "scipy")
COLUMNS = {
    "sample": "string",
    "patient": "string",
    "label": "string",
    "recording": "int64",
    "start_s": "float64",
}
FACTS = ("recordings", "moved", "movement_unknown", "cut", "scale")
PATIENTS = {
    "patient": "string",
    "recordings": "int64",
    "moved": "int64",
    "movement_unknown": "int64",
    "cut": "int64",
    "scale": "float64",
    "epochs": "int64",
}
SENSORS = {"patient": "string", "sensor": "string", "x": "float64", "y": "float64"}


def prepare_case(
    case: dict[str, Any],
    image: CaseImage,
    signal: SignalSettings,
    epochs: EpochSettings,
    records: Mapping[str, Record] = MappingProxyType({}),
) -> Done:
    """The epochs of one patient; `measures` hold `epochs`, a PatientEpochs.

    Raises
    ------
    CaseError, InputError : what keeps it from being prepared, in words. FileChanged : a file is not what the check
        read.
    """
    path = case[image.column]
    try:
        with unwritten([path], records):
            found = patient_epochs(path, signal, epochs)
    except (FileChanged, MemoryError, ImportError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable(f"{image.column}: the recordings could not be read", calls(error)) from None
    remark = (
        f"{found.moved} of {found.recordings} recordings left out for head movement" if found.moved else ""
    )
    return Done({"epochs": found}, remark=remark)


def sample_names(patient: str, n: int) -> list[str]:
    """'SIM-001_e0001', ...: one an epoch, in their order."""
    return [f"{patient}_e{number:04d}" for number in range(1, n + 1)]


def tables_of(
    prepared: Sequence[tuple[str, PatientEpochs]], clinical: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables of the samples (COLUMNS), the patients (PATIENTS) and the sensors (SENSORS).

    Parameters
    ----------
    prepared : patient and epochs. clinical : patient, and subtype where the sheet has it.
    """
    subtypes = (
        clinical.set_index("patient")["subtype"] if "subtype" in clinical else pd.Series(dtype="string")
    )
    samples, patients, sensors = [], [], []
    for patient, epochs in prepared:
        label = subtypes.get(patient)
        label = label if isinstance(label, str) else None  # the sheet does not tell
        names = sample_names(patient, len(epochs.signals))
        samples += [
            (name, patient, label, recording, start)
            for name, recording, start in zip(names, epochs.recording, epochs.start_s, strict=True)
        ]
        patients.append((patient, *(getattr(epochs, name) for name in FACTS), len(names)))
        sensors += [{"patient": patient, **row} for row in sensors_as_rows(epochs.names, epochs.positions)]
    return (
        pd.DataFrame(samples, columns=list(COLUMNS)).astype(COLUMNS),
        pd.DataFrame(patients, columns=list(PATIENTS)).astype(PATIENTS),
        pd.DataFrame(sensors, columns=list(SENSORS)).astype(SENSORS),
    )


def tensors_of(prepared: Sequence[tuple[str, PatientEpochs]]) -> dict[str, np.ndarray]:
    """Sample -> (1, sensors, samples) float32."""
    return {
        name: np.ascontiguousarray(signal[None])
        for patient, epochs in prepared
        for name, signal in zip(sample_names(patient, len(epochs.signals)), epochs.signals, strict=True)
    }


def _inputs(case: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"case": case, **others}


def main(job: Job) -> None:
    """Prepare the batch's admissible patients; settings: images (the sheet's columns), signal, epochs."""
    (image,) = from_settings(job.settings)
    load = partial(
        _inputs,
        image=image,
        signal=settings_of(SignalSettings, job.settings["signal"], "signal"),
        epochs=settings_of(EpochSettings, job.settings["epochs"], "epochs"),
        records=dict(read_records(job.input.contents)),
    )
    cases = admissible(job.cases, read_table(job.input.checked))
    work = partial(run_case, load=load, compute=prepare_case, folder=None)
    outcomes: list[Outcome] = map_cases(work, cases, job.threads)
    for outcome in outcomes:
        if text := "\n".join(filter(None, [outcome.cause, outcome.story])):
            print(f"{outcome.patient}: {text}")
    prepared = [(o.patient, o.measures["epochs"]) for o in outcomes if o.measures is not None]
    failed = [(o.patient, STEP, o.cause, str(job.log or "")) for o in outcomes if o.measures is None]
    tensors = tensors_of(prepared)
    write_whole(job.output.samples, lambda path: save_file(tensors, path))
    samples, patients, sensors = tables_of(prepared, read_table(job.input.clinical))
    write_table(samples, job.output.table)
    write_table(patients, job.output.patients)
    write_table(sensors, job.output.sensors)
    write_table(pd.DataFrame(failed, columns=list(FAILURES)), job.output.failures)
    write_json({"step": job.rule, "code": job.code, "versions": versions(PACKAGES)}, job.output.software)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
