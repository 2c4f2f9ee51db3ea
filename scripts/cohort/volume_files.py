"""NIfTI, NRRD and MHA files: what each looks like, how each breaks, and reading them without noise."""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import struct
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, ending, from_sitk

READERS = {".nii": "NiftiImageIO", ".nii.gz": "NiftiImageIO", ".nrrd": "NrrdImageIO", ".mha": "MetaImageIO"}
FORMATS = {".nii": "NIfTI", ".nii.gz": "compressed NIfTI", ".nrrd": "NRRD", ".mha": "MHA"}
SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x1f\x8b": "a gzip-compressed file",
    b"NRRD": "an NRRD file",
    b"ObjectType": "a MetaImage file",
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF document",
}
FINISH = "Copy or export the file again."

_reading = threading.Lock()


@contextlib.contextmanager
def quiet_reader() -> Iterator[None]:
    """Keep the image libraries off standard error: what they print there, they also raise.

    MetaIO, niftilib and OpenJPEG write to the process's file descriptor 2, past Python, so it points to an
    empty file meanwhile. One thread reads at a time.
    """
    with _reading, tempfile.TemporaryFile() as sink:
        sys.stderr.flush()
        kept, warned = os.dup(2), sitk.ProcessObject_GetGlobalWarningDisplay()
        os.dup2(sink.fileno(), 2)
        sitk.ProcessObject_SetGlobalWarningDisplay(False)
        try:
            yield
        finally:
            sitk.ProcessObject_SetGlobalWarningDisplay(warned)
            os.dup2(kept, 2)
            os.close(kept)


def first_bytes(path: Path, count: int = 352) -> bytes:
    """The first bytes of a file; InputError where it is missing, empty or may not be read."""
    try:
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
    if _nifti_byte_order(start):
        return "an uncompressed NIfTI file"
    return "a file of another kind"


def read_volume_file(path: str | Path) -> Volume:
    """Read a NIfTI (.nii, .nii.gz), NRRD or MHA file of one 3-D scalar image.

    Returns
    -------
    Volume with the voxels in their stored type (rescaled as the header says) and the geometry in LPS mm.

    Raises
    ------
    InputError : missing, empty, truncated or damaged file; an ending that does not fit the content; 2-D, 4-D,
        vector, colour or complex voxels; NaN or infinite voxels; a sheared grid.
    """
    path = Path(path)
    kind = ending(path)
    if kind not in READERS:
        raise InputError(str(path), f"an image file ({', '.join(ENDINGS)})", f"the ending '{kind}'")
    _check_signature(path, kind)
    if FORMATS[kind].endswith("NIfTI"):
        _check_nifti_data(path, kind)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(READERS[kind])
    reader.SetFileName(str(path))
    try:
        with quiet_reader():
            reader.ReadImageInformation()
            _check_header(path, reader)
            image = reader.Execute()
    except RuntimeError as fault:
        if "orthonormal" in str(fault):
            raise InputError(
                str(path), "three perpendicular axes", "a sheared grid", "Resample it to a rectangular grid."
            ) from None
        raise InputError(
            str(path), f"a complete {FORMATS[kind]} file", "a damaged or incomplete one", FINISH
        ) from None
    volume = from_sitk(image[:, :, :, 0] if image.GetDimension() == 4 else image)
    finite = np.count_nonzero(np.isfinite(volume.array))
    refuse_non_finite(volume.array.size - int(finite), volume.array.size, str(path))
    return volume


def refuse_non_finite(count: int, total: int, where: str) -> None:
    """InputError where `count` of `total` voxels are NaN or infinite."""
    if count:
        raise InputError(
            where,
            "a number in every voxel",
            f"{count} of {total} voxels NaN or infinite",
            "Fill them with the background value before the image is used.",
        )


