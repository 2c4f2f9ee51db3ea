"""Confusion matrices: how many samples of each class are called which, and what share of their class that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import in_style, say_empty
from scripts.report.wording import number_text

DARK = 0.55  # share from which text on a cell is white


@in_style
def draw_confusion_matrices(
    figure: Figure,
    confusion: pd.DataFrame,
    models: Mapping[str, str],
    classes: Mapping[str, str] | None = None,
    columns: int = 3,
) -> None:
    """A field a model, rows the truth, columns the call; the shade of a cell is its share of the row.

    Parameters
    ----------
    confusion : model, truth, called, n, share (`scripts.evaluation.performance.confusion_table`); n is a mean over
        repeats and may be broken.
    models : model -> title, in order; a single one may have the title ''. classes : class -> label, in order; those
        of the table where it is None. columns : most fields side by side.
    """
    if confusion.empty or not models:
        say_empty(figure.subplots(), "no predictions")
        return
    if classes is None:
        classes = {word: word for word in confusion["truth"].unique()}
    wide = min(columns, len(models))
    grid = figure.subplots(-(-len(models) // wide), wide, squeeze=False)
    for place, axes in enumerate(grid.ravel()):
        if place >= len(models):
            axes.set_axis_off()
            continue
        model = list(models)[place]
        _draw_one(axes, confusion[confusion["model"] == model], classes, place % wide == 0)
        if models[model]:
            axes.set_title(models[model])


def _draw_one(axes: Axes, rows: pd.DataFrame, classes: Mapping[str, str], leftmost: bool) -> None:
    words, labels = list(classes), [label.replace(" ", "\n") for label in classes.values()]
    share, n = (
        rows.pivot(index="truth", columns="called", values=name)
        .reindex(index=words, columns=words)
        .to_numpy(float)
        for name in ("share", "n")
    )
    edges = np.arange(len(words) + 1) - 0.5
    axes.pcolormesh(
        edges, edges, np.nan_to_num(share), cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=0.6
    )
    axes.invert_yaxis()
    for i, j in np.ndindex(share.shape):
        count = number_text(n[i, j], 0 if float(n[i, j]).is_integer() else 1)
        text = f"{count}\n{number_text(100 * share[i, j], 0)}%" if np.isfinite(share[i, j]) else count
        colour = "white" if share[i, j] > DARK else "black"
        axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=7.5)
    axes.set_xticks(range(len(words)), labels)
    axes.set_yticks(range(len(words)), labels if leftmost else [""] * len(words))
    axes.tick_params(length=0)
    axes.set_xlabel("Called")
    if leftmost:
        axes.set_ylabel("Truth")
    for spine in axes.spines.values():
        spine.set_visible(True)
