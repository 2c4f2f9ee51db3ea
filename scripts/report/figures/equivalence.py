"""Differences between two groups with what they may be: the 95 % interval, the 90 % one of equivalence, and the
margins.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    axes_with_columns,
    in_style,
    say_empty,
)
from scripts.report.wording import estimate_text

MARGIN_SHADE = "#E4F0F8"


@in_style
def draw_equivalence(
    figure: Figure,
    estimates: pd.DataFrame,
    margins: tuple[float, float],
    none_at: float,
    x_label: str,
    digits: int = 2,
    estimate_label: str = "Estimate (95% CI)",
    limits: tuple[float, float] | None = None,
) -> None:
    """One line a comparison: a dot, a thin line for the 95 % interval, a thick one for the 90 % interval.

    Groups are alike at the 5 % level where the thick line lies within the shaded margin.

    Parameters
    ----------
    estimates : label, effect, ci_low, ci_high (95 %), alike_low, alike_high (90 %; NaN draws none), verdict (in
        words), and `group` where rows fall into named groups.
    margins : where the shaded band begins and ends. none_at : the value of no difference, a dotted line.
    limits : of the axis; by the values where None.
    """
    if not len(estimates):
        say_empty(figure.subplots(), "no comparisons")
        return
    rows = _with_headings(estimates)
    names = [name for name, _ in rows]
    texts = [
        "" if row is None else estimate_text(row["effect"], row["ci_low"], row["ci_high"], digits)
        for _, row in rows
    ]
    verdicts = ["" if row is None else str(row["verdict"]) for _, row in rows]
    axes = axes_with_columns(figure, names, [(estimate_label, texts), ("Verdict", verdicts)], head_at=-0.95)
    axes.axvspan(*margins, color=MARGIN_SHADE, zorder=0, label="margin")
    axes.axvline(none_at, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    values = estimates[["effect", "ci_low", "ci_high"]].to_numpy(float)
    known = np.append(values[np.isfinite(values)], margins)
    low, high = limits or (known.min() - 0.05 * np.ptp(known), known.max() + 0.05 * np.ptp(known))
    for place, (_, row) in enumerate(rows):
        if row is not None:
            _draw_line(axes, place, row, low, high)
    axes.plot([], [], color=BLACK, linewidth=0.9, label="95% interval")
    axes.plot([], [], color=BLUE, linewidth=2.6, label="90% interval")
    axes.set_xlim(low, high)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -1.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for tick, (_, row) in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row is None else "normal")
    axes.set_xlabel(x_label)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, frameon=False)


def _draw_line(axes: Axes, place: int, row: pd.Series, low: float, high: float) -> None:
    for first, last, look in (
        ("ci_low", "ci_high", {"color": BLACK, "linewidth": 0.9}),
        ("alike_low", "alike_high", {"color": BLUE, "linewidth": 2.6, "solid_capstyle": "butt"}),
    ):
        ends = float(row[first]), float(row[last])
        if np.isfinite(ends).all():
            axes.plot(np.clip(ends, low, high), [place, place], zorder=3, **look)
            for end, limit, marker in ((ends[0], low, "<"), (ends[1], high, ">")):
                if (end - limit) * (1 if marker == ">" else -1) > 0:
                    axes.plot(limit, place, marker, color=look["color"], markersize=4, clip_on=False)
    if np.isfinite(float(row["effect"])):
        axes.plot(float(row["effect"]), place, "o", color=BLACK, markersize=3.6, zorder=4)


def _with_headings(estimates: pd.DataFrame) -> list[tuple[str, pd.Series | None]]:
    rows: list[tuple[str, pd.Series | None]] = []
    group = None
    for _, row in estimates.iterrows():
        if "group" in estimates and row["group"] != group:
            group = row["group"]
            rows.append((str(group), None))
        rows.append((str(row["label"]), row))
    return rows
