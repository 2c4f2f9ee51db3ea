"""Many receiver operating characteristic curves side by side with a table of their areas."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from scripts.report.figures.roc import RocLine, frame_roc, ordered_curve
from scripts.report.figures.style import BLACK, in_style, line_look
from scripts.report.wording import estimate_text, number_text


@in_style
def draw_multi_roc(
    figure: Figure,
    lines: Sequence[RocLine],
    title: str = "",
    emphasis: str = "",
    points: Sequence[tuple[float, float]] = (),
    below: bool = False,
) -> None:
    """Curves in one square, the key with each area and its interval to the right, or `below`.

    Parameters
    ----------
    lines : the curves, in the order of the key. emphasis : label of one that is drawn thicker.
    points : for each curve the (false positive, true positive) fractions at its cut-off, marked on it.
    """
    if below:
        axes, beside = figure.subplots(2, 1, height_ratios=(1.0, 0.07 * max(len(lines), 1)))
    else:
        axes, beside = figure.subplots(1, 2, width_ratios=(1.0, 0.72))
    frame_roc(axes)
    beside.set_axis_off()
    handles = []
    for index, line in enumerate(lines):
        look = line_look(index) | {"linewidth": 2.1 if line.label == emphasis else 1.2}
        x, y = ordered_curve(line)
        area = (
            number_text(line.auc)
            if line.ci_low is None
            else estimate_text(line.auc, line.ci_low, line.ci_high)
        )
        between = ", " if below else "\n"
        handles += axes.plot(x, y, label=f"{line.label}{between}AUC {area}", **look)
        if index < len(points) and np.isfinite(points[index]).all():
            axes.plot(*points[index], "o", color=look["color"], markersize=4.5, markeredgecolor=BLACK,
                      markeredgewidth=0.6, zorder=4)  # fmt: skip
    place = {"loc": "upper center"} if below else {"loc": "center left", "labelspacing": 0.9}
    beside.legend(handles=handles, borderaxespad=0.0, frameon=False, **place)
    if title:
        axes.set_title(title)
