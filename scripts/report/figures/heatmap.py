"""A heatmap of Pearson correlations with stars."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.names import feature_label, gene_set_label
from scripts.report.figures.style import in_style, say_empty
from scripts.report.wording import number_text, stars

STARS_NOTE = "* P < 0.05   ** P < 0.01   *** P < 0.001"


@in_style
def draw_heatmap(
    figure: Figure,
    correlation: pd.DataFrame,
    p_values: pd.DataFrame,
    empty_message: str = "no gene set correlates with a feature at P < 0.05",
    bar_label: str = "Pearson's r",
    most_with_values: int = 8,
) -> None:
    """Rows (gene sets) by columns (features), coloured from -limit (blue) over 0 (white) to +limit (red).

    Parameters
    ----------
    correlation, p_values : tables of one shape, index gene sets, columns features; names are tidied. The
        colour scale is symmetric about 0 and reaches the largest absolute r, rounded up to a tenth.
        Undefined correlations are left grey; an empty table gives `empty_message`.
    most_with_values : with at most so many columns, r stands before its stars: its sign shows in grey too.
    """
    axes = figure.subplots()
    r = correlation.to_numpy(float)
    if r.size == 0:
        say_empty(axes, empty_message)
        return
    p = p_values.reindex(index=correlation.index, columns=correlation.columns).to_numpy(float)
    finite = np.abs(r[np.isfinite(r)])
    limit = float(np.ceil(finite.max() * 10 - 1e-9) / 10) if len(finite) and finite.max() > 0 else 1.0
    with_values = r.shape[1] <= most_with_values
    axes.set_facecolor("#BBBBBB")
    mesh = axes.pcolormesh(
        np.arange(r.shape[1] + 1), np.arange(r.shape[0] + 1), np.ma.masked_invalid(r),
        cmap="RdBu_r", vmin=-limit, vmax=limit, edgecolors="white", linewidth=0.6,
    )  # fmt: skip
    axes.invert_yaxis()
    for i in range(r.shape[0]):
        for j in range(r.shape[1]):
            mark = stars(p[i, j])
            if mark and np.isfinite(r[i, j]):
                dark = abs(r[i, j]) > 0.65 * limit
                colour = "white" if dark else "black"
                text = f"{number_text(r[i, j])}{mark}" if with_values else mark
                axes.text(j + 0.5, i + 0.53, text, ha="center", va="center", color=colour, fontsize=7.5)
    columns = [textwrap.fill(feature_label(name), 24) for name in correlation.columns]
    axes.set_xticks(np.arange(r.shape[1]) + 0.5, columns, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(np.arange(r.shape[0]) + 0.5, [gene_set_label(name) for name in correlation.index])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    bar = figure.colorbar(mesh, ax=axes, shrink=min(1.0, 6 / max(r.shape[0], 1)), aspect=14, pad=0.03)
    bar.outline.set_linewidth(0.5)
    bar.set_label(bar_label)
    axes.set_title(STARS_NOTE, fontsize=7.5, fontweight="normal")
