"""What a mutation works on: a copy of the sound cohort in which it may change one patient's files, or the sheet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

MUTATIONS: dict[str, tuple[Callable[[Bench], str | None], int]] = {}


def mutation(times: int = 5, **variants: Any) -> Callable[[Callable], Callable]:
    """Register a mutation: a function of a Bench that returns what the outcome must be, or None.

    `times` is how often it takes part in the thousand. With variants (name=arguments) each is a mutation of its own.
    """

    def register(function: Callable) -> Callable:
        name = f"{function.__module__.rsplit('.', 1)[1]}.{function.__name__}"
        if not variants:
            MUTATIONS[name] = function, times
        for variant, arguments in variants.items():
            arguments = arguments if isinstance(arguments, tuple) else (arguments,)
            MUTATIONS[f"{name}.{variant}"] = (lambda bench, a=arguments: function(bench, *a)), times
        return function

    return register


@dataclass
class Bench:
    """A folder whose patients are links to the sound cohort's, until a mutation picks one and gets a copy."""

    folder: Path
    cohort: Path
    rows: pd.DataFrame
    rng: np.random.Generator
    turn: int
    target: str = ""
    grid: bool = False
    sheet: Path | None = None

    def pick(self, patients: list[str] | tuple[str, ...]) -> int:
        """Choose one of the patients, with files of its own; its row number."""
        self.target = str(self.rng.choice(patients)) if self.turn else patients[0]
        if self.turn:
            self.target = patients[(self.turn + int(self.rng.integers(len(patients)))) % len(patients)]
        own = self.folder / self.target
        own.unlink()
        shutil.copytree(self.cohort / self.target, own)
        return self.row

    @property
    def row(self) -> int:
        """Row number of the target."""
        return int(np.flatnonzero(self.rows["patient"] == self.target)[0])

    def path(self, kind: str) -> Path:
        """The target's image or mask."""
        return self.folder / self.rows.loc[self.row, kind]

    def name(self, kind: str, cell: str) -> Path:
        """Write another path into the target's cell; the file that it names."""
        self.rows.loc[self.row, kind] = cell
        return self.folder / cell

    def file(self) -> Path:
        """One of the target's files: image, mask, or a slice of the series."""
        path = self.path("image" if self.rng.random() < 0.5 else "mask")
        return self.one_slice() if path.is_dir() else path

    def one_slice(self) -> Path:
        """A file of the target's series."""
        return self.slices()[int(self.rng.integers(len(self.slices())))]

    def slices(self) -> list[Path]:
        """Files of the target's series, by name."""
        return sorted(self.path("image").iterdir())

    def volume(self, kind: str) -> sitk.Image:
        """The target's image or mask, by SimpleITK."""
        return sitk.ReadImage(str(self.path(kind)))

    def rewrite(self, kind: str, volume: sitk.Image) -> None:
        """Write the volume where the target's image or mask is."""
        sitk.WriteImage(volume, str(self.path(kind)))

    def change(self, kind: str, function: Callable[[np.ndarray], np.ndarray]) -> None:
        """Write the target's image or mask again after `function` changed its voxels."""
        volume = self.volume(kind)
        made = sitk.GetImageFromArray(function(sitk.GetArrayFromImage(volume)))
        made.CopyInformation(volume)
        self.rewrite(kind, made)

    def write(self, name: str, data: bytes | str) -> None:
        """Write the sheet as bytes of one's own."""
        self.sheet = self.folder / name
        self.sheet.write_bytes(data.encode() if isinstance(data, str) else data)

    def text(self, separator: str = ",") -> str:
        """The sheet as text."""
        return self.rows.to_csv(index=False, sep=separator)

    def finished(self) -> Path:
        """The sheet, written unless a mutation has done so."""
        if self.sheet is None:
            self.write("sheet.csv", self.text())
        return self.sheet
