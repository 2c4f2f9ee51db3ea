"""Star-shaped bodies: a radius for every direction, from spherical harmonics; what tumours are drawn with."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import ndimage, special

HARMONIC_SHARES = {2: 0.45, 3: 0.30, 4: 0.15, 5: 0.10}  # of the log radius' variance, by degree
POLAR_STEPS, AZIMUTH_STEPS = 48, 96


@cache
def _harmonics() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real spherical harmonics on a grid of directions, for degrees 2 to 5.

    Returns
    -------
    basis : (k, polar, azimuth), mean square 1 over the sphere.
    degrees : (k,).
    weights : (polar, azimuth) quadrature weights that add up to one.
    """
    polar = np.linspace(0, np.pi, POLAR_STEPS + 1)[:, None]
    azimuth = np.linspace(0, 2 * np.pi, AZIMUTH_STEPS + 1)[None, :]
    basis, degrees = [], []
    for degree in HARMONIC_SHARES:
        for order in range(degree + 1):
            wave = special.sph_harm_y(degree, order, polar, azimuth) * np.sqrt(4 * np.pi)
            parts = [wave.real] if order == 0 else [np.sqrt(2) * wave.real, np.sqrt(2) * wave.imag]
            basis += parts
            degrees += [degree] * len(parts)
    weights = np.broadcast_to(np.sin(polar), (POLAR_STEPS + 1, AZIMUTH_STEPS + 1)).copy()
    weights[:, -1] = 0  # the same meridian as the first
    return np.array(basis), np.array(degrees), weights / weights.sum()


def surface_radii(volume_ml: float, lobulation: float, generator: np.random.Generator) -> np.ndarray:
    """Radius in mm of a star-shaped body by direction, (polar, azimuth) from 0 to pi and 0 to 2 pi inclusive.

    log r is a random combination of spherical harmonics of degree 2 (elongation) to 5 (lobules), scaled to
    the SD `lobulation` over the sphere; the mean of r^3 makes the volume exact.
    """
    basis, degrees, weights = _harmonics()
    coefficients = generator.standard_normal(len(degrees))
    for degree, share in HARMONIC_SHARES.items():
        members = degrees == degree
        coefficients[members] *= np.sqrt(share) / np.linalg.norm(coefficients[members])
    radii = np.exp(lobulation * np.tensordot(coefficients, basis, 1))
    mean_cube = 3000 * volume_ml / (4 * np.pi)
    return radii * np.cbrt(mean_cube / np.sum(weights * radii**3))


def radius_towards(
    radii: np.ndarray, z: np.ndarray, y: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each point from the centre, and the surface's radius in its direction; both in mm.

    Coordinates broadcast against each other; the table of radii is interpolated linearly.
    """
    distance = np.sqrt(z**2 + y**2 + x**2)
    polar = np.arccos(np.divide(z, distance, out=np.ones_like(distance), where=distance > 0))
    azimuth = np.broadcast_to(np.arctan2(y, x) % np.float32(2 * np.pi), distance.shape)
    places = np.stack([polar * (POLAR_STEPS / np.pi), azimuth * (AZIMUTH_STEPS / (2 * np.pi))])
    surface = ndimage.map_coordinates(radii.astype(np.float32), places, order=1, mode="nearest")
    return distance, surface


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest 6-connected piece of a boolean array."""
    pieces, n = ndimage.label(mask)
    if n <= 1:
        return mask
    return pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
