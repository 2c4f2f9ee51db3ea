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
    in_style,
    legend_above,
    line_look,
    say_empty,
    title_above,
)
from scripts.report.wording import estimate_text, p_text


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
        Rows whose ratio is missing are listed with a dash ('not estimable'), limits beyond `clip` end in an arrow.
    """
    axes = figure.subplots()
    if not len(estimates):
        say_empty(axes, "no estimates")
        return
    rows = _with_headings(estimates)
    values = estimates[["hazard_ratio", "ci_low", "ci_high"]].to_numpy(float)
    finite = values[np.isfinite(values) & (values > 0)]
    low = max(clip[0], min(finite.min(initial=0.8), 0.8) / 1.15)
    high = min(clip[1], max(finite.max(initial=1.25), 1.25) * 1.15)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.axvline(1.0, color=GREY, linewidth=0.8, linestyle=(0, (3, 2)))
    names = []
    for place, (label, row) in enumerate(rows):
        names.append(label)
        if row is None:
            continue
        ratio, ci_low, ci_high = (float(row[name]) for name in ("hazard_ratio", "ci_low", "ci_high"))
        if np.isfinite([ratio, ci_low, ci_high]).all():
            axes.plot([max(ci_low, low), min(ci_high, high)], [place, place], color=BLACK, linewidth=1.0)
            axes.plot(np.clip(ratio, low, high), place, "s", color=BLACK, markersize=4.5)
            for beyond, end, marker in ((ci_low < low, low, "<"), (ci_high > high, high, ">")):
                if beyond:
                    axes.plot(end, place, marker, color=BLACK, markersize=4, clip_on=False)
        text = estimate_text(ratio, ci_low, ci_high)
        axes.text(1.04, place, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5)
        axes.text(
            1.62,
            place,
            p_text(row["p_value"]),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=7.5,
        )
    for x, text in ((1.04, estimate_label), (1.62, "P")):
        axes.text(
            x, -0.95, text, transform=axes.get_yaxis_transform(), va="center", fontsize=7.5, fontweight="bold"
        )
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
    """A dot plot of models with intervals: model, estimate, ci_low, ci_high, and `cohort` where there are several.

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
        axes.errorbar(
            x, place, xerr=np.nan_to_num(errors), fmt=MARKERS[index % len(MARKERS)], color=line_look(index)["color"],
            capsize=2.0, elinewidth=1.0, label=cohort or None,
        )  # fmt: skip
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
    for tick, heading in zip(axes.get_yticklabels(), headings, strict=True):
        tick.set_fontweight("bold" if heading else "normal")
