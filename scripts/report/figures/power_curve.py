"""Power against the proportion in one group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.style import GREY, MARKERS, in_style, legend_above, line_look, title_above


@in_style
def draw_power(
    figure: Figure,
    power: pd.DataFrame,
    x: str,
    curves: Mapping[str, str],
    x_label: str,
    references: Sequence[tuple[float, str]] = (),
    title: str = "",
) -> None:
    """A curve for each column of `curves` (column -> label) over the column `x`; `references` are dotted lines with
    words.
    """
    axes = figure.subplots()
    for index, (column, label) in enumerate(curves.items()):
        look = line_look(index)
        axes.plot(
            power[x], power[column], marker=MARKERS[index % len(MARKERS)], markersize=2.6, label=label, **look
        )
    for value, words in references:
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0)
        axes.text(1.01, value, words, va="center", fontsize=7, color="#444444")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(x_label)
    axes.set_ylabel("Probability")
    legend_above(axes, columns=2)
    title_above(axes, title)
