"""Features of every case of a batch; a case without features becomes a row of failures, with its cause."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd
import SimpleITK as sitk

from scripts.cohort.admissible import admissible
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.unforeseen import calls, one_line
from scripts.errors import CaseError, InputError
from scripts.parallel import map_cases
from scripts.radiomics.features import FEATURE_NAMES, complete_settings, extract_features
from scripts.tables import read_json, read_table, write_table, write_text
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "extract_features"
LONGEST_CAUSE = 1000
FAILURES = ("patient", "step", "cause", "log")


@dataclass(frozen=True)
class Extraction:
    """What came of one case: its features, or the cause why there are none and, for the log, what is known of it."""

    patient: str
    features: dict[str, float] | None = None
    cause: str = ""
    story: str = ""


def extract_case(
    case: dict[str, Any], settings: dict[str, Any], records: Mapping[str, Record] = MappingProxyType({})
) -> Extraction:
    """Read image and mask of one case and compute its features; whatever fails is a cause, and the batch goes on.

    Only a lack of memory goes through: it says more of the machine than of the patient.

    Parameters
    ----------
    case : patient, image and mask (paths), and image_series and mask_roi where several are to be told apart.
    settings : see `scripts.radiomics.features.complete_settings`.
    records : path -> the content that the check read.

    Raises
    ------
    FileChanged : image or mask is not what the check read, or was written meanwhile.
    """
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # cases run side by side; and sums keep their order
    patient = str(case["patient"])
    try:
        with unwritten([case["image"], case["mask"]], records):
            image = read_image(case["image"], series_uid=case.get("image_series") or None)
            mask = read_mask(case["mask"], image, roi=case.get("mask_roi") or None)
    except (FileChanged, MemoryError):
        raise
    except (CaseError, InputError) as error:
        return Extraction(patient, cause=one_line(error, LONGEST_CAUSE))
    except Exception as error:
        return Extraction(patient, cause="image or mask could not be read", story=calls(error))
    try:
        return Extraction(patient, extract_features(image, mask, settings))
    except MemoryError:
        raise
    except (CaseError, InputError) as error:
        return Extraction(patient, cause=one_line(error, LONGEST_CAUSE))
    except Exception as error:
        cause = f"the features could not be computed: {one_line(error) or 'no reason given'}"
        return Extraction(patient, cause=cause, story="".join(traceback.format_exception(error)))


def extract_batch(
    cases: list[dict[str, Any]],
    settings: dict[str, Any],
    threads: int = 1,
    records: Mapping[str, Record] = MappingProxyType({}),
    log: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and failures of a batch; every case is in exactly one of them, in the order of the batch.

    What is known of each failure is printed. `log` is the path of what is printed, for the failures.

    Returns
    -------
    features : patient and the columns of FEATURE_NAMES. failures : patient, step, cause (one line), log.

    Raises
    ------
    InputError : the settings are not valid (before any case is read).
    FileChanged : see `extract_case`.
    """
    settings = complete_settings(settings)
    results = map_cases(partial(extract_case, settings=settings, records=dict(records)), cases, threads)
    done = [result for result in results if result.features is not None]
    features = pd.DataFrame([result.features for result in done], columns=list(FEATURE_NAMES), dtype=float)
    features.insert(0, "patient", pd.array([result.patient for result in done], dtype="string"))
    failed = [result for result in results if result.features is None]
    for result in failed:
        print("\n".join(filter(None, [f"{result.patient}: {result.cause}", result.story])))
    failures = [(result.patient, STEP, result.cause, log) for result in failed]
    return features, pd.DataFrame(failures, columns=list(FAILURES))


def main(job: Job) -> None:
    """Extract the batch's admissible cases on the job's threads."""
    cases = admissible(job.cases, read_table(job.input.checked))
    settings = read_json(job.input.extraction)["radiomics"]
    records = read_records(job.input.contents)
    features, failures = extract_batch(cases, settings, job.threads, records, str(job.log or ""))
    write_table(features, job.output.features)
    write_table(failures, job.output.failures)
    write_text(job.made_from, job.output.made_from)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
