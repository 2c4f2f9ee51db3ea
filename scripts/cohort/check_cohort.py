"""The whole cohort: sheet and cases together, who is admitted, and who is kept out of what and why."""

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
from scripts.cohort.class_rules import class_faults
from scripts.cohort.faults import Fault, fault_table, sort_faults
from scripts.cohort.sheet import Row, read_rows
from scripts.cohort.sheet_columns import SheetSchema
from scripts.cohort.sheet_rules import kept_out, survival_faults
from scripts.cohort.sheet_schema import load_schema
from scripts.tables import read_parquet, write_json, write_table

LEDGER = ("patient", "cohort", "step", "cause", "log", "excluded_from")


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
    rows: list[Row],
    clinical: pd.DataFrame,
    sheet_faults: list[Fault],
    cases: pd.DataFrame,
    schema: SheetSchema,
    role: str,
    max_failed_cases: int = 0,
    log: str = "",
) -> CohortCheck:
    """Put the sheet and the cases together and decide who is admitted.

    A case with an error is excluded with its cause as long as no more than `max_failed_cases` patients have
    one. Any error of the sheet or between cases stops the run: excluding patients would not mend it.

    Parameters
    ----------
    rows : the sheet.
    clinical, sheet_faults : what `check_sheet` made of it; `clinical` is indexed by line.
    cases : the records of all batches (`scripts.cohort.check_cases.RECORD`), in any order, one an image. They are
        matched by patient and image, and by order where a patient has several rows: a line inserted above changes
        no record.
    log : path of this step's log, for the ledger; the records name their own.

    Raises
    ------
    ValueError : a record belongs to no row of the sheet.
    """
    cases = _on_lines(rows, cases, schema)
    at_fault = {(fault.row, fault.column) for fault in sheet_faults if fault.severity == "error"}
    from_cases = [fault for fault in _case_faults(cases) if (fault.row, fault.column) not in at_fault]
    failed = sorted({fault.row for fault in from_cases if fault.severity == "error"})
    between = [
        fault
        for fault in [
            *_unexamined(rows, cases, schema),
            *shared_files(cases, clinical, schema),
            *side_faults(cases, clinical, schema),
            *layout_faults(cases[~cases["row"].isin(failed)]),
        ]
        if (fault.row, fault.column) not in at_fault
    ]
    admitted = clinical.drop(index=failed)
    if failed and not any(fault.severity == "error" for fault in sheet_faults):
        known = {(fault.column, fault.expected) for fault in sheet_faults}
        again = [*survival_faults(admitted, schema, role), *class_faults(admitted, schema, role)]
        between += [fault for fault in again if (fault.column, fault.expected) not in known]
    stop = len(failed) > max_failed_cases or any(f.severity == "error" for f in (*sheet_faults, *between))
    ledger = pd.DataFrame(
        [
            *_exclusions(clinical.loc[failed], from_cases, cases, schema),
            *({**entry, "step": "check_cohort", "log": log} for entry in kept_out(admitted, schema)),
        ],
        columns=list(LEDGER),
    )
    return CohortCheck(
        admitted, ledger, sort_faults([*sheet_faults, *between, *from_cases]), len(failed), stop
    )


def _on_lines(rows: list[Row], cases: pd.DataFrame, schema: SheetSchema) -> pd.DataFrame:
    """The records in the order of the sheet, each with the line that it belongs to."""
    lines: dict[str, list[int]] = {}
    for row in rows:
        lines.setdefault(row.values.get(schema.one_row_per, ""), []).append(row.line)
    ordered = cases.sort_values(["patient", "row"], kind="stable")
    turn = ordered.groupby(["patient", "image"]).cumcount()
    found = []
    for patient, k in zip(ordered["patient"], turn, strict=True):
        if k >= len(lines.get(patient, ())):
            raise ValueError(
                f"a record of '{patient}', for whom the sheet has {len(lines.get(patient, ()))} rows"
            )
        found.append(lines[patient][k])
    place = {image.column: k for k, image in enumerate(schema.images)}
    ordered = ordered.assign(row=found, place=ordered["image"].map(place))
    return ordered.sort_values(["row", "place"]).drop(columns="place")


