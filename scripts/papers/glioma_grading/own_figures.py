"""Figures that only this study has: Figure 5 (accuracy and loss on one time axis), and the two orders side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scripts.report.figures.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    in_style,
    legend_above,
    say_empty,
)
from scripts.report.wording import estimate_text

# metric of the learning curves -> label, colour, dashes, whether it is read on the right axis
CURVES = {
    "training_accuracy": ("Accuracy, training", BLUE, "-", False),
    "validation_accuracy": ("Accuracy, validation", BLACK, (0, (5, 1.6)), False),
    "training_loss": ("Loss, training", ORANGE, "-", True),
    "validation_loss": ("Loss, validation", VERMILLION, (0, (1.2, 1.2)), True),
}
ORDER_LOOKS = {"by_patient": ("o", BLUE), "by_image": ("s", VERMILLION)}


@in_style
def draw_training(figure: Figure, curves: pd.DataFrame) -> None:
    """Accuracies on the left axis and losses on the right one over the epochs, each with the range of its folds.

    Parameters
    ----------
    curves : metric, epoch, mean, lowest, highest of one model (`scripts.evaluation.curves.learning_curves`).
    """
    left = figure.subplots()
    if not curves["metric"].isin(CURVES).any():
        say_empty(left, "no history of a training")
        return
    right = left.twinx()
    right.spines["right"].set_visible(True)
    handles = []
    for metric, (label, colour, dashes, on_right) in CURVES.items():
        rows = curves[curves["metric"] == metric].sort_values("epoch")
        if rows.empty:
            continue
        axes = right if on_right else left
        marker = "o" if len(rows) == 1 else ""
        handles += axes.plot(
            rows["epoch"], rows["mean"], color=colour, linestyle=dashes, marker=marker, label=label
        )
        axes.fill_between(
            rows["epoch"], rows["lowest"], rows["highest"], color=colour, alpha=0.12, linewidth=0
        )
    left.set_xlabel("Epoch")
    left.set_ylabel("Accuracy")
    left.set_ylim(0, 1.02)
    right.set_ylabel("Loss (cross-entropy)")
    right.set_ylim(bottom=0)
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend_above(left, columns=4, handles=handles)


@in_style
def draw_orders(
    figure: Figure,
    orders: pd.DataFrame,
    order_labels: Mapping[str, str],
    tested_labels: Mapping[str, str],
    bound: float | None = None,
    commonest: float | None = None,
) -> None:
    """Accuracy with its interval, a line a way of testing, a mark an order.

    Parameters
    ----------
    orders : order, tested, accuracy, accuracy_lower, accuracy_upper. bound : the largest expected accuracy of any
        classifier, where it is known. commonest : share of the commonest grade.
    """
    axes = figure.subplots()
    names = []
    for place, row in enumerate(orders.itertuples(index=False)):
        marker, colour = ORDER_LOOKS[row.order]
        limits = [row.accuracy_lower, row.accuracy_upper]
        if np.isfinite(limits).all():
            axes.plot(limits, [place, place], "|-", color=colour, linewidth=1.2, markersize=5)
        axes.plot(row.accuracy, place, marker, color=colour, markersize=4.5)
        text = estimate_text(row.accuracy, row.accuracy_lower, row.accuracy_upper)
        axes.text(1.03, place, text, va="center", fontsize=7.5, transform=axes.get_yaxis_transform())
        names.append(tested_labels[row.tested])
    handles = [
        axes.plot([], [], f"{marker}-", color=colour, label=order_labels[order])[0]
        for order, (marker, colour) in ORDER_LOOKS.items()
        if (orders["order"] == order).any()
    ]
    for value, label, dashes in (
        (bound, "largest expected accuracy", (0, (1, 1.5))),
        (commonest, "always the commonest grade", (0, (5, 2))),
    ):
        if value is not None:
            handles.append(
                axes.axvline(value, color=GREY, linewidth=1.0, linestyle=dashes, zorder=0, label=label)
            )
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1.01)
    axes.set_xlabel("Accuracy (95% CI)")
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.5)
    legend_above(axes, columns=2, handles=handles)
