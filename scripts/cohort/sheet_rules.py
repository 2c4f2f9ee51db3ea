"""What must hold between the cells and rows of a sample sheet, by the rules of its schema."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from scripts.cohort.case_images import ANNOTATION
from scripts.cohort.cells import identity
from scripts.cohort.faults import Fault, shown
from scripts.cohort.parsed_sheet import ParsedSheet
from scripts.cohort.sheet import resolve_path
from scripts.cohort.sheet_columns import SheetSchema
from scripts.cohort.subject_rules import leak_words, subject_faults
from scripts.cohort.visit_rules import visit_faults
from scripts.errors import InputError
from scripts.landmarks.annotation_file import pictures_in

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FOR_MEDIAN = 5  # values in a column before its median says anything about its unit
FEWEST_FOR_MAXIMUM = 10  # the same for its largest value
LARGEST_CODE = 2  # whole numbers up to this are taken for codes where measurements are expected


def row_faults(sheet: ParsedSheet) -> Iterator[Fault]:
    """Every fault between cells and rows, except those of `survival_faults`."""
    yield from _repeated_patients(sheet)
    yield from _repeated_files(sheet)
    yield from _incomplete(sheet)
    yield from _unit_slips(sheet)
    yield from _codes_for_measurements(sheet)
    yield from _overlap_in_time(sheet)
    yield from _contradictions(sheet)
    yield from visit_faults(sheet)
    yield from subject_faults(sheet)


def _repeated_patients(sheet: ParsedSheet) -> Iterator[Fault]:
    column = sheet.schema.one_row_per
    seen: dict[str, int] = {}
    alike: dict[str, int] = {}
    for position, patient in enumerate(sheet.values.get(column, ())):
        if patient is None:
            continue
        first = seen.setdefault(patient, position)
        if first != position:
            found = (
                f"{shown(patient)} also in line {sheet.rows[first].line}{leak_words(sheet, first, position)}"
            )
            remedy = "Keep one of the rows."
            if sheet.schema.subject:
                remedy += f" Pictures of one patient: a {column} each, the patient in {sheet.schema.subject}."
            yield sheet.fault("error", position, column, "one row a patient", found, remedy)
            continue
        other = alike.setdefault(identity(patient), position)
        if other != position:
            found = f"{shown(patient)}, and {shown(sheet.patient(other))} in line {sheet.rows[other].line}"
            expected = "identifiers that differ by more than capitals or leading zeros"
            yield sheet.fault(
                "warning", position, column, expected, found, "Look whether they are one patient."
            )


def _repeated_files(sheet: ParsedSheet) -> Iterator[Fault]:
    paths = [column for column in sheet.schema.columns.values() if column.kind == "path"]
    in_row: list[dict[str, str]] = [{} for _ in sheet.rows]
    for column in paths:
        parts = sheet.values.get(column.part)
        seen: dict[tuple[str, str], int] = {}
        for position, path in enumerate(sheet.values.get(column.name, ())):
            if path is None:
                continue
            place = resolve_path(path, sheet.folder_of) if sheet.folder_of else os.path.normpath(path)
            if place in in_row[position]:
                found = f"the same as its {in_row[position][place]}, {shown(path)}"
                yield sheet.fault(
                    "error", position, column.name, "a file of its own", found, "Correct the path."
                )
            in_row[position][place] = column.name
            part = parts[position] if parts and parts[position] else ""
            first = seen.setdefault((place, part), position)
            if first != position and not (column.holds == ANNOTATION and _of_many_pictures(place)):
                found = (
                    f"{shown(path)} also in line {sheet.rows[first].line}{leak_words(sheet, first, position)}"
                )
                remedy = (
                    f"Correct the path{f', or tell the parts apart in {column.part}' if column.part else ''}."
                )
                yield sheet.fault("error", position, column.name, "a file in one row", found, remedy)


def _of_many_pictures(place: str) -> bool:
    """Whether a file names the pictures that it is of (COCO, CVAT); each row then finds its own entry in it."""
    try:
        return os.path.isfile(place) and pictures_in(Path(place)) is not None
    except (InputError, OSError):
        return False  # said where the annotation is read


def _incomplete(sheet: ParsedSheet) -> Iterator[Fault]:
    for rule in sheet.schema.together:
        names = [name for name in rule["columns"] if name in sheet.values]
        for position in range(len(sheet.rows)):
            if any(position in sheet.broken[name] for name in names):
                continue
            empty = [name for name in names if sheet.values[name][position] is None]
            if empty and len(empty) < len(names):
                filled = " and ".join(name for name in names if name not in empty)
                expected = f"{' and '.join(names)} both filled in or both empty"
                remedy = f"Fill in {empty[0]}, or empty both for a patient {rule['neither']}."
                yield sheet.fault("error", position, empty[0], expected, f"{filled} alone", remedy)


def _unit_slips(sheet: ParsedSheet) -> Iterator[Fault]:
    """A column of another unit as a whole, or in one cohort only."""
    for name, numbers in sheet.numbers.items():
        column = sheet.schema.columns[name]
        groups: dict[Any, list[float]] = {}
        for position, value in enumerate(numbers):
            if value is not None:
                groups.setdefault(sheet.group(position), []).append(value)
        everyone = [value for values in groups.values() for value in values]
        for slip in column.slips:
            whole = _slipped(slip, everyone)
            parts = (
                [("", everyone)]
                if whole
                else [(f" of {g}", v) for g, v in groups.items() if _slipped(slip, v)]
            )
            for which, values in parts:
                if slip.half_above is not None:
                    found, severity = (
                        f"half of the {len(values)} values{which} above {slip.half_above:g}",
                        "error",
                    )
                else:
                    found = f"none of the {len(values)} values{which} above {max(values):g}"
                    severity = "error" if whole and sheet.role == "development" else "warning"
                found = f"{found} (median {median(values):g}), which looks like {slip.looks_like}"
                yield Fault(severity, None, "", name, f"a column in {column.unit}", found, slip.remedy)


def _slipped(slip: Any, values: list[float]) -> bool:
    if slip.half_above is not None:
        return len(values) >= FEWEST_FOR_MEDIAN and median(values) > slip.half_above
    if slip.all_below is not None:
        return len(values) >= FEWEST_FOR_MAXIMUM and max(values) < slip.all_below
    return False


def _codes_for_measurements(sheet: ParsedSheet) -> Iterator[Fault]:
    """0/1 codes in a column of measurements would all fall on one side of its threshold."""
    for column in sheet.schema.columns.values():
        if column.threshold is None or column.name not in sheet.values:
            continue
        texts = [row.values[column.name].strip() for row in sheet.rows]
        numbers = [t for t in texts if t.replace(".", "", 1).isdigit() and t.isascii()]
        if len(numbers) > 1 and all(float(t) in range(LARGEST_CODE + 1) for t in numbers):
            severity = "error" if len(numbers) >= FEWEST_FOR_MEDIAN else "warning"
            codes = ", ".join(sorted(set(numbers)))
            found = f"{codes} as the only numbers of {len(numbers)} rows, which look like codes"
            remedy = f"Write {' or '.join(map(str, column.values))} instead of codes."
            yield Fault(severity, None, "", column.name, f"measured values in {column.unit}", found, remedy)


def _overlap_in_time(sheet: ParsedSheet) -> Iterator[Fault]:
    name = sheet.schema.apart_in_time
    if name not in sheet.values:
        return
    days: dict[Any, list[date]] = {}
    for position, day in enumerate(sheet.values[name]):
        if day is not None and sheet.group(position) is not None:
            days.setdefault(sheet.group(position), []).append(day)
    groups = sorted(days, key=lambda group: (min(days[group]), max(days[group])))
    for earlier, later in zip(groups, groups[1:], strict=False):
        last = max(days[earlier])
        inside = sum(day <= last for day in days[later])
        if inside:
            found = f"{inside} of {len(days[later])} in {later} up to {last}, when the last of {earlier} came"
            remedy = (
                "Right if the cohorts were not meant to be split by time; otherwise correct dates or cohorts."
            )
            expected = "cohorts apart in time (else later patients may have shaped the model)"
            yield Fault("warning", None, "", name, expected, found, remedy)


def _contradictions(sheet: ParsedSheet) -> Iterator[Fault]:
    for rule in sheet.schema.contradictions:
        conditions = {name: v if isinstance(v, list) else [v] for name, v in rule["when"].items()}
        if not all(name in sheet.values for name in conditions):
            continue
        for position in range(len(sheet.rows)):
            if all(sheet.values[name][position] in allowed for name, allowed in conditions.items()):
                found = " with ".join(f"{name} {sheet.values[name][position]}" for name in conditions)
                column = next(iter(conditions))
                yield sheet.fault(
                    "warning", position, column, rule["expected"], found, "Look which is right."
                )


def has_outcomes(clinical: pd.DataFrame, schema: SheetSchema) -> bool:
    """Whether any patient has both time and event."""
    columns = [schema.survival["time"], schema.survival["event"]] if schema.survival else []
    return bool(columns) and bool(clinical[columns].notna().all(axis=1).any())


def survival_faults(
    clinical: pd.DataFrame, schema: SheetSchema, role: str, uncertain: Collection[Any] = ()
) -> Iterator[Fault]:
    """Whether each cohort has the patients and events to fit and to validate a survival model.

    Parameters
    ----------
    clinical : a row a patient, with the time, event (1 event, 0 censored) and group columns of the schema.
    role : in development every cohort of the schema must have events and censored patients (an error), and
        the one that is fitted on `fewest_events` (a warning); in predict an outcome without any event is a
        warning.
    uncertain : cohorts not to judge yet, for a cell in them is in error.
    """
    rule = schema.survival
    if not rule or (role == "predict" and not has_outcomes(clinical, schema)):
        return
    event, group = rule["event"], schema.group
    followed = clinical[clinical[[rule["time"], event]].notna().all(axis=1)]
    cohorts = schema.columns[group].values if role == "development" else clinical[group].dropna().unique()
    for cohort in cohorts:
        if cohort in uncertain:
            continue
        events = followed.loc[followed[group] == cohort, event]
        n, happened = len(events), int(events.sum())
        if not (clinical[group] == cohort).any():
            expected, found, remedy = f"patients in {cohort}", "none", f"Name them in the column {group}."
            yield Fault("error", None, "", group, expected, found, remedy)
        elif role == "predict":
            if happened == 0 and n > 0:
                expected = f"a patient with {event} 1 in {cohort}"
                remedy = "Scores are computed; validation against outcomes needs events."
                yield Fault("warning", None, "", event, expected, f"0 of {n}", remedy)
        elif n == 0 or happened in (0, n):
            expected = f"patients with and without {event} in {cohort}"
            found = f"{happened} with and {n - happened} without" if n else "nobody with follow-up"
            remedy = "A survival model cannot be fitted or validated on them: look at the coding."
            yield Fault("error", None, "", event, expected, found, remedy)
        elif cohort == rule["fitted_on"] and happened < rule["fewest_events"]:
            expected = f"at least {rule['fewest_events']} patients with {event} in {cohort}"
            remedy = "A model fitted on so few events says little."
            yield Fault("warning", None, "", event, expected, str(happened), remedy)


def kept_out(clinical: pd.DataFrame, schema: SheetSchema) -> Iterator[dict[str, str]]:
    """Ledger entries (patient, cohort, cause, excluded_from) of patients with none of the columns of a rule.

    Where nobody has any of them (new patients without outcomes), there is nothing to be kept out of.
    """
    for rule in schema.together:
        missing = clinical[list(rule["columns"])].isna().all(axis=1)
        if missing.all():
            continue
        for _, patient in clinical[missing].iterrows():
            yield {
                "patient": patient[schema.one_row_per],
                "cohort": patient[schema.group] if schema.group else "",
                "cause": rule["neither"],
                "excluded_from": rule["excluded_from"],
            }
