"""The sample sheet against its schema: the clinical table in canonical words, and every fault at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.cohort.cells import read_cell
from scripts.cohort.class_rules import class_faults
from scripts.cohort.faults import Fault, sort_faults
from scripts.cohort.parsed_sheet import ParsedSheet
from scripts.cohort.sheet import Row
from scripts.cohort.sheet_columns import ROLES, SheetSchema, fold
from scripts.cohort.sheet_rules import row_faults, survival_faults
from scripts.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

UNREAD = ("note", "_")  # beginnings of the names of columns that a sheet may have and that are not read


def check_sheet(
    rows: list[Row],
    schema: SheetSchema,
    role: str,
    today: date | None = None,
    sheet: str | Path | None = None,
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read every cell of a sheet and gather every fault.

    Parameters
    ----------
    rows : from `scripts.cohort.sheet.read_rows`.
    role : 'development' (a model is fitted and validated) or 'predict' (a frozen model is applied).
    today : the day from which on dates lie in the future; the current one by default.
    sheet : path of the sheet, from whose folder relative paths are counted when files are compared.

    Returns
    -------
    clinical : a row a row of the sheet, indexed by line. The schema's identifier, number and category columns
        in its order, whether or not the sheet has them; number and whole-number categories (event: 1 event, 0
        censored) as float64, the rest as text; NaN or None where a value is missing or in error.
    faults : errors first; empty where there is nothing to say.
    """
    if role not in ROLES:
        raise InputError("role", f"one of {', '.join(ROLES)}", f"'{role}'", nearest(role, ROLES).strip())
    given = list(rows[0].values)
    faults = list(_column_faults(given, schema, role))
    parsed = ParsedSheet(rows, schema, role, folder_of=str(sheet) if sheet else "")
    faults += _read_cells(parsed, given, today or date.today())
    faults += row_faults(parsed)
    clinical = _clinical(parsed)
    outcome = (schema.survival.get("time"), schema.survival.get("event"))
    if schema.survival and {*outcome, schema.group} <= {*parsed.values}:
        faults += survival_faults(clinical, schema, role, parsed.uncertain_groups(*outcome))
    told_apart = schema.classes.get("column")
    if schema.classes and {told_apart, *filter(None, [schema.group])} <= {*parsed.values}:
        unsure = parsed.uncertain_groups(told_apart) if schema.group else set()
        if schema.group or not parsed.broken[told_apart]:
            faults += class_faults(clinical, schema, role, unsure)
    return clinical, sort_faults(faults)


def _column_faults(given: list[str], schema: SheetSchema, role: str) -> Iterator[Fault]:
    unknown = [name for name in given if name not in schema.columns and not name.startswith(UNREAD)]
    absent = [name for name in schema.columns if name not in given]
    for name in unknown:
        close = _closest(name, absent) or _closest(name, schema.columns)
        remedy = f"Did you mean '{close}'? " if close else ""
        remedy += "Rename it, or begin its name with 'note' to keep it unread."
        yield Fault("error", None, "", name, "a column of the schema", f"the unknown column '{name}'", remedy)
    for name in absent:
        column = schema.columns[name]
        partner = next(
            (r for r in schema.together if name in r["columns"] and set(r["columns"]) & {*given}), None
        )
        if role in column.required or partner:
            close = _closest(name, unknown)
            remedy = f"Is it '{close}'? Rename that." if close else f"Add it: {column.description}"
            yield Fault("error", None, "", name, f"the column '{name}'", "no such column", remedy)
        elif column.without:
            yield Fault(
                "warning",
                None,
                "",
                name,
                f"the column '{name}'",
                "no such column",
                f"Without it: {column.without}.",
            )


def _closest(name: str, names: Iterable[str]) -> str:
    """The one of `names` closest to `name` without regard to capitals, spaces and hyphens, or ''."""
    plain = {fold(other).replace(" ", "_").replace("-", "_"): other for other in names}
    matches = difflib.get_close_matches(fold(name).replace(" ", "_").replace("-", "_"), plain, n=1)
    return plain[matches[0]] if matches else ""


def _read_cells(parsed: ParsedSheet, given: list[str], today: date) -> Iterator[Fault]:
    for name, column in parsed.schema.columns.items():
        if name not in given:
            if parsed.role in column.absent:
                parsed.values[name] = [column.absent[parsed.role]] * len(parsed.rows)
                parsed.broken[name] = set()
            continue
        values: list[Any] = []
        numbers: list[Any] = []
        broken = set()
        for position, row in enumerate(parsed.rows):
            value, problem = read_cell(column, row.values[name], today)
            numbers.append(value)
            if problem:
                words = (problem.expected, problem.found, problem.remedy)
                yield parsed.fault(problem.severity, position, name, *words)
                if problem.severity == "error":
                    value = None
                    broken.add(position)
            values.append(value)
        parsed.values[name], parsed.broken[name] = values, broken
        if column.kind == "number":
            parsed.numbers[name] = numbers


def _clinical(parsed: ParsedSheet) -> pd.DataFrame:
    import pandas as pd

    lines = pd.Index([row.line for row in parsed.rows], name="row")
    table = {
        name: pd.Series(
            parsed.values.get(name, [None] * len(lines)),
            index=lines,
            dtype="float64" if column.numeric else object,
        )
        for name, column in parsed.schema.columns.items()
        if column.in_table
    }
    return pd.DataFrame(table, index=lines)
