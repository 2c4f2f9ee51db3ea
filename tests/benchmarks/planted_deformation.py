"""A made-up pair with a known deformation: 64^3 voxels of 1.5 mm, texture, and a tumour that shrinks; in closed form.

phi(x) = x (1 - (1 - s) w(|x|)), w(r) = exp(-(r / 25 mm)^4), x from the tumour's centre: a scaling by s in the
tumour's middle that dies out round it. Baseline F(x); follow-up F(phi^-1(y)), by splines of fifth order; noise of
its own on each.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SPACING_MM = 1.5
REACH_MM = 25.0
TUMOUR_MM = 13.5
NOISE = 2.0


@dataclass(frozen=True, eq=False)
class PlantedPair:
    """Arrays (z, y, x) of 1.5 mm voxels; displacement (3, z, y, x) in mm along z, y, x, of phi: baseline ->
    follow-up."""

    fixed: np.ndarray
    moving: np.ndarray
    tumour: np.ndarray
    displacement: np.ndarray
    jacobian: np.ndarray

    def errors(self, displacement: np.ndarray, jacobian: np.ndarray) -> tuple[float, float]:
        """Mean distance (mm) of the displacements, and mean absolute difference of the log-Jacobians, in the tumour."""
        apart = np.sqrt(np.sum((displacement - self.displacement) ** 2, axis=0))
        logs = np.log(np.maximum(jacobian, 1e-3)) - np.log(self.jacobian)
        return float(apart[self.tumour].mean()), float(np.abs(logs[self.tumour]).mean())


def planted_pair(scaling: float, size: int = 64, seed: int = 64, fading: float = 1.0) -> PlantedPair:
    """The pair whose tumour is scaled by `scaling` in its middle; `fading` multiplies the follow-up's contrast."""
    generator = np.random.default_rng(seed)
    along = (np.arange(size) - (size - 1) / 2) * SPACING_MM
    places = np.stack(np.meshgrid(along, along, along, indexing="ij"))
    radius = np.sqrt(np.sum(places**2, axis=0))
    tissue = 100 + 15 * (_texture(generator, size, 3.0) + _texture(generator, size, 8.0))
    inside = 1 / (1 + np.exp(radius - TUMOUR_MM))
    tissue += 60 * inside * (1 + 0.25 * _texture(generator, size, 4.0))
    k, weight = 1 - scaling, np.exp(-((radius / REACH_MM) ** 4))
    slope = -4 * (radius / REACH_MM) ** 4 * weight  # r dw/dr
    jacobian = (1 - k * weight) ** 2 * (1 - k * weight - k * slope)
    fine = np.linspace(0, 2 * radius.max(), 40_001)
    came_from = np.interp(radius, fine * (1 - k * np.exp(-((fine / REACH_MM) ** 4))), fine)
    index = places * (came_from / radius) / SPACING_MM + (size - 1) / 2
    moving = fading * ndimage.map_coordinates(tissue, index, order=5, mode="nearest")
    noisy = [image + NOISE * generator.standard_normal(radius.shape) for image in (tissue, moving)]
    fixed, moving = (image.astype(np.float32) for image in noisy)
    return PlantedPair(fixed, moving, radius <= TUMOUR_MM, -k * weight * places, jacobian)


def _texture(generator: np.random.Generator, size: int, width_mm: float) -> np.ndarray:
    noise = ndimage.gaussian_filter(
        generator.standard_normal((size,) * 3), width_mm / SPACING_MM, mode="wrap"
    )
    return noise / noise.std()
