"""What was planted in simulated patients against what was estimated from them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.style import BLUE, GREY, VERMILLION, axes_with_columns, in_style, say_empty
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
    axes.plot([], [], "D", color=VERMILLION, markerfacecolor="white", markersize=5, label="planted")
    axes.errorbar([], [], xerr=[], fmt="o", color=BLUE, capsize=2.2, label="estimated (95% CI)")
    for place, row in enumerate(recovery.itertuples(index=False)):
        values = np.array([row.planted, row.estimated, row.ci_low, row.ci_high], float)
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        width = (high - low) or max(abs(high), 1.0)
        planted, estimated, ci_low, ci_high = 0.08 + 0.84 * (values - low) / width
        axes.plot([0, 1], [place, place], color="#E5E5E5", linewidth=0.6, zorder=0)
        if np.isfinite([ci_low, ci_high]).all():
            axes.plot([ci_low, ci_high], [place, place], "|-", color=BLUE, linewidth=1.2, markersize=5)
        axes.plot(planted, place, "D", color=VERMILLION, markerfacecolor="white", markersize=5.5, zorder=4)
        axes.plot(estimated, place, "o", color=BLUE, zorder=5, markersize=4)
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
