"""The cases that a sample sheet names: what a job for a patient needs to know, read while jobs are planned."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.cohort.case_images import ONE_IMAGE, CaseImage, case_of, file_columns
from scripts.cohort.cells import MISSING
from scripts.cohort.sheet import Row, read_rows
from scripts.errors import InputError


def sheet_cases(
    sheet: str | Path, images: tuple[CaseImage, ...] = ONE_IMAGE
) -> dict[str, list[dict[str, str]]]:
    """Patient -> its cases, a dict for each row: `patient` and the cells of its images (`case_of`).

    Paths are counted from the folder of the sheet.

    Raises
    ------
    InputError : the sheet cannot be read (`scripts.cohort.sheet.read_rows`), or lacks a column without which no job
        can be planned. Every other fault is left to the check.
    """
    rows = read_rows(sheet)
    _require_columns(str(sheet), rows, images)
    cases: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        case = case_of(row.values, images)
        for image in images:
            optional = [image.mask] if image.mask and not image.mask_needed else []
            for column in (*optional, *image.labels):
                if case[column].strip() in MISSING:
                    case[column] = ""
        for column in file_columns(images):
            if case[column]:
                case[column] = str(Path(sheet).parent / case[column])
        cases.setdefault(case["patient"], []).append(case)
    return cases


def may_be_input(path: str) -> bool:
    """Whether a job can name the path as its input; whatever else a sheet names is left to the check.

    Snakemake takes braces for a wildcard, and would read a pipe or device to no end.
    """
    return path.isprintable() and not {"{", "}"} & set(path) and (os.path.isfile(path) or os.path.isdir(path))


def _require_columns(sheet: str, rows: list[Row], images: tuple[CaseImage, ...]) -> None:
    wanted = ["patient"]
    for image in images:
        wanted += [image.column, *([image.mask] if image.mask and image.mask_needed else [])]
    missing = [column for column in wanted if column not in rows[0].values]
    if missing:
        raise InputError(
            sheet,
            f"the columns {', '.join(wanted)}",
            f"no {', '.join(missing)} among {', '.join(rows[0].values)}",
            "See docs/sample_sheet.md.",
        )
