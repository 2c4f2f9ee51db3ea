"""Example slices: images under a display window with the outline of the mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.report.figures.style import ORANGE, in_style, say_empty

LEVEL_HU, WIDTH_HU = 50.0, 350.0


@dataclass(frozen=True)
class ExampleSlice:
    """A transverse slice: image (y, x) in HU, mask (y, x), spacing (x, y) in mm, and the text over it.

    `spacing` : None for a picture whose pixels have no known length: it is shown whole and without a bar.
    `window` : the intensities shown as black and white, where these are no HU; None for the figure's own.
    """

    image: NDArray
    mask: NDArray
    spacing: tuple[float, float] | None
    title: str = ""
    window: tuple[float, float] | None = None


def largest_slice(mask: NDArray) -> int:
    """Index z of the slice of a (z, y, x) mask with the largest area, the lowest one of ties."""
    return int(np.argmax(np.asarray(mask, bool).sum(axis=(1, 2))))


@in_style
def draw_cases(
    figure: Figure,
    cases: Sequence[ExampleSlice],
    columns: int = 4,
    level: float = LEVEL_HU,
    width: float = WIDTH_HU,
    view_mm: float | None = None,
) -> None:
    """Slices in rows, in grey between level - width/2 and level + width/2, the mask outlined, with a 20 mm
    bar.

    `view_mm` cuts a square of that side around the mask's centre (the whole slice when None or when the mask
    is empty). Pixels keep the shape that their spacing gives them; rows of the array run downwards, as in
    radiology.
    """
    if not cases:
        say_empty(figure.subplots(), "no cases")
        return
    columns = min(columns, len(cases))
    grid = figure.subplots(-(-len(cases) // columns), columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, case in zip(grid.flat, cases, strict=False):
        mask = np.asarray(case.mask, bool)
        dx, dy = case.spacing or (1.0, 1.0)
        rows, columns_ = mask.shape
        extent = (-0.5 * dx, (columns_ - 0.5) * dx, (rows - 0.5) * dy, -0.5 * dy)
        black, white = case.window or (level - width / 2, level + width / 2)
        axes.imshow(
            case.image, cmap="gray", vmin=black, vmax=white,
            extent=extent, interpolation="nearest", aspect="equal",
        )  # fmt: skip
        left, right, bottom, top = extent
        if mask.any():
            padded = np.pad(mask, 1).astype(float)
            x, y = (np.arange(columns_ + 2) - 1) * dx, (np.arange(rows + 2) - 1) * dy
            axes.contour(x, y, padded, levels=[0.5], colors=[ORANGE], linewidths=0.9)
            if view_mm and case.spacing:
                ys, xs = np.nonzero(mask)
                half = min(view_mm, columns_ * dx, rows * dy) / 2
                left, right = xs.mean() * dx - half, xs.mean() * dx + half
                top, bottom = ys.mean() * dy - half, ys.mean() * dy + half
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        reach = 0.04 * (right - left)
        x0, y0 = left + reach, bottom - reach * np.sign(bottom - top)
        if case.spacing:
            axes.plot([x0, x0 + 20.0], [y0, y0], color="white", linewidth=2.0, solid_capstyle="butt")
            axes.text(x0, y0 - reach * 0.6, "20 mm", color="white", fontsize=7, ha="left", va="bottom")
        if case.title:
            axes.set_title(case.title, fontsize=7.5, fontweight="normal", pad=3)