def _case_faults(cases: pd.DataFrame) -> Iterator[Fault]:
    for line, text in zip(cases["row"], cases["faults"], strict=True):
        for entry in json.loads(text):
            yield replace(Fault(**entry), row=line)


def _unexamined(rows: list[Row], cases: pd.DataFrame, schema: SheetSchema) -> Iterator[Fault]:
    examined = set(zip(cases["row"], cases["image"], strict=True))
    for row in rows:
        for image in schema.images:
            if (row.line, image.column) not in examined:
                remedy = "Run the check again."
                patient = row.values.get(schema.one_row_per, "")
                what = "an image and mask examined" if image.mask else "an image examined"
                yield Fault("error", row.line, patient, image.column, what, "no record", remedy)


def shared_files(cases: pd.DataFrame, clinical: pd.DataFrame, schema: SheetSchema) -> Iterator[Fault]:
    """An error for each image (or, with another image, mask) that is voxel by voxel one before it, of any row.

    Parameters
    ----------
    cases : records with `row`, `patient`, `image`, `image_digest` and `mask_digest`, in the order of the sheet.
    clinical : indexed by line, for the cohorts.
    """
    masks = {image.column: image.mask for image in schema.images}
    for kind in ("image", "mask"):
        first: dict[str, Any] = {}
        for record in cases.to_dict("records"):
            content = record[f"{kind}_digest"]
            if not isinstance(content, str):
                continue
            other = first.setdefault(content, record)
            same_image = kind == "mask" and record["image_digest"] == other["image_digest"]
            if other is record or same_image:
                continue
            column, theirs = (
                masks[one["image"]] if kind == "mask" else one["image"] for one in (record, other)
            )
            if record["row"] == other["row"]:
                expected, found = f"another {kind} in every column", f"the same voxels as its {theirs}"
                remedy = f"Give each image its own {kind}."
            else:
                place = "" if theirs == column else f", {theirs}"
                leak = _leak(record, other, clinical, schema)
                expected = f"another {kind} in every row"
                found = f"the same voxels as '{other['patient']}' in line {other['row']}{place}{leak}"
                remedy = f"Give each patient the own {kind}, or keep one of the rows."
            yield Fault("error", record["row"], record["patient"], column, expected, found, remedy)


def _leak(record: dict[str, Any], other: dict[str, Any], clinical: pd.DataFrame, schema: SheetSchema) -> str:
    """What it does that two rows share something, where they are of two cohorts."""
    if not schema.group:
        return ""
    cohorts = clinical.loc[[other["row"], record["row"]], schema.group].tolist()
    if all(isinstance(c, str) for c in cohorts) and cohorts[0] != cohorts[1]:
        return f" in {cohorts[0]}, here in {cohorts[1]} (leakage between the cohorts)"
    return ""


def layout_faults(cases: pd.DataFrame) -> Iterator[Fault]:
    """An error for each patient whose recordings have other sensors than those of most, or another order of them.

    Parameters
    ----------
    cases : records with `row`, `patient`, `image` and `layout` (missing where an image is no recording).
    """
    for column, records in cases[cases["layout"].notna()].groupby("image", sort=False):
        counts = records["layout"].value_counts(sort=False)
        usual = counts.index[counts.to_numpy().argmax()]
        shared = f"the sensors of the other patients ({counts[usual]} of {len(records)}), in their order"
        for record in records[records["layout"] != usual].to_dict("records"):
            remedy = "Put them into one order with MNE-Python, or keep recordings of one system."
            found = "other names of sensors, or another order"
            yield Fault("error", record["row"], record["patient"], column, shared, found, remedy)


