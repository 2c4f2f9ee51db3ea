"""Box plots of groups with every patient as a dot, the test between groups as a bracket, and changes within groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from scripts.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    in_style,
    say_empty,
    title_above,
)
from scripts.report.wording import p_text

FACES = (SKY, ORANGE, "#BFE3D0", "#E8CFDD")
DOTS = (BLUE, VERMILLION, "#00694B", "#9C4F7A")
WIDTH = 0.52


@in_style
def draw_box_plots(
    figure: Figure,
    groups: Mapping[str, ArrayLike],
    y_label: str,
    p_value: float | None = None,
    title: str = "",
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
) -> None:
    """One box a group: median, quartiles, whiskers to the furthest value within 1.5 interquartile ranges.

    Parameters
    ----------
    groups : name -> values (n,); NaN is left out, and the tick counts who is left.
    p_value : of the test between the first two groups, drawn as a bracket; None for no bracket.
    reference : a dotted line, such as 1 for 'volume kept' or 0 for 'no change'.
    limits : of the y axis, for figures that are to be compared; by the values where None.
    """
    axes = figure.subplots()
    values = {name: _known(part) for name, part in groups.items()}
    if not any(len(part) for part in values.values()):
        say_empty(axes, "no values")
        return
    if reference is not None:
        axes.axhline(reference, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0)
    for place, part in enumerate(values.values()):
        _box(axes, part, place, place)
    axes.set_xticks(range(len(values)), [f"{name}\n(n = {len(part)})" for name, part in values.items()])
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.set_ylabel(y_label)
    if limits is not None:
        axes.set_ylim(limits)
    if p_value is not None and len(values) > 1:
        _bracket(axes, 0, 1, p_value)
    title_above(axes, title)


@in_style
def draw_paired_boxes(
    figure: Figure,
    pairs: Mapping[str, tuple[ArrayLike, ArrayLike]],
    y_label: str,
    p_values: Sequence[float | None] = (),
    visits: tuple[str, str] = ("Baseline", "Follow-up"),
    title: str = "",
) -> None:
    """Two boxes a group, before and after, with a thin line for each patient and the paired test as a bracket.

    `pairs` : group -> (before, after), each (n,), a patient at the same place; who lacks one of the two is left out.
    """
    axes = figure.subplots()
    if not pairs:
        say_empty(axes, "no values")
        return
    ticks, labels = [], []
    for index, (name, (before, after)) in enumerate(pairs.items()):
        before, after = np.asarray(before, float), np.asarray(after, float)
        both = np.isfinite(before) & np.isfinite(after)
        left, right = 2.4 * index, 2.4 * index + 1
        for first, second in zip(before[both], after[both], strict=True):
            axes.plot([left, right], [first, second], color="#C8C8C8", linewidth=0.4, zorder=1)
        _box(axes, before[both], left, index)
        _box(axes, after[both], right, index)
        ticks += [left, right]
        labels += [f"{visits[0]}\n", f"{visits[1]}\n"]
        axes.annotate(
            f"{name} (n = {both.sum()})", ((left + right) / 2, 0), (0, -22), textcoords="offset points",
            xycoords=("data", "axes fraction"), ha="center", va="top", fontweight="bold", fontsize=7.5,
        )  # fmt: skip
    axes.set_xticks(ticks, labels)
    axes.set_xlim(-0.7, ticks[-1] + 0.7)
    axes.set_ylabel(y_label)
    low, high = axes.get_ylim()
    for index, p_value in enumerate(p_values):
        axes.set_ylim(low, high)
        if p_value is not None:
            _bracket(axes, 2.4 * index, 2.4 * index + 1, p_value)
    title_above(axes, title)


def _known(values: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(values, float)
    return values[np.isfinite(values)]


def _box(axes: Axes, values: NDArray[np.float64], place: float, look: int) -> None:
    """One box with its dots; the dots are spread by rank, so that equal data give equal pictures."""
    if not len(values):
        return
    axes.boxplot(
        [values], positions=[place], widths=WIDTH, patch_artist=True, showfliers=False, manage_ticks=False,
        boxprops={"facecolor": FACES[look % len(FACES)], "edgecolor": BLACK, "linewidth": 0.8, "alpha": 0.75},
        medianprops={"color": BLACK, "linewidth": 1.6},
        whiskerprops={"color": BLACK, "linewidth": 0.8},
        capprops={"color": BLACK, "linewidth": 0.8},
    )  # fmt: skip
    spread = (np.argsort(np.argsort(values, kind="stable")) * 0.381966) % 1.0 - 0.5
    axes.plot(
        place + spread * WIDTH * 0.6, values, "o^sD"[look % 4], color=DOTS[look % len(DOTS)],
        markersize=2.2, markeredgewidth=0, alpha=0.75, zorder=3,
    )  # fmt: skip


def _bracket(axes: Axes, left: float, right: float, p_value: float) -> None:
    """A bracket over two boxes with the P value, above all that is drawn."""
    low, high = axes.get_ylim()
    reach = high - low
    top = high + 0.02 * reach
    axes.plot([left, left, right, right], [top, top + 0.02 * reach, top + 0.02 * reach, top],
              color=BLACK, linewidth=0.8, clip_on=False)  # fmt: skip
    text = p_text(p_value)
    words = f"P {text[0]} {text[1:]}" if text.startswith(("<", ">")) else f"P = {text}"
    axes.text((left + right) / 2, top + 0.03 * reach, words, ha="center", va="bottom", fontsize=7.5)
    axes.set_ylim(low, top + 0.12 * reach)
