"""A simulated head in normalised brain coordinates: what tissue lies where, and where lesions of each region begin.

Coordinates (x, y, z) are left, back and head, in units of the brain's half-axes: the brain is the unit sphere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HALF_AXES_MM = (68.0, 85.0, 65.0)  # of a brain of REFERENCE_ML
REFERENCE_ML = 4 / 3 * np.pi * 68.0 * 85.0 * 65.0 / 1000
# centre and half-axes of the parts filled with CSF, in brain coordinates
LATERAL = ((0.16, 0.05, 0.18), (0.09, 0.42, 0.14))  # and its mirror image
THIRD = ((0.0, 0.05, -0.10), (0.035, 0.16, 0.16))
FOURTH = ((0.0, 0.35, -0.60), (0.06, 0.08, 0.12))
# where central lesions gather: hypothalamus, walls of the third ventricle, aqueduct, floor of the fourth ventricle
CENTRAL = ((0.0, -0.08, -0.26), (0.0, 0.10, -0.20), (0.0, 0.24, -0.40), (0.0, 0.30, -0.66))
CENTRAL_SPREAD = 0.05
CORTEX, SCALP = 0.90, (1.06, 1.13)  # inner edge of the cortex; inner and outer edge of the scalp
SIGNAL = {"csf": 110.0, "white": 480.0, "grey": 590.0, "skull": 60.0, "scalp": 520.0, "air": 0.0}


def half_axes_mm(icv_ml: float) -> np.ndarray:
    """(x, y, z) half-axes in mm of a brain of that volume."""
    return np.cbrt(icv_ml / REFERENCE_ML) * np.array(HALF_AXES_MM)


def ellipsoid(points: Sequence[np.ndarray], centre: Sequence[float], axes: Sequence[float]) -> np.ndarray:
    """Distance from the centre as a share of the surface's there; below 1 is inside."""
    return np.sqrt(sum(((p - c) / a) ** 2 for p, c, a in zip(points, centre, axes, strict=True)))


def mirrored(centre: Sequence[float]) -> tuple[float, float, float]:
    """The place on the other side."""
    return (-centre[0], centre[1], centre[2])


def ventricles(points: Sequence[np.ndarray]) -> np.ndarray:
    """Whether each point is CSF of a ventricle."""
    centre, axes = LATERAL
    inside = ellipsoid(points, centre, axes) < 1
    inside |= ellipsoid(points, mirrored(centre), axes) < 1
    for centre, axes in (THIRD, FOURTH):
        inside |= ellipsoid(points, centre, axes) < 1
    return inside


def tissue_signal(points: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """FLAIR signal of a head without lesions, and where there is tissue that can hold a lesion.

    Parameters
    ----------
    points : x, y, z in brain coordinates, arrays that broadcast.

    Returns
    -------
    signal : float32. tissue : bool, the brain without its ventricles.
    """
    radius = np.sqrt(sum(p**2 for p in points))
    csf = ventricles(points)
    signal = np.select(
        [csf, radius < CORTEX, radius < 1, radius < SCALP[0], radius < SCALP[1]],
        [SIGNAL["csf"], SIGNAL["white"], SIGNAL["grey"], SIGNAL["skull"], SIGNAL["scalp"]],
        SIGNAL["air"],
    )
    return signal.astype(np.float32), (radius < 1) & ~csf


def _direction(random: np.random.Generator) -> np.ndarray:
    v = random.standard_normal(3)
    return v / np.linalg.norm(v)


def _propose(region: str, random: np.random.Generator) -> np.ndarray:
    side = np.array([1.0 if random.random() < 0.5 else -1.0, 1.0, 1.0])
    if region == "periventricular":
        centre, axes = LATERAL
        return side * (np.array(centre) + random.uniform(1.15, 1.7) * np.array(axes) * _direction(random))
    if region == "juxtacortical":
        return random.uniform(0.78, 0.90) * _direction(random)
    if region == "deep":
        return random.uniform(0.40, 0.68) * _direction(random)
    if region == "infratentorial":
        return random.uniform((-0.40, 0.15, -0.88), (0.40, 0.65, -0.52))
    return np.array(CENTRAL[random.integers(len(CENTRAL))]) + CENTRAL_SPREAD * random.standard_normal(3)


def _belongs(region: str, place: np.ndarray) -> bool:
    x, y, z = place
    inside = place @ place < 0.9
    if region == "periventricular":
        return abs(x) > 0.03
    if region == "juxtacortical":
        return z > -0.25
    if region == "deep":
        centre, axes = LATERAL
        near = min(ellipsoid(place, c, axes) for c in (centre, mirrored(centre)))
        return z > -0.10 and near > 1.9 and abs(x) > 0.15
    if region == "infratentorial":
        return inside and (abs(x) > 0.14 or y > 0.48)
    return inside


def lesion_place(region: str, random: np.random.Generator) -> np.ndarray:
    """(3,) centre (x, y, z) of a lesion of a region, in brain coordinates; drawn until it lies in the region."""
    while True:
        place = _propose(region, random)
        if _belongs(region, place):
            return place
