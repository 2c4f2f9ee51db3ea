"""Lesions of the lung by CT number, where nobody drew them.

Between the least and the greatest CT number that the study counts as infection, inside the lungs, without what is thin
(vessels, bronchial walls, the rim where lung and chest wall mix) and without specks. This is a threshold, not the
study's trained system: it takes large vessels, atelectasis and, in thick slices, the dome of the diaphragm for lesions,
and leaves out lesions that are nearly as dark as lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.quantification.lung_mask import open_mm
from scripts.volumes import Volume


@dataclass(frozen=True)
class LesionSettings:
    """How lesions are found by CT number.

    Parameters
    ----------
    from_hu, below_hu : a voxel from the first up and below the second may be lesion.
    opening_mm : what is thinner than twice this is no lesion.
    smallest_ml : nor is a piece below this volume.
    """

    from_hu: float = -750.0
    below_hu: float = 50.0
    opening_mm: float = 3.0
    smallest_ml: float = 0.5


def threshold_lesions(image: Volume, lungs: np.ndarray, settings: LesionSettings) -> np.ndarray:
    """Lesions inside the lungs by CT number.

    Parameters
    ----------
    image : HU. lungs : (z, y, x) bool on its grid.

    Returns
    -------
    (z, y, x) bool. The lungs' outermost layer, half an opening deep, can hold no lesion's core: partial volume with
    the chest wall looks like ground glass.
    """
    candidate = lungs & (image.array >= settings.from_hu) & (image.array < settings.below_hu)
    kept = open_mm(candidate, image.spacing[::-1], settings.opening_mm) & lungs
    kept &= candidate
    pieces, n = ndimage.label(kept, structure=np.ones((3, 3, 3)))
    if n == 0:
        return kept
    sizes = np.bincount(pieces.ravel(), minlength=n + 1) * image.voxel_volume_mm3 / 1000
    large = sizes >= settings.smallest_ml
    large[0] = False
    return large[pieces]


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice overlap of two boolean arrays, 1 where both are empty."""
    both = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / both if both else 1.0
