"""What is drawn on an image, on its grid: a mask (label map, RTSTRUCT or DICOM SEG), or a map of several regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from scripts.cohort.file_content import DICOM_ENDINGS, is_dicom
from scripts.cohort.volume_files import READERS, read_volume_file
from scripts.errors import InputError
from scripts.volumes import ENDINGS, Volume, compare_geometry, ending, reorient

MOST_LISTED = 20


def read_mask(
    path: str | Path,
    image: Volume,
    roi: str | None = None,
    label: int | str | None = None,
    may_be_empty: bool = False,
) -> Volume:
    """Read one region as a mask on the grid of `image`.

    Parameters
    ----------
    path : a NIfTI, NRRD or MHA label map, an RTSTRUCT or DICOM SEG file, or a folder that holds one of
        these two.
    image : what the mask was drawn on, from `read_image`; where both are DICOM, the mask must name the
        image's series (or, naming no series, its frame of reference).
    roi, label : which region, where there are several; either may be used: ROI name (RTSTRUCT), segment
        label or number (SEG), label value (label map).
    may_be_empty : whether a mask without a voxel is taken as it is (a patient without lesions).

    Returns
    -------
    Volume of uint8, 0 outside and 1 inside, with exactly the geometry of `image`. A label map may differ by
    rounding (`compare_geometry`), and its axes may be stored in another order or sense; nothing is ever
    interpolated.

    Raises
    ------
    InputError : unreadable file; another grid than the image's (each field that differs, and by how much);
        several regions and none named, or none of that name; contours between slices or outside the image;
        no voxel inside, unless `may_be_empty`.
    """
    path = Path(path)
    wanted = str(label if label is not None else "" if roi is None else roi).strip() or None
    if not path.exists():
        raise InputError(str(path), "a file or folder", "nothing of that name")
    if path.is_dir() or path.suffix.lower() in DICOM_ENDINGS:
        array = _dicom_mask(path, image, wanted)
    elif ending(path) in READERS:
        array = _label_map(path, image, wanted)
    elif is_dicom(path):
        array = _dicom_mask(path, image, wanted)
    else:
        raise InputError(
            str(path),
            f"a mask: a label map ({', '.join(ENDINGS)}), an RTSTRUCT or a DICOM SEG",
            f"a file with the ending '{ending(path)}'",
        )
    if not array.any() and not may_be_empty:
        region = f"the region '{wanted}'" if wanted else "the mask"
        raise InputError(str(path), f"a voxel of the image inside {region}", "none (an empty mask)")
    return Volume(array, image.spacing, image.origin, image.direction)


def read_labels(path: str | Path, image: Volume) -> Volume:
    """Read a map of several regions on the grid of `image`.

    Parameters
    ----------
    path : a NIfTI, NRRD or MHA label map; 0 is outside of every region.

    Returns
    -------
    Volume of int32 labels, 0 and above, with exactly the geometry of `image`; grids are compared as in `read_mask`.

    Raises
    ------
    InputError : no label map; another grid; fractions or negative labels; no label at all.
    """
    path = Path(path)
    if path.is_dir() or ending(path) not in READERS:
        raise InputError(
            str(path),
            f"a label map ({', '.join(ENDINGS)})",
            "a folder" if path.is_dir() else f"a file with the ending '{ending(path)}'",
            "Convert the regions to one map of labels.",
        )
    array = _on_grid(path, read_volume_file(path), image)
    _refuse_no_labels(path, array)
    if not array.any():
        raise InputError(str(path), "labels of regions", "0 everywhere (an empty map)")
    return Volume(array.astype(np.int32), image.spacing, image.origin, image.direction)


def _label_map(path: Path, image: Volume, wanted: str | None) -> np.ndarray:
    """(z, y, x) uint8 array of one label of a label map, on the grid of the image."""
    labels = read_volume_file(path)
    return region_of_labels(path, _on_grid(path, labels, image), wanted)


def region_of_labels(path: str | Path, array: np.ndarray, wanted: str | None) -> np.ndarray:
    """One label of a label map as uint8, 0 outside and 1 inside; of any shape.

    Parameters
    ----------
    path : named in messages. wanted : the label's number as text; None where there is but one.

    Raises
    ------
    InputError : fractions, negative labels, several labels and none named, none of that name.
    """
    _refuse_no_labels(path, array)
    values, counts = np.unique(array[array > 0], return_counts=True)
    listing = ", ".join(
        f"{value:g} ({count} voxel{'s' if count > 1 else ''})"
        for value, count in zip(values[:MOST_LISTED].tolist(), counts.tolist(), strict=False)
    )
    listing += f" and {len(values) - MOST_LISTED} more" if len(values) > MOST_LISTED else ""
    if wanted is None:
        if len(values) > 1:
            raise InputError(
                str(path), "one label, or the label to use", f"{len(values)}: {listing}", "Name one of them."
            )
        return (array > 0).astype(np.uint8)
    try:
        number = float(wanted)
    except ValueError:
        raise InputError(
            str(path),
            "a label number, for a label map has no names",
            f"'{wanted}'",
            f"There is {listing or 'none'}.",
        ) from None
    if number not in values:
        raise InputError(str(path), f"the label {wanted}", listing or "no label at all (an empty mask)")
    return (array == number).astype(np.uint8)


def _refuse_no_labels(path: str | Path, array: np.ndarray) -> None:
    """InputError where the values cannot be labels: fractions or negative numbers."""
    if array.dtype.kind == "f" and (fractions := array != np.rint(array)).any():
        raise InputError(
            str(path),
            "whole numbers (labels) in the mask",
            f"fractions such as {array[fractions][0]:.4g}",
            "Threshold it where it was made; was it interpolated?",
        )
    if array.min() < 0:
        raise InputError(
            str(path), "labels of 0 and above", f"{array.min():g}", "Is it the image, not the mask?"
        )


def _on_grid(path: Path, labels: Volume, image: Volume) -> np.ndarray:
    """The voxels of a label map in the order of the image's; InputError where the grids differ."""
    differences = compare_geometry(image, labels)
    if not differences:
        return labels.array
    turned = reorient(labels, image.direction)
    remaining = compare_geometry(image, turned)
    if not remaining:
        return turned.array
    raise InputError(
        str(path),
        "a mask on the grid of the image",
        "; ".join(min(remaining, differences, key=len)),
        "Resample the mask to the image (nearest neighbour), or name the image it was drawn on.",
    )


def _dicom_mask(path: Path, image: Volume, wanted: str | None) -> np.ndarray:
    """The DICOM reader; its libraries take a second to import, which cohorts of other files need not pay."""
    from scripts.cohort.dicom_masks import read_dicom_mask

    return read_dicom_mask(path, image, wanted)
