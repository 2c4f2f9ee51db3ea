"""DICOM SEG: one segment's frames, each laid on the image's grid where its own position says."""

from __future__ import annotations

import highdicom
import numpy as np

from scripts.cohort.dicom_files import (
    UNREADABLE,
    Header,
    Plane,
    damaged,
    label,
    lenient_reading,
    open_dicom,
    some,
    suggest,
    uid,
)
from scripts.cohort.dicom_series import axes_of, refuse_foreign
from scripts.errors import InputError
from scripts.volumes import Volume, compare_geometry, reorient

# A frame's corner may lie this much of a voxel beside the image's grid: more than any header rounds.
OFF_GRID = 0.1


def read_segmentation(header: Header, image: Volume, wanted: str | None) -> np.ndarray:
    """(z, y, x) uint8 array of one segment on the grid of `image`.

    Frames that hold nothing are often left out of the file, and frames may come in any order, so each is
    placed by its own position; voxels without a frame are outside.

    Parameters
    ----------
    header : of the SEG file, from `read_header`.
    wanted : segment number or label; None where the file holds one segment.

    Raises
    ------
    InputError : damaged file; slide coordinates; several segments and none named, or none of that name
        (with those there are); a fractional segment; another series, frame of reference or grid than the
        image's; voxels outside the image.
    """
    where = str(header.path)
    with lenient_reading():
        open_dicom(header.path, ["SOPClassUID"])
        try:
            segmentation = highdicom.seg.segread(header.path)
            labels = {
                int(number): label(segmentation.get_segment_description(number).segment_label)
                for number in segmentation.segment_numbers
            }
            series = {
                uid(item.SeriesInstanceUID) for item in segmentation.get("ReferencedSeriesSequence") or []
            }
        except UNREADABLE:
            raise damaged(header.path) from None
        number = _choose(where, labels, wanted)
        refuse_foreign(where, image, series, header.frame_of_reference)
        try:
            chosen, frames = _frames(segmentation, number)
        except UNREADABLE:
            raise damaged(header.path, "one whose frames cannot be decoded") from None
        kind = str(segmentation.SegmentationType)
        most = int(segmentation.get("MaximumFractionalValue") or 1) if kind == "FRACTIONAL" else 1
    where = f"{where}, segment {number} ('{labels[number]}')"
    if kind == "FRACTIONAL" and not np.isin(frames, (0, most)).all():
        raise InputError(
            where,
            "a binary segment",
            "a fractional one (probability or occupancy)",
            "Threshold it where it was made, and store it as BINARY.",
        )
    array = np.zeros(image.array.shape, dtype=np.uint8)
    outside = sum(
        _place(where, array, frame, header.planes[index], image)
        for index, frame in zip(chosen, frames > 0, strict=True)
        if frame.any()
    )
    if outside:
        raise InputError(
            where,
            "a segment inside the image",
            f"{outside} voxels outside",
            "Is it the image that was segmented?",
        )
    return array


def _choose(where: str, labels: dict[int, str], wanted: str | None) -> int:
    listing = some([f"{number} ('{name}')" for number, name in sorted(labels.items())], 20)
    if wanted is None:
        if len(labels) != 1:
            raise InputError(
                where, "one segment, or the segment to use", f"{len(labels)}: {listing}", "Name one of them."
            )
        return next(iter(labels))
    matches = [
        number
        for number, name in labels.items()
        if name == wanted or (wanted.isdecimal() and number == int(wanted))
    ]
    if not matches:
        raise InputError(
            where, f"the segment '{wanted}'", f"only {listing}", suggest(wanted, labels.values())
        )
    if len(matches) > 1:
        remedy = "Give each segment a label of its own, or name it by number."
        raise InputError(where, f"one segment '{wanted}'", f"{len(matches)}: {listing}", remedy)
    return matches[0]


def _frames(segmentation: highdicom.seg.Segmentation, number: int) -> tuple[list[int], np.ndarray]:
    """Zero-based numbers of the frames that may hold the segment, and their pixels (frame, y, x)."""
    if str(segmentation.SegmentationType) == "LABELMAP":
        chosen = list(range(int(segmentation.NumberOfFrames)))
        return chosen, segmentation.get_stored_frames() == number
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    chosen = [
        index
        for index, group in enumerate(segmentation.PerFrameFunctionalGroupsSequence)
        if (group if "SegmentIdentificationSequence" in group else shared)
        .SegmentIdentificationSequence[0]
        .ReferencedSegmentNumber
        == number
    ]
    if not chosen:
        return [], np.zeros((0, 1, 1), dtype=np.uint8)
    return chosen, segmentation.get_stored_frames([index + 1 for index in chosen])


def _place(where: str, array: np.ndarray, frame: np.ndarray, plane: Plane, image: Volume) -> int:
    """Add the pixels (y, x) of one frame to `array` (z, y, x); how many lay outside it.

    Raises InputError where they do not lie on its grid.
    """
    if plane.position is None or plane.orientation is None or plane.pixel_spacing is None:
        raise InputError(where, "a position, orientation and spacing of each frame in the patient", "none")
    axes = axes_of(where, plane.orientation)
    across = int(
        np.abs(image.axes.T @ axes[:, 2]).argmax()
    )  # the image's index axis that the frame is a slice of
    row_spacing, column_spacing = plane.pixel_spacing
    spacing = (column_spacing, row_spacing, image.spacing[across])
    single = Volume(frame[None], spacing, plane.position, tuple(axes.ravel()))
    single = reorient(single, image.direction)
    same_corner = Volume(single.array, image.spacing, single.origin, image.direction)
    differences = compare_geometry(same_corner, single, names=("image", "segment"))
    corner = (np.array(single.origin) - image.origin) @ image.axes / image.spacing
    start = np.rint(corner).astype(int)
    beside = np.abs(corner - start)
    if not differences and beside.max() > OFF_GRID:
        axis = int(beside.argmax())
        differences = [
            f"voxels {beside[axis] * image.spacing[axis]:.3f} mm beside the image's along {'xyz'[axis]}"
        ]
    if differences:
        raise InputError(
            where,
            "a segment on the grid of the image",
            "; ".join(differences),
            "Is it the image that was segmented?",
        )
    voxels = np.argwhere(single.array) + start[::-1]
    inside = ((voxels >= 0) & (voxels < array.shape)).all(axis=1)
    array[tuple(voxels[inside].T)] = 1
    return int((~inside).sum())
