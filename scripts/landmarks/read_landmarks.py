"""Annotations of a batch's films -> landmark tables, and the films that have none, with the cause.

A film's annotations are the columns of its sheet that hold them; each is a reader's, called by its column.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from scripts.cohort.admissible import admissible
from scripts.cohort.case_images import CaseImage, from_settings
from scripts.cohort.pictures import read_picture
from scripts.cohort.unforeseen import calls
from scripts.errors import CaseError, InputError
from scripts.landmarks.landmark_table import COLUMNS, Wanted, landmark_table, read_film
from scripts.parallel import map_cases
from scripts.preprocess.case_batch import Done, Outcome, Unreadable, run_case, tables_of
from scripts.tables import read_table, write_table
from scripts.workflow.contents import FileChanged, Record, read_records, unwritten
from scripts.workflow.job import Job

STEP = "read_landmarks"


def wanted_of(settings: dict[str, Any]) -> Wanted:
    """What must be drawn, from a step's settings: names, needed, side_without_label."""
    return Wanted(settings["names"], tuple(settings["needed"]), settings["side_without_label"])


def read_case(
    case: dict[str, Any],
    image: CaseImage,
    wanted: Wanted,
    spacing_mm: float = float("nan"),
    records: dict[str, Record] = MappingProxyType({}),  # type: ignore[assignment]
) -> Done:
    """The landmarks of one film; `measures` hold `table`, of all its readers.

    Raises
    ------
    CaseError, InputError : what keeps it from being read. FileChanged : a file is not what the check read.
    """
    paths = [case[image.column], *(case[name] for name in image.annotations if case.get(name))]
    try:
        with unwritten(paths, records):
            film = read_picture(case[image.column])
            size = (film.array.shape[2], film.array.shape[1])
            parts = []
            for reader in image.annotations:
                if case.get(reader):
                    annotation, shapes = read_film(case[reader], Path(case[image.column]).name, size, wanted)
                    parts.append(
                        landmark_table(case["patient"], reader, annotation, shapes, size, spacing_mm)
                    )
    except (FileChanged, MemoryError, CaseError, InputError):
        raise
    except Exception as error:
        raise Unreadable("the film or what was drawn on it could not be read", calls(error)) from None
    return Done({"table": pd.concat(parts, ignore_index=True)})


def _inputs(
    case: dict[str, Any],
    image: CaseImage,
    wanted: Wanted,
    spacings: dict[str, float],
    records: dict[str, Record],
) -> dict[str, Any]:
    spacing = spacings.get(str(case["patient"]), float("nan"))
    return {"case": case, "image": image, "wanted": wanted, "spacing_mm": spacing, "records": records}


def spacings_of(clinical: pd.DataFrame) -> dict[str, float]:
    """Patient -> size of a pixel of the film in mm, of the sheet's column `pixel_spacing_mm`, where it is given."""
    if "pixel_spacing_mm" not in clinical:
        return {}
    known = clinical[clinical["pixel_spacing_mm"].notna()]
    return dict(zip(known["patient"].astype(str), known["pixel_spacing_mm"].astype(float), strict=True))


def whole_table(outcomes: list[Outcome]) -> pd.DataFrame:
    """The landmark tables of all films one below the other, with COLUMNS also where there is none."""
    parts = [outcome.measures["table"] for outcome in outcomes if outcome.measures is not None]
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    )


def main(job: Job) -> None:
    """Rule read_landmarks; settings: images (the sheet's columns), names, needed, side_without_label."""
    (image,) = from_settings(job.settings)
    load = partial(
        _inputs,
        image=image,
        wanted=wanted_of(job.settings),
        spacings=spacings_of(read_table(job.input.clinical)),
        records=dict(read_records(job.input.contents)),
    )
    work = partial(run_case, load=load, compute=read_case, folder=None)
    cases = admissible(job.cases, read_table(job.input.checked))
    outcomes = map_cases(work, cases, job.threads)
    _, failures = tables_of(
        [Outcome(o.patient, None if o.measures is None else {}, o.cause, o.story) for o in outcomes],
        step=STEP,
        columns={},
        log=job.log or "",
    )
    write_table(whole_table(outcomes), job.output.landmarks)
    write_table(failures, job.output.failures)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
