"""Grey pictures side by side, each with a few words over it and, where there is one, an outline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.report.figures.style import ORANGE, in_style, say_empty

BLACK_AND_WHITE = (0.0, 255.0)


@dataclass(frozen=True)
class Picture:
    """One picture.

    Parameters
    ----------
    image : (y, x) grey values. title : over it.
    outline : (y, x), drawn at its edge, or None.
    pixel : (x, y) size of a pixel, of any unit: its shape on paper.
    window : values shown as black and white.
    marked : whether its title is set in grey, for one that repeats another.
    """

    image: NDArray
    title: str = ""
    outline: NDArray | None = None
    pixel: tuple[float, float] = (1.0, 1.0)
    window: tuple[float, float] = BLACK_AND_WHITE
    marked: bool = False


@in_style
def draw_pictures(
    figure: Figure,
    pictures: Sequence[Picture],
    columns: int,
    row_names: Sequence[str] = (),
    title_size: float = 7.0,
) -> None:
    """Pictures in rows of `columns`; `row_names` stand to the left of the rows.

    Rows of an array run downwards, and its left is on the left: in radiological images the patient's right.
    """
    if not pictures:
        say_empty(figure.subplots(), "no pictures")
        return
    rows = -(-len(pictures) // columns)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
    for axes, picture in zip(grid.flat, pictures, strict=False):
        height, width = picture.image.shape
        dx, dy = picture.pixel
        black, white = picture.window
        extent = (0, width * dx, height * dy, 0)
        axes.imshow(
            picture.image, cmap="gray", vmin=black, vmax=white, extent=extent, interpolation="nearest", aspect="equal"
        )  # fmt: skip
        if picture.outline is not None and np.any(picture.outline):
            x, y = (np.arange(width) + 0.5) * dx, (np.arange(height) + 0.5) * dy
            axes.contour(x, y, picture.outline.astype(float), levels=[0.5], colors=[ORANGE], linewidths=0.8)
        if picture.title:
            colour = "#7A7A7A" if picture.marked else "black"
            axes.set_title(
                picture.title, fontsize=title_size, fontweight="normal", pad=2, color=colour, loc="center"
            )
    for axes, name in zip(grid[:, 0], row_names, strict=False):
        axes.set_ylabel(name)
