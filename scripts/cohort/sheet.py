"""The sample sheet as text: CSV, TSV, XLSX or Parquet, each row with its line in the file.

`read_rows` knows nothing of what the columns mean; `scripts.cohort.check_sheet` does. The Snakefile imports
this module: nothing outside the standard library is imported before a workbook or a Parquet file asks for it.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from scripts.errors import InputError

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet")
UNREADABLE = "a file that cannot be read"
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True)
class Row:
    """One row of a sheet.

    Parameters
    ----------
    line : where it stands in the file; the header is line 1, and a spreadsheet's row numbers are lines.
    values : the text of each cell by column name, as it stands (no space is cut); '' where the cell is empty.
    """

    line: int
    values: dict[str, str]


def read_rows(path: str | Path) -> list[Row]:
    """Read a sample sheet whole, as text.

    CSV with commas or semicolons and TSV, UTF-8 with or without a byte order mark; the first worksheet of an
    XLSX; Parquet (its rows count as lines 2, 3, ...). Rows without any value are passed over. Dates come as
    YYYY-MM-DD, whole numbers without a decimal point, logical values as TRUE and FALSE; an identifier such as
    001 stays as it is.

    Raises
    ------
    InputError : the file is missing, empty, of another kind or encoding, has no header or no row under it,
        names a column twice or not at all, has a row longer or shorter than its header, or holds NUL bytes or
        a quote without its partner.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        remedy = "Save the workbook as .xlsx." if ending in (".xls", ".xlsm", ".ods") else ""
        raise InputError(str(path), "a sample sheet ending in " + ", ".join(ENDINGS), f"'{ending}'", remedy)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError(str(path), "a sample sheet", "a folder", "Name the file inside it.")
        if not path.is_file():
            raise InputError(str(path), "a sample sheet", "a pipe or device, no file")
        if size == 0:
            raise InputError(
                str(path), "a sample sheet", "an empty file", "Write a header and a row a patient."
            )
        readers = {".xlsx": _workbook_records, ".parquet": _parquet_records}
        records = readers.get(ending, _text_records)(path)
    except FileNotFoundError:
        raise InputError(str(path), "a sample sheet", "no such file", _neighbours(path)) from None
    except OSError as error:
        raise InputError(str(path), "a readable file", error.strerror or str(error)) from error
    return _rows(path, records)


def resolve_path(text: str, sheet: str | Path) -> str:
    """The file that a cell of `sheet` names: a relative path is counted from the folder of the sheet."""
    return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(sheet)), text))


