"""The layers of a network as a row of boxes: what was taken over from another task, and what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from scripts.report.figures.style import BLUE, PALE, VERMILLION, in_style, legend_above

LEAST, MOST = 0.35, 1.0  # height of a box, of the axes'


@dataclass(frozen=True)
class Layer:
    """One layer: a name, the size of what leaves it, its parameters, and whether they were taken over."""

    name: str
    output: tuple[int, ...]
    parameters: int
    transferred: bool


@in_style
def draw_layers(figure: Figure, layers: Sequence[Layer], input_shape: tuple[int, ...], ending: str) -> None:
    """Boxes from left to right, the input before and `ending` (what the outputs are) behind them.

    A box is the higher, the more numbers leave its layer (on a logarithmic scale).

    Parameters
    ----------
    input_shape : (channel, y, x).
    """
    axes = figure.subplots()
    axes.set_axis_off()
    sizes = np.log10([np.prod(input_shape), *(np.prod(layer.output) for layer in layers)])
    spread = (sizes.max() - sizes.min()) or 1.0
    heights = LEAST + (MOST - LEAST) * (sizes - sizes.min()) / spread
    boxes = [("Input", input_shape, PALE, "")]
    for layer in layers:
        colour = BLUE if layer.transferred else VERMILLION
        boxes.append((layer.name, layer.output, colour, f"{layer.parameters:,}"))
    for place, ((name, shape, colour, parameters), height) in enumerate(zip(boxes, heights, strict=True)):
        axes.add_patch(
            FancyBboxPatch(
                (place + 0.14, -height / 2), 0.72, height, boxstyle="round,pad=0,rounding_size=0.06",
                facecolor=colour, alpha=0.85 if colour != PALE else 1.0, edgecolor="black", linewidth=0.6,
            )
        )  # fmt: skip
        ink = "black" if colour == PALE else "white"
        axes.text(
            place + 0.5,
            0,
            name,
            ha="center",
            va="center",
            rotation=90,
            color=ink,
            fontsize=7.5,
            fontweight="bold",
        )
        axes.text(place + 0.5, -0.56, " × ".join(map(str, shape)), ha="center", va="top", fontsize=6.2)
        axes.text(place + 0.5, -0.68, parameters, ha="center", va="top", fontsize=6.2, color="#555555")
        if place:
            axes.annotate(
                "", (place + 0.14, 0), (place - 0.14, 0), arrowprops={"arrowstyle": "->", "linewidth": 0.7}
            )
    axes.text(len(boxes) + 0.05, 0, ending, ha="left", va="center", fontsize=7.0)
    axes.text(0.1, -0.68, "parameters", ha="left", va="top", fontsize=6.2, color="#555555")
    axes.set_xlim(0, len(boxes) + 0.9)
    axes.set_ylim(-0.8, 0.58)
    kinds = [Patch(facecolor=VERMILLION, edgecolor="black", linewidth=0.6, label="new, from random numbers")]
    if any(layer.transferred for layer in layers):
        kinds.insert(
            0, Patch(facecolor=BLUE, edgecolor="black", linewidth=0.6, label="transferred, then trained on")
        )
    legend_above(axes, handles=kinds)
