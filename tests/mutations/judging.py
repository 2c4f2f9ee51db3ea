"""One mutated cohort through the project's own reading, check and extraction, and what is wrong with the outcome.

An outcome is sound when the mutation was refused in clear words, or when what was used is what an independent reading
of the mutated files finds. Anything else is a defect.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from scripts.cohort.check_cases import case_table, check_case
from scripts.cohort.check_cohort import check_cohort, verdict_of
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.cohort.sheet import read_rows
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import load_schema
from scripts.errors import InputError
from scripts.radiomics.extract_features import extract_case
from scripts.radiomics.features import FEATURE_NAMES
from tests.mutations import independent

ROOT = Path(__file__).resolve().parents[2]
SCHEMA_PATH = ROOT / "config" / "schemas" / "sheets" / "crc_nomogram.yaml"
SCHEMA = load_schema(SCHEMA_PATH)
WORDS = yaml.safe_load(SCHEMA_PATH.read_text(encoding="utf-8"))["columns"]
SETTINGS = {"modality": "CT", "min_mask_voxels": 27, "allow_several_pieces": False}
JARGON = re.compile(
    r"Traceback|\b[A-Za-z]*(?:Error|Exception)\b|NoneType|object at 0x|<class|\bdtype|ndarray|\bcodec\b|invalid literal"
    r"|positional argument|index out of|out of bounds|embedded null|(?:^|[ (])b'|\b__\w+__|\bitk::|\bpyarrow\b|\bzlib\b"
)
MISSING = {"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>"}


@dataclass
class Mutated:
    """A cohort in which one thing was changed.

    Parameters
    ----------
    name : the kind of mutation. sheet : the sheet to check. target : whose files were changed, if anybody's.
    must : 'refused' or 'used' where only that is right, '' where either can be.
    grid : whether the image's own geometry was changed as well, so that the original's says nothing.
    """

    name: str
    sheet: Path
    target: str = ""
    must: str = ""
    grid: bool = False


@dataclass
class Outcome:
    """What became of a mutated cohort."""

    name: str
    verdict: str  # refused, used, excluded (only the extraction failed), crashed, hung
    words: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def judge(mutated: Mutated, records: dict[tuple[str, ...], dict], originals: dict[str, Any]) -> Outcome:
    """Check the mutated cohort and judge the outcome.

    Parameters
    ----------
    records : records of cases examined before, by the real paths of their files; files of `target` are read anew.
    originals : patient -> (matrix, shape) of its sound image.
    """
    try:
        cases = sheet_cases(mutated.sheet)
        for case in (case for own in cases.values() for case in own):
            [os.path.exists(case[kind]) for kind in ("image", "mask") if case[kind]]  # what the planning asks
        rows = read_rows(mutated.sheet)
    except InputError as error:
        outcome = Outcome(mutated.name, "refused", [str(error)])
        outcome.defects += _unclear_error(error, mutated.sheet.name)
        return _as_told(mutated, outcome)
    clinical, sheet_faults = check_sheet(rows, SCHEMA, "development", sheet=mutated.sheet)
    examined = [_examine(case, mutated, records) for own in cases.values() for case in own]
    table = case_table(examined)
    check = check_cohort(rows, clinical, sheet_faults, table, SCHEMA, "development", 0)
    words = {"sheet": mutated.sheet, "role": "development", "max_failed_cases": 0}
    message = verdict_of(check, SCHEMA, len(rows), table="faults.csv", **words)["message"]
    errors = [f for f in check.faults if f.severity == "error"]
    outcome = Outcome(mutated.name, "refused" if check.stop else "used")
    outcome.words = [f"{f.column} line {f.row}: {f.sentence()}" for f in errors] or [message]
    for fault in check.faults:
        text = fault.sentence()
        if not (fault.expected and fault.found and (fault.column or fault.row)):
            outcome.defects.append(f"a fault without place, expected or found: {fault}")
        outcome.defects += _jargon(text)
    outcome.defects += _jargon(message)
    if check.stop:
        if not errors:
            outcome.defects.append("stopped without an error")
        return _as_told(mutated, outcome)
    accounted = set(check.admitted["patient"]) | set(check.ledger["patient"])
    if accounted != {row.values["patient"] for row in rows}:
        outcome.defects.append("a patient is neither admitted nor in the ledger")
    outcome.defects += _wrong_cells(mutated.sheet, check.admitted)
    if mutated.target in set(check.admitted["patient"]):
        (case,) = cases[mutated.target]
        outcome.defects += _wrong_volumes(case, mutated, originals)
        done = extract_case(case, {})
        if done.features is None:
            outcome.verdict = "excluded"
            outcome.words.append(done.cause)
            outcome.defects += _jargon(done.cause)
            if done.story:
                outcome.defects.append(f"the extraction failed in a way that nobody foresaw: {done.story}")
        elif set(done.features) != {*FEATURE_NAMES} or not all(map(math.isfinite, done.features.values())):
            outcome.defects.append("features that are no numbers")
    return _as_told(mutated, outcome)


def _examine(case: dict[str, str], mutated: Mutated, records: dict[tuple[str, ...], dict]) -> dict:
    files = [os.path.realpath(case[kind]) if case[kind] else "" for kind in ("image", "mask")]
    key = (*files, case["image_series"], case["mask_roi"])
    if key not in records or f"/{mutated.target}/" in "".join(files) + "/" or mutated.target == "*":
        record = check_case(case, SETTINGS)
        if mutated.target:
            return record
        records[key] = record
    record = records[key] | {"patient": case["patient"], "row": None}
    record["faults"] = [f.__class__(**{**f.__dict__, "patient": case["patient"]}) for f in record["faults"]]
    return record


def _as_told(mutated: Mutated, outcome: Outcome) -> Outcome:
    if mutated.must and outcome.verdict not in (mutated.must, "excluded"):
        outcome.defects.append(f"should have been {mutated.must}")
    return outcome


def _jargon(text: str) -> Iterator[str]:
    if found := JARGON.search(text):
        yield f"words of a programmer ({found[0]}): {text}"
    if "\n\n" in text or any(ord(c) < 32 and c != "\n" for c in text):
        yield f"control characters in a message: {text!r}"


def _unclear_error(error: InputError, name: str) -> Iterator[str]:
    if name not in str(error) or not error.expected or not error.found:
        yield f"a message without place, expected or found: {error}"
    yield from _jargon(str(error))


def _wrong_volumes(case: dict[str, str], mutated: Mutated, originals: dict[str, Any]) -> Iterator[str]:
    """Differences of what the project reads from what an independent reading finds in the same files."""
    image = read_image(case["image"], series_uid=case["image_series"] or None)
    mask = read_mask(case["mask"], image, roi=case["mask_roi"] or None)
    try:
        values, grids = independent.image(Path(case["image"]), case["image_series"])
    except Exception as error:
        yield f"the image is used, but a strict reader cannot read it: {type(error).__name__}: {error}"
        return
    if values.shape != image.array.shape or not np.allclose(values, image.array, rtol=1e-6, atol=1e-6):
        yield "other voxels than an independent reading of the image"
    grid, known = independent.matrix(image), [*grids]
    if not mutated.grid:
        known.append(originals[mutated.target][0])
    if not any(np.allclose(grid, other, rtol=0, atol=2e-3) for other in known):
        yield f"another geometry than an independent reading of the image: {grid.tolist()}, {known}"
    try:
        inside = independent.mask(Path(case["mask"]), case["mask_roi"], grid, image.array.shape)
    except Exception as error:
        yield f"the mask is used, but a strict reader cannot read it: {type(error).__name__}: {error}"
        return
    if inside.shape != mask.array.shape or (inside != mask.array.astype(bool)).any():
        yield f"other voxels than an independent reading of the mask ({inside.sum()}, {mask.array.sum()})"


def _wrong_cells(sheet: Path, admitted: pd.DataFrame) -> Iterator[str]:
    """Values of the clinical table that an independent reading of the sheet does not give."""
    try:
        rows = independent.cells(sheet)
    except Exception as error:
        yield f"the sheet is used, but a strict reader cannot read it: {type(error).__name__}: {error}"
        return
    if len(rows) != len(admitted):
        yield f"{len(admitted)} patients of {len(rows)} rows"
        return
    for row, record in zip(rows, admitted.to_dict("records"), strict=True):
        for name, value in record.items():
            if name not in row:
                continue
            try:
                expected = _interpret(name, str(row[name]))
            except (ValueError, KeyError):
                yield f"{name} '{row[name]}' is used as {value!r}"
                continue
            missing = value is None or value != value
            if (expected is None) != missing or (expected is not None and expected != value):
                yield f"{name} '{row[name]}' is used as {value!r}, not {expected!r}"


def _interpret(name: str, text: str) -> Any:
    column, bare = WORDS[name], text.strip()
    if column["kind"] == "id":
        return text
    if bare in MISSING:
        return None
    if column["kind"] == "number":
        return float(bare)
    meaning = {}
    for value, words in column["values"].items():
        for word in (str(value), *words):
            meaning[" ".join(word.split()).casefold()] = value
    folded = " ".join(bare.split()).casefold()
    if folded in meaning:
        return meaning[folded]
    if "threshold" in column:
        limit = column["threshold"]
        return limit["below"] if float(bare.lstrip("<> ")) < limit["at"] or bare[0] == "<" else limit["from"]
    return meaning[re.sub(r"\.0+$", "", folded)]


def summary(outcomes: list[Outcome]) -> dict[str, Any]:
    """How many of each verdict, and every defect with the kind of mutation."""
    verdicts: dict[str, int] = {}
    for outcome in outcomes:
        verdicts[outcome.verdict] = verdicts.get(outcome.verdict, 0) + 1
    return {"verdicts": verdicts, "defects": [(o.name, d) for o in outcomes for d in o.defects]}


def as_json(outcome: Outcome) -> str:
    """One line, for a file of outcomes."""
    return json.dumps(outcome.__dict__, ensure_ascii=False)
