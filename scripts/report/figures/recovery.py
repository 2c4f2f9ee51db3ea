"""What was planted in simulated patients against what was estimated from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import (
    BLUE,
    GREY,
    VERMILLION,
    axes_with_columns,
    in_style,
    legend_above,
    say_empty,
)
from scripts.report.wording import estimate_text, number_text


@in_style
def draw_recovery(figure: Figure, recovery: pd.DataFrame, title: str = "") -> None:
    """One line a quantity, each on a scale of its own: the planted value a diamond, the estimate a dot with
    its interval.

    `recovery` : quantity, planted, estimated, ci_low, ci_high (NaN limits: no interval). The scale of a line
    runs over its own values, so only positions within a line compare; the numbers stand to the right.
    """
    if not len(recovery):
        say_empty(figure.subplots(), "nothing was planted")
        return
    names = [str(quantity) for quantity in recovery["quantity"]]
    columns = [
        ("Planted", [number_text(value) for value in recovery["planted"]]),
        (
            "Estimated (95% CI)",
            [estimate_text(row.estimated, row.ci_low, row.ci_high) for row in recovery.itertuples()],
        ),
    ]
    axes = axes_with_columns(figure, names, columns, head_at=-0.85)
    _name_the_marks(axes)
    for place, row in enumerate(recovery.itertuples(index=False)):
        values = np.array([row.planted, row.estimated, row.ci_low, row.ci_high], float)
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        width = (high - low) or max(abs(high), 1.0)
        planted, estimated, ci_low, ci_high = 0.08 + 0.84 * (values - low) / width
        axes.plot([0, 1], [place, place], color="#E5E5E5", linewidth=0.6, zorder=0)
        _draw_line(axes, place, planted, estimated, ci_low, ci_high)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(recovery) - 0.4, -1.2)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel("each line on its own scale", color=GREY, fontsize=7.5)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, handlelength=1.6)
    if title:
        axes.set_title(title, pad=17)


@in_style
def draw_recovery_on_one_scale(figure: Figure, recovery: pd.DataFrame) -> None:
    """One line a quantity, all on one scale that holds 0 to 1: for shares, correlations, areas and ratios.

    `recovery` : group, quantity, planted, estimated, ci_low, ci_high (NaN limits: no interval). Neighbours that share a
    group stand under its name; '' for none.
    """
    axes = figure.subplots()
    if not len(recovery):
        say_empty(axes, "nothing was planted")
        return
    _name_the_marks(axes)
    names: list[str] = []
    headings: list[bool] = []
    group = ""
    for row in recovery.itertuples(index=False):
        if row.group and row.group != group:
            names.append(str(row.group))
            headings.append(True)
        group = row.group
        axes.axhline(len(names), color="#E5E5E5", linewidth=0.6, zorder=0)
        _draw_line(axes, len(names), row.planted, row.estimated, row.ci_low, row.ci_high)
        names.append(str(row.quantity))
        headings.append(False)
    values = recovery[["planted", "estimated", "ci_low", "ci_high"]].to_numpy(float)
    known = np.append(values[np.isfinite(values)], [0.0, 1.0])
    margin = 0.03 * (known.max() - known.min())
    axes.set_xlim(known.min() - margin, known.max() + margin)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for tick, heading in zip(axes.get_yticklabels(), headings, strict=True):
        tick.set_fontweight("bold" if heading else "normal")
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.5)
    axes.set_xlabel("Value")
    legend_above(axes)


def _name_the_marks(axes: Axes) -> None:
    axes.plot([], [], "D", color=VERMILLION, markerfacecolor="white", markersize=5, label="planted")
    axes.errorbar([], [], xerr=[], fmt="o", color=BLUE, capsize=2.2, label="estimated (95% CI)")


def _draw_line(
    axes: Axes, place: int, planted: float, estimated: float, ci_low: float, ci_high: float
) -> None:
    if np.isfinite([ci_low, ci_high]).all():
        axes.plot([ci_low, ci_high], [place, place], "|-", color=BLUE, linewidth=1.2, markersize=5)
    axes.plot(planted, place, "D", color=VERMILLION, markerfacecolor="white", markersize=5.5, zorder=4)
    axes.plot(estimated, place, "o", color=BLUE, zorder=5, markersize=4)
