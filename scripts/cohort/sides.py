"""On which side of the body a mask lies, where the image shows enough of the body to tell."""

from __future__ import annotations

import math

import numpy as np

from scripts.volumes import Volume

# Both breasts are some 300 mm wide, one alone at most half of that; a tumour near the middle tells nothing.
BOTH_SIDES_MM = 220.0
FROM_MIDDLE_MM = 25.0
# What is brighter than this share of the bright voxels is body, not air.
BODY_SHARE, BRIGHT_QUANTILE = 0.1, 0.99
OUTLIERS = 0.01
ENOUGH_VOXELS = 500_000


def side_of(image: Volume, mask: Volume) -> str | None:
    """'left' or 'right' of the patient's body, None where it cannot be told.

    The middle is that of the body's extent along the patient's left-right axis (x of LPS grows to the left). An image
    of one breast alone, or a mask near the middle, tells nothing.
    """
    step = math.ceil((image.array.size / ENOUGH_VOXELS) ** (1 / 3))
    values = image.array[::step, ::step, ::step]
    body = values > BODY_SHARE * np.quantile(values, BRIGHT_QUANTILE)
    if not body.any() or not mask.array.any():
        return None
    low, high = np.quantile(_x_mm(image, body, step), [OUTLIERS, 1 - OUTLIERS])
    beside = float(_x_mm(mask, mask.array > 0).mean() - (low + high) / 2)
    if high - low < BOTH_SIDES_MM or abs(beside) < FROM_MIDDLE_MM:
        return None
    return "left" if beside > 0 else "right"


def _x_mm(volume: Volume, inside: np.ndarray, step: int = 1) -> np.ndarray:
    """Position along the patient's left-right axis, to the left, of each voxel of `inside`: every `step`-th one."""
    z, y, x = np.nonzero(inside)
    steps = step * volume.axes[0] * np.array(volume.spacing)
    return volume.origin[0] + steps[0] * x + steps[1] * y + steps[2] * z
