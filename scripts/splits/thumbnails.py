"""Small versions of images that stay the same when an image is scaled, compressed, brightened or saved anew."""

from __future__ import annotations

import numpy as np


def thumbnail(image: np.ndarray, side: int) -> np.ndarray:
    """Mean over the channels and over the area of each of `side` equal parts of every axis.

    Parameters
    ----------
    image : (channel, y, x) or (channel, z, y, x), any numbers. A pixel that two parts share counts in both by its
        area, so that the number of pixels does not matter.

    Returns
    -------
    (side, side) or (side, side, side) float64.
    """
    small = np.asarray(image, dtype=np.float32).mean(axis=0, dtype=np.float64)
    for axis in range(small.ndim):
        lines = np.moveaxis(small, axis, 0)
        edges = np.arange(side + 1) * len(lines) / side
        whole = np.minimum(edges.astype(int), len(lines) - 1)
        before = np.concatenate([np.zeros_like(lines[:1]), np.cumsum(lines, axis=0)])[whole]
        inside = (edges - whole).reshape(-1, *[1] * (small.ndim - 1)) * lines[whole]
        small = np.moveaxis(np.diff(before + inside, axis=0) * side / len(lines), 0, axis)
    return small


def orientations(ndim: int) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Ways in which a copy may be turned: name, order of the axes, axes that are flipped.

    Of pictures all eight; of volumes the three mirror images, for nobody turns them by quarters.
    """
    if ndim == 3:
        axes = (0, 1, 2)
        return [
            ("", axes, ()),
            ("mirrored x", axes, (2,)),
            ("mirrored y", axes, (1,)),
            ("mirrored z", axes, (0,)),
        ]
    flips = {"": (), "mirrored x": (1,), "mirrored y": (0,), "turned 180": (0, 1)}
    swaps = {"transposed": (), "turned 90": (0,), "turned 270": (1,), "transposed across": (0, 1)}
    return [(name, (0, 1), flip) for name, flip in flips.items()] + [
        (name, (1, 0), flip) for name, flip in swaps.items()
    ]


def turned(small: np.ndarray, axes: tuple[int, ...], flips: tuple[int, ...]) -> np.ndarray:
    """A stack (n, ...) of thumbnails with each one's axes in that order, then flipped."""
    moved = small.transpose(0, *(axis + 1 for axis in axes))
    return np.flip(moved, tuple(axis + 1 for axis in flips)) if flips else moved


def standardised(small: np.ndarray, average: np.ndarray | None = None) -> np.ndarray:
    """Unit vectors (n, d) of a stack of thumbnails (n, ...): their inner products are correlations.

    Parameters
    ----------
    average : (d,) mean of the cohort's unit vectors, which is taken off: what all images of a kind share (a head
        in the middle) then makes nothing alike. An image without contrast becomes 0, like nothing.
    """
    flat = small.reshape(len(small), int(np.prod(small.shape[1:])))
    flat = _unit(flat - flat.mean(axis=1, keepdims=True))
    if average is None:
        return flat
    there = np.linalg.norm(flat, axis=1) > 0
    flat[there] = _unit(flat[there] - average)
    return flat


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scale = np.abs(rows).max(initial=0.0)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9 * scale)
