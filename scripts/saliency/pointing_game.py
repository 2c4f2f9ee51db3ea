"""How well a saliency map points at what is known to matter: the pointing game and two shares.

Maps and masks are (..., y, x) or (..., z, y, x) of one image each; masks are true inside the object. Higher is better
throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from scripts.errors import InputError


@dataclass(frozen=True)
class Pointing:
    """How a map points at an object.

    Parameters
    ----------
    hit : whether the map's greatest value lies in the object (Zhang et al. 2018, section 4.2); NaN for a map that is
        the same everywhere and points nowhere.
    inside : share of the map's positive values that lies in the object (energy-based pointing game, Wang et al. 2020,
        section 4.3); NaN where nothing is positive.
    by_chance : share of the image that the object covers, which both have for a map without knowledge.
    """

    hit: float
    inside: float
    by_chance: float


def point(saliency: np.ndarray, mask: np.ndarray, tolerance: float = 0.0) -> Pointing:
    """Compare one map with one mask.

    Parameters
    ----------
    tolerance : pixels by which the greatest value may miss the object and still hit (15 in Zhang et al. 2018). It
        widens the object for `hit` alone; several greatest values hit by the share of them that do.

    Raises
    ------
    InputError : shapes differ, or the mask is empty.
    """
    saliency, mask = np.asarray(saliency, dtype=float), np.asarray(mask) > 0
    if saliency.shape != mask.shape:
        raise InputError("saliency map", f"the shape of its mask, {mask.shape}", f"{saliency.shape}")
    if not mask.any():
        raise InputError("mask of a pointing game", "an object", "an empty mask")
    peaks = saliency == saliency.max()
    near = mask if tolerance <= 0 else distance_transform_edt(~mask) <= tolerance
    hit = float("nan") if peaks.all() else float(near[peaks].mean())
    positive = np.clip(saliency, 0, None)
    inside = float(positive[mask].sum() / positive.sum()) if positive.any() else float("nan")
    return Pointing(hit, inside, float(mask.mean()))
