"""The cases that a sample sheet names: what a job for a patient needs to know, read while jobs are planned."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.cohort.sheet import Row, read_rows
from scripts.errors import InputError

CASE_FILES = ("image", "mask")
KEYS = ("patient", *CASE_FILES, "image_series", "mask_roi")


def sheet_cases(sheet: str | Path) -> dict[str, list[dict[str, str]]]:
    """Patient -> its cases, a dict of `KEYS` for each row; paths are counted from the folder of the sheet.

    Raises
    ------
    InputError : the sheet cannot be read (`scripts.cohort.sheet.read_rows`), or lacks a column without which no job
        can be planned. Every other fault is left to the check.
    """
    rows = read_rows(sheet)
    _require_columns(str(sheet), rows)
    cases: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        case = {key: row.values.get(key, "") for key in KEYS}
        for kind in CASE_FILES:
            if case[kind]:
                case[kind] = str(Path(sheet).parent / case[kind])
        cases.setdefault(case["patient"], []).append(case)
    return cases


def may_be_input(path: str) -> bool:
    """Whether a job can name the path as its input; whatever else a sheet names is left to the check.

    Snakemake takes braces for a wildcard, and would read a pipe or device to no end.
    """
    return path.isprintable() and not {"{", "}"} & set(path) and (os.path.isfile(path) or os.path.isdir(path))


def _require_columns(sheet: str, rows: list[Row]) -> None:
    wanted = ("patient", *CASE_FILES)
    missing = [column for column in wanted if column not in rows[0].values]
    if missing:
        raise InputError(
            sheet,
            f"the columns {', '.join(wanted)}",
            f"no {', '.join(missing)} among {', '.join(rows[0].values)}",
            "See docs/sample_sheet.md.",
        )
