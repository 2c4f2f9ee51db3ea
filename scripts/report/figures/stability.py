"""How often each feature is selected when the patients are drawn again."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from scripts.report.figures.names import feature_label
from scripts.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    PALE,
    in_style,
    legend_above,
    say_empty,
    title_above,
)


@in_style
def draw_stability(
    figure: Figure,
    frequencies: pd.DataFrame,
    n_resamples: int,
    most_shown: int = 15,
    title: str = "",
) -> None:
    """Bars of the selection frequency, most frequent first, those of the final model dark.

    `frequencies` : feature, frequency (0 to 1), selected (of the final model), and ci_low, ci_high where
    known. The selected features are always among the `most_shown` bars; features never selected are left out.
    """
    axes = figure.subplots()
    table = frequencies[(frequencies["frequency"] > 0) | frequencies["selected"].astype(bool)]
    table = table.sort_values(["frequency", "feature"], ascending=[False, True], kind="stable")
    chosen = table["selected"].astype(bool)
    kept = table[chosen | ((~chosen).cumsum() <= max(0, most_shown - int(chosen.sum())))]
    if not len(kept):
        say_empty(axes, f"no feature was selected in any of {n_resamples} resamples")
        return
    place = np.arange(len(kept))
    frequency, final = kept["frequency"].to_numpy(float), kept["selected"].to_numpy(bool)
    dark = {"facecolor": BLUE, "edgecolor": BLUE, "linewidth": 0.5}
    light = {"facecolor": PALE, "edgecolor": GREY, "linewidth": 0.5, "hatch": "////"}
    handles = []
    for look, which, label in ((dark, final, "in the model"), (light, ~final, "not in the model")):
        if which.any():
            axes.barh(place[which], frequency[which], height=0.7, **look)
            handles.append(Patch(label=label, **look))
    if {"ci_low", "ci_high"} <= set(kept.columns):
        errors = np.clip(
            [frequency - kept["ci_low"].to_numpy(float), kept["ci_high"].to_numpy(float) - frequency], 0, None
        )
        axes.errorbar(
            frequency,
            place,
            xerr=np.nan_to_num(errors),
            fmt="none",
            ecolor=BLACK,
            elinewidth=0.8,
            capsize=1.8,
        )
    axes.set_yticks(place, [feature_label(name) for name in kept["feature"]])
    axes.set_ylim(len(kept) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1.0)
    axes.set_xlabel(f"Selected in (fraction of {n_resamples} resamples)")
    legend_above(axes, handles=handles)
    title_above(axes, title)
