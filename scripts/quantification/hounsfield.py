"""CT numbers: whether an image is in Hounsfield units, and windows of them.

Air is -1000 HU and water 0 HU by definition, so the air around and in a patient shows a wrong scale or offset.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.errors import CaseError, InputError

# Inside a crop air is looked for between these. Values below are padding outside the field of view, above is lung
# tissue.
AIR_HU = (-1100.0, -920.0)
FEWEST_AIR_VOXELS = 200
# Air beside the patient may be off by so much and is still known for air.
SEARCHED_HU = (-1400.0, -700.0)


def air_level(image: np.ndarray) -> float:
    """CT number of air; NaN where the image holds too little of it to tell.

    Parameters
    ----------
    image : (z, y, x) HU. The least value is left out where it is below -1100: scanners pad with it.

    Notes
    -----
    Where more than half of the voxels on the four sides of the transverse slices are darker than -700, these lie beside
    the patient, and air is their median. Else (a crop) it is the median of the darkest hump of the histogram: the
    fullest bin of 10 HU below -920 and 60 HU on either side of it. The air of bronchi and emphysema is darker than
    -920 too, so that a crop to the lungs may give a value near -950.
    """
    image = np.asarray(image)
    frame = _without_padding(np.concatenate([image[:, [0, -1]].ravel(), image[:, :, [0, -1]].ravel()]))
    beside = frame[(frame >= SEARCHED_HU[0]) & (frame <= SEARCHED_HU[1])]
    if len(beside) > len(frame) / 2 and len(beside) >= FEWEST_AIR_VOXELS:
        return float(np.median(beside))
    low, high = SEARCHED_HU
    values = _without_padding(image.ravel())
    values = values[(values >= low) & (values <= high)]
    counts, edges = np.histogram(values, bins=np.arange(low, high + 10, 10))
    dark = edges[:-1] < AIR_HU[1]
    if counts[dark].sum() < FEWEST_AIR_VOXELS:
        return float("nan")
    fullest = int(np.argmax(np.where(dark, counts, 0)))
    if fullest == np.flatnonzero(dark)[-1]:  # the flank of lung tissue, and no hump of its own
        return float("nan")
    peak = edges[fullest] + 5
    return float(np.median(values[np.abs(values - peak) <= 60]))


def _without_padding(values: np.ndarray) -> np.ndarray:
    """The values as float32, without the least one where no air is as dark."""
    values = values.astype(np.float32)
    return values[values > values.min()] if len(values) and values.min() < AIR_HU[0] else values


def require_hounsfield(image: np.ndarray, tolerance: float) -> float:
    """`air_level`, which must be -1000 within `tolerance` HU; a crop to lungs without air is taken as it is (NaN).

    Raises
    ------
    CaseError : air elsewhere; or neither air nor lung tissue, fewer than `FEWEST_AIR_VOXELS` below -700 HU: no chest,
        or another scale.
    """
    air = air_level(image)
    if np.isnan(air) and np.count_nonzero(image < SEARCHED_HU[1]) < FEWEST_AIR_VOXELS:
        raise CaseError(
            f"expected air at -1000 HU and lung below {SEARCHED_HU[1]:g} HU, found neither: the darkest value is "
            f"{np.min(image):.0f}"
        )
    if abs(air + 1000) > tolerance:
        raise CaseError(f"expected air at -1000 HU within {tolerance:g}, found it at {air:.0f} HU")
    return air


def window_index(image: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """Which window each voxel is in: 0 below the first edge, then one up at each edge; a value on an edge is above it.

    Parameters
    ----------
    image : HU, any shape. edges : ascending, HU.

    Returns
    -------
    uint8 of the same shape, 0 to len(edges).

    Raises
    ------
    InputError : edges that do not ascend.
    """
    if list(edges) != sorted(set(edges)) or not edges:
        raise InputError("windows.edges_hu", "ascending CT numbers", ", ".join(map(str, edges)) or "none")
    return np.searchsorted(np.asarray(edges, dtype=float), image, side="right").astype(np.uint8)


def window_words(edges: Sequence[float]) -> list[str]:
    """The windows in words: 'below −750 HU', '−750 to −300 HU', ..., 'from 50 HU'."""

    def number(value: float) -> str:
        return f"{value:g}".replace("-", "−")

    middle = [f"{number(a)} to {number(b)} HU" for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return [f"below {number(edges[0])} HU", *middle, f"{number(edges[-1])} HU and above"]
