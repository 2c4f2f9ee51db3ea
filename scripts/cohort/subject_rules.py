"""Where a row is one picture of a patient: what must hold between the rows of one patient, by the rule `subject`.

The column of the schema's `one_row_per` names the row; `subject` names the patient, who may have several.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scripts.cohort.cells import identity
from scripts.cohort.faults import Fault, shown

if TYPE_CHECKING:
    from scripts.cohort.parsed_sheet import ParsedSheet


def leak_words(sheet: ParsedSheet, first: int, second: int) -> str:
    """What it does that two rows share something, where they are of two cohorts; '' within one."""
    one, other = sheet.group(first), sheet.group(second)
    if one is None or other is None or one == other:
        return ""
    return f" in {one}, here in {other} (leakage between the cohorts)"


def subject_faults(sheet: ParsedSheet) -> Iterator[Fault]:
    """Faults between the rows of a patient.

    Errors: some rows name their patient and others do not; one patient in two cohorts; two values in a column of
    `same_in_subject`. A warning: two patients whose identifiers differ by capitals or leading zeros alone.
    """
    schema = sheet.schema
    column = schema.subject
    subjects = sheet.values.get(column, ())
    known = [position for position, subject in enumerate(subjects) if subject is not None]
    empty = [p for p, subject in enumerate(subjects) if subject is None and p not in sheet.broken[column]]
    if known and empty:
        lines = ", ".join(str(sheet.rows[position].line) for position in empty[:4])
        more = f" and {len(empty) - 4} more" if len(empty) > 4 else ""
        found = f"none in {len(empty)} of {len(subjects)} rows (line {lines}{more})"
        remedy = "Fill in the cells, or empty the whole column: patients are then guessed from neighbouring pictures."
        yield Fault("error", None, "", column, "the patient of every row, or of none", found, remedy)
    first: dict[str, int] = {}
    alike: dict[str, str] = {}
    for position in known:
        subject = subjects[position]
        start = first.setdefault(subject, position)
        if leak := leak_words(sheet, start, position):
            found = f"{shown(subject)} also in line {sheet.rows[start].line}{leak}"
            yield sheet.fault(
                "error", position, column, "a patient in one cohort", found, "Correct the cohort."
            )
        for name in schema.same_in_subject:
            values = sheet.values.get(name)
            if values and None not in (values[start], values[position]) and values[start] != values[position]:
                found = f"{values[position]}, and {values[start]} in line {sheet.rows[start].line}"
                remedy = f"Correct {name}, or look whether two patients share an identifier."
                expected = f"one value of {name} for all rows of {column} {shown(subject)}"
                yield sheet.fault("error", position, name, expected, found, remedy)
        other = alike.setdefault(identity(subject), subject)
        if other != subject and start == position:
            found = f"{shown(subject)}, and {shown(other)} in line {sheet.rows[first[other]].line}"
            expected = "identifiers that differ by more than capitals or leading zeros"
            yield sheet.fault(
                "warning", position, column, expected, found, "Look whether they are one patient."
            )
