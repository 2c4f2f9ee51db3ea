"""A training by its epochs: a measure in the training and the validation samples, and where the kept weights are."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scripts.report.figures.style import GREY, in_style, legend_above, line_look, say_empty, title_above

PARTS = {"training": "training", "validation": "validation"}


@in_style
def draw_epochs(
    figure: Figure,
    history: pd.DataFrame,
    measures: dict[str, str],
    kept: int | None = None,
    epochs: tuple[int, int] | None = None,
    log: bool = False,
) -> None:
    """A panel a measure, the training and the validation samples as two lines.

    Parameters
    ----------
    history : epoch (from 1), training_<measure>, validation_<measure> (left out where there is none).
    measures : name -> label of the axis. kept : epoch whose weights were kept, a dotted line.
    epochs : first and last epoch shown. log : logarithmic axes.
    """
    panels = figure.subplots(1, len(measures), squeeze=False)[0]
    shown = history if epochs is None else history[history["epoch"].between(*epochs)]
    for axes, (measure, label) in zip(panels, measures.items(), strict=True):
        if shown.empty:
            say_empty(axes, "no such epochs")
            continue
        for index, (part, words) in enumerate(PARTS.items()):
            name = f"{part}_{measure}"
            if name in shown and shown[name].notna().any():
                axes.plot(shown["epoch"], shown[name], label=words, **line_look(index))
        if kept is not None and shown["epoch"].min() <= kept <= shown["epoch"].max():
            axes.axvline(kept, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)), label="kept")
        if log:
            axes.set_yscale("log")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("Epoch")
        axes.set_ylabel(label)
        legend_above(axes)
        title_above(axes, "")
