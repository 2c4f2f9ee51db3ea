"""What would make features wrong, by the voxels of an image and of its mask alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import ndimage

from scripts.volumes import Volume

# CT numbers. Fat is about -100 HU and air -1000 HU: an abdominal CT in HU always holds negative values, and
# one with air in or around the patient reaches far below -200. Most scanners stop at 3,071 HU; metal reaches
# 31,000 on the extended scale. A tumour's median lies between fat and dense contrast.
FAT_ABOVE = -200.0
LARGEST_USUAL = 20_000.0
TUMOUR_MEDIAN = (-200.0, 500.0)
USUAL_SPACING_MM = (0.1, 10.0)


def image_faults(image: Volume, modality: str) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of an image's voxels and spacing.

    Voxels that are no numbers, an image of one value, and (CT) one without a negative value are errors. That
    air is lacking can be a tight crop, very large values can be metal and an odd spacing a microscope:
    warnings.
    """
    low_mm, high_mm = USUAL_SPACING_MM
    for axis, spacing in zip("xyz", image.spacing, strict=True):
        if not low_mm <= spacing <= high_mm:
            expected = f"a spacing between {low_mm:g} and {high_mm:g} mm along {axis}"
            yield "warning", expected, f"{spacing:g} mm", "Look whether the file's spacing is in mm."
    if image.array.dtype.kind == "f" and not np.isfinite(image.array).all():
        count = int((~np.isfinite(image.array)).sum())
        yield "error", "a number in every voxel", f"{count} voxels without", "Export the image again."
        return
    low, high = float(image.array.min()), float(image.array.max())
    if low == high:
        yield "error", "an image", f"the value {low:g} in every voxel", "Export the image again."
    elif modality == "CT" and low >= 0:
        what = "8-bit grey values" if high <= 255 else "stored values without the rescale intercept"
        found = f"values from {low:g} to {high:g}, which look like {what}"
        yield "error", "Hounsfield units (fat -100, air -1000)", found, "Export the image with its rescaling."
    elif modality == "CT" and low > FAT_ABOVE:
        found = f"no value below {low:g}"
        remedy = "Look whether the image is in HU; a tight crop without fat or air can be right."
        yield "warning", "Hounsfield units (air -1000)", found, remedy
    if modality == "CT" and high > LARGEST_USUAL:
        remedy = "Look whether the image is in HU; metal on an extended scale can be right."
        yield "warning", f"Hounsfield units up to {LARGEST_USUAL:g}", f"a largest value of {high:g}", remedy


def piece_sizes(mask: Volume) -> list[int]:
    """Voxels of each 26-connected piece of a mask, the largest first; [] for an empty mask."""
    box = ndimage.find_objects((mask.array > 0).astype(np.uint8))
    if not box or box[0] is None:
        return []
    labels, count = ndimage.label(mask.array[box[0]] > 0, structure=np.ones((3, 3, 3)))
    return sorted(np.bincount(labels.ravel(), minlength=count + 1)[1:].tolist(), reverse=True)


def mask_faults(
    image: Volume, mask: Volume, pieces: list[int], settings: dict[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of a mask on its image's grid.

    Empty (unless `empty_mask` is set), the whole image, fewer voxels than `min_mask_voxels`, and several pieces
    unless allowed: errors. Touching the border of the image, and in CT a median of the voxels under the mask that no
    tumour has: warnings. In one slice only: as the settings say; where `picture` is set it has but one, and nothing
    is said of it. `tumour_median` false: masks that are no tumours may lie on air."""
    voxels = sum(pieces)
    if voxels == 0 and settings.get("empty_mask", False):
        return
    if voxels == 0:
        yield (
            "error",
            "a mask with a region",
            "an empty one",
            "Draw the region, or name its label in mask_roi.",
        )
        return
    if voxels == mask.array.size:
        yield "error", "a mask of the tumour", "a mask of the whole image", "Look whether the label is right."
        return
    if voxels < settings["min_mask_voxels"]:
        expected = f"a mask of at least {settings['min_mask_voxels']} voxels"
        yield "error", expected, f"{voxels}", "Features of so few voxels say nothing: draw it again."
    if len(pieces) > 1 and not settings["allow_several_pieces"]:
        sizes = ", ".join(map(str, pieces[:5])) + (", ..." if len(pieces) > 5 else "")
        remedy = "Delete the specks, or set allow_several_pieces: true for the cohort."
        yield "error", "a mask in one piece", f"{len(pieces)} pieces of {sizes} voxels", remedy
    picture = settings.get("picture", False)
    inside = np.argwhere(mask.array > 0)
    first, last = inside.min(axis=0), inside.max(axis=0)
    sides = [
        f"{axis} {'first' if at_start else 'last'}"
        for axis, dimension in zip("xyz", (2, 1, 0), strict=True)
        for at_start in (True, False)
        if (first[dimension] == 0 if at_start else last[dimension] == mask.array.shape[dimension] - 1)
        and not (picture and axis == "z")
    ]
    flat = first[0] == last[0] and not picture
    if sides and (picture or not (flat and mask.array.shape[0] == 1)):
        remedy = "The tumour may be cut off there: use an image that holds it whole."
        yield (
            "warning",
            "a mask inside the image",
            f"one that touches its border ({', '.join(sides)})",
            remedy,
        )
    if flat and (severity := settings.get("one_slice_mask", "warning")) != "allowed":
        remedy = "Shape features need the tumour in all its slices."
        yield severity, "a mask in several slices", f"one in slice {int(first[0])} alone (from 0)", remedy
    if settings.get("modality", "CT") == "CT" and settings.get("tumour_median", True):
        middle = float(np.median(image.array[mask.array > 0]))
        low, high = TUMOUR_MEDIAN
        if not low <= middle <= high:
            expected = f"a median between {low:g} and {high:g} HU under the mask"
            what = f"{middle:g} HU" + (" (air)" if middle < -600 else "")
            yield "warning", expected, what, "Look whether the mask is flipped or of another image."
