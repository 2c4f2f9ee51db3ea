"""Render the films of a batch, and what the readers draw on them.

A film depends on the seed, its patient's id and that patient's rows of the latents table, and on nothing else.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import functools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from PIL import Image

from scripts.errors import InputError
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.simulation.hip_dysplasia.annotation_writers import WRITERS
from scripts.simulation.hip_dysplasia.film import render
from scripts.simulation.hip_dysplasia.identifiers import (
    HEIGHT,
    SECOND_TOOL,
    WIDTH,
    case_files,
    tool_of,
)
from scripts.simulation.hip_dysplasia.pelvis import Side, common_drop, draw_side, on_film
from scripts.simulation.hip_dysplasia.readers import Drawing, Hand, draw
from scripts.tables import read_table, write_whole


def sides_of(hips: pd.DataFrame) -> dict[str, Side]:
    """Side -> contours of a patient's two rows."""
    rows = {row["side"]: row for row in hips.to_dict("records")}
    drop = common_drop(rows)
    return {
        side: draw_side(row, drop, row["tilt"], (row["oval"], row["oval_at"])) for side, row in rows.items()
    }


def drawing_of(sides: dict[str, Side], place: dict, hand: Hand, random: np.random.Generator) -> Drawing:
    """(side, structure) -> kind and points in pixels, as one reader draws them."""
    return {
        (side, structure): (kind, on_film(points, side, place))
        for side, contours in sides.items()
        for structure, (kind, points) in draw(contours, hand, place["radius"], random).items()
    }


def write_case(hips: pd.DataFrame, folder: Path, seed: int, readers: int) -> None:
    """Film and annotations of a patient into `folder`, which is named after its batch."""
    place = hips.iloc[0].to_dict()
    patient = place["patient"]
    names = (seed, "hip_dysplasia", "render_cases", patient)
    sides = sides_of(hips)
    files = case_files(str(folder.parent), folder.name, patient, readers)
    film = render(sides, place, generator(*names, "film"))
    write_whole(files["film"], lambda path: Image.fromarray(film).save(path, format="PNG"))
    for column, tool in (("annotation", tool_of(patient)), ("annotation_2", SECOND_TOOL)):
        if files[column]:
            drawing = drawing_of(sides, place, Hand(), generator(*names, column))
            WRITERS[tool](drawing, Path(files["film"]).name, (WIDTH, HEIGHT), Path(files[column]))


def render_batch(
    latents: pd.DataFrame,
    patients: Sequence[str],
    folder: str | Path,
    seed: int,
    readers: int,
    threads: int = 1,
) -> None:
    """Render the films of one batch into `folder`.

    Raises
    ------
    InputError : patients that are not in the table.
    """
    groups = {patient: hips for patient, hips in latents.groupby("patient", sort=False)}
    if missing := [patient for patient in patients if patient not in groups]:
        found = f"none for {', '.join(missing[:5])}"
        raise InputError("latents", f"rows for each of {len(patients)} patients", found)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    work = functools.partial(write_case, folder=folder, seed=seed, readers=readers)
    map_cases(work, [groups[patient] for patient in patients], threads)


def main(job) -> None:
    """Input: latents. Output: images, the batch's folder. Cases: dicts with `patient`. Settings: readers."""
    patients = [case["patient"] for case in job.cases]
    latents = read_table(job.input.latents)
    render_batch(latents, patients, job.output.images, job.seed, job.settings["readers"], job.threads)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
