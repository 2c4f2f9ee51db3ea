"""What is in an image file, before a reader is let at it: its kind, and whether all it promises is there.

The readers trust headers: ITK reads what a NIfTI file lacks, and NaN in it, as zero, and an MHA file whose
header is damaged can end the whole process.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from scripts.errors import InputError

DICOM_ENDINGS = (".dcm", ".dicom", ".ima")
FINISH = "Copy or export the file again."
SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x1f\x8b": "a gzip-compressed file",
    b"NRRD": "an NRRD file",
    b"ObjectType": "a MetaImage file",
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF document",
}
BLOCK = 1 << 20
LONGEST_MHA_HEADER = 1 << 16
LONGEST_NRRD_HEADER = 1 << 20
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f]")  # no field of a header holds one
MOST_VOXELS = 1 << 31  # seven times a whole-body CT of 512 x 512 x 1,000; more is a damaged header or a trap

# https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h: datatype code -> bytes a voxel
NIFTI_BYTES = {
    2: 1,
    4: 2,
    8: 4,
    16: 4,
    32: 8,
    64: 8,
    128: 3,
    256: 1,
    512: 2,
    768: 4,
    1024: 8,
    1280: 8,
    2304: 4,
}
NIFTI_FLOATS = {16: "f4", 64: "f8"}
# https://itk.org/Wiki/ITK/MetaIO/Documentation: ElementType -> bytes
MHA_BYTES = {
    "MET_CHAR": 1,
    "MET_UCHAR": 1,
    "MET_SHORT": 2,
    "MET_USHORT": 2,
    "MET_INT": 4,
    "MET_UINT": 4,
    "MET_LONG": 4,
    "MET_ULONG": 4,
    "MET_LONG_LONG": 8,
    "MET_ULONG_LONG": 8,
    "MET_FLOAT": 4,
    "MET_DOUBLE": 8,
}
# https://teem.sourceforge.net/nrrd/format.html: type -> bytes
NRRD_BYTES = {
    name: size
    for size, names in {
        1: "signed char,int8,int8_t,uchar,unsigned char,uint8,uint8_t",
        2: "short,short int,signed short,signed short int,int16,int16_t,"
        "ushort,unsigned short,unsigned short int,uint16,uint16_t",
        4: "int,signed int,int32,int32_t,uint,unsigned int,uint32,uint32_t,float",
        8: "longlong,long long,long long int,signed long long,signed long long int,int64,int64_t,"
        "ulonglong,unsigned long long,unsigned long long int,uint64,uint64_t,double",
    }.items()
    for name in names.split(",")
}


def first_bytes(path: Path, count: int = 352) -> bytes:
    """The first bytes of a file; InputError where it is missing, empty, no regular file or may not be read."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # which may never end, or never begin
            raise InputError(str(path), "a readable file", "a pipe or device")
        with path.open("rb") as stream:
            start = stream.read(count)
    except OSError as fault:
        raise InputError(str(path), "a readable file", fault.strerror or "an input error") from None
    if not start:
        raise InputError(str(path), "an image file", "an empty file (0 bytes)", FINISH)
    return start


def describe_content(start: bytes) -> str:
    """What a file is by its first bytes, in words: 'a PNG picture'."""
    if start[128:132] == b"DICM":
        return "a DICOM file"
    for signature, name in SIGNATURES.items():
        if start.startswith(signature):
            return name
    if nifti_byte_order(start):
        return "an uncompressed NIfTI file"
    return "a file of another kind"


def nifti_byte_order(header: bytes, length: int = 348) -> str:
    """'<' or '>' for the start of a NIfTI header of that length (NIfTI-2 has 540), '' for anything else."""
    return next((order for order in "<>" if header[:4] == struct.pack(order + "i", length)), "")


def count_non_finite(array: np.ndarray) -> int:
    """How many voxels are NaN or infinite."""
    return array.size - int(np.count_nonzero(np.isfinite(array))) if array.dtype.kind == "f" else 0


def refuse_non_finite(count: int, total: int, where: str) -> None:
    """InputError where `count` of `total` voxels are NaN or infinite."""
    if count:
        raise InputError(
            where,
            "a number in every voxel",
            f"{count} of {total} voxels NaN or infinite",
            "Fill them with the background value before the image is used.",
        )


