"""Phases of a contrast series in DICOM: temporal positions of one series, or several series in order of time.

When a slice was measured is read to put phases in order and to compare the visits of a patient. It stays in memory: no
record, table or message holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.valuerep import DA, DT, TM

from scripts.cohort.dicom_files import (
    UNREADABLE,
    Header,
    choose_series,
    damaged,
    lenient_reading,
    open_dicom,
    scan_folder,
)
from scripts.cohort.dicom_series import SAME_PLACE_MM, DicomVolume, axes_of, multi_frame_file, volume_of
from scripts.errors import InputError

TAGS = [
    "AcquisitionDateTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "TriggerTime",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "PerFrameFunctionalGroupsSequence",
]
DAY_S = 86400.0
EPOCH = datetime(1900, 1, 1)
Frame = tuple[Header, int]


@dataclass(frozen=True)
class Moment:
    """What one frame says of its time; None where it says nothing.

    `position` : temporal position, from 1. `acquisition` : AcquisitionNumber. `trigger_s` : seconds since the trigger.
    `acquired_s`, `content_s` : seconds since 1900, or of the day where there is no date; `dated` says which. What is no
    number, date or time counts as nothing: de-identification leaves such texts.
    """

    position: int | None = None
    acquisition: int | None = None
    trigger_s: float | None = None
    acquired_s: float | None = None
    content_s: float | None = None
    dated: bool = False


# What tells the phases of one series from each other, the most certain first, and what puts phases in order of time.
TELLS_APART = ("position", "acquisition", "trigger_s", "acquired_s", "content_s")
TELLS_TIME = ("acquired_s", "trigger_s", "content_s")


def read_dicom_phases(
    path: Path, series_uids: list[str]
) -> tuple[list[DicomVolume], tuple[float, ...] | None, datetime | None]:
    """Read the phases of one visit, in order of time.

    Parameters
    ----------
    path : a folder, searched with its subfolders, or a multi-frame file.
    series_uids : the SeriesInstanceUIDs of the phases; [] for all image series of the folder.

    Returns
    -------
    volumes, seconds of each after the first (None where only their order is known), and when the first was acquired
    (None without a date).

    Raises
    ------
    InputError : as `scripts.cohort.dicom_series.read_dicom` for each phase; slices that nothing tells apart; phases
        that nothing puts in order.
    """
    if path.is_dir():
        headers = scan_folder(path)
        names = series_uids or sorted({header.series_uid for header in headers if header.is_image})
        named = [choose_series(headers, path, name) for name in names or [None]]
    else:
        named = [[multi_frame_file(path, series_uids[0] if series_uids else None)]]
    phases: list[tuple[list[Frame], list[Moment]]] = []
    for files in named:
        frames = [(file, index) for file in files for index in range(len(file.planes))]
        moments = [moment for file in files for moment in read_moments(file)]
        for members in split_phases(str(path), frames, moments):
            phases.append(([frames[k] for k in members], [moments[k] for k in members]))
    order, times_s = in_order(str(path), [moments for _, moments in phases])
    first = phases[order[0]][1]
    acquired = _earliest(first, "acquired_s") if all(moment.dated for moment in first) else None
    volumes = [volume_of(f"{path}, phase {rank}", phases[k][0]) for rank, k in enumerate(order)]
    return volumes, times_s, None if acquired is None else EPOCH + timedelta(seconds=acquired)


def split_phases(where: str, frames: list[Frame], moments: list[Moment]) -> list[list[int]]:
    """Indices of the frames of each phase of one series, in any order; all of them where no place is taken twice."""
    places = [_place(where, file, index) for file, index in frames]
    if len(set(places)) == len(places):
        return [list(range(len(frames)))]
    for name in TELLS_APART:
        groups: dict[Any, list[int]] = {}
        for k, moment in enumerate(moments):
            groups.setdefault(getattr(moment, name), []).append(k)
        taken = [{places[k] for k in members} for members in groups.values()]
        once = all(len(t) == len(members) for t, members in zip(taken, groups.values(), strict=True))
        if None not in groups and once and all(t == taken[0] for t in taken):
            return list(groups.values())
    found = f"{len(frames)} slices at {len(set(places))} positions, with nothing that sorts them into complete phases"
    remedy = "Look for missing or doubled slices; or export each phase as its own series."
    raise InputError(
        where, "the same slices in every phase, told apart by time or temporal position", found, remedy
    )


def in_order(where: str, phases: list[list[Moment]]) -> tuple[list[int], tuple[float, ...] | None]:
    """Indices of the phases in order of time, and their seconds after the first (None where these are not known)."""
    if len(phases) == 1:
        return [0], (0.0,)
    for name in (*TELLS_TIME, "position", "acquisition"):
        begins = [_earliest(moments, name) for moments in phases]
        if None in begins:
            continue
        if name.endswith("_s"):
            begins = _after_midnight(begins, all(m.dated for moments in phases for m in moments))
        if len(set(begins)) == len(begins):
            order = sorted(range(len(phases)), key=begins.__getitem__)
            seconds = tuple(begins[k] - begins[order[0]] for k in order) if name in TELLS_TIME else None
            return order, seconds
    raise InputError(
        where,
        "phases with an acquisition time or a temporal position of their own",
        f"{len(phases)} phases without",
        "Save each phase as a volume file, named in their order.",
    )


def _earliest(moments: Iterable[Moment], name: str) -> float | None:
    values = [getattr(moment, name) for moment in moments]
    return None if None in values else min(values)


def _after_midnight(begins: list[float], dated: bool) -> list[float]:
    """Times of a day of an examination that went on after midnight."""
    if dated or max(begins) - min(begins) < DAY_S / 2:
        return begins
    return [begin + DAY_S if begin < DAY_S / 2 else begin for begin in begins]


def _place(where: str, file: Header, index: int) -> tuple[int, ...]:
    """Where a frame lies, in steps of the distance below which two slices are at one place."""
    plane = file.planes[index]
    if plane.position is None or plane.orientation is None:
        found = f"none in {file.path.name}"
        raise InputError(where, "ImagePositionPatient and ImageOrientationPatient in every slice", found)
    normal = axes_of(where, plane.orientation)[:, 2]
    return (round(float(np.dot(normal, plane.position)) / (2 * SAME_PLACE_MM)),)


def read_moments(header: Header) -> list[Moment]:
    """When each frame of a file was measured; InputError where the file cannot be read."""
    with lenient_reading():
        dataset = open_dicom(header.path, TAGS)
        try:
            groups = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
            return [_moment(dataset, group) for group in groups or [pydicom.Dataset()] * len(header.planes)]
        except UNREADABLE:
            raise damaged(header.path) from None


def _moment(dataset: pydicom.Dataset, group: pydicom.Dataset) -> Moment:
    content = (group.get("FrameContentSequence") or [pydicom.Dataset()])[0]
    acquired, dated = _seconds(
        content.get("FrameAcquisitionDateTime") or dataset.get("AcquisitionDateTime"),
        dataset.get("AcquisitionDate"),
        dataset.get("AcquisitionTime"),
    )
    content_s, _ = _seconds(None, dataset.get("ContentDate"), dataset.get("ContentTime"))
    trigger_ms = _number(float, dataset.get("TriggerTime"))
    return Moment(
        _number(int, content.get("TemporalPositionIndex") or dataset.get("TemporalPositionIdentifier")),
        _number(int, content.get("FrameAcquisitionNumber") or dataset.get("AcquisitionNumber")),
        None if trigger_ms is None else trigger_ms / 1000,
        acquired,
        content_s,
        dated,
    )


def _number(kind: Callable[[Any], Any], value: Any) -> Any:
    try:
        return None if value is None or value == "" else kind(value)
    except (ValueError, TypeError):
        return None


def _seconds(moment: Any, day: Any, time: Any) -> tuple[float | None, bool]:
    """Seconds since 1900 and True, seconds of the day and False where there is no date, or None and False."""
    if whole := _number(DT, moment and str(moment)):
        return (whole.replace(tzinfo=None) - EPOCH).total_seconds(), True
    clock, date = _number(TM, time and str(time)), _number(DA, day and str(day))
    if clock is None:
        return None, False
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
    if date is None:
        return seconds, False
    return (datetime.combine(date, datetime.min.time()) - EPOCH).total_seconds() + seconds, True
