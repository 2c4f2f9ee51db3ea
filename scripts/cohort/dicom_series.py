"""A DICOM series as one volume: slices sorted along their normal, refused unless they fill a regular grid."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from scripts.cohort.dicom_files import (
    Header,
    Plane,
    choose_series,
    damaged,
    fingerprint,
    read_header,
    scan_folder,
    some,
)
from scripts.cohort.file_content import FINISH, count_non_finite, refuse_non_finite
from scripts.cohort.volume_files import quiet_reader, refuse_lack_of_memory
from scripts.errors import InputError
from scripts.volumes import DIRECTION_TOLERANCE, Volume

# Headers often round positions to 0.1 mm, so a slice may lie half of that beside its place in a regular
# stack.
ROUNDING_MM = 0.051
SAME_PLACE_MM = 0.01


@dataclass(frozen=True, eq=False)
class DicomVolume(Volume):
    """A volume that knows its series and frame of reference, as SHA-256 of their UIDs, so that a mask can
    be checked to belong to it."""

    series: str = field(default="", repr=False)
    frame_of_reference: str = field(default="", repr=False)


def read_dicom(path: str | Path, series_uid: str | None = None) -> DicomVolume:
    """Read a folder with a DICOM series, or one multi-frame DICOM file.

    Parameters
    ----------
    path : a folder, searched with its subfolders, or a multi-frame file (enhanced CT or MR).
    series_uid : SeriesInstanceUID, where the folder holds several image series.

    Returns
    -------
    DicomVolume, (z, y, x), rescaled (HU for CT), slices in ascending order along row x column direction. A
    single slice takes its z spacing from SpacingBetweenSlices or SliceThickness.

    Raises
    ------
    InputError : no image, or several series and none named; damaged files; colour; mixed sizes, spacings or
        orientations; missing, duplicate or unevenly spaced slices; gantry tilt.
    """
    path = Path(path)
    if path.is_dir():
        files = choose_series(scan_folder(path), path, series_uid)
    else:
        files = [multi_frame_file(path, series_uid)]
    where = str(path) if series_uid is None else f"{path}, series {series_uid}"
    return volume_of(where, [(file, index) for file in files for index in range(len(file.planes))])


def volume_of(where: str, frames: list[tuple[Header, int]]) -> DicomVolume:
    """The volume that frames (a file's header, and which of its planes) of one series fill; raises as `read_dicom`."""
    files = list({file.path: file for file, _ in frames}.values())
    if len(files) > 1 and len(frames) > len(files):
        raise InputError(
            where, "one multi-frame file, or one slice a file", f"{len(files)} multi-frame files"
        )
    _refuse_mixed(where, files)
    planes = [file.planes[index] for file, index in frames]
    order, spacing, direction = stack(where, planes, [file.path.name for file, _ in frames])
    array = _read_frames(where, [frames[k] for k in order])
    refuse_non_finite(count_non_finite(array), array.size, where)
    return DicomVolume(
        array,
        spacing,
        planes[order[0]].position,
        direction,
        fingerprint(files[0].series_uid),
        fingerprint(files[0].frame_of_reference),
    )


def stack(
    where: str, planes: list[Plane], names: list[str]
) -> tuple[list[int], tuple[float, float, float], tuple[float, ...]]:
    """Order of the planes along their normal, spacing (x, y, z) in mm and direction (9) of the grid they
    fill.

    `names` are the planes' file names, for messages. Raises InputError, with the distance in mm, where the
    planes do not fill one rectangular grid; a plane may lie 1 % of the spacing beside its place, or what
    rounding to 0.1 mm explains (0.05 mm, at most 10 % of the spacing).
    """
    for name, attribute in (
        ("ImagePositionPatient", "position"),
        ("ImageOrientationPatient", "orientation"),
        ("PixelSpacing", "pixel_spacing"),
    ):
        missing = [n for plane, n in zip(planes, names, strict=True) if getattr(plane, attribute) is None]
        if missing:
            raise InputError(where, f"{name} in every slice", f"none in {some(missing)}")
    _refuse_spread(where, "PixelSpacing", np.array([p.pixel_spacing for p in planes]), 1e-3, " mm")
    _refuse_spread(
        where, "ImageOrientationPatient", np.array([p.orientation for p in planes]), DIRECTION_TOLERANCE, ""
    )
    row_spacing, column_spacing = planes[0].pixel_spacing
    axes = axes_of(where, planes[0].orientation)
    if min(row_spacing, column_spacing) <= 0:
        raise InputError(where, "a PixelSpacing above 0 mm", f"{row_spacing:g} and {column_spacing:g}")
    positions = np.array([p.position for p in planes]) @ axes  # along x, y and normal, mm
    order = np.argsort(positions[:, 2], kind="stable").tolist()
    if len(planes) == 1:
        gap = planes[0].thickness
        if gap is None:
            raise InputError(
                where, "several slices, or the thickness of the one", "one without SliceThickness"
            )
    else:
        ordered_names = [names[k] for k in order]
        _refuse_duplicates(where, positions[order, 2], ordered_names)
        _refuse_tilt(where, positions[order], min(row_spacing, column_spacing))
        gap = _even_spacing(where, positions[order, 2])
    return order, (column_spacing, row_spacing, float(gap)), tuple(axes.ravel())


def refuse_foreign(where: str, image: Volume, series: set[str], frame_of_reference: str) -> None:
    """InputError where a DICOM mask was not drawn on the series of a DICOM image.

    `series` are the SeriesInstanceUIDs and `frame_of_reference` the FrameOfReferenceUID that the mask names.
    The series decides, since common writers invent a frame of reference; the frame does where no series is
    named. What the mask leaves out, or an image of another format does not know, is not compared.
    """
    if not isinstance(image, DicomVolume):
        return
    remedy = "save the mask as NIfTI on this image's grid."
    if series and image.series:
        if image.series not in set(map(fingerprint, series)):
            raise InputError(
                where,
                "a mask drawn on the image's series",
                f"one drawn on the series {some(sorted(series))}",
                f"Name that series for the image, or {remedy}",
            )
    elif frame_of_reference and image.frame_of_reference not in ("", fingerprint(frame_of_reference)):
        raise InputError(
            where,
            "a mask in the image's frame of reference",
            "another FrameOfReferenceUID",
            f"Give the image that it was drawn on, or {remedy}",
        )


def multi_frame_file(path: Path, series_uid: str | None) -> Header:
    """The header of a file of several frames; InputError for any other, or for one of another series."""
    header = read_header(path)
    if not header.is_image:
        raise InputError(
            str(path), "a DICOM image", f"a DICOM object without one ({header.modality or 'no modality'})"
        )
    if len(header.planes) == 1:
        raise InputError(
            str(path),
            "a folder with a DICOM series, or a multi-frame file",
            "a file of one slice",
            "Name the folder that holds the whole series.",
        )
    if series_uid is not None and series_uid != header.series_uid:
        raise InputError(str(path), f"the series '{series_uid}'", f"the series {header.series_uid}")
    return header


def _refuse_mixed(where: str, files: list[Header]) -> None:
    lacks = {name: file.path.name for file in files for name in file.lacks}
    if lacks:
        name = next(iter(lacks))
        found = some([file.path.name for file in files if name in file.lacks])
        raise InputError(where, f"{name} in every slice", f"none in {found}", FINISH)
    if colour := [file.path.name for file in files if not file.grey]:
        raise InputError(
            where, "grey slices", f"a colour image in {some(colour)}", "Use the original series."
        )
    sizes = Counter((file.columns, file.rows) for file in files)
    if len(sizes) > 1:
        found = ", ".join(f"{x} x {y} in {n} slices" for (x, y), n in sizes.most_common())
        raise InputError(
            where, "slices of one size", found, "Take localisers and reformats out of the series."
        )
    if len({file.frame_of_reference for file in files}) > 1:
        raise InputError(
            where, "one FrameOfReferenceUID", "several in the series", "Export the series again."
        )


def _refuse_spread(where: str, name: str, values: np.ndarray, tolerance: float, unit: str) -> None:
    spread = np.ptp(values, axis=0).max()
    if spread > tolerance:
        raise InputError(
            where,
            f"one {name} in all slices",
            f"values up to {spread:.4f}{unit} apart",
            "Take localisers and reformats out of the series.",
        )


def axes_of(where: str, orientation: tuple[float, ...]) -> np.ndarray:
    """(3, 3) matrix whose columns are the x, y and z index directions, from ImageOrientationPatient."""
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if max(abs(length - 1) for length in lengths) > 1e-3 or abs(row @ column) > 1e-3:
        raise InputError(
            where,
            "two perpendicular unit vectors in ImageOrientationPatient",
            f"vectors of length {lengths[0]:.4f} and {lengths[1]:.4f}, product {row @ column:.4f}",
        )
    row = row / lengths[0]
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    return np.column_stack([row, column, np.cross(row, column)]) + 0.0


def _refuse_duplicates(where: str, heights: np.ndarray, names: list[str]) -> None:
    same = np.flatnonzero(np.diff(heights) < SAME_PLACE_MM)
    if not same.size:
        return
    places = np.split(np.arange(len(heights)), np.flatnonzero(np.diff(heights) >= SAME_PLACE_MM) + 1)
    each = {len(place) for place in places}
    if len(each) == 1 and len(places) > 1:
        found, remedy = (
            f"{each.pop()} at each of {len(places)} positions",
            "Export each phase as its own series.",
        )
    else:
        pair = some(names[same[0] : same[0] + 2])
        found = f"{len(same)} too many, first at {heights[same[0]]:.3f} mm ({pair})"
        remedy = "Delete the copies."
    raise InputError(where, "one slice at each position (no duplicates)", found, remedy)


def _refuse_tilt(where: str, positions: np.ndarray, pixel: float) -> None:
    """Slices must be stacked along their normal: any sideways step is a sheared grid."""
    sideways = np.hypot(*(positions[:, :2] - positions[0, :2]).T)
    worst = int(sideways.argmax())
    if sideways[worst] > max(SAME_PLACE_MM, 0.1 * pixel):
        angle = math.degrees(math.atan2(sideways[worst], abs(positions[worst, 2] - positions[0, 2])))
        raise InputError(
            where,
            "slices stacked along their normal",
            f"a stack that leans {angle:.2f} degrees (gantry tilt; {sideways[worst]:.3f} mm sideways)",
            "Resample the series to a rectangular grid, and its mask with it.",
        )


def _even_spacing(where: str, heights: np.ndarray) -> float:
    """Distance of neighbouring slices in mm; `heights` ascend."""
    gaps, spacing = np.diff(heights), (heights[-1] - heights[0]) / (len(heights) - 1)
    beside = np.abs(heights - (heights[0] + spacing * np.arange(len(heights))))
    if beside.max() <= min(max(0.01 * spacing, ROUNDING_MM), 0.1 * spacing):
        return float(spacing)
    usual = float(np.median(gaps))
    worst = int(np.abs(gaps - usual).argmax())
    lost = round(gaps[worst] / usual) - 1
    between = f"slices {worst + 1} and {worst + 2} (at {heights[worst]:.3f} and {heights[worst + 1]:.3f} mm)"
    if lost >= 1 and abs(gaps[worst] / usual - 1 - lost) < 0.1:
        count = "1 slice is" if lost == 1 else f"{lost} slices are"
        found = f"a gap of {gaps[worst]:.3f} mm between {between}, elsewhere {usual:.3f} mm: {count} missing"
    else:
        found = f"{gaps[worst]:.3f} mm between {between}, elsewhere {usual:.3f} mm"
    raise InputError(where, "evenly spaced slices", found, "Export the complete series, or resample it.")


def _read_frames(where: str, frames: list[tuple[Header, int]]) -> np.ndarray:
    """Rescaled voxels of the frames, in their order, as int16, int32 or float64."""
    said = [file.planes[index].rescale for file, index in frames]
    for name, values in zip(("RescaleSlope", "RescaleIntercept"), zip(*said, strict=True), strict=True):
        if None in values and any(value is not None for value in values):
            without = [
                file.path.name for (file, _), value in zip(frames, values, strict=True) if value is None
            ]
            raise InputError(where, f"{name} in every slice or in none", f"none in {some(without)}")
    rescales = {(1.0 if slope is None else slope, intercept or 0.0) for slope, intercept in said}
    whole = all(value.is_integer() for rescale in rescales for value in rescale)
    kind = sitk.sitkInt32 if whole and frames[0][0].bits <= 16 else sitk.sitkFloat64
    files = list({file.path: file for file, _ in frames}.values())
    if len(files) == 1:
        if len(rescales) > 1:
            raise InputError(where, "one rescale slope and intercept in all frames", f"{len(rescales)}")
        array = _decode([files[0].path], kind)
        if len(array) != len(files[0].planes):
            raise damaged(files[0].path, f"{len(array)} of {len(files[0].planes)} frames")
        array = array[[index for _, index in frames]]
    else:
        array = _decode([file.path for file in files], kind)
    small = kind == sitk.sitkInt32 and array.min() >= -(2**15) and array.max() < 2**15
    return array.astype(np.int16) if small else array


def _decode(paths: list[Path], kind: int) -> np.ndarray:
    """Decode files through GDCM, which rescales each slice by its own slope and intercept."""
    if len(paths) == 1:  # the series reader takes only the first frame of a file
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(paths[0]))
    else:
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames([str(path) for path in paths])
    reader.SetImageIO("GDCMImageIO")
    reader.SetOutputPixelType(kind)
    try:
        with quiet_reader():
            return sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as fault:
        refuse_lack_of_memory(fault)
        if len(paths) == 1:
            raise damaged(
                paths[0], "one whose pixel data are damaged, missing or in an unknown coding"
            ) from None
    for path in paths:
        _decode([path], kind)
    raise damaged(paths[0].parent, "slices that do not fit together")