def check_nifti(path: Path) -> None:
    """InputError for a NIfTI-1 file (.nii, .nii.gz) that is damaged, incomplete, or holds NaN or infinity."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            start, count, item = _nifti_layout(path, stream.read(348))
            stream.seek(start)
            there, bad = 0, 0
            for block in _blocks(stream, count * item.itemsize):
                there += len(block)
                if item.kind == "f":
                    values = np.frombuffer(block, item, len(block) // item.itemsize)
                    bad += count_non_finite(values)
            more = _says_more(stream)  # to the end, where gzip's checksum is tested
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise incomplete(path, "compressed NIfTI") from None
    if there < count * item.itemsize:
        found = f"{there} (the file is incomplete)"
        raise InputError(str(path), f"{count * item.itemsize} bytes of voxels", found, FINISH)
    _refuse_more(path, more)
    refuse_non_finite(bad, count, str(path))


def check_mha(path: Path) -> None:
    """InputError for an MHA file whose header is damaged or whose voxels are not all there."""
    with path.open("rb") as stream:
        fields = _mha_fields(path, stream)
        try:
            dims = [int(n) for n in fields["DimSize"].split()]
            needed = math.prod(dims) * MHA_BYTES[fields["ElementType"].removesuffix("_ARRAY")]
            needed *= int(fields.get("ElementNumberOfChannels", 1))
            compressed = fields.get("CompressedData", "False").lower() == "true"
            stored = int(fields["CompressedDataSize"]) if compressed else needed
            sound = len(dims) == int(fields["NDims"]) and min(dims) > 0 and "HeaderSize" not in fields
            sound = sound and needed > 0 and ("ElementSpacing" in fields or "ElementSize" in fields)
        except (KeyError, ValueError):
            sound = False
        if not sound:
            raise InputError(str(path), "an MHA header", "a damaged or incomplete one", FINISH)
        _refuse_immense(path, math.prod(dims))
        start, more = stream.tell(), False
        try:
            unpacked, ended = _unpacked(stream, needed, 15) if compressed else (needed, True)
        except zlib.error:
            raise incomplete(path, "MHA") from None
        if not compressed:
            stream.seek(start + needed)
            more = _says_more(stream)
    if path.stat().st_size - start < stored or unpacked != needed or not ended:
        raise incomplete(path, "MHA")
    _refuse_more(path, more)


def check_nrrd(path: Path) -> None:
    """InputError for an NRRD file whose header is damaged, or whose voxels are elsewhere or not all there."""
    with path.open("rb") as stream:
        fields = _nrrd_fields(path, stream)
        if {"data file", "datafile"} & fields.keys():
            found = "one that names another file"
            raise InputError(str(path), "an NRRD file that holds its voxels", found, "Save it in one file.")
        try:
            sizes = [int(n) for n in fields["sizes"].split()]
            needed = math.prod(sizes) * NRRD_BYTES[fields["type"].lower()]
            sound = len(sizes) == int(fields["dimension"]) and min(sizes) > 0
            sound = sound and ("space directions" in fields or "spacings" in fields)
            encoding = fields["encoding"].lower()
        except (KeyError, ValueError):
            sound = False
        if not sound or any(fields.get(f"{skipped} skip", "0") != "0" for skipped in ("line", "byte")):
            raise InputError(str(path), "an NRRD header", "a damaged or incomplete one", FINISH)
        _refuse_immense(path, math.prod(sizes))
        if encoding not in ("raw", "gzip", "gz"):
            found = "another encoding"
            raise InputError(str(path), "an NRRD file in the encoding raw or gzip", found, "Save it again.")
        more, ended = False, True
        if encoding == "raw":
            there = sum(map(len, _blocks(stream, needed)))
            more = _says_more(stream)
        else:
            try:
                there, ended = _unpacked(stream, needed, 31)
            except zlib.error:
                raise incomplete(path, "NRRD") from None
    if there < needed or not ended:
        raise incomplete(path, "NRRD")
    _refuse_more(path, more)


def _unpacked(stream: BinaryIO, most: int, window: int) -> tuple[int, bool]:
    """How many bytes come out of a zlib (window 15) or gzip (31) stream, and whether it ended; stops beyond `most`."""
    unpack, count = zlib.decompressobj(window), 0
    for block in _blocks(stream):
        while block and count <= most and not unpack.eof:
            count += len(unpack.decompress(block, BLOCK))
            block = unpack.unconsumed_tail
    return count, unpack.eof


def _nrrd_fields(path: Path, stream: BinaryIO) -> dict[str, str]:
    """The header's fields; leaves `stream` at the first byte after it."""
    fields: dict[str, str] = {}
    while stream.tell() < LONGEST_NRRD_HEADER and (line := stream.readline(LONGEST_NRRD_HEADER)):
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            return fields
        key, mark, value = text.partition(": ")
        if text.startswith("#") or ":=" in key:  # free text: MITK writes a byte 2 into one
            continue
        if CONTROL.search(text.encode("latin-1")):
            break
        if mark:
            fields[key.strip().lower()] = value.strip()
    raise InputError(str(path), "an NRRD header", "a damaged or incomplete one", FINISH)


