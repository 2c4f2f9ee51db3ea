"""How well a follow-up lies on its baseline, and what became of each piece of tissue: a row of pictures a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from scripts.report.figures.style import ORANGE, SKY, in_style, say_empty

PANELS = (
    "Baseline",
    "Follow-up",
    "Follow-up, registered",
    "Checkerboard",
    "Jacobian",
)
SQUARES = 6  # of the checkerboard along the picture's width
JACOBIAN_TICKS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
JACOBIAN_COLOURS = "PuOr_r"  # blind-safe; orange is growth
LEAST_REACH, GREATEST_REACH = 2.0, 4.0  # the scale runs from 1 / reach to reach
DASHED = (0, (3, 1.3))
SMALL = 6.5  # points
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = (
    4.5,
    14.0,
    4.5,
    4.5,
)  # names, scale, heads and legend round the pictures
NOTE_MM, GAP_MM = 5.0, 0.8  # under a row, and between pictures
MM_PER_INCH = 25.4
WINDOW = (1.0, 99.5)  # percentiles of the baseline's view that are black and white


@dataclass(frozen=True)
class RegistrationSlice:
    """One transverse slice of a registered case on the baseline's grid.

    Parameters
    ----------
    baseline, follow_up, registered : (y, x) images of one unit; the follow-up as it lies, and registered.
    jacobian : (y, x), above 0. Volume after / volume before.
    mask, follow_up_mask, registered_mask : (y, x) tumours of the three images, not 0 inside.
    spacing : (x, y) in mm. title : over the row. note : under it.
    """

    baseline: NDArray
    follow_up: NDArray
    registered: NDArray
    jacobian: NDArray
    mask: NDArray
    follow_up_mask: NDArray
    registered_mask: NDArray
    spacing: tuple[float, float]
    title: str = ""
    note: str = ""


def checkerboard(first: NDArray, second: NDArray, squares: int = SQUARES) -> NDArray:
    """(y, x) image that shows `first` and `second` by turns in squares, so many along x; the first begins."""
    side = max(1, round(first.shape[1] / squares))
    y, x = np.indices(first.shape) // side
    return np.where((x + y) % 2 == 0, first, second)


def jacobian_reach(jacobians: Sequence[NDArray]) -> float:
    """How far a common scale runs, from 1 / reach to reach: what holds 98 % of the values, within its limits."""
    values = [np.abs(np.log2(j[j > 0])) for j in jacobians]
    spread = np.concatenate(values) if values else np.zeros(0)
    far = 2.0 ** float(np.percentile(spread, 98)) if spread.size else LEAST_REACH
    return float(np.clip(far, LEAST_REACH, GREATEST_REACH))


@in_style
def draw_registrations(figure: Figure, cases: Sequence[RegistrationSlice], aspect: float = 1.0) -> None:
    """A row a case: baseline, follow-up before and after registration, checkerboard, Jacobian map over the anatomy.

    The baseline's tumour is outlined in orange and solid, the follow-up's in blue and dashed. One grey window for the
    three images of a case: the baseline's. The Jacobian's colours run on a log scale centred at 1, one for all cases;
    its contours tell it in grey too: heavy at 1, dashed below, thin and solid above. Rows of the arrays run downwards,
    as in radiology.

    Parameters
    ----------
    aspect : width / height of a picture; the view is cut to it about its centre.
    """
    figure.set_layout_engine("none")
    if not cases:
        say_empty(figure.subplots(), "no registration")
        return
    width, height = figure.get_size_inches() * MM_PER_INCH
    reach = jacobian_reach([case.jacobian for case in cases])
    row_mm = (height - TOP_MM - BOTTOM_MM) / len(cases)
    side_mm = (width - LEFT_MM - RIGHT_MM) / len(PANELS)
    for row, case in enumerate(cases):
        bottom = height - TOP_MM - (row + 1) * row_mm
        under = NOTE_MM if case.note else GAP_MM
        line = [
            figure.add_axes(
                (
                    (LEFT_MM + column * side_mm) / width,
                    (bottom + under) / height,
                    (side_mm - GAP_MM) / width,
                    (row_mm - under) / height,
                )
            )
            for column in range(len(PANELS))
        ]
        _draw_case(line, _cut(case, aspect), reach)
        for axes, name in zip(line, PANELS, strict=True):
            axes.set_axis_off()
            axes.set_anchor("N")
            if row == 0:
                axes.set_title(name, fontsize=7.5, fontweight="normal", loc="center", pad=3)
        small = {"fontsize": SMALL, "transform": figure.transFigure}
        middle = (bottom + under + (row_mm - under) / 2) / height
        figure.text((LEFT_MM - 1) / width, middle, case.title, rotation=90, ha="right", va="center", **small)
        figure.text(
            LEFT_MM / width, (bottom + 0.5 * under) / height, case.note, ha="left", va="center", **small
        )
    tall = min(height - TOP_MM - BOTTOM_MM - under, 60.0)
    bar = figure.add_axes(
        ((width - RIGHT_MM + 1) / width, (height - TOP_MM - tall) / height, 2.5 / width, tall / height)
    )
    _scale(figure, bar, reach)
    figure.legend(
        handles=[
            Line2D([], [], color=ORANGE, linewidth=1.1, label="tumour at baseline"),
            Line2D([], [], color=SKY, linewidth=1.1, linestyle=DASHED, label="tumour at follow-up"),
            Line2D([], [], color="black", linewidth=0.7, linestyle=DASHED, label="Jacobian below 1"),
            Line2D([], [], color="black", linewidth=1.2, label="Jacobian 1"),
            Line2D([], [], color="black", linewidth=0.5, label="Jacobian above 1"),
        ],
        loc="lower left",
        bbox_to_anchor=((LEFT_MM - 1) / width, 0.0),
        ncols=5,
        frameon=False,
        fontsize=SMALL,
        borderaxespad=0.1,
        columnspacing=1.2,
    )


def _cut(case: RegistrationSlice, aspect: float) -> RegistrationSlice:
    """The case's slice cut about its centre to width / height = aspect."""
    rows, columns = case.baseline.shape
    dx, dy = case.spacing
    width, height = columns * dx, rows * dy
    wide, high = min(width, height * aspect), min(height, width / aspect)
    nx, ny = max(1, round(wide / dx)), max(1, round(high / dy))
    x, y = (columns - nx) // 2, (rows - ny) // 2
    arrays = {
        name: value[y : y + ny, x : x + nx]
        for name, value in vars(case).items()
        if isinstance(value, np.ndarray)
    }
    return RegistrationSlice(**vars(case) | arrays)


