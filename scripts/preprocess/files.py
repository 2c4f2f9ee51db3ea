"""The volumes of a preprocessing step's folder: one MHA file a patient and kind of volume.

A step folder holds `<stem>_<what>.mha`. The stem stands for the patient, because an id may hold characters that no
file name can.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from scripts.cohort.volume_files import read_volume_file
from scripts.errors import nearest
from scripts.tables import write_whole
from scripts.volumes import Volume, write_volume

# correct_bias: precontrast, postcontrast, field; standardise_images: precontrast, postcontrast, enhancement,
# given_mask; segment_tumours: mask; register_visits: warped, warped_postcontrast, warped_mask, jacobian,
# displacement
KINDS = (
    "precontrast",
    "postcontrast",
    "field",
    "enhancement",
    "given_mask",
    "mask",
    "warped",
    "warped_postcontrast",
    "warped_mask",
    "jacobian",
    "displacement",
)
STEM_LENGTH = 16


def file_stem(patient: str) -> str:
    """The first 16 hex digits of the SHA-256 of the patient's id (UTF-8): what its files' names begin with.

    Two of 10,000 patients share a stem with a probability of 3e-12 (birthday problem on 64 bits).
    """
    return hashlib.sha256(str(patient).encode("utf-8")).hexdigest()[:STEM_LENGTH]


def volume_path(folder: str | Path, patient: str, what: str) -> Path:
    """`<folder>/<stem>_<what>.mha`; whether it exists is not looked at.

    Raises
    ------
    ValueError : `what` is none of KINDS.
    """
    if what not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, found '{what}'.{nearest(what, KINDS)}")
    return Path(folder) / f"{file_stem(patient)}_{what}.mha"


def save_volume(volume: Volume, folder: str | Path, patient: str, what: str) -> Path:
    """Write a patient's volume into a step folder, compressed, whole or not at all; returns its path.

    The folder is made where it is missing. Voxels keep their type, but bool becomes uint8.
    """
    path = volume_path(folder, patient, what)
    write_volume(volume, path)
    return path


def save_displacement(displacement: np.ndarray, grid: Volume, folder: str | Path, patient: str) -> Path:
    """Write a displacement field as an image of vectors, which ITK, ANTs and 3D Slicer read; returns its path.

    Parameters
    ----------
    displacement : (z, y, x, 3), mm, components in physical order x, y, z; written as float32.
    grid : the volume whose geometry the field has.
    """
    path = volume_path(folder, patient, "displacement")
    image = sitk.GetImageFromArray(np.ascontiguousarray(displacement, np.float32), isVector=True)
    image.SetSpacing(grid.spacing)
    image.SetOrigin(grid.origin)
    image.SetDirection(grid.direction)
    write_whole(path, lambda p: sitk.WriteImage(image, str(p), useCompression=True))
    return path


def load_volume(folder: str | Path, patient: str, what: str) -> Volume:
    """Read what `save_volume` wrote.

    Raises
    ------
    InputError : the file is missing, damaged, or holds a voxel that is no finite number.
    """
    return read_volume_file(volume_path(folder, patient, what))


def has_volume(folder: str | Path, patient: str, what: str) -> bool:
    """Whether a step wrote this volume of the patient (`given_mask` is there only for those who have one)."""
    return volume_path(folder, patient, what).is_file()