def side_faults(cases: pd.DataFrame, clinical: pd.DataFrame, schema: SheetSchema) -> Iterator[Fault]:
    """An error for each mask on another side than the sheet says, or than the patient's other mask where it says none.

    Parameters
    ----------
    cases : records with `row`, `patient`, `image` and `side` (missing where it could not be told).
    clinical : indexed by line, for the side of the sheet.
    """
    if not schema.side:
        return
    masks = {image.column: image.mask for image in schema.images}
    said: dict[int, tuple[str, str]] = {}
    for record in cases.to_dict("records"):
        if not isinstance(record["side"], str):
            continue
        line, mask, given = record["row"], masks[record["image"]], clinical.at[record["row"], schema.side]
        source, side = (
            (schema.side, given) if isinstance(given, str) else said.setdefault(line, (mask, record["side"]))
        )
        if side != record["side"]:
            yield Fault(
                "error", line, record["patient"], mask, f"a mask on the {side}, as {source} says",
                f"one on the {record['side']} of the body",
                f"Correct {source}, or look whether the image or its mask is of another patient or mirrored.",
            )  # fmt: skip


def _exclusions(
    failed: pd.DataFrame, faults: Iterable[Fault], cases: pd.DataFrame, schema: SheetSchema
) -> Iterator[dict[str, Any]]:
    causes: dict[int | None, list[str]] = {}
    for fault in faults:
        if fault.severity == "error":
            causes.setdefault(fault.row, []).append(
                f"{fault.column}: expected {fault.expected}, found {fault.found}"
            )
    logs = dict(zip(cases["row"], cases["log"].fillna(""), strict=True))
    for line, patient in failed.iterrows():
        yield {
            "patient": patient[schema.one_row_per],
            "cohort": patient[schema.group] if schema.group else "",
            "step": "check_cases",
            "cause": "; ".join(causes[line]),
            "log": logs[line],
            "excluded_from": "all",
        }


def verdict_of(check: CohortCheck, schema: SheetSchema, n_rows: int, **words: Any) -> dict[str, Any]:
    """The check as JSON: counts, whether to stop, and the message for the terminal.

    Parameters
    ----------
    words : `sheet`, `role`, `table` (path of the fault table) and `max_failed_cases`, for the message.
    """
    severities = Counter(fault.severity for fault in check.faults)
    cohorts = check.admitted[schema.group].dropna().value_counts(sort=False).to_dict() if schema.group else {}
    verdict = {
        "sheet": str(words["sheet"]),
        "role": words["role"],
        "rows": n_rows,
        "admitted": len(check.admitted),
        "excluded": check.failed,
        "max_failed_cases": words["max_failed_cases"],
        "cohorts": {str(name): int(n) for name, n in cohorts.items()},
        "kept_out": dict(Counter(check.ledger.loc[check.ledger["step"] == "check_cohort", "cause"])),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "stop": check.stop,
    }
    return {**verdict, "message": verdict_message(verdict, check.faults, str(words["table"]))}


def main(job: Any) -> None:
    """Write the table of faults, the clinical table of the admitted, the ledger and the verdict."""
    settings = job.settings
    schema = load_schema(job.input.schema)
    rows = read_rows(job.input.sheet)
    clinical, faults = check_sheet(rows, schema, settings["role"], sheet=job.input.sheet)
    cases = pd.concat([read_parquet(path) for path in job.input.cases], ignore_index=True)
    allowed = settings["max_failed_cases"]
    log = str(job.log or "")
    check = check_cohort(rows, clinical, faults, cases, schema, settings["role"], allowed, log)
    words = {"sheet": job.input.sheet, "role": settings["role"], "max_failed_cases": allowed}
    verdict = verdict_of(check, schema, len(rows), table=job.output.faults, **words)
    write_table(fault_table(check.faults), job.output.faults)
    write_table(check.admitted, job.output.clinical)
    write_table(check.ledger, job.output.ledger)
    write_json(verdict, job.output.verdict)
    print(verdict["message"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
