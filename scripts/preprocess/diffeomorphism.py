"""The guarantee that a deformation folds nowhere: its voxels are looked at, and its velocity smoothed until none does.

The flow of a smooth velocity has no folds; its samples on a grid can, where the velocity changes within few voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.preprocess.deformation import flow, to_physical
from scripts.preprocess.jacobian import jacobian_determinant, smallest_jacobian
from scripts.volumes import Volume

LEAST_JACOBIAN = 1e-3  # asked of every voxel; well above what float32 would lose
REPAIRS = 12
WEAKER = 0.8


@dataclass(frozen=True, eq=False)
class Unfolded:
    """A deformation without folds.

    Parameters
    ----------
    field : (3, z, y, x) in voxels along the array axes. jacobian : (z, y, x) float64, above 0 everywhere.
    n_before : voxels whose Jacobian (central differences) was not above 0 before any repair.
    n_repairs : how often the velocity was smoothed.
    """

    field: np.ndarray
    jacobian: np.ndarray
    n_before: int
    n_repairs: int


def unfold(velocity: np.ndarray, grid: Volume, threads: int = 1) -> Unfolded:
    """The flow of a velocity, (3, z, y, x) in voxels, smoothed and weakened until no voxel folds.

    A voxel folds where its Jacobian, or one of the eight with one-sided differences, is not above 0.001 (see
    `smallest_jacobian`). Round such voxels the velocity is smoothed and made a fifth weaker, wider at each turn; after
    twelve turns everywhere, which ends at no motion at all.
    """
    n_before, n_repairs, width = None, 0, 2.0
    while True:
        field = flow(velocity, threads)
        displacement = to_physical(field, grid)
        folded = ~(smallest_jacobian(displacement, grid) > LEAST_JACOBIAN)
        jacobian = jacobian_determinant(displacement, grid)
        if n_before is None:
            n_before = int(np.count_nonzero(~(jacobian > 0)))
        if not folded.any():
            return Unfolded(field, jacobian, n_before, n_repairs)
        n_repairs += 1
        velocity = np.float32(WEAKER) * velocity if n_repairs > REPAIRS else _calmer(velocity, folded, width)
        width *= 1.25
        if n_repairs > 4 * REPAIRS:
            velocity = np.zeros_like(velocity)


def _calmer(velocity: np.ndarray, folded: np.ndarray, width: float) -> np.ndarray:
    """The velocity smoothed and made weaker within some `width` voxels of the folded ones, and left alone far from them."""
    near = ndimage.binary_dilation(folded, iterations=round(2 * width)).astype(np.float32)
    share = ndimage.gaussian_filter(near, width, truncate=3.0)
    smooth = np.stack(
        [ndimage.gaussian_filter(part, width / 2, truncate=3.0, mode="nearest") for part in velocity]
    )
    return velocity + share * (np.float32(WEAKER) * smooth - velocity)
