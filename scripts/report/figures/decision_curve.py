"""Decision curves: net benefit of treating by a model's predicted risk, against treating all or none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.style import BLACK, GREY, in_style, line_look

ALL, NONE = "treat all", "treat none"


@in_style
def draw_decision_curve(
    figure: Figure,
    curves: pd.DataFrame,
    months: float = 60,
    title: str = "",
    event: str = "recurrence",
) -> None:
    """Net benefit (per patient) against the threshold probability of the event by `months`.

    `curves` : model, threshold, net_benefit; the models 'treat all' and 'treat none' (in any case) are drawn
    in grey and black. The axis starts a little under zero, so that 'treat all' leaves it where it does harm;
    curves are drawn in the order in which models appear.
    """
    axes = figure.subplots()
    index = 0
    for model, part in curves.groupby("model", sort=False):
        look = {"color": GREY, "linestyle": (0, (1.2, 1.2)), "linewidth": 1.1}
        name = str(model).casefold()
        if name == NONE:
            look = {"color": BLACK, "linestyle": "-", "linewidth": 0.8}
        elif name != ALL:
            look = line_look(index)
            index += 1
        label = str(model)[:1].upper() + str(model)[1:]
        axes.plot(part["threshold"], part["net_benefit"], label=label, **look)
    finite = curves["net_benefit"].to_numpy(float)
    finite = finite[np.isfinite(finite)]
    top = max(float(finite.max()), 0.02) if len(finite) else 0.1
    axes.set_ylim(-0.25 * top, 1.12 * top)
    axes.set_xlabel(f"Threshold probability of {event} by {months / 12:g} years")
    axes.set_ylabel("Net benefit")
    if len(curves):
        axes.legend(loc="upper right")
    if title:
        axes.set_title(title)
