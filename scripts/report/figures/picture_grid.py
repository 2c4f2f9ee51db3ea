"""Pictures in rows and columns with words beside them: what networks draw, and maps over what they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.report.figures.style import ORANGE, in_style, say_empty


@dataclass(frozen=True)
class Tile:
    """One picture of a grid.

    Parameters
    ----------
    picture : (y, x) grey values. limits : those shown as black and white; None for its own least and largest.
    map : (y, x), drawn over the picture in colour where there is one, from 0 (clear) to its largest value.
    mask : (y, x) outlined where there is one.
    """

    picture: NDArray
    limits: tuple[float, float] | None = (0.0, 1.0)
    map: NDArray | None = None
    mask: NDArray | None = None


@in_style
def draw_picture_grid(
    figure: Figure,
    rows: Sequence[Sequence[Tile | None]],
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> None:
    """Tiles in a grid, row labels to the left, column labels above; None leaves a place empty.

    Maps are shown with their own scale each: places compare, values of two tiles do not.
    """
    if not rows or not any(rows):
        say_empty(figure.subplots(), "no pictures")
        return
    width = max(map(len, rows))
    grid = figure.subplots(len(rows), width, squeeze=False)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        for side in axes.spines.values():
            side.set_visible(False)
    for line, tiles in zip(grid, rows, strict=True):
        for axes, tile in zip(line, tiles, strict=False):
            if tile is not None:
                _draw_tile(axes, tile)
    for line, label in zip(grid, row_labels, strict=False):
        line[0].set_ylabel(label, fontsize=7.5)
    for axes, label in zip(grid[0], column_labels, strict=False):
        axes.set_title(label, fontsize=7.5, fontweight="normal", loc="center", pad=3)


def _draw_tile(axes, tile: Tile) -> None:
    low, high = tile.limits or (float(np.min(tile.picture)), float(np.max(tile.picture)))
    axes.imshow(tile.picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    if tile.map is not None:
        strength = np.clip(tile.map, 0, None)
        top = float(strength.max())
        shares = strength / top if top > 0 else strength
        axes.imshow(shares, cmap="inferno", vmin=0, vmax=1, alpha=0.85 * shares, interpolation="nearest")
    if tile.mask is not None and np.any(tile.mask):
        axes.contour(np.asarray(tile.mask, float), levels=[0.5], colors=[ORANGE], linewidths=0.7)
