"""Cross-validated AUC while features are added one after another in the order of their rank."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.style import BLACK, BLUE, GREY, VERMILLION, in_style, say_empty


@in_style
def draw_selection_paths(figure: Figure, path: pd.DataFrame, labels: Mapping[str, str]) -> None:
    """A small panel a model on common axes; the chosen number of features is marked.

    Parameters
    ----------
    path : model, n_features, cv_auc, chosen (one row of each model is).
    labels : model -> title of its panel, in the order of the panels.
    """
    shown = [model for model in labels if (path["model"] == model).any()]
    if not shown:
        say_empty(figure.subplots(), "no selection")
        return
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes, model in zip(grid.flat, shown, strict=False):
        part = path[path["model"] == model].sort_values("n_features")
        chosen = part[part["chosen"].astype(bool)]
        axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
        axes.plot(part["n_features"], part["cv_auc"], color=BLUE, marker="o", markersize=2.2)
        for row in chosen.itertuples():
            axes.plot(
                row.n_features, row.cv_auc, "D", color=VERMILLION, markerfacecolor="white", markersize=6
            )
            axes.annotate(
                f"{int(row.n_features)}", (row.n_features, row.cv_auc), (0, 6), textcoords="offset points",
                ha="center", color=BLACK, fontsize=7.5,
            )  # fmt: skip
        axes.set_title(labels[model], fontweight="normal")
    low, high = grid.flat[0].get_ylim()
    grid.flat[0].set_ylim(
        low, high + 0.12 * (high - low)
    )  # room for the highest number under the title; shared by all
    for axes in grid.flat[len(shown) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel("Cross-validated AUC")
    for column in range(columns):
        last = max(row for row in range(rows) if row * columns + column < len(shown))
        grid[last, column].set_xlabel("Number of features")
        grid[last, column].tick_params(labelbottom=True)
