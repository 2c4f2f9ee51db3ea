"""Box plots of two or more groups side by side for each of several places, on a common axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scripts.report.figures.box_plots import DOTS, FACES
from scripts.report.figures.style import BLACK, in_style, legend_above, say_empty

TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


@in_style
def draw_grouped_boxes(
    figure: Figure,
    values: Mapping[str, Mapping[str, Sequence[float]]],
    y_label: str,
    notes: Mapping[str, str] | None = None,
    linear_below: float = 1.0,
    x_label: str = "",
) -> None:
    """For each place a box of each group: median, quartiles, whiskers to 1.5 interquartile ranges, every value a dot.

    Parameters
    ----------
    values : place -> group -> values, 0 or more; NaN is left out. The axis is linear up to `linear_below` and
        logarithmic above, so that volumes of 0 stand on it.
    notes : place -> a text above its boxes, such as a P value.
    """
    axes = figure.subplots()
    groups = list(dict.fromkeys(group for part in values.values() for group in part))
    known = {
        place: {group: _known(part.get(group, ())) for group in groups} for place, part in values.items()
    }
    everything = [v for part in known.values() for v in part.values() if len(v)]
    if not everything:
        say_empty(axes, "no values")
        return
    width = 0.8 / len(groups)
    for index, place in enumerate(known):
        for which, group in enumerate(groups):
            part = known[place][group]
            at = index + (which - (len(groups) - 1) / 2) * width
            if not len(part):
                continue
            axes.boxplot(
                [part], positions=[at], widths=0.8 * width, patch_artist=True, showfliers=False,
                manage_ticks=False,
                boxprops={"facecolor": FACES[which % len(FACES)], "edgecolor": BLACK, "linewidth": 0.7, "alpha": 0.75},
                medianprops={"color": BLACK, "linewidth": 1.4},
                whiskerprops={"color": BLACK, "linewidth": 0.7}, capprops={"color": BLACK, "linewidth": 0.7},
            )  # fmt: skip
            spread = (np.argsort(np.argsort(part, kind="stable")) * 0.381966) % 1.0 - 0.5
            axes.plot(
                at + spread * width * 0.5, part, "o^sD"[which % 4], color=DOTS[which % len(DOTS)],
                markersize=1.7, markeredgewidth=0, alpha=0.7, zorder=3,
            )  # fmt: skip
    highest = max(float(part.max()) for part in everything)
    axes.set_yscale("symlog", linthresh=linear_below, linscale=0.5)
    axes.set_ylim(-0.15 * linear_below, highest * 1.9 + linear_below)
    axes.yaxis.set_major_locator(FixedLocator([t for t in TICKS if t <= highest * 1.9]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for index, place in enumerate(known):
        if notes and notes.get(place):
            axes.text(index, highest * 1.35 + 0.4 * linear_below, notes[place], ha="center", fontsize=7)
    axes.set_xticks(range(len(known)), list(known))
    axes.set_xlim(-0.6, len(known) - 0.4)
    axes.set_ylabel(y_label)
    axes.set_xlabel(x_label)
    handles = [
        Patch(facecolor=FACES[k % len(FACES)], edgecolor=BLACK, label=group) for k, group in enumerate(groups)
    ]
    legend_above(axes, handles=handles)


def _known(values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]
