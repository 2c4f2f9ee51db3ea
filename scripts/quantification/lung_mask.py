"""A mask of both lungs from the CT numbers alone, for patients without a map of lobes.

Air-filled voxels that are not joined to the air around the patient, the largest pieces of them, closed over vessels and
lesions. It knows no fissures: lobes and segments are absent where this mask is used. Trachea and main bronchi count as
lung where they open into it, some 2 % of the volume. Dense lesions that reach the chest
wall are only taken in as far as the closing bridges them; the volume of a consolidated lung is too small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.errors import CaseError
from scripts.volumes import Volume

# The second largest piece of air is the other lung from this share of the largest up, else it is stomach or bowel: both
# lungs are often one piece, joined by the bronchi. A lung that is shrunk further is left out.
OTHER_LUNG = 0.2


@dataclass(frozen=True)
class LungMaskSettings:
    """How lungs are found.

    Parameters
    ----------
    air_below_hu : a voxel darker than this holds air.
    smallest_ml : a piece of air inside the body below this is bowel, stomach or a bronchus.
    closing_mm : vessels and lesions up to twice this thickness are bridged.
    """

    air_below_hu: float = -400.0
    smallest_ml: float = 150.0
    closing_mm: float = 10.0


def lung_mask(image: Volume, settings: LungMaskSettings) -> np.ndarray:
    """Both lungs.

    Parameters
    ----------
    image : HU, axes (z, y, x) with z along the body; the spacing may be anisotropic.

    Returns
    -------
    (z, y, x) bool.

    Notes
    -----
    1. Air: below `air_below_hu`. 2. Outside: air that is no part of the body's silhouette (the largest piece of
    non-air, filled slice by slice), hence also lung in a slice where a side of the image cuts it. 3. The largest piece,
    of at least `smallest_ml`, and the second where it has that volume and `OTHER_LUNG` of the largest. 4. Closing by a
    ball of `closing_mm` with distances in mm, and filling of holes, inside the body.

    Raises
    ------
    CaseError : no piece of air of that size inside a body.
    """
    air = image.array < settings.air_below_hu
    steps = image.spacing[::-1]
    body = _silhouette(~air)
    inside = air & body
    pieces, n = ndimage.label(inside)
    sizes = np.bincount(pieces.ravel(), minlength=n + 1)[1:] * image.voxel_volume_mm3 / 1000
    least = max(settings.smallest_ml, OTHER_LUNG * sizes.max(initial=0.0))
    large = [k + 1 for k in np.argsort(sizes)[::-1][:2] if sizes[k] >= least]
    if not large:
        found = f"{sizes.max():.0f} ml" if n else "none"
        raise CaseError(
            f"expected a lung of at least {settings.smallest_ml:g} ml that no side of the image cuts, found {found}"
        )
    lungs = np.isin(pieces, large)
    box = _padded_box(lungs, [int(np.ceil(2 * settings.closing_mm / step)) + 1 for step in steps])
    closed = lungs.copy()
    closed[box] = close_mm(lungs[box], steps, settings.closing_mm)
    filled = np.stack([ndimage.binary_fill_holes(part) for part in closed])
    return filled & body


def close_mm(mask: np.ndarray, steps: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Closing of a boolean (z, y, x) array by a ball of `radius_mm`; `steps` is the spacing along z, y, x in mm.

    Beyond the border nothing belongs to the mask, and the border does not erode it.
    """
    if radius_mm <= 0 or not mask.any():
        return mask.copy()
    grown = ndimage.distance_transform_edt(~mask, sampling=steps) <= radius_mm
    if grown.all():
        return grown
    return ndimage.distance_transform_edt(grown, sampling=steps) > radius_mm


def open_mm(mask: np.ndarray, steps: tuple[float, float, float], radius_mm: float) -> np.ndarray:
    """Opening by a ball of `radius_mm`: what is thinner than twice the radius goes. Parameters as `close_mm`."""
    if radius_mm <= 0 or not mask.any():
        return mask.copy()
    if mask.all():
        return mask.copy()
    core = ndimage.distance_transform_edt(mask, sampling=steps) > radius_mm
    if not core.any():
        return core
    return ndimage.distance_transform_edt(~core, sampling=steps) <= radius_mm


def _silhouette(tissue: np.ndarray) -> np.ndarray:
    """The largest piece of tissue, with what it encloses in each transverse slice."""
    pieces, n = ndimage.label(tissue)
    if n == 0:
        return np.zeros_like(tissue)
    body = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
    return np.stack([ndimage.binary_fill_holes(part) for part in body])


def _padded_box(mask: np.ndarray, margin: list[int]) -> tuple[slice, ...]:
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    return tuple(
        slice(max(0, part.start - more), min(n, part.stop + more))
        for part, more, n in zip(box, margin, mask.shape, strict=True)
    )
