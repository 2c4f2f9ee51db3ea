"""All registrations of a cohort in one table, the worst first, and a page of the worst ten."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import dataclasses

import pandas as pd

from scripts.preprocess.files import file_stem
from scripts.preprocess.picture_registration import FOLDERS, registration_slice
from scripts.report.figures.registration import draw_registrations
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

MOST = 10
ASPECT = 1.35
ROW_MM, HEAD_MM = 22.5, 12.0


def ranked(tables: list[pd.DataFrame], pictures: list[str]) -> pd.DataFrame:
    """The registrations of all batches, the worst first, with the place of each picture.

    Worst is the least overlap (Dice) of the tumours after registration, then the least local correlation; a missing
    value is the worst.

    Parameters
    ----------
    tables : of register_visits, one a batch. pictures : folder of pictures of each batch.

    Returns
    -------
    rank (from 1), patient, the measures, picture (a path), batch (its place among `tables`, from 0).
    """
    parts = []
    for number, (table, folder) in enumerate(zip(tables, pictures, strict=True)):
        paths = [f"{folder}/{file_stem(patient)}.svg" for patient in table["patient"].astype(str)]
        parts.append(table.assign(picture=paths, batch=number))
    filled = [part for part in parts if len(part)] or parts[:1]
    whole = pd.concat(filled, ignore_index=True)
    order = ["dice_after", "similarity_after", "patient"]
    whole = whole.sort_values(order, na_position="first", kind="stable", ignore_index=True)
    whole.insert(0, "rank", range(1, len(whole) + 1))
    return whole


def main(job: Job) -> None:
    """Rank a cohort's registrations and picture the worst."""
    tables = [read_table(path) for path in job.input.tables]
    whole = ranked(tables, [str(path) for path in job.input.pictures])
    slices = []
    for case in whole.head(MOST).to_dict("records"):
        folders = {name: str(list(getattr(job.input, name))[case["batch"]]) for name in FOLDERS}
        slices.append(dataclasses.replace(registration_slice(case, folders), note=""))
    with drawing(job.output.worst, PAGE_MM, HEAD_MM + ROW_MM * max(1, len(slices))) as figure:
        draw_registrations(figure, slices, aspect=ASPECT)
    write_both(whole.drop(columns="batch"), job.output.registrations)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
