"""Parts of a grid: a volume on another one whose voxels are its own, as a registration's box has them."""

from __future__ import annotations

import numpy as np

from scripts.volumes import Volume, compare_geometry

TOLERANCE = 1e-3  # of a voxel


def on_lattice_of(volume: Volume, grid: Volume, outside: float = 0) -> Volume:
    """A volume cut or padded to a grid of the same spacing and direction whose voxel centres are among its own.

    Nothing is interpolated. Voxels of `grid` beyond the volume hold `outside`.

    Raises
    ------
    ValueError : the grids are turned or scaled to each other, or lie between each other's voxels.
    """
    steps = grid.axes.T @ (np.array(grid.origin) - volume.origin) / volume.spacing
    shift = np.rint(steps).astype(int)
    here = Volume(volume.array, volume.spacing, (0, 0, 0), volume.direction)
    differences = compare_geometry(here, Volume(here.array, grid.spacing, (0, 0, 0), grid.direction))
    if differences or np.abs(steps - shift).max() > TOLERANCE:
        between = f"{steps - shift} voxels (x, y, z) between each other's" if not differences else ""
        raise ValueError(f"expected grids with the same voxels, found {'; '.join(differences) or between}")
    array = np.full(grid.array.shape, outside, volume.array.dtype)
    source, target = [], []
    for start, have, want in zip(shift[::-1], volume.array.shape, grid.array.shape, strict=True):
        first, last = max(0, start), min(have, start + want)
        source.append(slice(first, max(first, last)))
        target.append(slice(first - start, max(first, last) - start))
    array[tuple(target)] = volume.array[tuple(source)]
    return grid.with_array(array)
