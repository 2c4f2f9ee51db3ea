"""Jacobian maps: how much larger a piece of tissue is after than before, voxel by voxel.

A registration gives phi, which takes a point x of the baseline to where its tissue lies at the follow-up,
phi(x) = x + u(x). The Jacobian is det(d phi / d x) = volume after / volume before, in the baseline's space
(Eq. 1 of Fan et al., Front Mol Biosci 2021; 8:622219): 1 kept, below 1 shrunk, above 1 grown, at or below 0 folded.
"""

from __future__ import annotations

import itertools

import numpy as np

from scripts.volumes import Volume


def jacobian_determinant(displacement: np.ndarray, grid: Volume) -> np.ndarray:
    """det(d phi / d x) at every voxel, of phi(x) = x + displacement(x).

    Derivatives are central differences, and one-sided of second order at the border (exact for quadratic fields).

    Parameters
    ----------
    displacement : (z, y, x, 3) in mm; components in physical order x, y, z, whatever the grid's direction.
    grid : the volume whose spacing and direction the voxels have.

    Returns
    -------
    (z, y, x) float64.

    Raises
    ------
    ValueError : shapes differ, or an axis has fewer than 3 voxels.
    """
    along = _along_axes(displacement, grid)
    derivatives = [
        np.stack([np.gradient(along[k], step, axis=axis, edge_order=2) for k in range(3)])
        for axis, step in enumerate(grid.spacing[::-1])
    ]
    return _determinant(derivatives)


def smallest_jacobian(
    displacement: np.ndarray, grid: Volume, central: np.ndarray | None = None
) -> np.ndarray:
    """The smallest of central differences' and the eight one-sided differences' determinants at every voxel.

    Central differences miss folds of the width of a voxel (they never look at the voxel itself). Where all nine are
    positive, no tetrahedron that a voxel spans with three neighbours, one along each axis, is turned inside out.

    Parameters and errors as `jacobian_determinant`; `central` is what that gave, where it is known already.

    Returns
    -------
    (z, y, x) float64.
    """
    along = _along_axes(displacement, grid)
    smallest = jacobian_determinant(displacement, grid) if central is None else central.copy()
    steps = []
    for axis, spacing in enumerate(grid.spacing[::-1]):
        forward = np.diff(along, axis=axis + 1) / spacing
        first, last = (np.take(forward, [end], axis=axis + 1) for end in (0, -1))
        steps.append([np.concatenate(pair, axis=axis + 1) for pair in ((forward, last), (first, forward))])
    for derivatives in itertools.product(*steps):
        np.minimum(smallest, _determinant(derivatives), out=smallest)
    return smallest


def log_jacobian(jacobian: np.ndarray) -> np.ndarray:
    """Natural logarithm of a Jacobian map: 0 kept, a halving and a doubling equally far from it.

    Raises
    ------
    ValueError : a value is not above 0 (the map folds there).
    """
    if folded := int(np.count_nonzero(~(np.asarray(jacobian) > 0))):
        raise ValueError(f"expected Jacobians above 0, found {folded} voxels without")
    return np.log(jacobian)


def _along_axes(displacement: np.ndarray, grid: Volume) -> np.ndarray:
    """(3, z, y, x): the displacement in mm along the z, y and x index axes."""
    if displacement.shape != (*grid.array.shape, 3):
        raise ValueError(
            f"expected a displacement of shape {(*grid.array.shape, 3)}, found {displacement.shape}"
        )
    if min(grid.array.shape) < 3:
        raise ValueError(f"expected at least 3 voxels along each axis, found {grid.array.shape}")
    vectors = np.asarray(displacement, np.float64)
    # axes[:, k] . u, written out: the sum is then the same for any number of threads of a linear algebra library
    return np.stack([sum(grid.axes[i, k] * vectors[..., i] for i in range(3)) for k in (2, 1, 0)])


def _determinant(derivatives) -> np.ndarray:
    """det(1 + D) where derivatives[axis][component] are the (z, y, x) entries of D."""
    (a, b, c), (d, e, f), (g, h, i) = derivatives
    a, e, i = 1 + a, 1 + e, 1 + i
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
