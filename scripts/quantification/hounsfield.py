"""CT numbers: whether an image is in Hounsfield units, and windows of them.

Air is -1000 HU and water 0 HU by definition, so the air around and in a patient shows a wrong scale or offset.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scripts.errors import CaseError, InputError

# Where air is looked for. Values below are padding outside the scanner's field of view, above is lung tissue.
AIR_HU = (-1100.0, -920.0)
FEWEST_AIR_VOXELS = 200
# An offset larger than this moves the limits of the search itself: the stored values without their intercept, say.
SEARCHED_HU = (-1400.0, -700.0)


def air_level(image: np.ndarray) -> float:
    """CT number of air: the median of the darkest hump of the histogram; NaN where the image holds too little air.

    Parameters
    ----------
    image : (z, y, x) HU. The least value is left out where it is below -1100: scanners pad with it.

    Notes
    -----
    The hump is the fullest bin of 10 HU between -1400 and -700, and 60 HU on either side of it. Emphysema and the
    air of bronchi are darker than -920 as well, so that a crop to the lungs alone may give a value near -950.
    """
    low, high = SEARCHED_HU
    values = np.asarray(image, dtype=np.float32).ravel()
    values = values[(values >= low) & (values <= high)]
    if len(values) and values.min() < AIR_HU[0]:
        values = values[values > values.min()]
    counts, edges = np.histogram(values, bins=np.arange(low, high + 10, 10))
    dark = edges[:-1] < AIR_HU[1]
    if counts[dark].sum() < FEWEST_AIR_VOXELS:
        return float("nan")
    peak = edges[np.argmax(np.where(dark, counts, 0))] + 5
    return float(np.median(values[np.abs(values - peak) <= 60]))


def require_hounsfield(image: np.ndarray, tolerance: float) -> float:
    """`air_level`, which must be -1000 within `tolerance` HU; an image without air is taken as it is (NaN).

    Raises
    ------
    CaseError : air elsewhere.
    """
    air = air_level(image)
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
