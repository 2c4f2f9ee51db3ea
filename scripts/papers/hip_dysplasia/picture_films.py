"""An overlay picture of every film of a batch, to be looked at before an angle is believed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial
from typing import Any

import pandas as pd

from scripts.cohort.case_images import from_settings
from scripts.cohort.pictures import read_picture
from scripts.landmarks.landmark_table import drawn_structures
from scripts.papers.hip_dysplasia.names import FIRST
from scripts.papers.hip_dysplasia.overlays import draw_overlay
from scripts.parallel import map_cases
from scripts.tables import read_table, write_whole
from scripts.workflow.contents import read_records, unwritten
from scripts.workflow.job import Job

QUALITY = 85


def write_overlay(
    case: dict[str, Any],
    column: str,
    landmarks: pd.DataFrame,
    hips: pd.DataFrame,
    folder: Path,
    records: dict,
) -> None:
    """<patient>.jpg of one case into `folder`: the first reader's drawing and angles."""
    patient = str(case["patient"])
    with unwritten([case[column]], records):
        film = read_picture(case[column]).array[0]
    own = landmarks[landmarks["patient"] == patient]
    picture = draw_overlay(film, drawn_structures(own), hips[hips["patient"] == patient])
    write_whole(folder / f"{patient}.jpg", lambda path: picture.save(path, format="JPEG", quality=QUALITY))


def main(job: Job) -> None:
    """Rule picture_films; settings: images. A film without angles has no picture: the ledger says why."""
    (image,) = from_settings(job.settings)
    hips, landmarks = read_table(job.input.hips), read_table(job.input.landmarks)
    hips, landmarks = hips[hips["reader"] == FIRST], landmarks[landmarks["reader"] == FIRST]
    measured = set(hips["patient"])
    folder = Path(job.output.overlays)
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case for case in job.cases if str(case["patient"]) in measured]
    records = dict(read_records(job.input.contents))
    work = partial(
        write_overlay, column=image.column, landmarks=landmarks, hips=hips, folder=folder, records=records
    )
    map_cases(work, cases, job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
