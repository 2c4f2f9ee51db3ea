"""What an analysis claims where there is nothing to find: its estimates after the labels were shuffled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from scripts.report.figures.style import (
    BLACK,
    GREY,
    PALE,
    VERMILLION,
    in_style,
    legend_above,
    say_empty,
    title_above,
)
from scripts.report.wording import number_text

LOOKS = (
    {"facecolor": PALE, "edgecolor": GREY, "hatch": ""},
    {"facecolor": "#F2C9A8", "edgecolor": VERMILLION, "hatch": "////"},
)


@in_style
def draw_null_distribution(
    figure: Figure,
    orders: Mapping[str, ArrayLike],
    observed: Mapping[str, float],
    x_label: str = "Cross-validated AUC with shuffled labels",
    reference: float = 0.5,
    title: str = "",
    lines: Sequence[str] = ("--", ":"),
) -> None:
    """Histograms of the shuffled estimates, one an order of analysis; vertical lines are those of the true labels.

    Parameters
    ----------
    orders : name -> estimates (n_permutations,), such as 'selection inside' and 'selection before'.
    observed : name -> the estimate with the true labels; names without one get no line.
    reference : where the estimates of an honest analysis centre.
    """
    axes = figure.subplots()
    values = {name: np.asarray(part, float) for name, part in orders.items()}
    everything = np.concatenate([part[np.isfinite(part)] for part in values.values()] or [np.empty(0)])
    if not len(everything):
        say_empty(axes, "no shuffled labels")
        return
    known = [value for value in observed.values() if np.isfinite(value)]
    low, high = min(everything.min(), reference, *known), max(everything.max(), reference, *known)
    edges = np.linspace(low - 0.02, high + 0.02, 31)
    handles: list = []
    for index, (name, part) in enumerate(values.items()):
        look = LOOKS[index % len(LOOKS)] | {"linewidth": 0.6}
        axes.hist(part[np.isfinite(part)], edges, alpha=0.75, **look)
        handles.append(Patch(label=f"{name}: mean {number_text(float(np.nanmean(part)))}", **look))
        if name in observed and np.isfinite(observed[name]):
            axes.axvline(observed[name], color=BLACK, linewidth=1.4, linestyle=lines[index % len(lines)])
            label = f"{name}, true labels: {number_text(observed[name])}"
            handles.append(Line2D([], [], color=BLACK, linestyle=lines[index % len(lines)], label=label))
    axes.axvline(reference, color=GREY, linewidth=1.0, zorder=3)
    axes.set_xlabel(x_label)
    axes.set_ylabel("Shuffled cohorts")
    legend_above(axes, columns=2, handles=handles)
    title_above(axes, title)
