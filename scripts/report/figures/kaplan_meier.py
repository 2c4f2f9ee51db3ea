"""Kaplan-Meier curves with confidence bands, censoring marks and the numbers at risk under the axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import CLEAR, in_style, legend_above, line_look, title_above


@in_style
def draw_kaplan_meier(
    figure: Figure,
    curves: Mapping[str, pd.DataFrame],
    at_risk: pd.DataFrame,
    texts: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    outcome: str = "Disease-free survival",
    title: str = "",
    time_label: str = "Time (months)",
) -> None:
    """One step curve a group with its 95 % band, a tick at each censoring, and a table of the numbers at
    risk.

    Parameters
    ----------
    curves : group -> table of `kaplan_meier`: months, censored, survival, ci_low, ci_high (NaN limits draw no
        band).
    at_risk : group, months, at_risk; its months become the ticks of the axis.
    texts : lines put where the curves leave room, such as 'HR 5.65 (2.26–14.13)' and 'log-rank P < 0.001'.
    labels : group -> what readers see; the group itself where absent.
    """
    labels = dict(labels or {})
    months = sorted(at_risk["months"].unique()) if len(at_risk) else [0.0]
    axes, table = figure.subplots(2, 1, height_ratios=(5, 0.5 + 0.42 * len(curves)), sharex=True)
    latest = max(
        [float(curve["months"].max()) for curve in curves.values() if len(curve)] + [months[-1], 1.0]
    )
    lowest_left, lowest_right = 1.0, 1.0
    for index, (group, curve) in enumerate(curves.items()):
        look = line_look(index)
        time, survival = curve["months"].to_numpy(float), curve["survival"].to_numpy(float)
        axes.step(time, survival, where="post", label=labels.get(group, group), **look)
        low, high = curve["ci_low"].to_numpy(float), curve["ci_high"].to_numpy(float)
        axes.fill_between(time, low, high, step="post", color=look["color"], alpha=0.15, linewidth=0)
        censored = curve["censored"].to_numpy(float) > 0
        axes.plot(
            time[censored], survival[censored], "|", color=look["color"], markersize=4.5, markeredgewidth=0.7
        )
        lower = np.where(np.isfinite(low), low, survival)
        left = lower[time <= 0.6 * latest]
        lowest_left = min(lowest_left, left.min() if len(left) else 1.0)
        right = np.where(np.isfinite(high), high, survival)[time >= 0.4 * latest]
        lowest_right = min(lowest_right, 1.0 - right.max() if len(right) else 1.0)
    axes.set_ylim(-0.01, 1.02)
    axes.set_xlim(-0.015 * latest, 1.02 * latest)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_xticks(months)
    axes.set_ylabel(outcome)
    axes.tick_params(labelbottom=True)
    axes.set_xlabel(time_label)
    legend_above(axes)
    title_above(axes, title)
    if texts:
        low_corner = lowest_left > lowest_right
        x, y, across, up = (0.03, 0.03, "left", "bottom") if low_corner else (0.98, 0.97, "right", "top")
        axes.text(
            x,
            y,
            "\n".join(texts),
            transform=axes.transAxes,
            ha=across,
            va=up,
            fontsize=7.5,
            linespacing=1.35,
            bbox=CLEAR,
        )
    _draw_at_risk(table, curves, at_risk, months, labels)


def _draw_at_risk(
    table: Axes,
    curves: Mapping[str, pd.DataFrame],
    at_risk: pd.DataFrame,
    months: Sequence[float],
    labels: Mapping[str, str],
) -> None:
    """Numbers at risk under the ticks, one line a group."""
    table.set_ylim(len(curves) - 0.4, -1.2)
    for side in table.spines.values():
        side.set_visible(False)
    table.tick_params(bottom=False, labelbottom=False, left=False, labelsize=7.5, pad=9)
    table.set_yticks(range(len(curves)), [labels.get(group, group) for group in curves])
    for index, (tick, group) in enumerate(zip(table.get_yticklabels(), curves, strict=True)):
        tick.set_color(line_look(index)["color"])
        rows = at_risk[at_risk["group"] == group].set_index("months")["at_risk"]
        for month in months:
            if month in rows.index:
                table.text(month, index, f"{int(rows[month])}", ha="center", va="center", fontsize=7.5)
    table.text(
        0.0, -0.95, "No. at risk", transform=table.get_yaxis_transform(), ha="left", va="center", fontsize=7.5
    )