def _draw_case(line: Sequence[Axes], case: RegistrationSlice, reach: float) -> None:
    rows, columns = case.baseline.shape
    dx, dy = case.spacing
    extent = (-0.5 * dx, (columns - 0.5) * dx, (rows - 0.5) * dy, -0.5 * dy)
    low, high = np.percentile(case.baseline, WINDOW)
    grey = {"vmin": low, "vmax": max(high, low + 1e-6), "cmap": "gray"}
    place = {"extent": extent, "interpolation": "nearest", "aspect": "equal"}
    x, y = (np.arange(columns + 2) - 1) * dx, (np.arange(rows + 2) - 1) * dy

    def outline(axes: Axes, mask: NDArray, colour: str, dashes) -> None:
        if np.any(mask):
            padded = np.pad(np.asarray(mask, bool), 1).astype(float)
            axes.contour(x, y, padded, levels=[0.5], colors=[colour], linewidths=0.9, linestyles=[dashes])

    images = (case.baseline, case.follow_up, case.registered, checkerboard(case.baseline, case.registered))
    for axes, image in zip(line, images, strict=False):
        axes.imshow(image, **grey, **place)
        outline(axes, case.mask, ORANGE, "-")
    outline(line[1], case.follow_up_mask, SKY, DASHED)
    outline(line[2], case.registered_mask, SKY, DASHED)
    change = np.log2(np.maximum(case.jacobian, 2.0**-10))
    axes, most = line[4], np.log2(reach)
    axes.imshow(case.baseline, **grey, **place)
    axes.imshow(change, cmap=JACOBIAN_COLOURS, vmin=-most, vmax=most, alpha=0.6, **place)
    outline(axes, case.mask, ORANGE, "-")
    inner = x[1:-1], y[1:-1]
    levels = [t for t in np.log2(JACOBIAN_TICKS) if abs(t) < most + 0.01 and change.min() < t < change.max()]
    if levels and min(change.shape) > 1:
        styles = [DASHED if t < -0.01 else "-" for t in levels]
        widths = [1.2 if abs(t) < 0.01 else 0.5 if t > 0 else 0.7 for t in levels]
        axes.contour(*inner, change, levels=levels, colors="black", linestyles=styles, linewidths=widths)
    reach_mm = 0.04 * columns * dx
    line[0].plot(
        [reach_mm, reach_mm + 20.0], [(rows - 0.5) * dy - reach_mm] * 2, color="white", linewidth=2.0,
        solid_capstyle="butt",
    )  # fmt: skip
    line[0].text(
        reach_mm,
        (rows - 0.5) * dy - 1.6 * reach_mm,
        "20 mm",
        color="white",
        fontsize=6,
        ha="left",
        va="bottom",
    )
    for axes in line:
        axes.set_xlim(extent[0], extent[1])
        axes.set_ylim(extent[2], extent[3])


def _scale(figure: Figure, axes: Axes, reach: float) -> None:
    most = np.log2(reach)
    ticks = [t for t in JACOBIAN_TICKS if 1 / reach - 0.01 <= t <= reach + 0.01]
    bar = figure.colorbar(ScalarMappable(Normalize(-most, most), JACOBIAN_COLOURS), cax=axes)
    bar.set_ticks(np.log2(ticks), labels=[f"{t:g}" for t in ticks])
    axes.tick_params(labelsize=SMALL, length=2)
    bar.outline.set_linewidth(0.5)
    bar.set_label("volume after / before", fontsize=SMALL)
