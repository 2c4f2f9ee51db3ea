"""The .mat files of the brain tumour set of Cheng et al. (figshare 1512427): one slice a file, in a structure `cjdata`.

Fields (its README): `image`; `label`, 1 meningioma, 2 glioma, 3 pituitary tumour; `PID`, the patient; `tumorBorder`,
points of the outline; `tumorMask`, 0 and 1. The published files are MATLAB 7.3, which is HDF5 with every array stored
column by column; files saved again by older versions (5) are read, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scripts.cohort.file_content import describe_content, first_bytes, incomplete
from scripts.errors import InputError

LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
HDF5 = b"\x89HDF\r\n\x1a\n"
MATLAB = b"MATLAB "
FIELDS = ("image", "label", "PID", "tumorMask")
MOST = 65535  # what 16 bits of a picture hold


@dataclass(frozen=True)
class Slice:
    """One slice.

    Parameters
    ----------
    image : (y, x) uint16, the stored intensities. mask : (y, x) uint8, 0 outside and 1 inside the tumour.
    tumour_type : one of LABELS' values. subject : the patient's identifier in the file.
    border : (n, 2) points (x, y) of the outline in pixels, as drawn; empty where the file has none.
    """

    image: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    tumour_type: str
    subject: str
    border: np.ndarray = field(repr=False)


def read_cjdata(path: str | Path) -> Slice:
    """Read one .mat file.

    Raises
    ------
    InputError : no such file; not MATLAB's; damaged; no `cjdata` or a field missing; a label that is none of 1, 2, 3;
        an image that is not 2-D, has fractions or does not fit 16 bits; a mask of another size or with other values
        than 0 and 1, or empty.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "a .mat file", "no file of that name")
    start = first_bytes(path, 520)
    try:
        if start.startswith(HDF5) or start[512:520] == HDF5:  # MATLAB puts a header of 512 bytes before it
            fields = _of_hdf5(path)
        elif start.startswith(MATLAB):
            fields = _of_matlab_5(path)
        else:
            raise InputError(str(path), "a MATLAB file", describe_content(start))
    except (InputError, MemoryError):
        raise
    except Exception:  # of a damaged file, whatever the reader stumbles over
        raise incomplete(path, "MATLAB") from None
    return _slice(path, fields)


def _of_hdf5(path: Path) -> dict[str, np.ndarray]:
    import h5py

    with h5py.File(path, "r") as file:
        if "cjdata" not in file or not isinstance(file["cjdata"], h5py.Group):
            raise _lacking(path, "cjdata", list(file))
        group = file["cjdata"]
        # the axes of an array come in the opposite order
        return {name: np.asarray(group[name]).T for name in group if isinstance(group[name], h5py.Dataset)}


def _of_matlab_5(path: Path) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    content = loadmat(path)
    if "cjdata" not in content or content["cjdata"].dtype.names is None:
        raise _lacking(path, "cjdata", [name for name in content if not name.startswith("__")])
    record = content["cjdata"].ravel()[0]
    return {name: np.asarray(record[name]) for name in record.dtype.names}


def _lacking(path: Path, name: str, there: list[str]) -> InputError:
    found = f"only {', '.join(there)}" if there else "nothing"
    return InputError(str(path), f"the structure or field '{name}'", found, "Is it of another data set?")


def _slice(path: Path, fields: dict[str, Any]) -> Slice:
    for name in FIELDS:
        if name not in fields:
            raise _lacking(path, f"cjdata.{name}", list(fields))
    label = np.asarray(fields["label"]).ravel()
    if len(label) != 1 or float(label[0]) not in LABELS:
        expected = "the label " + ", ".join(f"{number} ({word})" for number, word in LABELS.items())
        raise InputError(str(path), expected, ", ".join(f"{value:g}" for value in label[:5]) or "nothing")
    image = np.asarray(fields["image"])
    if image.ndim != 2 or min(image.shape) < 2:
        shape = " x ".join(map(str, image.shape))
        raise InputError(str(path), "a 2-D image", f"an array of {shape or 'no'} values")
    low, high = float(image.min()), float(image.max())
    whole = image.dtype.kind in "iu" or bool((image == np.rint(image)).all())
    if not (whole and low >= 0 and high <= MOST):
        kind = "" if whole else " with fractions"
        raise InputError(str(path), f"whole intensities from 0 to {MOST}", f"{low:g} to {high:g}{kind}")
    mask = np.asarray(fields["tumorMask"])
    values = np.unique(mask)
    if mask.shape != image.shape or not set(values.tolist()) <= {0, 1} or not mask.any():
        found = f"{' x '.join(map(str, mask.shape))} with {', '.join(f'{v:g}' for v in values[:5])}"
        expected = f"a mask of {image.shape[0]} x {image.shape[1]} with 0 and 1"
        raise InputError(str(path), expected, found)
    border = np.asarray(fields.get("tumorBorder", []), dtype=float).ravel()
    border = border[: len(border) // 2 * 2].reshape(-1, 2)
    return Slice(
        image.astype(np.uint16), mask.astype(np.uint8), LABELS[int(label[0])], _text(fields["PID"]), border
    )


def _text(characters: np.ndarray) -> str:
    """MATLAB's text: characters as numbers (7.3) or as a string (5)."""
    array = np.asarray(characters)
    if array.dtype.kind in "US":
        return "".join(map(str, array.ravel())).strip()
    if array.dtype.kind == "f" and array.size == 1:
        return f"{float(array.ravel()[0]):g}"
    return "".join(chr(int(code)) for code in array.ravel()).strip()
