"""A series of 3-D images of one visit, before and after contrast, whatever it is stored as."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from scripts.cohort.file_content import DICOM_ENDINGS, is_dicom
from scripts.cohort.volume_files import READERS, read_volume_file, read_volumes_file
from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, compare_geometry, ending


@dataclass(frozen=True, eq=False)
class PhaseSeries:
    """The phases of one visit, in order of time, on one grid.

    Parameters
    ----------
    volumes : arrays (z, y, x) in the intensities that the files mean.
    times_s : seconds of each phase after the first; None where the files do not say (NIfTI, NRRD, MHA).
    names : what a message calls each phase: a file's name, or 'phase 2' (the first is 0).
    acquired : when the first phase was measured, where DICOM says so with a date. It is for comparing the visits of one
        patient and goes into no record or message.
    """

    volumes: tuple[Volume, ...]
    times_s: tuple[float, ...] | None = None
    names: tuple[str, ...] = ()
    acquired: datetime | None = field(default=None, repr=False)


def read_phases(path: str | Path, series: str | None = None) -> PhaseSeries:
    """Read the phases of one visit.

    Parameters
    ----------
    path : a folder with a volume file a phase (NIfTI, NRRD, MHA), in the natural order of their names (phase_2 before
        phase_10); a 4-D NIfTI file; a folder with DICOM, of which the phases are the temporal positions of one series
        or several series in order of acquisition time; a multi-frame DICOM file. A 3-D image is a series of one phase.
    series : SeriesInstanceUIDs of the phases, separated by spaces or semicolons, where a DICOM folder holds others too.

    Raises
    ------
    InputError : whatever keeps the files from being complete, finite, grey 3-D images on one grid in a known order.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(str(path), "a file or folder", "nothing of that name")
    if path.is_dir():
        files = _volume_files(path)
        found = _of_files(path, files, series) if files else _of_dicom(path, series)
    elif ending(path) in READERS:
        _refuse_series(path, series)
        volumes = read_volumes_file(path)
        found = PhaseSeries(tuple(volumes), None, tuple(f"phase {k}" for k in range(len(volumes))))
    elif path.suffix.lower() in DICOM_ENDINGS or is_dicom(path):
        found = _of_dicom(path, series)
    else:
        raise InputError(
            str(path),
            f"a folder of phases, a DICOM file or an image file ({', '.join(ENDINGS)})",
            f"a file with the ending '{ending(path)}'",
            "Convert the phases to one of these.",
        )
    _require_one_grid(path, found)
    return found


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sorting key of a file's name: numbers in it by their value, letters without regard to capitals."""
    parts = re.split(r"([0-9]+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def _volume_files(folder: Path) -> list[Path]:
    """Volume files of a folder, not of those below it, in the natural order of their names."""
    files = [p for p in folder.iterdir() if not p.name.startswith(".") and ending(p) in READERS]
    return sorted(files, key=lambda p: (natural_order(p.name), p.name))


def _of_files(folder: Path, files: list[Path], series: str | None) -> PhaseSeries:
    _refuse_series(folder, series)
    if len(files) == 1:
        return read_phases(files[0])
    return PhaseSeries(tuple(map(read_volume_file, files)), None, tuple(p.name for p in files))


def _refuse_series(path: Path, series: str | None) -> None:
    if series:
        raise InputError(str(path), "a DICOM folder, for a series is named", "image files of another format")


def _of_dicom(path: Path, series: str | None) -> PhaseSeries:
    """The DICOM reader; its libraries take a second to import, which cohorts of other files need not pay."""
    from scripts.cohort.dicom_phases import read_dicom_phases

    volumes, times_s, acquired = read_dicom_phases(
        path, re.split(r"[\s;]+", series.strip()) if series else []
    )
    names = tuple(f"phase {k}" for k in range(len(volumes)))
    return PhaseSeries(tuple(volumes), times_s, names, acquired)


def _require_one_grid(path: Path, found: PhaseSeries) -> None:
    for volume, name in zip(found.volumes[1:], found.names[1:], strict=True):
        if differences := compare_geometry(found.volumes[0], volume, names=(found.names[0], name)):
            raise InputError(
                str(path),
                "phases on one grid",
                "; ".join(differences),
                "Take other images out of the folder, or name the series of the phases.",
            )
