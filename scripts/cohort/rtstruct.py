"""RTSTRUCT: one region's contours, filled on the image's slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom

from scripts.cohort.dicom_files import (
    UNREADABLE,
    damaged,
    label,
    lenient_reading,
    open_dicom,
    some,
    suggest,
    uid,
)
from scripts.cohort.dicom_series import ROUNDING_MM, refuse_foreign
from scripts.errors import InputError
from scripts.volumes import Volume

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
OTHER_KINDS = ("POINT", "OPEN_PLANAR", "OPEN_NONPLANAR")


def read_structure(path: Path, image: Volume, roi: str | None) -> np.ndarray:
    """(z, y, x) uint8 array of the region `roi` (None: the only one with contours) on the grid of `image`.

    Raises
    ------
    InputError : damaged file; no region of that name (with the names there are); contours of another series
        or frame of reference; contours that are open, that lie between slices, are not parallel to them, or
        leave the image.
    """
    with lenient_reading():
        dataset = open_dicom(path)
        try:
            regions = _regions(dataset)
            references = _references(dataset)
        except UNREADABLE:
            raise damaged(path) from None
        name, number = _choose(path, regions, roi)
        frame_of_reference, contours = regions[number][1:]
        series = references.get(frame_of_reference) or set().union(*references.values())
        refuse_foreign(str(path), image, series, frame_of_reference)
        where = f"{path}, ROI '{name}'"
        try:
            kinds = {_kind(contour.get("ContourGeometricType")) for contour in contours}
            points = [np.array(contour.ContourData, dtype=float).reshape(-1, 3) for contour in contours]
        except UNREADABLE:
            raise damaged(path, "one with damaged contours") from None
    if not kinds <= set(CLOSED):
        found = ", ".join(sorted(kinds - set(CLOSED)))
        raise InputError(
            where, "closed planar contours", found, "Draw the region as a closed contour a slice."
        )
    if not all(np.isfinite(p).all() for p in points):
        raise InputError(where, "finite contour points", "NaN or infinite ones")
    return fill_contours(points, image, where)


def fill_contours(contours: list[np.ndarray], image: Volume, where: str) -> np.ndarray:
    """Fill closed contours slice by slice by the even-odd rule.

    Parameters
    ----------
    contours : (n, 3) arrays of points (x, y, z) in LPS mm, each in one plane. A contour inside another
        makes a hole; a contour that is stored twice counts once; one of fewer than three points encloses
        nothing.
    image : gives the grid.
    where : the start of a message.

    Returns
    -------
    (z, y, x) uint8; a voxel is inside where its centre is. A centre on the outline belongs to the region at
    its low x and y side and not at its high side, so that regions that share an outline never share a
    voxel.
    """
    inside = np.zeros(image.array.shape, dtype=np.uint8)
    indices = [
        np.round((points - image.origin) @ image.axes / image.spacing, 6)
        for points in contours
        if len(points) > 2
    ]
    slices = _slices_of(indices, image, where)
    by_slice: dict[int, dict[bytes, np.ndarray]] = {}
    for z, points in zip(slices, indices, strict=True):
        by_slice.setdefault(z, {})[points[:, :2].tobytes()] = points[:, :2]
    for z, polygons in by_slice.items():
        inside[z] = _even_odd(list(polygons.values()), inside.shape[1:])
    return inside


def _kind(value: object) -> str:
    """The kind of a contour, fit for a message."""
    text = str(value or "").strip()
    return text if text in (*CLOSED, *OTHER_KINDS) else "another type" if text else "no type"


def _regions(dataset: pydicom.Dataset) -> dict[int, tuple[str, str, list[pydicom.Dataset]]]:
    """ROI number -> (name, FrameOfReferenceUID, contours)."""
    contours = {
        int(item.ReferencedROINumber): list(item.get("ContourSequence") or [])
        for item in dataset.get("ROIContourSequence") or []
    }
    return {
        int(item.ROINumber): (
            label(item.get("ROIName")),
            uid(item.get("ReferencedFrameOfReferenceUID")),
            contours.get(int(item.ROINumber), []),
        )
        for item in dataset.get("StructureSetROISequence") or []
    }


def _references(dataset: pydicom.Dataset) -> dict[str, set[str]]:
    """FrameOfReferenceUID -> SeriesInstanceUIDs of the images that the contours were drawn on."""
    references: dict[str, set[str]] = {}
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or []:
        references.setdefault(uid(frame.get("FrameOfReferenceUID")), set()).update(
            uid(series.SeriesInstanceUID)
            for study in frame.get("RTReferencedStudySequence") or []
            for series in study.get("RTReferencedSeriesSequence") or []
        )
    return references


def _choose(
    path: Path, regions: dict[int, tuple[str, str, list[pydicom.Dataset]]], roi: str | None
) -> tuple[str, int]:
    drawn = {number: name for number, (name, _, contours) in regions.items() if contours}
    names = some([f"'{name}'" for name in drawn.values()], 20) or "none"
    if not drawn:
        raise InputError(str(path), "an ROI with contours", names)
    if roi is None:
        if len(drawn) > 1:
            raise InputError(
                str(path), "one ROI, or the ROI to use", f"{len(drawn)}: {names}", "Name one of them."
            )
        return next((name, number) for number, name in drawn.items())
    matches = [number for number, name in drawn.items() if name == roi]
    if not matches:
        empty = any(name == roi for name, _, _ in regions.values())
        found = "one without contours" if empty else f"no such name among {names}"
        raise InputError(str(path), f"the ROI '{roi}'", found, suggest(roi, drawn.values()))
    if len(matches) > 1:
        raise InputError(str(path), f"one ROI '{roi}'", f"{len(matches)} of that name", "Rename the others.")
    return roi, matches[0]


def _slices_of(contours: list[np.ndarray], image: Volume, where: str) -> list[int]:
    """The slice of each contour; InputError for planes beside the slices and for points outside the image."""
    if not contours:
        return []
    spacing, count = image.spacing[2], image.size[2]
    allowed = min(max(0.1, ROUNDING_MM / spacing), 0.5)
    slant = max(float(np.ptp(points[:, 2])) for points in contours)
    if slant > 2 * allowed:
        raise InputError(
            where,
            "contours parallel to the slices of the image",
            f"contours that cross {slant * spacing:.3f} mm of slices",
            "Give the image in the orientation that it was contoured in.",
        )
    heights = np.array([points[:, 2].mean() for points in contours])
    beyond = np.maximum(-heights, heights - (count - 1))
    if beyond.max() > allowed:
        outside = int((beyond > allowed).sum())
        raise InputError(
            where,
            "contours on the slices of the image",
            f"{outside} of {len(contours)} outside the image, up to {beyond.max() * spacing:.3f} mm "
            "beyond its last slice",
            "Is it the image that was contoured?",
        )
    beside = np.abs(heights - np.rint(heights))
    if beside.max() > allowed:
        raise InputError(
            where,
            "contours on the slices of the image",
            f"{int((beside > allowed).sum())} of {len(contours)} between slices, up to "
            f"{beside.max() * spacing:.3f} mm from the nearest (slices are {spacing:.3f} mm apart)",
            "Is it the image that was contoured?",
        )
    for axis, name in enumerate("xy"):
        values = np.concatenate([points[:, axis] for points in contours])
        excess = max(-1 - values.min(), values.max() - image.size[axis])
        if excess > 0:
            raise InputError(
                where,
                "contours inside the image",
                f"points {(excess + 0.5) * image.spacing[axis]:.3f} mm beyond its edge along {name}",
                "Is it the image that was contoured?",
            )
    return np.rint(heights).astype(int).tolist()


def _even_odd(polygons: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """(y, x) bool: pixel centres (integer coordinates) with an odd number of outlines to their left.

    Every edge is cut with the rows it passes; a cut at x turns all pixels from ceil(x) on, so the sum of
    turns along a row, modulo 2, is the even-odd rule.
    """
    start = np.concatenate(polygons)
    end = np.concatenate([np.roll(points, -1, axis=0) for points in polygons])
    first = np.ceil(np.minimum(start[:, 1], end[:, 1])).astype(int)
    count = np.ceil(np.maximum(start[:, 1], end[:, 1])).astype(int) - first
    edge = np.repeat(np.arange(len(start)), count)
    row = first[edge] + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    run = (row - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    column = np.ceil(start[edge, 0] + run * (end[edge, 0] - start[edge, 0])).astype(int)
    kept = (row >= 0) & (row < shape[0])
    turns = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(turns, (row[kept], np.clip(column[kept], 0, shape[1])), 1)
    return np.cumsum(turns, axis=1)[:, :-1] % 2 == 1
