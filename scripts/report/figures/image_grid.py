"""Grey or coloured pictures in rows: the steps of a preparation, or maps on one common scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from scripts.report.figures.style import ORANGE, SKY, in_style, say_empty

MAP_COLOURS = "viridis"  # even in lightness, so that it reads in grey


@dataclass(frozen=True)
class Picture:
    """One picture of a row.

    Parameters
    ----------
    image : (rows, columns), or None for an empty place. title : over it.
    pixel : height and width of a pixel, in any unit: pixels keep that shape.
    window : values that are black and white; the picture's own least and greatest where None.
    outline : (rows, columns) bool, drawn as a line, or None.
    box : (row, column, height, width) of a frame in pixels, or None.
    """

    image: NDArray | None
    title: str = ""
    pixel: tuple[float, float] = (1.0, 1.0)
    window: tuple[float, float] | None = None
    outline: NDArray | None = None
    box: tuple[float, float, float, float] | None = None


@in_style
def draw_pictures(figure: Figure, rows: Sequence[Sequence[Picture]]) -> None:
    """Rows of grey pictures, the first row of an array at the top, with outlines and frames."""
    if not rows:
        say_empty(figure.subplots(), "no pictures")
        return
    grid = figure.subplots(len(rows), max(map(len, rows)), squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for line, pictures in zip(grid, rows, strict=True):
        for axes, picture in zip(line, pictures, strict=False):
            if picture.image is None:
                continue
            low, high = picture.window or (float(picture.image.min()), float(picture.image.max()))
            aspect = picture.pixel[0] / picture.pixel[1]
            axes.imshow(
                picture.image, cmap="gray", vmin=low, vmax=high, aspect=aspect, interpolation="nearest"
            )
            if picture.outline is not None and picture.outline.any():
                axes.contour(picture.outline.astype(float), levels=[0.5], colors=[ORANGE], linewidths=0.8)
            if picture.box is not None:
                row, column, height, width = picture.box
                frame = Rectangle((column - 0.5, row - 0.5), width, height, fill=False, edgecolor=SKY, lw=1.2)
                axes.add_patch(frame)
            axes.set_title(picture.title, fontsize=7.5, fontweight="normal", loc="left", pad=3)


@in_style
def draw_maps(
    figure: Figure,
    maps: Sequence[Sequence[NDArray | None]],
    row_names: Sequence[str],
    column_names: Sequence[str],
    label: str,
) -> None:
    """Maps of one quantity on one scale from 0 to the greatest value of all, a bar of colours beside them.

    Parameters
    ----------
    maps : rows of (rows, columns) arrays; None for a place without one. label : of the scale.
    """
    known = [values for line in maps for values in line if values is not None]
    if not known:
        say_empty(figure.subplots(), "no maps")
        return
    highest = max(float(np.max(values)) for values in known) or 1.0
    grid = figure.subplots(len(maps), len(column_names), squeeze=False)
    for name, axes_of_row, line in zip(row_names, grid, maps, strict=True):
        for axes, values in zip(axes_of_row, line, strict=True):
            axes.set_xticks([])
            axes.set_yticks([])
            for side in axes.spines.values():
                side.set_visible(False)
            if values is not None:
                axes.imshow(values, cmap=MAP_COLOURS, vmin=0, vmax=highest, interpolation="nearest")
        axes_of_row[0].set_ylabel(name)
    for axes, name in zip(grid[0], column_names, strict=True):
        axes.set_title(name, fontsize=8, fontweight="normal", loc="center", pad=3)
    scale = ScalarMappable(Normalize(0, highest), cmap=MAP_COLOURS)
    bar = figure.colorbar(scale, ax=grid.ravel().tolist(), shrink=0.8, pad=0.02)
    bar.set_label(label)
    bar.outline.set_visible(False)
