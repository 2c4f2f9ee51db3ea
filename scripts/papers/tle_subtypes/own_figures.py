"""Figures of tle_subtypes alone: Figure 2 (heads), both ways to divide beside one another, power in bands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scripts.papers.tle_subtypes.names import (
    HEADS,
    MEASURES,
    MODEL_LABELS,
    SCHEME_LABELS,
    SCHEMES,
    SUBTYPE_LABELS,
    SUBTYPES,
)
from scripts.report.figures.style import GREY, MARKERS, in_style, legend_above, line_look

Performance = Mapping[str, pd.DataFrame]


def rows_of(performance: pd.DataFrame, measure: str) -> pd.DataFrame:
    """estimate, lower, upper of one of the paper's measures, indexed by model."""
    name, of, _ = MEASURES[measure]
    rows = performance[(performance["measure"] == name) & (performance["class"] == of)]
    return rows.set_index("model")[["estimate", "lower", "upper"]].astype(float)


def _errors(rows: pd.DataFrame) -> np.ndarray:
    """(2, n) lengths below and above the estimates, 0 where there is no interval."""
    ends = np.stack([rows["estimate"] - rows["lower"], rows["upper"] - rows["estimate"]])
    return np.nan_to_num(np.clip(ends, 0, None))


@in_style
def draw_heads(figure: Figure, performance: Performance) -> None:
    """Figure 2: accuracy, recall, precision and F1-score by number of heads, of both splits.

    Parameters
    ----------
    performance : split -> table of the evaluation.
    """
    grid = figure.subplots(2, 2, sharex=True).ravel()
    place = np.arange(len(HEADS), dtype=float)
    for axes, (measure, (_, _, label)), letter in zip(grid, MEASURES.items(), "ABCD", strict=True):
        for index, scheme in enumerate(SCHEMES):
            rows = rows_of(performance[scheme], measure).loc[list(HEADS.values())]
            look = {"color": line_look(index)["color"], "marker": MARKERS[index]}
            axes.errorbar(
                place + 0.12 * (index - 0.5), rows["estimate"], _errors(rows), linestyle="none", capsize=2,
                elinewidth=0.9, label=SCHEME_LABELS[scheme], **look,
            )  # fmt: skip
        axes.set_xticks(place, [str(n) for n in HEADS])
        axes.set_title(f"{letter}  {label}")
        axes.grid(axis="y", color="#E5E5E5", linewidth=0.5)
        axes.set_xlim(-0.5, len(HEADS) - 0.5)
    for axes in grid[2:]:
        axes.set_xlabel("Heads")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)


@in_style
def draw_two_splits(figure: Figure, gap: pd.DataFrame, performance: Performance) -> None:
    """Accuracy of every model by patient and by epoch, with intervals, and the difference to the right.

    Parameters
    ----------
    gap : model, measure, gap, lower, upper. performance : split -> table of the evaluation.
    """
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.35, 1))
    models = [model for model in MODEL_LABELS if model in set(gap["model"])]
    place = np.arange(len(models), dtype=float)
    for index, scheme in enumerate(SCHEMES):
        rows = rows_of(performance[scheme], "accuracy").loc[models]
        look = {"color": line_look(index)["color"], "marker": MARKERS[index]}
        left.errorbar(
            rows["estimate"], place + 0.24 * (index - 0.5), xerr=_errors(rows), linestyle="none", capsize=2,
            elinewidth=0.9, label=SCHEME_LABELS[scheme], **look,
        )  # fmt: skip
    left.axvline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    left.set_yticks(place, [MODEL_LABELS[model] for model in models])
    left.set_ylim(len(models) - 0.4, -0.6)
    left.set_xlabel("Accuracy (95% CI)")
    legend_above(left, columns=1)
    rows = gap[gap["measure"] == "accuracy"].set_index("model").loc[models]
    rows = rows.rename(columns={"gap": "estimate"})[["estimate", "lower", "upper"]].astype(float)
    right.errorbar(
        rows["estimate"], place, xerr=_errors(rows), linestyle="none", marker="D", color="black", capsize=2,
        elinewidth=0.9,
    )  # fmt: skip
    right.axvline(0.0, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    right.set_xlabel("By epoch minus by patient (95% CI)")
    for axes in (left, right):
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#E5E5E5", linewidth=0.5)


@in_style
def draw_spectra(figure: Figure, spectra: pd.DataFrame) -> None:
    """Log power in bands of either subtype: mean over patients, with a bar of one SD.

    Parameters
    ----------
    spectra : subtype, low_hz, high_hz, mean, sd.
    """
    axes = figure.subplots()
    for index, subtype in enumerate(SUBTYPES):
        rows = spectra[spectra["subtype"] == subtype]
        place = np.arange(len(rows)) + 0.14 * (index - 0.5)
        look = {"color": line_look(index)["color"], "marker": MARKERS[index]}
        axes.errorbar(
            place, rows["mean"], rows["sd"].fillna(0.0), linestyle="none", capsize=2, elinewidth=0.9,
            label=SUBTYPE_LABELS[subtype], **look,
        )  # fmt: skip
    bands = spectra.drop_duplicates(["low_hz", "high_hz"])
    names = [f"{low:g}–{high:g}" for low, high in zip(bands["low_hz"], bands["high_hz"], strict=True)]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("Band, Hz")
    axes.set_ylabel("Log power density (patient's scale)")
    axes.grid(axis="y", color="#E5E5E5", linewidth=0.5)
    legend_above(axes)
