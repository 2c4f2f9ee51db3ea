"""Reading NIfTI, NRRD and MHA files, without noise, as one 3-D scalar image or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import SimpleITK as sitk

from scripts.cohort.file_content import (
    check_mha,
    check_nifti,
    check_nrrd,
    count_non_finite,
    describe_content,
    first_bytes,
    incomplete,
    nifti_byte_order,
    refuse_non_finite,
)
from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, ending, from_sitk

READERS = {".nii": "NiftiImageIO", ".nii.gz": "NiftiImageIO", ".nrrd": "NrrdImageIO", ".mha": "MetaImageIO"}
FORMATS = {".nii": "a NIfTI", ".nii.gz": "a compressed NIfTI", ".nrrd": "an NRRD", ".mha": "an MHA"}
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


def refuse_lack_of_memory(fault: RuntimeError) -> None:
    """MemoryError for what ITK raises where there is too little memory: not a fault of the file."""
    if "allocate memory" in str(fault):
        raise MemoryError("too little memory to read an image") from None


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
    (volume,) = _read(Path(path), several=False)
    return volume


def read_volumes_file(path: str | Path) -> list[Volume]:
    """As `read_volume_file`, but a NIfTI file may be 4-D: its volumes, all on one grid, in their order."""
    return _read(Path(path), several=True)


def _read(path: Path, several: bool) -> list[Volume]:
    kind = ending(path)
    if kind not in READERS:
        raise InputError(str(path), f"an image file ({', '.join(ENDINGS)})", f"the ending '{kind}'")
    _check_signature(path, kind)
    if kind in (".nii", ".nii.gz"):
        check_nifti(path)
    elif kind == ".mha":
        check_mha(path)
    else:
        check_nrrd(path)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(READERS[kind])
    reader.SetFileName(str(path))
    try:
        with quiet_reader():
            reader.ReadImageInformation()
            _check_header(path, reader, several and READERS[kind] == "NiftiImageIO")
            image = reader.Execute()
    except RuntimeError as fault:
        refuse_lack_of_memory(fault)
        if "orthonormal" in str(fault):
            raise InputError(
                str(path), "three perpendicular axes", "a sheared grid", "Resample it to a rectangular grid."
            ) from None
        raise incomplete(path, FORMATS[kind].split(maxsplit=1)[1]) from None
    images = [image[:, :, :, k] for k in range(image.GetSize()[3])] if image.GetDimension() == 4 else [image]
    volumes = [from_sitk(one) for one in images]
    for volume in volumes:
        refuse_non_finite(count_non_finite(volume.array), volume.array.size, str(path))
    return volumes


def _check_signature(path: Path, kind: str) -> None:
    start = first_bytes(path)
    fits = {
        ".nii": bool(nifti_byte_order(start) or nifti_byte_order(start, 540)),
        ".nii.gz": start.startswith(b"\x1f\x8b"),
        ".nrrd": start.startswith(b"NRRD"),
        ".mha": start.lstrip().startswith((b"ObjectType", b"Comment", b"NDims")),
    }
    if not fits[kind]:
        raise InputError(
            str(path),
            f"{FORMATS[kind]} file, by its ending '{kind}'",
            describe_content(start),
            "Give the file the ending of its format, or export it again.",
        )


def _check_header(path: Path, reader: sitk.ImageFileReader, several: bool) -> None:
    """Refuse, before the voxels are read, what is not one 3-D scalar image, or `several` of them."""
    size = reader.GetSize()
    shape = " x ".join(map(str, size))
    if len(size) < 3:
        raise InputError(str(path), "a 3-D image", f"a 2-D image ({shape} pixels)")
    if len(size) > 4 or (len(size) == 4 and size[3] != 1 and not several):
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
