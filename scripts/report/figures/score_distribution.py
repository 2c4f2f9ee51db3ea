"""The waterfall of scores: every patient a bar, sorted, coloured by what happened."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from scripts.report.figures.style import BLACK, GREY, VERMILLION, in_style
from scripts.report.wording import number_text

PALE_BLUE = "#A9D3EE"
LOOKS = {1: (VERMILLION, None), 0: (PALE_BLUE, None), -1: ("white", "////")}


@in_style
def draw_score_distribution(
    figure: Figure,
    score: ArrayLike,
    outcome: ArrayLike,
    cutoff: float,
    title: str = "",
    score_label: str = "Rad-score",
    outcomes: tuple[str, str] = ("No recurrence", "Recurrence"),
    sides: tuple[str, str] = ("low risk", "high risk"),
    at_cutoff_high: bool = False,
) -> None:
    """Bars of `score` (n,) in rising order, from 0; `outcome` (n,) is 1, 0 or NaN (unknown); a line at
    `cutoff`.

    The key, in the corner that rising bars leave free, counts patients by outcome and on either side of the
    cut-off.

    Parameters
    ----------
    outcomes : what an outcome of 0 and of 1 is called. sides : what patients below and above the cut-off are called.
    at_cutoff_high : whether a score of exactly the cut-off counts as above it.
    """
    score = np.asarray(score, float)
    state = np.asarray(outcome, float)
    state = np.where(np.isnan(state), -1, state).astype(int)
    order = np.argsort(score, kind="stable")
    axes = figure.subplots()
    place = np.empty(len(score), int)
    place[order] = np.arange(len(score))
    handles = []
    names = {1: outcomes[1], 0: outcomes[0], -1: "Unknown"}
    for value, (colour, hatch) in LOOKS.items():
        chosen = state == value
        if chosen.any():
            look = {
                "facecolor": colour,
                "edgecolor": GREY if hatch else colour,
                "linewidth": 0.2,
                "hatch": hatch,
            }
            axes.bar(place[chosen], score[chosen], width=0.9, **look)
            handles.append(Patch(label=f"{names[value]} (n = {chosen.sum()})", **look))
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.axhline(cutoff, color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xlim(-1, max(len(score), 1))
    axes.margins(y=0.08)
    low = int((score < cutoff if at_cutoff_high else score <= cutoff).sum())
    note = f"cut-off {number_text(cutoff, 3)}: {low} {sides[0]}, {len(score) - low} {sides[1]}"
    handles.append(Line2D([], [], color=BLACK, linewidth=0.9, linestyle=(0, (4, 2)), label=note))
    _leave_room_for_key(axes, np.sort(score), 0.11 * len(handles) + 0.03)
    axes.legend(handles=handles, loc="upper left", handlelength=1.8)
    axes.set_xlabel(f"Patients in order of {score_label[:1].lower() + score_label[1:]}")
    axes.set_ylabel(score_label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if title:
        axes.set_title(title)


def _leave_room_for_key(axes: Axes, rising: np.ndarray, share: float) -> None:
    """Raise the axis until its upper `share` lies over the bars of the first nine tenths of patients."""
    low, high = axes.get_ylim()
    covered = rising[: max(1, int(0.9 * len(rising)))]
    highest = max(float(covered.max()), 0.0) if len(covered) else 0.0
    axes.set_ylim(low, max(high, (highest - share * low) / (1 - share)))
