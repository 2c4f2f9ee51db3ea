"""Estimates with their intervals, one a line: hazard ratios, and the discrimination of rival models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.report.figures.style import (
    BLACK,
    GREY,
    MARKERS,
    SETTINGS,
    axes_with_columns,
    in_style,
    legend_above,
    line_look,
    say_empty,
    text_width_mm,
    title_above,
)
from scripts.report.wording import estimate_text, p_text

VALUES = ["hazard_ratio", "ci_low", "ci_high"]


@in_style
def draw_forest(
    figure: Figure,
    estimates: pd.DataFrame,
    title: str = "",
    estimate_label: str = "Hazard ratio (95% CI)",
    clip: tuple[float, float] = (0.05, 50.0),
) -> None:
    """Hazard ratios on a log axis with a line at 1; the numbers and P values stand to the right.

    Parameters
    ----------
    estimates : label, hazard_ratio, ci_low, ci_high, p_value, and `group` where rows fall into named groups.
        Rows whose ratio is missing are listed with a dash ('not estimable'), limits beyond `clip` end in an
        arrow.
    """
    if not len(estimates):
        say_empty(figure.subplots(), "no estimates")
        return
    rows = _with_headings(estimates)
    names = [label for label, _ in rows]
    ratios = ["" if row is None else estimate_text(*(float(row[name]) for name in VALUES)) for _, row in rows]
    p_values = ["" if row is None else p_text(float(row["p_value"])) for _, row in rows]
    axes = axes_with_columns(figure, names, [(estimate_label, ratios), ("P", p_values)], head_at=-0.95)
    values = estimates[VALUES].to_numpy(float)
    finite = values[np.isfinite(values) & (values > 0)]
    low = max(clip[0], min(finite.min(initial=0.8), 0.8) / 1.15)
    high = min(clip[1], max(finite.max(initial=1.25), 1.25) * 1.15)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.plot([1.0, 1.0], [-0.6, len(rows) - 0.4], color=GREY, linewidth=0.8, linestyle=(0, (3, 2)))
    for place, (_, row) in enumerate(rows):
        if row is None:
            continue
        ratio, ci_low, ci_high = (float(row[name]) for name in VALUES)
        if np.isfinite(ratio):
            axes.plot(np.clip(ratio, low, high), place, "s", color=BLACK, markersize=4.5)
        if np.isfinite([ci_low, ci_high]).all():
            axes.plot([max(ci_low, low), min(ci_high, high)], [place, place], color=BLACK, linewidth=1.0)
            for beyond, end, marker in ((ci_low < low, low, "<"), (ci_high > high, high, ">")):
                if beyond:
                    axes.plot(end, place, marker, color=BLACK, markersize=4, clip_on=False)
    _finish_rows(axes, names, [row is None for _, row in rows])
    ticks = [t for t in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= t <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("Hazard ratio (log scale)")
    if title:
        axes.set_title(title)


@in_style
def draw_rivals(
    figure: Figure,
    estimates: pd.DataFrame,
    x_label: str = "Harrell's C-index (95% CI)",
    title: str = "",
    reference: float | None = 0.5,
    order: Sequence[str] | None = None,
) -> None:
    """A dot plot of models with intervals: model, estimate, ci_low, ci_high, and `cohort` where there are
    several.

    Cohorts of one model lie under each other in their own colour and marker; `reference` is a dotted line.
    """
    axes = figure.subplots()
    if not len(estimates):
        say_empty(axes, "no models")
        return
    models = list(order or dict.fromkeys(estimates["model"]))
    cohorts = list(dict.fromkeys(estimates["cohort"])) if "cohort" in estimates else [""]
    step = 0.6 / max(len(cohorts), 1)
    for index, cohort in enumerate(cohorts):
        part = estimates[estimates["cohort"] == cohort] if "cohort" in estimates else estimates
        part = part[np.isfinite(part["estimate"].to_numpy(float)) & part["model"].isin(models)]
        place = np.array([models.index(m) for m in part["model"]]) + (index - (len(cohorts) - 1) / 2) * step
        x = part["estimate"].to_numpy(float)
        errors = np.clip([x - part["ci_low"].to_numpy(float), part["ci_high"].to_numpy(float) - x], 0, None)
        look = {
            "fmt": MARKERS[index % len(MARKERS)],
            "color": line_look(index)["color"],
            "label": cohort or None,
        }
        axes.errorbar(x, place, xerr=np.nan_to_num(errors), capsize=2.0, elinewidth=1.0, **look)
    if reference is not None:
        axes.axvline(reference, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(len(models) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.5)
    axes.set_xlabel(x_label)
    if cohorts != [""]:
        legend_above(axes)
    title_above(axes, title)


def _with_headings(estimates: pd.DataFrame) -> list[tuple[str, pd.Series | None]]:
    """Rows from top to bottom, a heading (None) where a new group starts."""
    rows: list[tuple[str, pd.Series | None]] = []
    group = None
    for _, row in estimates.iterrows():
        if "group" in estimates and row["group"] != group:
            group = row["group"]
            rows.append((str(group), None))
        rows.append((str(row["label"]), row))
    return rows


def _finish_rows(axes: Axes, names: list[str], headings: list[bool]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -1.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    size = SETTINGS["ytick.labelsize"]
    longest = max(text_width_mm(axes.get_figure(root=True), f"{name}  ", size) for name in names)
    axes.tick_params(axis="y", pad=1.04 * longest / 25.4 * 72 + 3)
    for tick, heading in zip(axes.get_yticklabels(), headings, strict=True):
        tick.set_horizontalalignment("left")
        tick.set_fontweight("bold" if heading else "normal")