def _neighbours(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder '{folder}' either."
    sheets = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
    return f"In that folder: {', '.join(sheets[:5])}." if sheets else "That folder holds no sheet."


def _rows(path: Path, records: Iterator[tuple[int, list[str]]] | list[tuple[int, list[str]]]) -> list[Row]:
    """Turn numbered records (header first) into rows; every fault of the frame is refused here."""
    records = [(line, cells) for line, cells in records if line == 1 or any(c.strip() for c in cells)]
    if not records or records[0][0] != 1 or not any(c.strip() for c in records[0][1]):
        raise InputError(f"{path}, line 1", "the column names", "no header", "Write the header in line 1.")
    _refuse_nul(path, records)
    header, body = [name.strip() for name in records[0][1]], records[1:]
    width, named = len(header), len(header)
    while named and not header[named - 1] and not any("".join(c[named - 1 : named]).strip() for _, c in body):
        named -= 1  # the empty columns that a spreadsheet appends
    names = header[:named]
    body = [(line, cells[:named] if len(cells) <= width else cells) for line, cells in body]
    _refuse_header(path, names)
    if not body:
        raise InputError(str(path), "a row a patient under the header", "a header alone", "Add the patients.")
    ragged = [(line, len(cells)) for line, cells in body if len(cells) != len(names)]
    if ragged:
        shown = ", ".join(f"{count} in line {line}" for line, count in ragged[:5])
        more = f" and {len(ragged) - 5} more such lines" if len(ragged) > 5 else ""
        raise InputError(
            str(path),
            f"{len(names)} cells in every row, as in the header",
            shown + more,
            "Write decimals with a point, put a text that holds the separator in double quotes, and give an "
            "empty cell its separator.",
        )
    return [Row(line, dict(zip(names, cells, strict=True))) for line, cells in body]


def _refuse_nul(path: Path, records: list[tuple[int, list[str]]]) -> None:
    line = next((line for line, cells in records if any("\0" in cell for cell in cells)), None)
    if line is not None:
        remedy = "The file is damaged or is no text: export it again."
        raise InputError(f"{path}, line {line}", "text", "a NUL byte", remedy)


def _refuse_header(path: Path, names: list[str]) -> None:
    where = f"{path}, line 1"
    for position, name in enumerate(names, start=1):
        if not name:
            raise InputError(
                where, "a name for every column", f"none for column {position}", "Name the column."
            )
        if _NUMBER.fullmatch(name):
            remedy = "Line 1 looks like a patient: put a header above it."
            raise InputError(where, "column names", f"the number '{name}' in column {position}", remedy)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        found = ", ".join(f"'{name}' {names.count(name)} times" for name in twice)
        raise InputError(where, "every column name once", found, "Rename or delete the second.")


# Text


def _text_records(path: Path) -> list[tuple[int, list[str]]]:
    data = path.read_bytes()
    if data.startswith(b"PK\x03\x04"):
        remedy = "Rename it to .xlsx, or save it as CSV (UTF-8)."
        raise InputError(str(path), "text", "a zip container such as an Excel workbook", remedy)
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            raise InputError(str(path), "UTF-8 text", f"{encoding} text", "Save it as CSV (UTF-8).")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        remedy = "The file is damaged or is no text: export it again."
        raise InputError(f"{path}, line {line}", "text", "a NUL byte", remedy)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"the byte 0x{data[error.start]:02X}, which is not UTF-8"
        remedy = "The file is probably in Windows-1252 or Latin-1: save it as CSV (UTF-8)."
        raise InputError(f"{path}, line {line}", "UTF-8 text", found, remedy) from None
    if not text.strip():
        raise InputError(str(path), "a sample sheet", "an empty file", "Write a header and a row a patient.")
    return _split(path, text, _separator(path, text))


def _separator(path: Path, text: str) -> str:
    """Tab for .tsv; for .csv whichever of comma and semicolon the header has more of outside quotes."""
    header = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", text, maxsplit=1)[0])
    if path.suffix.lower() == ".tsv":
        if "\t" not in header and ("," in header or ";" in header):
            raise InputError(
                f"{path}, line 1", "columns separated by tabs", "no tab", "Rename the file to .csv."
            )
        return "\t"
    if "\t" in header and "," not in header and ";" not in header:
        remedy = "Rename the file to .tsv."
        raise InputError(f"{path}, line 1", "columns separated by commas or semicolons", "tabs", remedy)
    return ";" if header.count(";") > header.count(",") else ","


def _split(path: Path, text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records = []
    before = 0
    try:
        for cells in reader:
            records.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        remedy = "Look for a double quote without its partner; inside a quoted text, double it."
        raise InputError(
            f"{path}, line {before + 1}", "cells in matching quotes", str(error), remedy
        ) from None
    return records


# Workbooks


def _workbook_records(path: Path) -> list[tuple[int, list[str]]]:
    cells = _worksheet(path, stored_results=False)
    if any(kind == "f" for row in cells for _, kind, _ in row):
        results = _worksheet(path, stored_results=True)
        for line, (row, result_row) in enumerate(zip(cells, results, strict=True), start=1):
            for position, (cell, result) in enumerate(zip(row, result_row, strict=True), start=1):
                if cell[1] == "f" and result[0] is None and result[1] != "str":  # 'str': an empty text
                    found = f"a formula without a stored result in column {position}"
                    remedy = "Open and save the workbook in a spreadsheet program, or paste the values."
                    raise InputError(f"{path}, line {line}", "values", found, remedy)
        cells = results
    width = max((len(row) for row in cells), default=0)
    return [
        (line, [_cell_text(value, form) for value, _, form in row] + [""] * (width - len(row)))
        for line, row in enumerate(cells, start=1)
    ]


def _worksheet(path: Path, stored_results: bool) -> list[list[tuple[Any, str, str]]]:
    """(value, data type, number format) of every cell of the first worksheet."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=stored_results)
        try:
            if not book.worksheets:
                raise InputError(str(path), "a worksheet", "none", "Put the patients in the first worksheet.")
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            return [
                [(c.value, c.data_type, c.number_format if c.value is not None else "") for c in row]
                for row in sheet.iter_rows()
            ]
        finally:
            book.close()
    except InputError:
        raise
    except Exception as error:  # a damaged archive makes its readers raise whatever they come to
        remedy = "Open it in a spreadsheet program and save it as .xlsx, without a password."
        raise InputError(str(path), "an XLSX workbook", UNREADABLE, remedy) from error


def _cell_text(value: Any, number_format: str = "") -> str:
    """A value as a person reads it in the cell, but numbers to the 15 digits that a workbook keeps."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        if number_format.endswith("%"):
            return f"{value * 100:.15g}%"
        text = _number_text(value)
        return text.zfill(len(number_format)) if re.fullmatch("0{2,}", number_format) else text
    return str(value)


def _number_text(value: float, digits: int = 15) -> str:
    if isinstance(value, int):
        return str(value)
    return "" if value != value else f"{value:.{digits}g}"


# Parquet


def _parquet_records(path: Path) -> list[tuple[int, list[str]]]:
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True).read()
        columns = [
            _column_texts(path, field, column)
            for field, column in zip(table.schema, table.columns, strict=True)
        ]
    except InputError:
        raise
    except Exception as error:  # as for workbooks
        raise InputError(str(path), "a Parquet table", UNREADABLE, "Write it again.") from error
    records = [(1, list(table.column_names))]
    records += [(line, list(cells)) for line, cells in enumerate(zip(*columns, strict=True), start=2)]
    return records


def _column_texts(path: Path, field: Any, column: Any) -> list[str]:
    import pyarrow
    import pyarrow.types as kinds

    kind = field.type.value_type if kinds.is_dictionary(field.type) else field.type
    if kinds.is_nested(kind) or kinds.is_binary(kind) or kinds.is_large_binary(kind):
        remedy = "Write the column as text, numbers or dates."
        raise InputError(f"{path}, column '{field.name}'", "one value a cell", f"{field.type} values", remedy)
    if kinds.is_timestamp(kind):  # pandas and Arrow write nanoseconds, which datetime cannot hold
        column = column.cast(pyarrow.timestamp("us"), safe=False)
    digits = 7 if kinds.is_float32(kind) or kinds.is_float16(kind) else 15
    return [_number_text(v, digits) if isinstance(v, float) else _cell_text(v) for v in column.to_pylist()]
