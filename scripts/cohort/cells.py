"""One cell of a sample sheet: its text to a value, or what is wrong with it in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scripts.cohort.faults import shown
from scripts.cohort.sheet_columns import Column, fold
from scripts.errors import nearest

MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>"})
LONGEST_ID = 64
FEWEST_LETTERS = 3  # shorter words are near too many others for a hint
_SPREADSHEET_ERROR = re.compile(r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|#+)", re.IGNORECASE)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_MONTH_NAME = re.compile(rf"\d{{1,4}}[-/. ]{_MONTH}([-/. ]\d{{2,4}})?|{_MONTH}[-/. ]\d{{2,4}}", re.IGNORECASE)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?")
_DAY_MONTH_YEAR = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?([0-9]+(,[0-9]+)+(\.[0-9]+)?|,[0-9]+)")
_NUMBER_AND_UNIT = re.compile(r"([+-]?[0-9]+\.?[0-9]*) *[A-Za-zµ/%]+\.?")
_BOUND = re.compile(r"([<>]=?|≤|≥) *([0-9]+\.?[0-9]*|\.[0-9]+)")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]+")
_NAME = re.compile(r"[^\W\d_]{2,}[ ,]+[^\W\d_]{2,}")  # two words of letters
_UNSAFE = re.compile(r'[/\\:*?"<>|]')
_DAY_ZERO = date(1899, 12, 30)  # of spreadsheets' day numbers


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell; the place is added by the caller."""

    severity: str
    expected: str
    found: str
    remedy: str = ""


Reading = tuple[Any, Problem | None]


def read_cell(column: Column, text: str, today: date) -> Reading:
    """The value of a cell and its problem, if any.

    Returns
    -------
    (value, problem) : value is None where the cell is missing or in error, but a number that is only out of
        range is given along with its problem; a warning always comes with a value. Numbers are floats in the
        unit of their column, dates are datetime.date, categories their canonical value.
    """
    kind = column.kind
    bare = text if kind in ("id", "path", "text") else text.strip()
    if bare.strip() in MISSING:
        if column.may_be_empty:
            return None, None
        return _error(_wanted(column), "nothing" if not bare.strip() else shown(bare), "Fill in the cell.")
    if _SPREADSHEET_ERROR.fullmatch(bare.strip()):
        found = f"{shown(bare)}, an error of the spreadsheet"
        return _error(_wanted(column), found, "Mend the formula, or leave the cell empty if it is unknown.")
    return _READERS[kind](column, bare, today)


def _error(expected: str, found: str, remedy: str = "") -> Reading:
    return None, Problem("error", expected, found, remedy)


def _wanted(column: Column) -> str:
    if column.kind == "category":
        values = " or ".join(", ".join(map(str, column.values)).rsplit(", ", 1))
        return f"{values}, or a number in {column.unit}" if column.threshold else values
    words = {
        "id": "an identifier",
        "path": "the path of a file or folder",
        "text": column.form or "text",
        "number": f"a number in {column.unit}",
        "date": "a date as YYYY-MM-DD",
    }
    return words[column.kind]


