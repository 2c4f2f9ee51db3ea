"""DICOM headers: which files of a folder are images, where each frame lies, and which series there are.

Only what geometry and series need is taken from a header. Nothing that tells who the patient is, or when,
is kept or put in a message; a series is told by its SeriesInstanceUID, its modality and its number of
slices.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import logging
import math
import os
import re
import struct
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import UID

from scripts.cohort.file_content import DICOM_ENDINGS, FINISH, describe_content, first_bytes, is_dicom
from scripts.errors import InputError

RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
RTDOSE = "1.2.840.10008.5.1.4.1.1.481.2"
UNREADABLE = (
    BytesLengthException,
    InvalidDicomError,
    EOFError,
    OSError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
    struct.error,
)
TAGS = [
    "SOPClassUID",
    "SeriesInstanceUID",
    "Modality",
    "FrameOfReferenceUID",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "PixelData",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "RescaleSlope",
    "RescaleIntercept",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
MODALITIES = (  # a space before and after each
    " BI CR CT CTPROTOCOL DG DX ECG ES GM IO IVUS KO MG MR NM OCT OP OT PR PT PX REG RF RG RTDOSE RTIMAGE RTPLAN "
    "RTRECORD RTSTRUCT RWV SC SEG SM SR US XA XC "
)
# Without these a reader guesses what the pixel data mean.
OF_PIXELS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
)
MOST_FILES = 100_000  # below one patient's folder
READ_LATER = 4096  # bytes; longer values, above all the pixels, are left in the file


@dataclass(frozen=True)
class Plane:
    """Where one frame lies in the patient (mm) and its rescale slope and intercept; None where not said."""

    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing: tuple[float, ...] | None
    thickness: float | None
    rescale: tuple[float | None, float | None]


@dataclass(frozen=True)
class Header:
    """What one DICOM file says of itself, as far as images and masks need it."""

    path: Path
    sop_class: str
    series_uid: str
    modality: str
    frame_of_reference: str
    rows: int
    columns: int
    grey: bool
    bits: int
    lacks: tuple[str, ...]
    planes: tuple[Plane, ...]

    @property
    def is_image(self) -> bool:
        """Whether the file holds a picture of the patient: not a segmentation, dose, plan or report."""
        return self.rows > 0 and self.sop_class not in (*SEGMENTATIONS, RTDOSE)


def fingerprint(identity: str) -> str:
    """SHA-256 of a UID, to compare identities without keeping them; '' for ''."""
    return hashlib.sha256(identity.encode()).hexdigest() if identity else ""


@contextlib.contextmanager
def lenient_reading() -> Iterator[None]:
    """No warnings of pydicom's on values that break the standard's rules of form (an SH of 20 letters).

    They quote the value. Real files are full of them, in attributes that are never used here; every value that
    is used is checked where it is. Values are converted when they are looked at, so that must happen inside.
    """
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module=r"(pydicom|highdicom)(\.|$)")
            yield
    finally:
        logger.setLevel(level)


def uid(value: Any) -> str:
    """A UID fit for a message; '' where absent.

    ValueError for anything else: a damaged length makes an attribute swallow those behind it, names included.
    """
    if not re.fullmatch(r"([0-9]+(\.[0-9]+)+)?", text := str(value or "").strip()) or len(text) > 64:
        raise ValueError("no UID")
    return text


def modality(value: Any) -> str:
    """A modality fit for a message: '' where absent, 'another' for what is none of the common ones.

    ValueError as for `uid`.
    """
    text = str(value or "").strip()
    if not text.isprintable() or len(text) > 64:
        raise ValueError("no modality")
    return text if f" {text} " in MODALITIES or not text else "another"


def label(value: Any) -> str:
    """The name of a region or segment, fit for a message; '' where absent; ValueError as for `uid`."""
    text = "\\".join(value) if isinstance(value, pydicom.multival.MultiValue) else str(value or "")
    if not text.isprintable() or len(text) > 256:
        raise ValueError("no name")
    return text.strip()


def some(names: Iterable[str], most: int = 3) -> str:
    """The first names, each once, and how many more there are: 'a.dcm, b.dcm, c.dcm and 4 more'."""
    names = list(dict.fromkeys(names))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def suggest(name: str, names: Iterable[str]) -> str:
    """'Did you mean 'GTV-1'?' for the nearest of `names` whatever its case, or '' where none is near."""
    by_lower = {known.lower(): known for known in names if known != name}
    matches = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return f"Did you mean '{by_lower[matches[0]]}'?" if matches else ""


def damaged(path: Path, found: str = "a damaged or incomplete one") -> InputError:
    """The error for a DICOM file that cannot be read."""
    return InputError(str(path), "a readable DICOM file", found, FINISH)


def open_dicom(path: Path, tags: list[str] | None = None) -> pydicom.Dataset:
    """Read a dataset (only `tags` where given); call it, and use what it gives, inside `lenient_reading`."""
    if not is_dicom(path):
        raise damaged(path, f"{describe_content(first_bytes(path))} (no DICOM preamble)")
    try:
        dataset = pydicom.dcmread(path, specific_tags=tags, defer_size=READ_LATER if tags else None)
        syntax = dataset.file_meta.get("TransferSyntaxUID")
    except UNREADABLE:
        raise damaged(path) from None
    if not syntax:
        raise damaged(path, "one without a TransferSyntaxUID, so that its encoding is unknown")
    return dataset


def read_header(path: Path) -> Header:
    """Read the header of one DICOM file; InputError where it cannot be read."""
    with lenient_reading():
        dataset = open_dicom(path, TAGS)
        try:
            return _header(path, dataset)
        except UNREADABLE:
            raise damaged(path) from None


def scan_folder(folder: Path) -> list[Header]:
    """Headers of all DICOM files in a folder and below it, in the order of their names.

    Files of other kinds are passed over, hidden ones too; a file that calls itself DICOM (by its preamble
    or the ending .dcm, .dicom, .ima) and cannot be read is an InputError, since it may be a slice of the
    series.
    """
    headers = []
    for path in _files_below(folder):
        if path.suffix.lower() in DICOM_ENDINGS or (path.stat().st_size > 0 and is_dicom(path)):
            headers.append(read_header(path))
    return headers


def _files_below(folder: Path) -> list[Path]:
    """Regular files that are not hidden, by name; InputError for what cannot be listed, and for a whole disk."""

    def stop(fault: OSError) -> None:
        found = f"'{fault.filename}': {fault.strerror}"
        raise InputError(str(folder), "a folder whose files can be listed", found) from None

    paths: list[Path] = []
    for place, _, names in os.walk(folder, onerror=stop):
        paths += (Path(place, name) for name in names if not name.startswith("."))
        if len(paths) > MOST_FILES:
            found = f"more than {MOST_FILES:,} files"
            raise InputError(str(folder), "the folder of one patient's images", found, "Correct the path.")
    return [path for path in sorted(paths) if path.is_file()]


def choose_series(headers: list[Header], folder: Path, series_uid: str | None) -> list[Header]:
    """The image files of one series: the only one, or the one named.

    Raises
    ------
    InputError : no image among the files; several series and none named, or none of that name, with every
        series' UID, modality and number of slices.
    """
    series: dict[str, list[Header]] = {}
    for header in headers:
        if header.is_image:
            series.setdefault(header.series_uid, []).append(header)
    if not series:
        kinds = sorted({h.modality or "no modality" for h in headers})
        found = f"{len(headers)} DICOM files without an image ({', '.join(kinds)})" if headers else "none"
        raise InputError(str(folder), "a folder with a DICOM image series", found)
    listing = "; ".join(
        f"{name or 'no SeriesInstanceUID'} ({files[0].modality or 'no modality'}, "
        f"{(n := sum(len(f.planes) for f in files))} slice{'s' if n > 1 else ''})"
        for name, files in sorted(series.items())
    )
    if series_uid is None and len(series) > 1:
        raise InputError(
            str(folder),
            "one DICOM series, or the SeriesInstanceUID of one of several",
            f"{len(series)} series: {listing}",
            "Name the series in the sheet.",
        )
    if series_uid is not None and series_uid not in series:
        raise InputError(
            str(folder),
            f"the series '{series_uid}'",
            f"{len(series)} other series: {listing}" if len(series) > 1 else f"only {listing}",
            f"Name one that is there. {suggest(series_uid, series)}".rstrip(),
        )
    return series[series_uid] if series_uid is not None else next(iter(series.values()))


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    """`count` finite numbers, or None where the attribute is absent, empty or something else."""
    if value is None or isinstance(value, str) or (count > 1 and len(value) != count):
        return None
    numbers = tuple(float(v) for v in (value if count > 1 else [value]))
    return numbers if all(map(math.isfinite, numbers)) else None


def _header(path: Path, dataset: pydicom.Dataset) -> Header:
    promised = UID(str(dataset.file_meta.get("MediaStorageSOPClassUID") or "")).name
    if promised.endswith("Image Storage") and not (dataset.get("Rows") and dataset.get("Columns")):
        raise ValueError("an image that ends before its size: the file is cut off")
    frames = int(dataset.get("NumberOfFrames") or 1)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
    if frames > 8 * path.stat().st_size:
        raise ValueError("more frames than the file has bits")
    each = list(dataset.get("PerFrameFunctionalGroupsSequence") or [])
    if each and len(each) != frames:
        raise ValueError("one functional group a frame")
    groups = each or [pydicom.Dataset()] * frames
    header = Header(
        path,
        uid(dataset.get("SOPClassUID")),
        uid(dataset.get("SeriesInstanceUID")),
        modality(dataset.get("Modality")),
        uid(dataset.get("FrameOfReferenceUID")),
        int(dataset.get("Rows") or 0),
        int(dataset.get("Columns") or 0),
        int(dataset.get("SamplesPerPixel") or 1) == 1
        and str(dataset.get("PhotometricInterpretation") or "").startswith("MONOCHROME"),
        int(dataset.get("BitsAllocated") or 0),
        tuple(name for name in OF_PIXELS if dataset.get(name) is None),
        tuple(_plane(dataset, shared, group, frames) for group in groups),
    )
    if header.is_image and header.grey and not header.lacks:
        _require_pixels(dataset, header, frames)
    return header


def _require_pixels(dataset: pydicom.Dataset, header: Header, frames: int) -> None:
    """ValueError where the pixel data contradict the header or are not all there: decoders fill up what lacks."""
    if not 0 < int(dataset.BitsStored) <= header.bits or int(dataset.PixelRepresentation) not in (0, 1):
        raise ValueError("bits stored that do not fit into those allocated")
    pixels = dataset.get_item("PixelData", keep_deferred=True)
    if pixels is None or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    length = pixels.length if isinstance(pixels, pydicom.dataelem.RawDataElement) else len(pixels.value)
    needed = header.rows * header.columns * int(dataset.SamplesPerPixel) * frames * header.bits // 8
    if isinstance(pixels, pydicom.dataelem.RawDataElement) and pixels.value is None:
        there = header.path.stat().st_size - pixels.value_tell
    else:
        there = length
    if min(length, there) < needed:
        raise ValueError("fewer bytes of pixels than the header promises")


def _plane(dataset: pydicom.Dataset, shared: pydicom.Dataset, group: pydicom.Dataset, frames: int) -> Plane:
    """The place of one frame: by its own functional group, the shared one or, for one frame, the file."""

    def find(sequence: str, name: str) -> Any:
        for place in (group, shared):
            item = (place.get(sequence) or [None])[0]
            if item is not None and item.get(name) is not None:
                return item[name].value
        return dataset.get(name) if frames == 1 else None

    slope = _rescale(find("PixelValueTransformationSequence", "RescaleSlope"))
    intercept = _rescale(find("PixelValueTransformationSequence", "RescaleIntercept"))
    between = _numbers(find("PixelMeasuresSequence", "SpacingBetweenSlices"), 1)
    thick = _numbers(find("PixelMeasuresSequence", "SliceThickness"), 1)
    return Plane(
        _numbers(find("PlanePositionSequence", "ImagePositionPatient"), 3),
        _numbers(find("PlaneOrientationSequence", "ImageOrientationPatient"), 6),
        _numbers(find("PixelMeasuresSequence", "PixelSpacing"), 2),
        abs((between or thick or (0.0,))[0]) or None,
        (slope, intercept),
    )


def _rescale(value: Any) -> float | None:
    """A slope or intercept, None where not said; ValueError where it is no number."""
    if value is None:
        return None
    numbers = _numbers(value, 1)
    if numbers is None:
        raise ValueError("a rescale value that is no number")
    return numbers[0]
