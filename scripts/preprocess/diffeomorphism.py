"""The guarantee that a deformation folds nowhere: its voxels are looked at, and its velocity smoothed until none does.

The flow of a smooth velocity has no folds; its samples on a grid can, where the velocity changes within few voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.preprocess.deformation import to_physical
from scripts.preprocess.flow_mesh import FlowMesh
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


def unfold(velocity_mm: np.ndarray, mesh: FlowMesh, grid: Volume, threads: int = 1) -> Unfolded:
    """The flow of a velocity on the voxels of a grid, smoothed and weakened until no voxel folds.

    A voxel folds where its Jacobian, or one of the eight with one-sided differences, is not above 0.001 (see
    `smallest_jacobian`). Round such voxels the velocity is smoothed and made a fifth weaker, wider at each turn; after
    twelve turns it is weakened everywhere, and after 48 there is no motion left.

    Parameters
    ----------
    velocity_mm : (3, z, y, x) on the mesh, mm along the array axes of `grid`, over which the mesh lies.
    """
    steps = np.array(grid.spacing[::-1])
    places = [np.arange(n) * step for n, step in zip(grid.array.shape, steps, strict=True)]
    n_before, n_repairs, width = None, 0, 1.0
    while True:
        field = (
            mesh.read(mesh.flow(velocity_mm, threads), places) / steps.astype(np.float32)[:, None, None, None]
        )
        displacement = to_physical(field, grid)
        jacobian = jacobian_determinant(displacement, grid)
        folded = ~(smallest_jacobian(displacement, grid, jacobian) > LEAST_JACOBIAN)
        if n_before is None:
            n_before = int(np.count_nonzero(~(jacobian > 0)))
        if not folded.any():
            return Unfolded(field, jacobian, n_before, n_repairs)
        n_repairs += 1
        if n_repairs <= REPAIRS:
            velocity_mm = _calmer(velocity_mm, _on_mesh(folded, steps, mesh), width)
        else:
            velocity_mm = velocity_mm * np.float32(WEAKER if n_repairs <= 4 * REPAIRS else 0)
        width *= 1.25


def _on_mesh(marked: np.ndarray, steps: np.ndarray, mesh: FlowMesh) -> np.ndarray:
    """The mesh's points nearest to the marked voxels."""
    found = np.zeros(mesh.shape, bool)
    found[
        tuple(
            np.rint(index * step / mesh.spacing_mm).astype(int)
            for index, step in zip(np.nonzero(marked), steps, strict=True)
        )
    ] = 1
    return found


def _calmer(velocity: np.ndarray, folded: np.ndarray, width: float) -> np.ndarray:
    """The velocity made smoother and weaker within some `width` points of the folded ones, and left alone far from
    them."""
    near = ndimage.binary_dilation(folded, iterations=max(1, round(2 * width))).astype(np.float32)
    share = ndimage.gaussian_filter(near, width, truncate=3.0)
    smooth = np.stack(
        [ndimage.gaussian_filter(part, width, truncate=3.0, mode="nearest") for part in velocity]
    )
    return velocity + share * (np.float32(WEAKER) * smooth - velocity)