def _check_signature(path: Path, kind: str) -> None:
    start = first_bytes(path)
    fits = {
        ".nii": bool(_nifti_byte_order(start) or _nifti_byte_order(start, 540)),
        ".nii.gz": start.startswith(b"\x1f\x8b"),
        ".nrrd": start.startswith(b"NRRD"),
        ".mha": start.lstrip().startswith((b"ObjectType", b"Comment", b"NDims")),
    }
    if not fits[kind]:
        raise InputError(
            str(path),
            f"a {FORMATS[kind]} file, by its ending '{kind}'",
            describe_content(start),
            "Give the file the ending of its format, or export it again.",
        )


def _nifti_byte_order(header: bytes, length: int = 348) -> str:
    """'<' or '>' for the start of a NIfTI header of that length (NIfTI-2 has 540), '' for anything else."""
    return next((order for order in "<>" if header[:4] == struct.pack(order + "i", length)), "")


def _check_nifti_data(path: Path, kind: str) -> None:
    """Refuse what ITK would mend in silence: it reads missing bytes, NaN and infinity as zero."""
    try:
        with gzip.open(path) if kind == ".nii.gz" else path.open("rb") as stream:
            start, count, item = _nifti_layout(path, stream.read(348))
            stream.seek(start)
            there, bad = 0, 0
            while block := stream.read(min(1 << 20, count * item.itemsize - there)):
                there += len(block)
                if item.kind == "f":
                    values = np.frombuffer(block, item, len(block) // item.itemsize)
                    bad += int(np.count_nonzero(~np.isfinite(values)))
            while stream.read(1 << 20):  # to the end, where gzip's checksum is tested
                pass
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            str(path), "a complete compressed NIfTI file", "a damaged or incomplete one", FINISH
        ) from None
    if there < count * item.itemsize:
        found = f"{there} (the file is incomplete)"
        raise InputError(str(path), f"{count * item.itemsize} bytes of voxels", found, FINISH)
    refuse_non_finite(bad, count, str(path))


def _nifti_layout(path: Path, header: bytes) -> tuple[int, int, np.dtype]:
    """Where the voxels start, how many there are, and their type (for other than floats only its size)."""
    order = _nifti_byte_order(header)
    if not order or len(header) < 348:
        if _nifti_byte_order(header, 540):
            found, remedy = "NIfTI-2", "Save it as NIfTI-1 or NRRD."
        else:
            found, remedy = "an incomplete one" if order else describe_content(header), FINISH
        raise InputError(str(path), "a NIfTI-1 header", found, remedy)
    dims = struct.unpack_from(order + "8h", header, 40)
    kind, bits = struct.unpack_from(order + "2h", header, 70)
    start = struct.unpack_from(order + "f", header, 108)[0]
    shape = dims[1 : dims[0] + 1]
    if not 1 <= dims[0] <= 7 or min(shape) < 1 or bits < 8 or not 0 <= start < 2**31:
        found = "a damaged one (no valid size or voxel type)"
        raise InputError(str(path), "a NIfTI-1 header", found, FINISH)
    floats = {(16, 32): "f4", (64, 64): "f8"}
    item = np.dtype(order + floats[kind, bits] if (kind, bits) in floats else f"V{bits // 8}")
    return int(start), math.prod(shape), item


def _check_header(path: Path, reader: sitk.ImageFileReader) -> None:
    """Refuse, before the voxels are read, what is not one 3-D scalar image."""
    size = reader.GetSize()
    shape = " x ".join(map(str, size))
    if len(size) < 3:
        raise InputError(str(path), "a 3-D image", f"a 2-D image ({shape} pixels)")
    if len(size) > 4 or (len(size) == 4 and size[3] != 1):
        raise InputError(
            str(path),
            "a 3-D image",
            f"a {len(size)}-D image ({shape})",
            "Save the one volume (phase, time point) to be used as a file of its own.",
        )
    if "complex" in sitk.GetPixelIDValueAsString(reader.GetPixelID()):
        raise InputError(str(path), "real voxel values", "complex ones", "Save the magnitude image.")
    if reader.GetNumberOfComponents() != 1:
        raise InputError(
            str(path),
            "one value in each voxel",
            f"{reader.GetNumberOfComponents()} (a colour or vector image)",
            "Save one channel, in grey.",
        )