def identity(text: str) -> str:
    """What two identifiers share when one is the other with other capitals or without its leading zeros."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return folded.lstrip("0") if folded.isdigit() else folded


def _read_id(column: Column, text: str, today: date) -> Reading:
    found = shown(text)
    if text != text.strip():
        return _error("an identifier without spaces at its ends", found, f"Write {shown(text.strip())}.")
    invisible = next((c for c in text if not c.isprintable() or (c.isspace() and c != " ")), None)
    if invisible is not None:
        name = unicodedata.name(invisible, f"U+{ord(invisible):04X}")
        remedy = "Type the identifier again."
        return _error("an identifier of visible characters", f"{found} with the character {name}", remedy)
    if unsafe := _UNSAFE.search(text):
        remedy = "Use letters, digits, - and _."
        return _error("an identifier that can be part of a file name", f"{found} with '{unsafe[0]}'", remedy)
    if text.startswith("."):
        return _error("an identifier that can be part of a file name", f"{found}, which begins with a point")
    if len(text) > LONGEST_ID:
        remedy = "Give the patient a shorter one."
        return _error(f"an identifier of at most {LONGEST_ID} characters", f"{len(text)} of them", remedy)
    if _NAME.match(text):
        remedy = "Tables and pictures of a report show it: give every patient a code instead."
        return text, Problem("warning", "a code", f"{found}, which looks like a name", remedy)
    if _SCIENTIFIC.fullmatch(text):
        remedy = "A spreadsheet shortened a long number: format the column as text and enter it again."
        return _error("an identifier", f"{found}, a number in powers of ten", remedy)
    if _MONTH_NAME.fullmatch(text) or re.fullmatch(r"[0-9]+\.0", text):
        what = "a date" if _MONTH_NAME.fullmatch(text) else "a decimal"
        remedy = "If a spreadsheet changed it, format the column as text and enter it again."
        return text, Problem("warning", "an identifier", f"{found}, {what}", remedy)
    return text, None


def _read_path(column: Column, text: str, today: date) -> Reading:
    bare = text.strip()
    if text != bare:
        return _error("a path without spaces at its ends", shown(text), f"Write {shown(bare)}.")
    if bare[0] in "\"'" and bare[-1] == bare[0]:
        return _error("a path", f"{shown(bare)} in quotes", "Take the quotes away.")
    if bare.startswith("~"):
        return _error(
            "a path from the folder of the sheet or from the root", shown(bare), "Write it in full."
        )
    if any(not c.isprintable() for c in bare):
        return _error("a path of visible characters", shown(bare), "Type the path again.")
    if "{" in bare or "}" in bare:
        return _error("a path without braces", shown(bare), "Rename the file or folder.")
    return text, None


def _read_text(column: Column, text: str, today: date) -> Reading:
    bare = text.strip()
    if column.longest is not None and len(bare) > column.longest:
        return _error(f"{_wanted(column)} of at most {column.longest} characters", f"{len(bare)} of them")
    if column.pattern and not re.fullmatch(column.pattern, bare):
        return _error(_wanted(column), shown(bare))
    if any(not c.isprintable() for c in bare):
        return _error(f"{_wanted(column)} of visible characters", shown(bare), "Type it again.")
    return bare, None


def _read_number(column: Column, text: str, today: date) -> Reading:
    if not _NUMBER.fullmatch(text):
        return _no_number(column, text)
    value = float(text)
    bounds = (
        (column.above, "above", lambda bound: value <= bound),
        (column.min, "at least", lambda bound: value < bound),
        (column.max, "at most", lambda bound: value > bound),
    )
    for bound, words, outside in bounds:
        if bound is not None and outside(bound):
            found, remedy = shown(text), "Correct it, or leave the cell empty if it is unknown."
            for slip in column.slips:
                if slip.start is not None and slip.start <= value <= slip.end:
                    found, remedy = f"{found}, which looks like {slip.looks_like}", slip.remedy
            number = value if value not in (float("inf"), float("-inf")) else None
            return number, Problem("error", f"{_wanted(column)} {words} {bound:g}", found, remedy)
    if column.plausible and not column.plausible[0] <= value <= column.plausible[1]:
        low, high = column.plausible
        expected = f"{_wanted(column)} between {low:g} and {high:g}"
        return value, Problem("warning", expected, shown(text), "Look whether it is right.")
    return value, None


def _no_number(column: Column, text: str) -> Reading:
    found, remedy = shown(text), "Leave the cell empty if it is unknown."
    if not column.may_be_empty:
        remedy = ""
    if _COMMA.fullmatch(text):
        found = f"{found} with a decimal comma"
        remedy = "Write decimals with a point and thousands without a mark."
    elif _ISO_DATE.fullmatch(text) or _MONTH_NAME.fullmatch(text) or _DAY_MONTH_YEAR.fullmatch(text):
        found, remedy = f"{found}, a date", f"Write the number of {column.unit}."
    elif unit := _NUMBER_AND_UNIT.fullmatch(text):
        found, remedy = f"{found}, a number with its unit", f"Write {unit[1]} if that is in {column.unit}."
    elif _BOUND.fullmatch(text):
        found, remedy = f"{found}, a bound", "Write the number alone."
    return _error(_wanted(column), found, remedy)


def _read_category(column: Column, text: str, today: date) -> Reading:
    words = column.words
    folded = fold(text)
    if folded in words:
        return words[folded], None
    if folded in column.refused:
        return _error(_wanted(column), f"{shown(text)} ({column.refused[folded]})")
    if column.threshold:
        reading = _read_measurement(column, text)
        if reading is not None:
            return reading
    if whole := re.fullmatch(r"([+-]?[0-9]+)\.0+", text):
        if whole[1] in words:
            remedy = f"It was read as {whole[1]}."
            return words[whole[1]], Problem("warning", _wanted(column), f"{shown(text)}, a decimal", remedy)
        if whole[1] in column.refused:
            return _error(_wanted(column), f"{shown(text)} ({column.refused[whole[1]]})")
    if _MONTH_NAME.fullmatch(text) or _ISO_DATE.fullmatch(text):
        remedy = "A spreadsheet may have changed it: format the column as text and enter it again."
        return _error(_wanted(column), f"{shown(text)}, a date", remedy)
    hint = nearest(folded, words).strip() if sum(c.isalpha() for c in text) >= FEWEST_LETTERS else ""
    if not hint and column.may_be_empty:
        hint = "Leave the cell empty if it is unknown."
    return _error(_wanted(column), shown(text), hint)


def _read_measurement(column: Column, text: str) -> Reading | None:
    """A measured value against the column's threshold; None where `text` is no number of any kind."""
    limit = column.threshold
    if _NUMBER.fullmatch(text):
        value = float(text)
        if value < 0 or value > limit.max:
            words = "of 0 or more" if value < 0 else f"of at most {limit.max:g}"
            return _error(
                f"a number in {column.unit} {words}", shown(text), "Leave the cell empty if it is unknown."
            )
        return (limit.below if value < limit.at else limit.start), None
    if bound := _BOUND.fullmatch(text):
        value = float(bound[2])
        if bound[1] == "<" and value <= limit.at or bound[1] in ("<=", "≤") and value < limit.at:
            return limit.below, None
        if bound[1] in (">", ">=", "≥") and value >= limit.at:
            return limit.start, None
        return _error(_wanted(column), f"{shown(text)}, which may be on either side of {limit.at:g}")
    if _COMMA.fullmatch(text) or _NUMBER_AND_UNIT.fullmatch(text):
        return _no_number(column, text)
    return None


def _read_date(column: Column, text: str, today: date) -> Reading:
    expected = _wanted(column)
    parts = _ISO_DATE.fullmatch(text)
    if parts is None:
        remedy = "Format the column as YYYY-MM-DD."
        if re.fullmatch(r"[0-9]{5}", text):
            day = _DAY_ZERO + timedelta(days=int(text))
            return _error(
                expected, f"{shown(text)}, a spreadsheet's day number", f"Write {day.isoformat()} if so."
            )
        if _DAY_MONTH_YEAR.fullmatch(text):
            return _error(expected, f"{shown(text)}, not year, month, day", remedy)
        return _error(expected, shown(text), remedy)
    try:
        value = date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError as error:
        return _error(expected, f"{shown(text)} ({error})")
    if value > today:
        return _error(f"a date up to today ({today.isoformat()})", f"{shown(text)}, in the future")
    if column.earliest and value < column.earliest:
        return _error(f"a date from {column.earliest.isoformat()} on", shown(text))
    return value, None


_READERS: dict[str, Callable[[Column, str, date], Reading]] = {
    "id": _read_id,
    "path": _read_path,
    "text": _read_text,
    "number": _read_number,
    "category": _read_category,
    "date": _read_date,
}
