"""Masks in DICOM: which file of a folder, and which reader for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts.cohort.dicom_files import RTSTRUCT, SEGMENTATIONS, read_header, scan_folder
from scripts.cohort.dicom_seg import read_segmentation
from scripts.cohort.rtstruct import read_structure
from scripts.errors import InputError
from scripts.volumes import Volume

MOST_LISTED = 20


def _only_mask(folder: Path) -> Path:
    masks = [h.path for h in scan_folder(folder) if h.sop_class in (RTSTRUCT, *SEGMENTATIONS)]
    if len(masks) != 1:
        found = ", ".join(str(p.relative_to(folder)) for p in masks[:MOST_LISTED]) or "none"
        raise InputError(
            str(folder), "a folder with one RTSTRUCT or DICOM SEG file", found, "Name the mask's file."
        )
    return masks[0]


def read_dicom_mask(path: Path, image: Volume, wanted: str | None) -> np.ndarray:
    """(z, y, x) uint8 array of one region of an RTSTRUCT or SEG file, or of the only such file of a folder.

    Raises
    ------
    InputError : no mask or several in the folder, another kind of DICOM file; see `masks.read_mask`.
    """
    header = read_header(_only_mask(path) if path.is_dir() else path)
    if header.sop_class == RTSTRUCT:
        return read_structure(header.path, image, wanted)
    if header.sop_class in SEGMENTATIONS:
        return read_segmentation(header, image, wanted)
    raise InputError(
        str(header.path),
        "an RTSTRUCT or a DICOM SEG",
        f"a DICOM file of modality {header.modality or 'unknown'}",
    )
