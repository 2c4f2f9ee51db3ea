"""The waterfall of scores: every patient a bar, sorted, coloured by what happened."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from scripts.report.figures.style import BLACK, GREY, VERMILLION, in_style
from scripts.report.wording import number_text

PALE_BLUE = "#A9D3EE"
LOOKS = {
    1: ("Recurrence", VERMILLION, None),
    0: ("No recurrence", PALE_BLUE, None),
    -1: ("Unknown", "white", "////"),
}


@in_style
def draw_score_distribution(
    figure: Figure,
    score: ArrayLike,
    recurrence: ArrayLike,
    cutoff: float,
    title: str = "",
    score_label: str = "Rad-score",
) -> None:
    """Bars of `score` (n,) in rising order, from 0; `recurrence` (n,) is 1, 0 or NaN (unknown); a line at
    `cutoff`.

    The key, in the corner that rising bars leave free, counts patients by outcome and on either side of the
    cut-off (high risk: above it).
    """
    score = np.asarray(score, float)
    state = np.asarray(recurrence, float)
    state = np.where(np.isnan(state), -1, state).astype(int)
    order = np.argsort(score, kind="stable")
    axes = figure.subplots()
    place = np.empty(len(score), int)
    place[order] = np.arange(len(score))
    handles = []
    for value, (name, colour, hatch) in LOOKS.items():
        chosen = state == value
        if chosen.any():
            look = {
                "facecolor": colour,
                "edgecolor": GREY if hatch else colour,
                "linewidth": 0.2,
                "hatch": hatch,
            }
            axes.bar(place[chosen], score[chosen], width=0.9, **look)
            handles.append(Patch(label=f"{name} (n = {chosen.sum()})", **look))
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.axhline(cutoff, color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xlim(-1, max(len(score), 1))
    axes.margins(y=0.08)
    low = int((score <= cutoff).sum())
    note = f"cut-off {number_text(cutoff, 3)}: {low} low risk, {len(score) - low} high risk"
    handles.append(Line2D([], [], color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)), label=note))
    _leave_room_for_key(axes, np.sort(score), 0.11 * len(handles) + 0.03)
    axes.legend(handles=handles, loc="upper left", handlelength=1.8)
    axes.set_xlabel(f"Patients in order of {score_label[:1].lower() + score_label[1:]}")
    axes.set_ylabel(score_label)
    if title:
        axes.set_title(title)


def _leave_room_for_key(axes: Axes, rising: np.ndarray, share: float) -> None:
    """Raise the axis until its upper `share` lies over the bars of the first nine tenths of patients."""
    low, high = axes.get_ylim()
    covered = rising[: max(1, int(0.9 * len(rising)))]
    highest = max(float(covered.max()), 0.0) if len(covered) else 0.0
    axes.set_ylim(low, max(high, (highest - share * low) / (1 - share)))
