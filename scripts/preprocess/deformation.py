"""Smooth deformations of a grid: flow of a velocity, composition, and pulling an image back.

Fields here are (3, z, y, x), float32, in voxels along the array's own axes: component 0 moves along z. A field u stands
for the map p -> p + u(p). `to_physical` gives the same in mm and physical order (x, y, z), and is exact for any
direction and spacing. Every function gives the same bytes for any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from scipy import ndimage

from scripts.volumes import Volume

Item = TypeVar("Item")
Result = TypeVar("Result")

LONGEST_STEP = 1.0  # voxels that the first of the doubled steps of a flow moves at most
STEEPEST_STEP = 0.25  # and by how many it moves two neighbours apart


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> list[Result]:
    """`[function(item) for item in items]` on `threads` threads; for functions that leave the interpreter free."""
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        return list(pool.map(function, items))


def pulled(array: np.ndarray, field: np.ndarray, order: int = 1, outside: float | None = None) -> np.ndarray:
    """`array` read at p + field(p): an image or a component of a field, deformed.

    Parameters
    ----------
    array : (z, y, x). field : (3, z, y, x) in voxels of `array`; its grid may have another shape.
    order : 1 linear, 3 cubic spline. outside : the value beyond the array's border; None repeats the border.
    """
    places = np.indices(field.shape[1:], dtype=np.float32)
    places += field
    return read_index(array, places, order, outside)


def read_index(array: np.ndarray, index: np.ndarray, order: int, outside: float | None) -> np.ndarray:
    """Values of `array` (z, y, x) at index (3, ...) along its axes; `order` and `outside` as in `pulled`. float32."""
    array = np.asarray(array, np.float32)
    if outside is None:
        for axis, count in enumerate(array.shape):  # so that splines, too, repeat the border
            np.clip(index[axis], 0, count - 1, out=index[axis])
    mode = "mirror" if outside is None else "constant"
    fill = 0.0 if outside is None else outside
    return ndimage.map_coordinates(array, index, order=order, mode=mode, cval=fill, prefilter=order > 1)


def composed(outer: np.ndarray, inner: np.ndarray, threads: int = 1, order: int = 1) -> np.ndarray:
    """The field of p -> outer(inner(p)): inner + outer read at p + inner(p). Shapes (3, z, y, x), in voxels."""
    return inner + np.stack(side_by_side(lambda part: pulled(part, inner, order), outer, threads))


def flow(velocity: np.ndarray, threads: int = 1, order: int = 1) -> np.ndarray:
    """exp(velocity): the field of the map that flowing along a stationary velocity for unit time makes.

    Scaling and squaring (Arsigny et al., MICCAI 2006): a step so small that it cannot fold, by the midpoint rule,
    composed with itself again and again. flow(-velocity) is its inverse. Shapes (3, z, y, x), in voxels.
    """
    velocity = np.asarray(velocity, np.float32)
    largest = float(np.abs(velocity).max(initial=0.0)) / LONGEST_STEP
    steepest = (
        max(float(np.abs(np.diff(velocity, axis=k)).max(initial=0.0)) for k in (1, 2, 3)) / STEEPEST_STEP
    )
    doublings = max(0, math.ceil(math.log2(max(largest, steepest, 1.0))))
    step = velocity / np.float32(2**doublings)
    field = np.stack(side_by_side(lambda part: pulled(part, step * np.float32(0.5), order), step, threads))
    for _ in range(doublings):
        field = composed(field, field, threads, order)
    return field


def to_physical(field: np.ndarray, grid: Volume) -> np.ndarray:
    """(3, z, y, x) voxels along the array axes -> (z, y, x, 3) mm in physical order x, y, z; float64."""
    along = [field[2 - k].astype(np.float64) * grid.spacing[k] for k in range(3)]
    return np.stack([sum(grid.axes[i, k] * along[k] for k in range(3)) for i in range(3)], axis=-1)


def to_voxels(displacement: np.ndarray, grid: Volume) -> np.ndarray:
    """(z, y, x, 3) mm in physical order -> (3, z, y, x) voxels along the array axes; the inverse of `to_physical`."""
    inward = np.linalg.inv(grid.axes * grid.spacing)
    return np.stack([sum(inward[k, i] * displacement[..., i] for i in range(3)) for k in (2, 1, 0)])


def points(grid: Volume) -> np.ndarray:
    """(z, y, x, 3) places of the voxels' centres in mm, physical order x, y, z."""
    index = np.indices(grid.array.shape, dtype=np.float64)[::-1]
    step = grid.axes * grid.spacing
    return np.stack(
        [grid.origin[i] + sum(step[i, k] * index[k] for k in range(3)) for i in range(3)], axis=-1
    )


def read_at(image: Volume, places: np.ndarray, order: int = 1, outside: float | None = 0.0) -> np.ndarray:
    """Values of an image at places in mm, (..., 3) in physical order; float32.

    `order` 1 linear, 3 cubic spline; `outside` for places beyond the centres of the outermost voxels, None repeats
    those.
    """
    inward = np.linalg.inv(image.axes * image.spacing)
    from_origin = [places[..., i] - image.origin[i] for i in range(3)]
    index = np.stack([sum(inward[k, i] * from_origin[i] for i in range(3)) for k in (2, 1, 0)])
    np.round(index, 6, out=index)  # a place on the border stays inside, whatever the direction's last digit
    return read_index(image.array, index, order, outside)
