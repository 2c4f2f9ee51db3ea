"""The whole cohort: the sheet and every case together, who is admitted, and who is kept out of what and why."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from scripts.cohort.admission import verdict_message
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.faults import Fault, fault_table, sort_faults
from scripts.cohort.sheet import read_rows
from scripts.cohort.sheet_columns import SheetSchema
from scripts.cohort.sheet_rules import kept_out, survival_faults
from scripts.cohort.sheet_schema import load_schema
from scripts.tables import write_json, write_table

LEDGER = ("patient", "cohort", "step", "cause", "excluded_from")


@dataclass(frozen=True)
class CohortCheck:
    """What the check of a cohort came to.

    Parameters
    ----------
    admitted : the clinical table without the patients whose case failed.
    ledger : a row for each patient and what it is kept out of; columns `LEDGER`.
    faults : of the sheet, of the cases and between cases; errors first.
    failed : number of patients whose case failed.
    stop : whether the run must not go on.
    """

    admitted: pd.DataFrame
    ledger: pd.DataFrame
    faults: list[Fault]
    failed: int
    stop: bool


def check_cohort(
    clinical: pd.DataFrame,
    sheet_faults: list[Fault],
    cases: pd.DataFrame,
    schema: SheetSchema,
    role: str,
    max_failed_cases: int = 0,
) -> CohortCheck:
    """Put the sheet and the cases together and decide who is admitted.

    A case with an error is excluded with its cause as long as no more than `max_failed_cases` patients have one. Any
    error of the sheet or between cases stops the run: excluding patients would not mend it.

    Parameters
    ----------
    clinical, sheet_faults : from `scripts.cohort.check_sheet.check_sheet`; `clinical` is indexed by line.
    cases : the records of all batches (`scripts.cohort.check_cases.RECORD`), in any order. They are matched by
        patient, and by order where a patient has several rows; their own `row` is not used.

    Raises
    ------
    ValueError : a record is of no patient of the sheet.
    """
    cases = _on_lines(clinical, cases, schema)
    at_fault = {(fault.row, fault.column) for fault in sheet_faults if fault.severity == "error"}
    from_cases = [fault for fault in _case_faults(cases) if (fault.row, fault.column) not in at_fault]
    failed = sorted({fault.row for fault in from_cases if fault.severity == "error"})
    between = [
        fault
        for fault in [*_unexamined(clinical, cases, schema, at_fault), *shared_files(cases, clinical, schema)]
        if (fault.row, fault.column) not in at_fault
    ]
    admitted = clinical.drop(index=failed)
    if failed and schema.survival and not any(fault.severity == "error" for fault in sheet_faults):
        known = {(fault.column, fault.expected) for fault in sheet_faults}
        again = survival_faults(admitted, schema, role)
        between += [fault for fault in again if (fault.column, fault.expected) not in known]
    faults = sort_faults([*sheet_faults, *between, *from_cases])
    stop = len(failed) > max_failed_cases or any(f.severity == "error" for f in (*sheet_faults, *between))
    ledger = pd.DataFrame(
        [
            *_exclusions(clinical, failed, from_cases, schema),
            *({**entry, "step": "check_cohort"} for entry in kept_out(admitted, schema)),
        ],
        columns=list(LEDGER),
    )
    return CohortCheck(admitted, ledger, faults, len(failed), stop)


def _on_lines(clinical: pd.DataFrame, cases: pd.DataFrame, schema: SheetSchema) -> pd.DataFrame:
    """The records with the line of the sheet that each belongs to, in the order of the sheet."""
    lines: dict[Any, list[int]] = {}
    for line, patient in clinical["sheet_patient"].items():
        lines.setdefault(patient, []).append(line)
    strangers = sorted(set(cases["patient"]) - set(lines))
    if strangers:
        raise ValueError(f"records of patients that the sheet does not have: {', '.join(strangers[:5])}")
    ordered = cases.sort_values(["patient", "row"], kind="stable")
    place = ordered.groupby("patient").cumcount()
    found = [
        lines[patient][k] if k < len(lines[patient]) else None
        for patient, k in zip(ordered["patient"], place, strict=True)
    ]
    return ordered.assign(row=found).dropna(subset="row").astype({"row": int}).sort_values("row")


def _case_faults(cases: pd.DataFrame) -> Iterator[Fault]:
    for line, text in zip(cases["row"], cases["faults"], strict=True):
        for entry in json.loads(text):
            yield replace(Fault(**entry), row=int(line))
