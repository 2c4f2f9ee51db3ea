"""Reliability diagrams: how often predictions of a probability come true."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.style import COLOURS, GREY, MARKERS, in_style, legend_above, say_empty


@in_style
def draw_reliability(
    figure: Figure,
    calibration: pd.DataFrame,
    models: Mapping[str, str],
    of: str = "called",
    title: str = "",
    event: str = "Share of calls that are right",
) -> None:
    """Observed share with its interval against mean predicted probability, and how many predictions a bin has.

    Parameters
    ----------
    calibration : model, class, bin_low, bin_high, n, predicted, observed, lower, upper
        (`scripts.evaluation.curves.calibration_table`).
    models : model -> label, which may say the calibration error. of : the class of the table that is shown.
    event : what the observed share is of.
    """
    shown = calibration[(calibration["class"] == of) & calibration["model"].isin(models)]
    if shown.empty:
        say_empty(figure.subplots(), "no predictions")
        return
    axes, below = figure.subplots(2, 1, height_ratios=(4.2, 1), sharex=True)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.9, linestyle=(0, (1, 1.5)), label="perfect")
    bar = 0.8 / len(models)
    for index, (model, label) in enumerate(models.items()):
        rows = shown[shown["model"] == model]
        look = {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}
        x, y = rows["predicted"].to_numpy(float), rows["observed"].to_numpy(float)
        ends = np.array([y - rows["lower"].to_numpy(float), rows["upper"].to_numpy(float) - y]).clip(0)
        known = np.isfinite(ends).all(axis=0)
        axes.errorbar(
            x[known], y[known], ends[:, known], fmt="none", ecolor=look["color"], elinewidth=0.8, capsize=2
        )
        axes.plot(x, y, label=label, linewidth=1.0, **look)
        width = rows["bin_high"] - rows["bin_low"]
        share = rows["n"] / rows["n"].sum()
        below.bar(
            rows["bin_low"] + width * (0.1 + bar * (index + 0.5)),
            share,
            width * bar,
            color=look["color"],
            linewidth=0,
        )
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_ylabel(event)
    legend_above(axes, columns=1)
    below.set_ylabel("Share of\npredictions")
    below.set_xlabel(
        "Predicted probability" if of != "called" else "Predicted probability of the called class"
    )
    if title:
        axes.set_title(title)
