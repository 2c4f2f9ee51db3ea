"""A smooth vector field as cubic B-splines on a lattice of control points: evaluation, its transpose, bending energy.

Coefficients are (3, k_z, k_y, k_x), a component along each array axis. Control point j of an axis lies (j - 1) spacings
from the image's first voxel. Products go through sparse matrices, one axis after another: no linear algebra
library whose number of threads would change the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

LENGTH = 4  # control points that reach a place, along an axis


@dataclass(frozen=True, eq=False)
class Lattice:
    """Control points over an image, and the places (voxels of a pyramid level) where the field is evaluated.

    Parameters
    ----------
    extent_mm : length of the image along each array axis (z, y, x), first voxel's centre to the last one's.
    spacing_mm : distance of control points.
    at : places along each array axis, in mm from the first voxel's centre.
    """

    extent_mm: tuple[float, float, float]
    spacing_mm: float
    at: Sequence[np.ndarray]

    def __post_init__(self) -> None:
        values = [self._matrix(axis, 0) for axis in range(3)]
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "transposed", [matrix.T.tocsr() for matrix in values])
        grams = [[self._gram(axis, order) for axis in range(3)] for order in range(3)]
        object.__setattr__(self, "grams", grams)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Control points along each array axis."""
        return tuple(control_points(length, self.spacing_mm) for length in self.extent_mm)

    def field(self, coefficients: np.ndarray) -> np.ndarray:
        """(..., z, y, x) values at the places, of coefficients (..., k_z, k_y, k_x)."""
        return along_each(self.values, coefficients)

    def gathered(self, values: np.ndarray) -> np.ndarray:
        """The transpose of `field`: (..., k_z, k_y, k_x), each control point's weighted sum of the values."""
        return along_each(self.transposed, values)

    def bent(self, coefficients: np.ndarray) -> np.ndarray:
        """Gradient of half the bending energy: the integral of all squared second derivatives, in mm."""
        g0, g1, g2 = self.grams
        mixed = (
            (g2, g0, g0, 1),
            (g0, g2, g0, 1),
            (g0, g0, g2, 1),
            (g1, g1, g0, 2),
            (g1, g0, g1, 2),
            (g0, g1, g1, 2),
        )
        total = np.zeros_like(coefficients)
        for z, y, x, times in mixed:
            total += times * along_each([z[0], y[1], x[2]], coefficients)
        return total

    def bending_diagonal(self) -> np.ndarray:
        """(k_z, k_y, k_x): the diagonal of what `bent` multiplies with."""
        g0, g1, g2 = ([matrix.diagonal() for matrix in order] for order in self.grams)
        terms = (
            (g2, g0, g0, 1),
            (g0, g2, g0, 1),
            (g0, g0, g2, 1),
            (g1, g1, g0, 2),
            (g1, g0, g1, 2),
            (g0, g1, g1, 2),
        )
        return sum(
            times * z[0][:, None, None] * y[1][None, :, None] * x[2][None, None, :]
            for z, y, x, times in terms
        )

    def squared(self) -> list[sparse.csr_array]:
        """Transposed matrices of squared weights, for diagonals."""
        return [matrix.multiply(matrix).tocsr() for matrix in self.transposed]

    def _matrix(self, axis: int, order: int, places: np.ndarray | None = None) -> sparse.csr_array:
        """Weights (places, control points) of the spline's derivative of that order, per mm^order."""
        places = self.at[axis] if places is None else places
        count = control_points(self.extent_mm[axis], self.spacing_mm)
        position = np.asarray(places, float) / self.spacing_mm
        first = np.clip(np.floor(position).astype(int), 0, count - LENGTH)
        weights = spline_weights(position - first, order) / self.spacing_mm**order
        columns = first[:, None] + np.arange(LENGTH)
        rows = np.repeat(np.arange(len(position)), LENGTH)
        shape = (len(position), count)
        matrix = sparse.csr_array((weights.ravel(), (rows, columns.ravel())), shape=shape)
        return matrix.astype(np.float32) if order == 0 else matrix

    def _gram(self, axis: int, order: int) -> sparse.csr_array:
        """Integrals of products of derivatives, by four places a spacing (midpoint rule)."""
        count = max(1, round(4 * self.extent_mm[axis] / self.spacing_mm))
        width = self.extent_mm[axis] / count if self.extent_mm[axis] else 1.0
        matrix = self._matrix(axis, order, (np.arange(count) + 0.5) * width).astype(np.float64)
        return sparse.csr_array(matrix.T @ matrix * width).astype(np.float32)


def control_points(length_mm: float, spacing_mm: float) -> int:
    """Control points that an axis of that length needs."""
    return max(1, math.ceil(length_mm / spacing_mm - 1e-9)) + LENGTH - 1


def refined(coefficients: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """The same spline on a lattice of half the spacing and of that shape (k_z, k_y, k_x); exact.

    Each new control point is 1/8, 6/8, 1/8 of the old ones round it, or 4/8, 4/8 between two.
    """
    for axis in range(1, 4):
        old = np.moveaxis(coefficients, axis, 0)
        new = np.empty((2 * len(old) - 3, *old.shape[1:]), coefficients.dtype)
        new[0::2] = (old[:-1] + old[1:]) / 2
        new[1::2] = (old[:-2] + 6 * old[1:-1] + old[2:]) / 8
        coefficients = np.moveaxis(new[: shape[axis - 1]], 0, axis)
    return np.ascontiguousarray(coefficients)


def spline_weights(t: np.ndarray, order: int) -> np.ndarray:
    """(n, 4) weights of the cubic B-spline's derivative for a place a share t beyond its second control point."""
    s = 1 - t
    if order == 0:
        parts = (s**3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (3 * s**3 - 6 * s**2 + 4) / 6, t**3 / 6)
    elif order == 1:
        parts = (-(s**2) / 2, (3 * t**2 - 4 * t) / 2, -(3 * s**2 - 4 * s) / 2, t**2 / 2)
    else:
        parts = (s, 3 * t - 2, 3 * s - 2, t)
    return np.stack(parts, axis=1)


def along_each(matrices: Sequence[sparse.csr_array], values: np.ndarray) -> np.ndarray:
    """matrices[0] along z, [1] along y, [2] along x of (..., z, y, x)."""
    lead = values.shape[:-3]
    block = np.moveaxis(values.reshape(-1, *values.shape[-3:]), 0, -1)  # z, y, x, lead
    for (
        matrix
    ) in matrices:  # the first axis goes, and comes back as the last but one: after three, z, y, x again
        flat = matrix @ np.ascontiguousarray(block).reshape(block.shape[0], -1)
        block = np.moveaxis(flat.reshape(matrix.shape[0], *block.shape[1:]), 0, 2)
    return np.ascontiguousarray(np.moveaxis(block, -1, 0)).reshape(*lead, *block.shape[:3])
