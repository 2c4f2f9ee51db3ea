"""Calibration: predicted against observed survival, before and after the correction for optimism."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from scripts.report.figures.style import BLACK, BLUE, GREY, PALE, VERMILLION, in_style


@in_style
def draw_calibration(
    figure: Figure,
    curve: pd.DataFrame,
    predicted: ArrayLike | None = None,
    months: float = 36,
    title: str = "",
    outcome: str = "disease-free survival",
    texts: tuple[str, ...] = (),
) -> None:
    """Observed (Kaplan-Meier) survival in groups of predicted survival, over the diagonal of perfect
    agreement.

    Parameters
    ----------
    curve : predicted, observed of each group, and ci_low, ci_high and `corrected` where there are such
        columns.
    predicted : each patient's predicted survival, drawn as a histogram over the axes.
    months : time of the prediction; 36 reads '3-year'.
    """
    year = f"{months / 12:g}-year"
    known = ["predicted", "observed", "ci_low", "ci_high", "corrected"]
    curve = curve.reindex(columns=known).astype(float).dropna(subset=["predicted", "observed"])
    values = [
        curve[name].to_numpy(float) for name in ("predicted", "observed", "ci_low", "ci_high") if len(curve)
    ]
    shown = np.concatenate([*values, [] if predicted is None else np.quantile(predicted, [0.01])])
    shown = shown[np.isfinite(shown)]
    low = max(0.0, np.floor((shown.min() if len(shown) else 0.0) * 10 - 0.2) / 10)
    if predicted is None:
        axes = figure.subplots()
    else:
        top, axes = figure.subplots(2, 1, height_ratios=(1, 6), sharex=True)
        top.hist(
            np.asarray(predicted, float),
            bins=np.linspace(low, 1, 31),
            color=PALE,
            edgecolor=GREY,
            linewidth=0.4,
        )
        top.tick_params(labelbottom=False)
        top.spines["left"].set_visible(False)
        top.set_yticks([])
        top.set_ylabel("Patients", rotation=0, ha="right", va="center", fontsize=7.5)
    axes.plot(
        [low, 1], [low, 1], color=GREY, linewidth=0.9, linestyle=(0, (1, 1.5)), label="perfect agreement"
    )
    if len(curve):
        x, y = curve["predicted"].to_numpy(float), curve["observed"].to_numpy(float)
        below = np.clip(y - curve["ci_low"].to_numpy(float), 0, None)
        above = np.clip(curve["ci_high"].to_numpy(float) - y, 0, None)
        known = np.isfinite(below) & np.isfinite(above)
        axes.errorbar(
            x[known], y[known], [below[known], above[known]],
            fmt="none", ecolor=BLUE, elinewidth=0.9, capsize=2.2, capthick=0.9,
        )  # fmt: skip
        axes.plot(x, y, "o-", color=BLUE, label="observed (95% CI)")
        if curve["corrected"].notna().any():
            corrected = curve["corrected"].to_numpy(float)
            axes.plot(
                x,
                corrected,
                "X--",
                color=VERMILLION,
                markersize=4.5,
                linewidth=1.0,
                label="corrected for optimism",
            )
    axes.set_xlim(low - 0.01, 1.01)
    axes.set_ylim(low - 0.01, 1.01)
    axes.set_xlabel(f"Predicted {year} {outcome}")
    axes.set_ylabel(f"Observed {year} {outcome}")
    axes.legend(loc="upper left")
    if texts:
        axes.text(
            0.98,
            0.03,
            "\n".join(texts),
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=7.5,
            color=BLACK,
        )
    if title:
        (axes if predicted is None else top).set_title(title)
