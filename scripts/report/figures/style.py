"""How every figure looks: sizes, type, colours that colour-blind readers tell apart and that differ in grey.

A drawing function takes a matplotlib `Figure` (or `SubFigure`) and tables, and draws; nothing goes through
pyplot.

    with drawing("km.svg", width_mm=85, height_mm=80) as figure:
        draw_kaplan_meier(figure, curves, at_risk)
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cycler import cycler
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from scripts.errors import InputError
from scripts.tables import write_whole

COLUMN_MM, PAGE_MM = 85.0, 178.0

# Okabe and Ito's colours (2008), in an order in which neighbours also differ in lightness.
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#CC79A7",
    "#56B4E9",
    "#000000",
)
GREY, PALE = "#8A8A8A", "#D9D9D9"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

# A white ground behind text that lines may cross.
CLEAR = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.0}

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.labelpad": 3.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": True,
    "legend.facecolor": "white",
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "legend.fancybox": False,
    "legend.handlelength": 2.4,
    "legend.borderaxespad": 0.4,
    "legend.labelspacing": 0.35,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.0,
    "hatch.linewidth": 0.5,
    "axes.unicode_minus": True,
    "axes.prop_cycle": cycler(color=COLOURS),
    "svg.fonttype": "path",
    "svg.hashsalt": "reprise",
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
}

Draw = TypeVar("Draw", bound=Callable[..., Any])


def in_style(draw: Draw) -> Draw:
    """A drawing function under the settings of this module, whatever the caller's are."""

    @functools.wraps(draw)
    def styled(*args: Any, **kwargs: Any) -> Any:
        with rc_context(SETTINGS):
            return draw(*args, **kwargs)

    return styled  # type: ignore[return-value]


@in_style
def new_figure(width_mm: float = COLUMN_MM, height_mm: float = 70.0) -> Figure:
    """An empty figure of that size in mm, laid out so that nothing is clipped."""
    figure = Figure(figsize=(width_mm / 25.4, height_mm / 25.4), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


@in_style
def save_svg(figure: Figure, path: str | Path) -> None:
    """Write `figure` as SVG with text as outlines; equal figures give equal bytes.

    Raises InputError where the font lacks a character of the figure's text.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        canvas = FigureCanvasSVG(figure)
        write_whole(path, lambda p: canvas.print_svg(p, metadata={"Date": None, "Creator": None}))
    for warning in caught:
        missing = re.search(r"Glyph (\d+)", str(warning.message))
        if missing:
            character = chr(int(missing[1]))
            raise InputError(
                f"figure {Path(path).name}",
                "characters that the font DejaVu Sans has",
                f"'{character}' (U+{ord(character):04X})",
                "Rename what the figure shows with Latin letters.",
            )
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


@contextmanager
def drawing(path: str | Path, width_mm: float = COLUMN_MM, height_mm: float = 70.0) -> Iterator[Figure]:
    """A new figure that is saved to `path` when the block ends without an error."""
    figure = new_figure(width_mm, height_mm)
    yield figure
    save_svg(figure, path)


def line_look(index: int) -> dict[str, Any]:
    """Colour and dashes of the curve number `index`: all pairs up to 35 differ."""
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(DASHES)]}


def legend_above(axes: Axes, columns: int = 3, handles: Sequence[Any] | None = None) -> None:
    """A legend over the axes, where it covers no data, in as many columns (up to `columns`) as the width
    holds.
    """
    if handles is None:
        handles = axes.get_legend_handles_labels()[0]
    if not handles:
        return
    root = axes.get_figure(root=True)
    room = root.get_figwidth() * 25.4 * 0.84
    widths = [
        text_width_mm(root, handle.get_label(), SETTINGS["legend.fontsize"]) + 9.5 for handle in handles
    ]
    fits = [n for n in range(1, columns + 1) if _columns_width(widths, n) <= room]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=max(1, min(max(fits, default=1), len(handles))),
        columnspacing=1.0,
        handlelength=2.0,
        frameon=False,
    )


def _columns_width(widths: Sequence[float], columns: int) -> float:
    """Width of entries set in `columns`, filled column by column as matplotlib does."""
    full, rest = divmod(len(widths), columns)
    sizes = [full + 1] * rest + [full] * (columns - rest)
    starts = [sum(sizes[:i]) for i in range(columns)]
    return sum(max(widths[a : a + size], default=0.0) for a, size in zip(starts, sizes, strict=True))


def title_above(axes: Axes, title: str) -> None:
    """A title over the axes and over the legend that `legend_above` put there."""
    if title:
        legend = axes.get_legend()
        height = legend.get_window_extent().height / axes.get_figure(root=True).dpi * 72 if legend else 0.0
        axes.set_title(title, pad=height + 4.0 if legend else None)


def axes_with_columns(
    figure: Figure, labels: Sequence[str], columns: Sequence[tuple[str, Sequence[str]]], head_at: float
) -> Axes:
    """Axes with lines of text to the right: `columns` are (head, one text a row), rows at y = 0, 1, ...

    `labels` are the longest tick labels that the axes will have on the left (to leave room for them). The
    caller sets the y limits; the heads stand at y = `head_at`.
    """
    root = figure.get_figure(root=True)
    size = SETTINGS["legend.fontsize"]
    widths = []
    for head, texts in columns:
        longest = max(text_width_mm(root, text, size) for text in ["", *texts])
        widths.append(max(1.2 * text_width_mm(root, head, size), 1.05 * longest) + 3.0)
    left = max(
        (text_width_mm(root, line, 8.0) for label in labels for line in label.split("\n")), default=0.0
    )
    plot = max(20.0, root.get_figwidth() * 25.4 - left - sum(widths) - 6.0)
    axes, beside = figure.subplots(1, 2, width_ratios=(plot, sum(widths)), sharey=True)
    beside.set_axis_off()
    beside.set_xlim(0, sum(widths))
    x = 0.0
    for (head, texts), width in zip(columns, widths, strict=True):
        beside.text(x, head_at, head, va="center", fontsize=size, fontweight="bold")
        for place, text in enumerate(texts):
            beside.text(x, place, text, va="center", fontsize=size)
        x += width
    return axes


def say_empty(axes: Axes, message: str) -> None:
    """A message in the middle of axes that have nothing to show."""
    axes.set_axis_off()
    axes.add_patch(
        Rectangle(
            (0, 0), 1, 1, transform=axes.transAxes, fill=False, edgecolor=GREY, linewidth=0.6, linestyle=":"
        )
    )
    axes.text(
        0.5, 0.5, message, transform=axes.transAxes, ha="center", va="center", color="#444444", wrap=True
    )


def text_width_mm(figure: Figure, string: str, size: float) -> float:
    """Width of `string` on paper in mm, at `size` points."""
    text = Text(0, 0, string, fontsize=size, figure=figure)
    return text.get_window_extent().width / figure.dpi * 25.4
