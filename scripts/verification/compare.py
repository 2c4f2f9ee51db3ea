"""Two files of one name: the same bytes, numbers within a tolerance, or different."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.tables import read_table

SAME, WITHIN, DIFFERENT = "same bytes", "within tolerance", "different"
TABLES = (".csv", ".parquet")


@dataclass(frozen=True)
class Comparison:
    """How a recomputed output compares with the run's.

    Attributes
    ----------
    path : below the folder of the run.
    verdict : `SAME`, `WITHIN` or `DIFFERENT`.
    what : the first difference in words; '' for the same bytes.
    """

    path: str
    verdict: str
    what: str = ""


def compare_output(path: str, ours: Path, theirs: Path, tolerance: float | None = None) -> list[Comparison]:
    """Compare `ours / path` with `theirs / path`; every file of a folder.

    Parameters
    ----------
    tolerance : largest relative difference of two numbers in tables (CSV, Parquet) and JSON; None for bytes, as
        on a CPU.
    """
    first, second = ours / path, theirs / path
    if not (first.is_dir() and second.is_dir()):
        return [_compare_files(path, first, second, tolerance)]
    names = {
        p.relative_to(root).as_posix() for root in (first, second) for p in root.rglob("*") if p.is_file()
    }
    names = sorted(name for name in names if not name.startswith(".snakemake"))
    return [_compare_files(f"{path}/{name}", first / name, second / name, tolerance) for name in names]


def _compare_files(path: str, first: Path, second: Path, tolerance: float | None) -> Comparison:
    for found, whose in ((first, "the run"), (second, "the recomputation")):
        if not found.is_file():
            return Comparison(path, DIFFERENT, f"not made by {whose}")
    if first.read_bytes() == second.read_bytes():
        return Comparison(path, SAME)
    if tolerance is None or first.suffix not in (*TABLES, ".json"):
        sizes = f"{first.stat().st_size} and {second.stat().st_size} bytes"
        return Comparison(path, DIFFERENT, f"other bytes ({sizes})")
    largest = 0.0
    for where, one, other in _pairs(first, second):
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (one, other))
        if not numbers:
            if one != other:
                return Comparison(path, DIFFERENT, f"{where}: {one!r} and {other!r}")
        elif not (one == other or (math.isnan(one) and math.isnan(other))):
            difference = abs(one - other) / max(abs(one), abs(other))
            if not difference <= tolerance:
                return Comparison(path, DIFFERENT, f"{where}: {one!r} and {other!r}")
            largest = max(largest, difference)
    return Comparison(path, WITHIN, f"largest relative difference {largest:.2g}")


def _pairs(first: Path, second: Path) -> Iterator[tuple[str, Any, Any]]:
    """(where, value, value) of everything in two tables or two JSON files."""
    if first.suffix == ".json":
        yield from _json_pairs(
            "", *(json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
        )
        return
    one, other = read_table(first), read_table(second)
    yield "columns", list(one.columns), list(other.columns)
    yield "rows", str(len(one)), str(len(other))
    for column in one.columns.intersection(other.columns):
        for row, pair in enumerate(zip(one[column].tolist(), other[column].tolist(), strict=False)):
            yield f"row {row + 1}, {column}", *pair


def _json_pairs(where: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _json_pairs(f"{where}.{key}".lstrip("."), one[key], other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for position, pair in enumerate(zip(one, other, strict=True)):
            yield from _json_pairs(f"{where}[{position}]", *pair)
    else:
        yield where, one, other
