"""Tables on disk: Parquet inside a run, CSV for people; a file appears whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def write_whole(path: str | Path, write: Callable[[Path], object]) -> None:
    """Call `write` on a temporary neighbour of `path`, then move it into place in one step."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".part.{path.name}")  # of a killed job: the next one writes over it
    try:
        write(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: str | Path) -> None:
    """Write UTF-8 text, whole or not at all."""
    write_whole(path, lambda p: p.write_text(text, encoding="utf-8"))


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys; NaN is refused, for other readers of JSON would not take it."""
    write_text(json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n", path)


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table` without its index as .parquet or .csv, by the ending of `path`."""
    path = Path(path)
    if path.suffix == ".parquet":
        write_whole(path, lambda p: table.to_parquet(p, index=False))
    elif path.suffix == ".csv":
        write_whole(path, lambda p: table.to_csv(p, index=False))
    else:
        raise ValueError(f"{path}: expected an ending .parquet or .csv")


def read_parquet(path: str | Path) -> pd.DataFrame:
    """Read a Parquet file on this thread alone, from memory.

    Arrow's pool of threads may still be at work when the interpreter ends, and then aborts a step that is done
    ("terminate called without an active exception", apache/arrow issue 34314). OSError, ValueError: no Parquet file.
    """
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetFile(pa.BufferReader(Path(path).read_bytes())) as file:
        return file.read(use_threads=False).to_pandas(use_threads=False)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote; the column `patient` stays text, and text is of dtype object."""
    import pandas as pd

    path = Path(path)
    if path.suffix == ".parquet":
        table = read_parquet(path)
        return table.astype({name: object for name in table.select_dtypes("string")})
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"patient": str}, float_precision="round_trip")
    raise InputError(str(path), "a .parquet or .csv table", f"'{path.suffix}'")


def write_both(table: pd.DataFrame, csv_path: str | Path) -> None:
    """Write a result for people (CSV) and, beside it, for programs (Parquet)."""
    write_table(table, csv_path)
    write_table(table, Path(csv_path).with_suffix(".parquet"))
