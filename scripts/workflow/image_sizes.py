"""How large an image is in memory, from a few bytes of its header: what memory and time are planned with.

Nothing is checked here. A file that is damaged or of another kind gets a guess from its size, and the check names what
is wrong with it. No voxel is read and no library for images is needed: 10,000 headers must cost a plan little.
"""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

# Where no header tells: a CT of 16 bits compresses to about one byte a voxel.
VOXELS_PER_BYTE = 1
# A header that promises more than its file can hold is damaged: deflate packs at most 1,032 bytes into one.
MOST_PER_BYTE = 1032
HEADER_BYTES = 1 << 15
NIFTI_FLOATS = (16, 64)
ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
# Recordings of MEG hold little but samples of four bytes, which are read as floats of eight.
SIGNALS = (".fif", ".meg4", ".sqd", ".con")
SAMPLE_BYTES = 4
# Markers of JPEG that are followed by the height and width (ITU-T T.81, table B.1): all of C0 to CF but three.
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TIFF_SIDES = (256, 257)
TIFF_BITS = 258
# Beginnings of the names that MHA (ElementType, without MET_) and NRRD (type) give a voxel: bytes, and whether it is
# a float. The first that fits counts.
VOXEL_TYPES = (
    (r"double", 8, True),
    (r"float", 4, True),
    (r"u?int64|(un)?signed long long|u?long_?long", 8, False),
    (r"u?int16|(un)?signed short|u?short", 2, False),
    (r"u?int8|(un)?signed char|u?char", 1, False),
    (r"", 4, False),
)
# The check and the features read DICOM as 32-bit whole numbers, to rescale it.
DICOM_BYTES = 4
# Rows, Columns: group 0028, element 0010 or 0011, two bytes long, with the letters US or without (implicit)
DICOM_SIDES = [
    re.compile(rb"\x28\x00" + element + rb"\x00(?:US\x02\x00|\x02\x00\x00\x00)(..)", re.DOTALL)
    for element in (b"\x10", b"\x11")
]
DICOM_FRAMES = re.compile(rb"\x28\x00\x08\x00(?:IS..|..\x00\x00) *(\d+)", re.DOTALL)


@dataclass(frozen=True)
class ImageSize:
    """Voxels of an image (of all its phases), bytes of one once it is read, and whether its voxels are floats.

    `volumes` : over how many phases the voxels are spread, 1 where that is not known.
    """

    voxels: int
    bytes_per_voxel: int
    is_float: bool
    volumes: int = 1

    @property
    def megabytes(self) -> float:
        """Millions of bytes of the voxels in memory."""
        return self.voxels * self.bytes_per_voxel / 1e6


NOTHING = ImageSize(0, 0, False)


@cache
def image_size(path: str) -> ImageSize:
    """Size of a NIfTI, NRRD or MHA image, a PNG, JPEG or TIFF picture, a multi-frame DICOM file, a recording of MEG,
    or a folder of DICOM slices, of volume files or of recordings.

    From the header. Of volume files (a phase each) the sizes are added up. A DICOM folder counts as its files (all
    series, subfolders too) times rows and columns of one of them. Without a readable header one voxel a byte; `NOTHING`
    where there is no file. Never raises for what a file holds.
    """
    try:
        if os.path.isdir(path):
            return _of_folder(path)
        most = os.path.getsize(path)
        if path.lower().endswith(SIGNALS):
            return _signals([most])
        found = _of_header(path)
    except OSError:
        return NOTHING
    if found is None or not 0 < found.voxels <= most * MOST_PER_BYTE:
        return ImageSize(most * VOXELS_PER_BYTE, DICOM_BYTES, False)
    return found


def _of_header(path: str) -> ImageSize | None:
    """What the header of a file promises; None where it cannot be read."""
    name = path.lower()
    with contextlib.suppress(struct.error, ValueError, KeyError, EOFError, zlib.error, gzip.BadGzipFile):
        if name.endswith(".nii.gz"):
            with gzip.open(path) as stream:
                return _nifti(stream.read(348))
        with open(path, "rb") as stream:
            header = stream.read(HEADER_BYTES)
        if name.endswith(".nii"):
            return _nifti(header)
        if name.endswith(".nrrd"):
            return _of_fields(header, rb"^sizes: *([\d ]+)$", rb"^type: *(.+)$")
        if name.endswith(".mha"):
            return _of_fields(header, rb"^DimSize *= *([\d ]+)$", rb"^ElementType *= *MET_(.+)$")
        return _picture(header) if name.endswith(PICTURES) else _dicom(header)
    return None


