"""Landmarks of all films of a cohort -> CE, Sharp, Tönnis and CCD of every hip by every reader; the ledger.

A film whose first reader gives no angles is a failed case. A second reader who gives none is missing from the
comparison of readers, and the ledger says so.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import pandas as pd

from scripts.cohort.case_ledger import LEDGER, account_for_cases
from scripts.errors import CaseError
from scripts.papers.hip_dysplasia.measurements import COLUMNS, measure_film
from scripts.papers.hip_dysplasia.names import FIRST
from scripts.tables import read_table, write_both, write_table
from scripts.workflow.job import Job

STEP = "measure_hips"
SECOND_READING = "comparison of readers"


def measure_hips(
    landmarks: pd.DataFrame, settings: dict[str, Any], log: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The hips of every film and reader.

    Parameters
    ----------
    landmarks : the landmark table of all films. settings : `measurement` of the card.

    Returns
    -------
    hips : two rows a film and reader, `measurements.COLUMNS`. failures : patient, step, cause, log of the
        films that the first reader gave no angles of. unread : the same of other readers.
    """
    rows, failures, unread = [], [], []
    for (patient, reader), film in landmarks.groupby(["patient", "reader"], sort=False):
        try:
            rows += measure_film(film, settings)
        except CaseError as error:
            print(f"{patient}, {reader}: {error}")
            entry = {"patient": str(patient), "step": STEP, "cause": f"{reader}: {error}", "log": log}
            (failures if reader == FIRST else unread).append(entry)
    hips = pd.DataFrame(rows, columns=list(COLUMNS))
    out = {entry["patient"] for entry in failures}
    columns = ["patient", "step", "cause", "log"]
    kept = hips[~hips["patient"].isin(out)].reset_index(drop=True)
    return kept, pd.DataFrame(failures, columns=columns), pd.DataFrame(unread, columns=columns)


def main(job: Job) -> None:
    """Rule measure_hips; settings: measurement, max_failed_cases."""
    landmarks = pd.concat([read_table(path) for path in job.input.landmarks], ignore_index=True)
    before = pd.concat([read_table(path) for path in job.input.failures], ignore_index=True)
    clinical, ledger = read_table(job.input.clinical), read_table(job.input.ledger)
    hips, failures, unread = measure_hips(landmarks, job.settings["measurement"], str(job.log or ""))
    failures = pd.concat([part for part in (before, failures) if len(part)] or [before], ignore_index=True)
    most = job.settings["max_failed_cases"]
    done = set(hips["patient"].astype(str))
    whole = account_for_cases(done, failures, clinical, ledger, most, "measured film")
    if len(unread):
        added = unread.assign(cohort="", excluded_from=SECOND_READING)[list(LEDGER)]
        whole = pd.concat([whole, added], ignore_index=True)
    write_both(hips, job.output.hips)
    write_table(whole, job.output.ledger)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
