"""A step over the patients of a batch: what came of each, and what becomes of a failure.

A step is a pure function of one patient's inputs that gives `Done`: measures, a row of the step's table, and volumes,
files of the step's folder. A patient for whom it raises is a row of the step's failures, and the batch goes on.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from scripts.cohort.unforeseen import one_line
from scripts.errors import CaseError, InputError
from scripts.parallel import map_cases
from scripts.preprocess.files import save_displacement, save_volume
from scripts.volumes import Volume
from scripts.workflow.contents import FileChanged

FAILURES = ("patient", "step", "cause", "log")
LONGEST_CAUSE = 1000


@dataclass(frozen=True)
class Done:
    """What a step gives of one patient.

    Parameters
    ----------
    measures : a row of the step's table, by the names of its columns; nothing that differs between equal runs.
    volumes : kind (of `scripts.preprocess.files.KINDS`) -> volume, written into the step's folder.
    displacement : (z, y, x, 3) in mm, order x, y, z, on the grid of the first volume; written too, where there is one.
    remark : for the log, '' for none.
    """

    measures: dict[str, Any]
    volumes: dict[str, Volume] = field(default_factory=dict)
    displacement: np.ndarray | None = None
    remark: str = ""


class Unreadable(CaseError):
    """A user's file that cannot be read, for a reason that nobody foresaw; `story` is for the log."""

    def __init__(self, message: str, story: str = "") -> None:
        self.story = story
        super().__init__(message, story)

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Outcome:
    """What came of one patient: measures, or the cause why there are none; and what the log is told."""

    patient: str
    measures: dict[str, Any] | None = None
    cause: str = ""
    story: str = ""


def run_case(
    case: dict[str, Any],
    load: Callable[[dict[str, Any]], Mapping[str, Any]],
    compute: Callable[..., Done],
    folder: str | Path | None,
) -> Outcome:
    """Load what a patient's step needs, compute, and write its volumes into `folder`.

    Only what goes wrong in `compute` is a failure of the patient. Loading reads what earlier steps wrote and saving
    writes: what goes wrong there says more of the disk than of the patient, and goes through, as does a lack of memory.

    Parameters
    ----------
    case : with `patient`; handed to `load`. load : keyword arguments of `compute`.
    """
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # cases run side by side; and sums keep their order
    patient = str(case["patient"])
    inputs = load(case)
    try:
        done = compute(**inputs)
    except (FileChanged, MemoryError, ImportError):  # the last: a package is not installed
        raise
    except (CaseError, InputError) as error:
        return Outcome(patient, cause=one_line(error, LONGEST_CAUSE), story=getattr(error, "story", ""))
    except Exception as error:
        if "allocate memory" in str(error):  # in ITK's words
            raise MemoryError(one_line(error)) from error
        cause = f"the step failed: {one_line(error) or type(error).__name__}"
        return Outcome(patient, cause=cause, story="".join(traceback.format_exception(error)))
    for what, volume in done.volumes.items():
        save_volume(volume, folder, patient, what)
    if done.displacement is not None:
        save_displacement(done.displacement, next(iter(done.volumes.values())), folder, patient)
    return Outcome(patient, done.measures, story=done.remark)


def run_batch(
    cases: Sequence[dict[str, Any]],
    load: Callable[[dict[str, Any]], Mapping[str, Any]],
    compute: Callable[..., Done],
    *,
    step: str,
    columns: Mapping[str, str],
    folder: str | Path | None = None,
    threads: int = 1,
    log: object = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table and the failures of a step: every case is in exactly one of them, in the order of the batch.

    What is known of each failure is printed. `folder` is made, where one is named, even if nobody has a volume.

    Parameters
    ----------
    load, compute : see `run_case`; importable functions or partials of one, for they go to worker processes.
    columns : name -> dtype of the measures, which a table without a row has too.
    step, log : the step's name and the path of what is printed, for the failures.

    Returns
    -------
    table : patient and `columns`. failures : patient, step, cause (one line), log.
    """
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
    work = partial(run_case, load=load, compute=compute, folder=folder)
    return tables_of(map_cases(work, cases, threads), step=step, columns=columns, log=log)


def tables_of(
    outcomes: Sequence[Outcome], *, step: str, columns: Mapping[str, str], log: object = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table and the failures of outcomes, in their order; see `run_batch`. Prints what is known of failures."""
    for outcome in outcomes:
        if text := "\n".join(filter(None, [outcome.cause, outcome.story])):
            print(f"{outcome.patient}: {text}")
    done = [outcome for outcome in outcomes if outcome.measures is not None]
    rows = [{"patient": outcome.patient, **outcome.measures} for outcome in done]
    table = pd.DataFrame(rows, columns=["patient", *columns]).astype({"patient": "string", **columns})
    failed = [(o.patient, step, o.cause, str(log)) for o in outcomes if o.measures is None]
    return table, pd.DataFrame(failed, columns=list(FAILURES))


def done_cases(*tables: pd.DataFrame) -> list[dict[str, Any]]:
    """The patients that are in all of some steps' tables, as cases: the rows of the first one, in its order."""
    in_all = set.intersection(*(set(table["patient"].astype(str)) for table in tables))
    return [row for row in tables[0].to_dict("records") if str(row["patient"]) in in_all]
