"""The prepared samples of a cohort: one tensor a sample, in a safetensors file a batch, read when it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import safe_open

from scripts.tables import read_table

MASK = "/mask"
# As safetensors names them
DTYPES = {"U8": "uint8", "F32": "float32"}


class SampleSource:
    """Samples by their id, whichever of the files holds them.

    Parameters
    ----------
    files : prepared/<batch>.safetensors, key = sample id: uint8 or float32, (channel, y, x) or (channel, z, y, x);
        `<sample>/mask`, where there is one, uint8 (y, x).
    table : path of samples.parquet (a row a sample: sample, patient, label, more); where it is not given, the tables
        <batch>.parquet beside the files.

    Attributes
    ----------
    table : a row a sample, in the order of samples.
    """

    def __init__(self, files: Iterable[str | Path], table: str | Path | None = None) -> None:
        self._files = [str(path) for path in files]
        self._handles: dict[str, safe_open] = {}
        self._table = table
        self._file_of: dict[str, str] | None = None

    @property
    def table(self) -> pd.DataFrame:
        """Columns sample, patient, label (class word), and what else the paper wrote."""
        if not isinstance(self._table, pd.DataFrame):
            if self._table is not None:
                found = read_table(self._table)
            else:
                found = pd.concat([read_table(Path(file).with_suffix(".parquet")) for file in self._files])
            self._table = found.sort_values("sample", kind="stable").reset_index(drop=True)
        return self._table

    def read(self, sample: str) -> np.ndarray:
        """The array of a sample: (channel, y, x) or (channel, z, y, x).

        Raises
        ------
        KeyError : no file holds the sample.
        """
        return self._array(sample)

    def mask(self, sample: str) -> np.ndarray | None:
        """The mask of a sample, uint8 (y, x); None where it has none."""
        return self._array(f"{sample}{MASK}") if f"{sample}{MASK}" in self._places() else None

    def shape_and_dtype(self, sample: str) -> tuple[tuple[int, ...], str]:
        """Shape of a sample, and its kind of number as safetensors names it, from the file's header alone."""
        stored = self._open(self._place(sample)).get_slice(sample)
        return tuple(stored.get_shape()), stored.get_dtype()

    def _array(self, key: str) -> np.ndarray:
        return self._open(self._place(key)).get_tensor(key)

    def _place(self, key: str) -> str:
        places = self._places()
        if key not in places:
            raise KeyError(f"no sample '{key}' in {len(self._files)} prepared files")
        return places[key]

    def _places(self) -> dict[str, str]:
        """Key -> file, from the headers."""
        if self._file_of is None:
            self._file_of = {key: file for file in self._files for key in self._open(file).keys()}  # noqa: SIM118
        return self._file_of

    def _open(self, file: str) -> safe_open:
        if file not in self._handles:
            self._handles[file] = safe_open(file, framework="np")
        return self._handles[file]

    def __getstate__(self) -> dict:
        """Open files stay in their process."""
        return self.__dict__ | {"_handles": {}}
