"""Flows computed on a mesh coarser than the image: a velocity of smooth splines has nothing finer to say.

A mesh lies over an image like a grid of larger voxels that share its first voxel's centre. What is computed on it
(scaling and squaring, cubic) is brought to the image's places by cubic interpolation, one axis after another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, sparse

from scripts.preprocess.cubic_lattice import along_each, spline_weights
from scripts.preprocess.deformation import flow


@dataclass(frozen=True)
class FlowMesh:
    """Places of a flow over an image.

    Parameters
    ----------
    extent_mm : length of the image along each array axis (z, y, x), first voxel's centre to the last one's.
    spacing_mm : distance of the mesh's points.
    """

    extent_mm: tuple[float, float, float]
    spacing_mm: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Points along each array axis; the last one lies on the image's end or beyond."""
        return tuple(max(1, math.ceil(length / self.spacing_mm - 1e-9)) + 1 for length in self.extent_mm)

    @property
    def places_mm(self) -> list[np.ndarray]:
        """Where the points lie along each array axis, in mm from the image's first voxel's centre."""
        return [np.arange(count) * self.spacing_mm for count in self.shape]

    def flow(self, velocity_mm: np.ndarray, threads: int = 1) -> np.ndarray:
        """The displacement of exp(velocity); both (3, z, y, x) on the mesh, in mm along the array axes."""
        return flow(velocity_mm / np.float32(self.spacing_mm), threads, order=3) * np.float32(self.spacing_mm)

    def read(self, values: np.ndarray, places_mm: Sequence[np.ndarray]) -> np.ndarray:
        """(..., z, y, x) at the places along each axis, of values (..., z, y, x) on the mesh, by cubic splines."""
        flat = np.asarray(values, np.float32).reshape(-1, *self.shape)
        coefficients = np.stack([ndimage.spline_filter(part, 3, output=np.float32) for part in flat])
        matrices = [self._matrix(axis, places) for axis, places in enumerate(places_mm)]
        read = along_each(matrices, coefficients)
        return read.reshape(*values.shape[:-3], *read.shape[1:])

    def _matrix(self, axis: int, places_mm: np.ndarray) -> sparse.csr_array:
        """Weights (places, points) of the interpolating spline, mirrored at the ends as `spline_filter` has it."""
        count = self.shape[axis]
        position = np.clip(np.asarray(places_mm, float) / self.spacing_mm, 0, count - 1)
        first = np.minimum(np.floor(position).astype(int), count - 2)
        columns = (first[:, None] + np.arange(-1, 3)) % (2 * (count - 1))
        columns = np.minimum(columns, 2 * (count - 1) - columns)
        rows = np.repeat(np.arange(len(position)), 4)
        weights = spline_weights(position - first, 0).astype(np.float32).ravel()
        return sparse.coo_array((weights, (rows, columns.ravel())), shape=(len(position), count)).tocsr()