def _refuse_immense(path: Path, voxels: int) -> None:
    if voxels > MOST_VOXELS:
        found = f"a header that promises {voxels:,}"
        raise InputError(str(path), f"an image of at most {MOST_VOXELS:,} voxels", found, FINISH)


def _says_more(stream: BinaryIO) -> bool:
    """Whether anything but padding is left; reads to the end."""
    return any([bool(block.strip(b"\0\r\n")) for block in _blocks(stream)])


def _refuse_more(path: Path, more: bool) -> None:
    """A copy in text mode puts a byte before each that looks like a line's end: voxels shift, some are left."""
    if more:
        remedy = "Was it sent as text? Copy it again as it is."
        raise InputError(str(path), "an end behind the last voxel", "more bytes", remedy)


def _blocks(stream: BinaryIO, most: int | None = None) -> Iterator[bytes]:
    left = most
    while block := stream.read(BLOCK if left is None else min(BLOCK, left)):
        left = None if left is None else left - len(block)
        yield block


def incomplete(path: Path, kind: str) -> InputError:
    """The error for a file of which a part is damaged or missing."""
    return InputError(str(path), f"a complete {kind} file", "a damaged or incomplete one", FINISH)


def _nifti_layout(path: Path, header: bytes) -> tuple[int, int, np.dtype]:
    """Where the voxels start, how many there are, and their type (for other than floats only its size)."""
    order = nifti_byte_order(header)
    if not order or len(header) < 348:
        if nifti_byte_order(header, 540):
            found, remedy = "NIfTI-2", "Save it as NIfTI-1 or NRRD."
        else:
            found, remedy = "an incomplete one" if order else describe_content(header), FINISH
        raise InputError(str(path), "a NIfTI-1 header", found, remedy)
    dims = struct.unpack_from(order + "8h", header, 40)
    kind, bits = struct.unpack_from(order + "2h", header, 70)
    start = struct.unpack_from(order + "f", header, 108)[0]
    shape = dims[1 : dims[0] + 1]
    known = NIFTI_BYTES.get(kind, 0) * 8 == bits
    if not 1 <= dims[0] <= 7 or min(shape) < 1 or not known or not 0 <= start < 2**31:
        found = "a damaged one (no valid size or voxel type)"
        raise InputError(str(path), "a NIfTI-1 header", found, FINISH)
    _refuse_immense(path, math.prod(shape))
    # scl_slope may be no number (nothing is rescaled); the other numbers of place and scale may not
    numbers = struct.unpack_from(order + "3f", header, 80) + struct.unpack_from(order + "18f", header, 256)
    slope, shift = struct.unpack_from(order + "2f", header, 112)
    if (
        not all(map(math.isfinite, numbers))
        or math.isinf(slope)
        or (math.isfinite(slope) and not math.isfinite(shift))
    ):
        found = "a damaged one (spacing, place or scaling without a finite number)"
        raise InputError(str(path), "a NIfTI-1 header", found, FINISH)
    item = np.dtype(order + NIFTI_FLOATS[kind] if kind in NIFTI_FLOATS else f"V{bits // 8}")
    return int(start), math.prod(shape), item


def _mha_fields(path: Path, stream: BinaryIO) -> dict[str, str]:
    """The header's fields; leaves `stream` at the first voxel."""
    fields: dict[str, str] = {}
    while stream.tell() < LONGEST_MHA_HEADER and (line := stream.readline(LONGEST_MHA_HEADER)):
        key, mark, value = line.decode("latin-1").partition("=")
        if not mark or CONTROL.search(line.rstrip(b"\r\n")):
            break
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            if value.strip().upper() != "LOCAL":
                raise InputError(
                    str(path),
                    "an MHA file that holds its voxels",
                    "one that names another file",
                    "Save as MHA.",
                )
            return fields
    raise InputError(str(path), "an MHA header", "a damaged or incomplete one", FINISH)


def is_dicom(path: Path) -> bool:
    """Whether the file has the DICOM preamble; InputError where it is missing or empty."""
    return first_bytes(path)[128:132] == b"DICM"