def _nifti(header: bytes) -> ImageSize:
    order = "<" if header[:4] == struct.pack("<i", 348) else ">"
    dimensions, *sides = struct.unpack_from(f"{order}8h", header, 40)
    kind, bits = struct.unpack_from(f"{order}2h", header, 70)
    slope, intercept = struct.unpack_from(f"{order}2f", header, 112)
    rescaled = slope not in (0.0, 1.0) or (slope == 1.0 and intercept != 0.0)
    is_float = kind in NIFTI_FLOATS or rescaled
    volumes = math.prod(sides[3:dimensions])
    return ImageSize(
        math.prod(sides[:dimensions]), max(bits // 8, 4 if is_float else 1), is_float, max(1, volumes)
    )


def _of_fields(header: bytes, sizes: bytes, voxel: bytes) -> ImageSize | None:
    """NRRD and MHA begin with lines of text."""
    lines = header.replace(b"\r", b"")
    sides, kind = (re.search(field, lines, re.MULTILINE) for field in (sizes, voxel))
    if not sides or not kind:
        return None
    name = kind[1].decode("latin-1").strip().lower()
    item, is_float = next((size, real) for start, size, real in VOXEL_TYPES if re.match(start, name))
    return ImageSize(math.prod(map(int, sides[1].split())), item, is_float)


def _dicom(header: bytes) -> ImageSize | None:
    """Rows x columns x frames of one little-endian file, as all but a few old scanners write it."""
    sides = [found for pattern in DICOM_SIDES if (found := pattern.search(header))]
    if header[128:132] != b"DICM" or len(sides) < 2:
        return None
    frames = DICOM_FRAMES.search(header)
    pixels = math.prod(struct.unpack("<H", side[1])[0] for side in sides)
    return ImageSize(pixels * (int(frames[1]) if frames else 1), DICOM_BYTES, False)


def _picture(header: bytes) -> ImageSize | None:
    """One grey page of a PNG, JPEG or TIFF picture."""
    if header.startswith(b"\x89PNG"):
        width, height, bits = struct.unpack_from(">2IB", header, 16)
        return ImageSize(width * height, max(1, bits // 8), False)
    if header.startswith(b"\xff\xd8"):
        place = 2
        while place + 9 <= len(header):
            mark, kind, length = struct.unpack_from(">BBH", header, place)
            if mark != 0xFF:
                return None
            if kind in JPEG_FRAMES:
                height, width = struct.unpack_from(">2H", header, place + 5)
                return ImageSize(width * height, 1, False)
            place += 2 + length
        return None
    order = {b"II": "<", b"MM": ">"}[header[:2]]
    (start,) = struct.unpack_from(f"{order}I", header, 4)
    (count,) = struct.unpack_from(f"{order}H", header, start)
    tags = {}
    for entry in range(count):
        tag, kind, _ = struct.unpack_from(f"{order}2HI", header, start + 2 + 12 * entry)
        letter = {3: "H", 4: "I"}.get(kind)
        if letter:
            (tags[tag],) = struct.unpack_from(f"{order}{letter}", header, start + 10 + 12 * entry)
    width, height = (tags[tag] for tag in TIFF_SIDES)
    return ImageSize(width * height, max(1, tags.get(TIFF_BITS, 8) // 8), False)


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    """The files of a folder and of those below it, hidden ones left out."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                yield entry


def _of_folder(folder: str) -> ImageSize:
    """The volume files of a folder together, or its files, each as large as the first that has a DICOM header."""
    with os.scandir(folder) as entries:
        phases = [e.path for e in entries if e.name.lower().endswith(ENDINGS) and not e.name.startswith(".")]
    if phases:
        return _together([image_size(path) for path in phases])
    count, size, one = 0, 0, None
    files = list(_files(folder))
    if signals := [e.stat().st_size for e in files if e.name.lower().endswith(SIGNALS)]:
        return _signals(signals)
    for entry in files:
        count += 1
        if one is None:
            one = _of_header(entry.path)
            size += 0 if one else entry.stat().st_size
    if one is None:
        return ImageSize(size * VOXELS_PER_BYTE, DICOM_BYTES, False)
    return ImageSize(count * one.voxels, DICOM_BYTES, False)


def _signals(sizes: list[int]) -> ImageSize:
    """Recordings by the sizes of their files. They are read one at a time, so the samples of all are not in memory."""
    return ImageSize(sum(sizes) // SAMPLE_BYTES, SAMPLE_BYTES, False, len(sizes))


def _together(sizes: list[ImageSize]) -> ImageSize:
    return ImageSize(
        sum(size.voxels for size in sizes),
        max(size.bytes_per_voxel for size in sizes),
        any(size.is_float for size in sizes),
        sum(size.volumes for size in sizes),
    )
