"""Gene expression tables: patients x genes whichever way the file lies, on a log scale or refused."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.errors import FaultList, InputError
from scripts.tables import read_parquet

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
LOG_LIMIT = 50.0
MOST_FAULTS = 10
LOG_REMEDY = "Give log2(x + 1) of counts per million (or of TPM or FPKM)."


def read_expression(path: str | Path, patients: Iterable[str] | None = None) -> pd.DataFrame:
    """Read an expression table as patients x genes.

    Parameters
    ----------
    path : .csv, .tsv or .txt (tabs), each also .gz, or .parquet. The first row and the first column hold the
        names of patients and genes, either way round. Missing values are empty or NA.
    patients : ids of the study's patients. The side of the table that holds them is the patients' side, and
        only they are returned, in the file's order (others would shift the mean on which genes are centred).
        Without them every row is taken for a patient.

    Returns
    -------
    DataFrame of floats: index patient ids (text), columns genes in the file's order. A gene may stand in
    several columns (`functional_spectra` says what becomes of them).

    Raises
    ------
    InputError : not readable, patients on both sides or on none, a patient twice, not on a log scale (values
        above 50, or nothing but whole numbers: counts), infinite values.
    FaultList : cells that are no number, by row and column.
    """
    path = Path(path)
    where = str(path)
    table = _read_parquet(path) if path.suffix == ".parquet" else _read_text(path)
    if patients is not None:
        table = _patients_as_rows(table, {str(patient) for patient in patients}, where)
    repeated = table.index[table.index.duplicated()].unique()
    if len(repeated):
        listing = ", ".join(repeated[:5]) + (f" and {len(repeated) - 5} more" if len(repeated) > 5 else "")
        raise InputError(where, "each patient once", f"{listing} more than once", "Keep one sample.")
    table = _numbers(table, where)
    _require_log_scale(table, where)
    return table


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(str(path), "a readable Parquet table", str(error)) from error
    if isinstance(table.index, pd.RangeIndex) and table.shape[1]:
        table = table.set_index(table.columns[0])
    return _named(table, str(path))


def _read_text(path: Path) -> pd.DataFrame:
    """The table as it lies, names as text; a line with too few or too many fields is refused."""
    endings = [suffix for suffix in path.suffixes[-2:] if suffix != ".gz"]
    separator = SEPARATORS.get(endings[-1]) if endings else None
    if separator is None:
        raise InputError(str(path), "a .csv, .tsv, .txt (each also .gz) or .parquet table", f"'{path.name}'")
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader([next(stream, "")], delimiter=separator), [])
            widths = [
                (number, line.count(separator) + 1)
                for number, line in enumerate(stream, start=2)
                if line.strip() and '"' not in line
            ]
        if widths and widths[0][1] == len(header) + 1:  # R's write.table leaves the corner out
            header = ["", *header]
        odd = [(number, width) for number, width in widths if width != len(header)]
        if odd:
            raise FaultList(
                str(path),
                [f"line {n}: {w} fields, the header has {len(header)}" for n, w in odd[:MOST_FAULTS]],
            )
        table = pd.read_csv(path, sep=separator, header=None, skiprows=1, dtype={0: str}, low_memory=False)
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(str(path), "a readable table", str(error).strip()) from error
    index = table.pop(0)
    if table.shape[1] == 0:
        raise InputError(str(path), f"columns separated by {separator!r}", "one column")
    table.columns = header[1:]
    table.index = index
    return _named(table, str(path))


def _named(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Both sides' names as text, without spaces around them; what has no name is left out."""
    if table.empty:
        raise InputError(where, "patients and genes", f"{table.shape[0]} rows, {table.shape[1]} columns")
    names = [pd.Index(side).astype("string").fillna("").str.strip() for side in (table.index, table.columns)]
    table = table.set_axis(names[0].astype(object), axis=0).set_axis(names[1].astype(object), axis=1)
    return table.loc[table.index != "", table.columns != ""].rename_axis(index=None, columns=None)


def _patients_as_rows(table: pd.DataFrame, patients: set[str], where: str) -> pd.DataFrame:
    in_rows, in_columns = table.index.isin(patients), table.columns.isin(patients)
    if in_rows.any() and in_columns.any():
        raise InputError(
            where,
            "patients in the first row or in the first column",
            f"patient ids in both ('{table.columns[in_columns][0]}' in the first row, "
            f"'{table.index[in_rows][0]}' in the first column)",
        )
    if in_columns.any():
        return table.loc[:, in_columns].T
    if in_rows.any():
        return table.loc[in_rows]
    raise InputError(
        where,
        f"patients of the sample sheet, such as {', '.join(sorted(patients)[:3]) or '(none given)'}",
        f"{', '.join(table.index[:3])} in the first column, {', '.join(table.columns[:3])} in the first row",
        "Write the ids as in the sheet's column 'patient'.",
    )


def _numbers(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """The table as floats; every cell that is no number is a fault."""
    if all(kind.kind in "fiu" for kind in table.dtypes):
        return table.astype(float)
    values = np.empty(table.shape)
    faults = []
    for place in range(table.shape[1]):
        column = table.iloc[:, place]
        numbers = pd.to_numeric(column, errors="coerce")
        values[:, place] = numbers
        wrong = column[numbers.isna() & column.notna()]
        faults += [f"{row}, {table.columns[place]}: '{value}' is no number" for row, value in wrong.items()]
    if faults:
        more = [f"and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise FaultList(where, faults[:MOST_FAULTS] + more, "Leave a value that was not measured empty.")
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def _require_log_scale(table: pd.DataFrame, where: str) -> None:
    values = table.to_numpy()
    if np.isnan(values).all():
        raise InputError(where, "expression values", "none")
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    cell = f"{values[row, column]:g} for gene {table.columns[column]} in patient {table.index[row]}"
    if np.isinf(values).any():
        raise InputError(where, "finite values", "an infinite one", LOG_REMEDY)
    if values[row, column] > LOG_LIMIT:
        raise InputError(where, f"values on a log scale, at most {LOG_LIMIT:g}", cell, LOG_REMEDY)
    if not np.any(values % 1 > 0):
        raise InputError(
            where, "values on a log scale", "nothing but whole numbers, as counts are", LOG_REMEDY
        )
