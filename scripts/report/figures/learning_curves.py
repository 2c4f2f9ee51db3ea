"""Learning curves: metrics over the epochs, the mean over the folds with a band of one standard deviation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from scripts.report.figures.style import BLACK, COLOURS, DASHES, in_style, say_empty


@dataclass(frozen=True)
class CurvePanel:
    """Metrics that share an axis: label of the axis, and metric -> how it is called, such as 'training' ('' for
    no line in the legend)."""

    label: str
    metrics: Mapping[str, str]


LOSS = CurvePanel("Loss", {"training_loss": "training", "validation_loss": "validation"})
ACCURACY = CurvePanel("Accuracy", {"training_accuracy": "training", "validation_accuracy": "validation"})


@in_style
def draw_learning_curves(
    figure: Figure,
    curves: pd.DataFrame,
    models: Mapping[str, str],
    panels: Sequence[CurvePanel] = (LOSS, ACCURACY),
    columns: int = 2,
) -> None:
    """A panel a kind of metric; a colour a model, dashes a metric.

    Parameters
    ----------
    curves : model, metric, epoch, mean, sd (`scripts.evaluation.curves.learning_curves`).
    models : model -> label, in order.
    """
    shown = curves[curves["model"].isin(models)]
    panels = [panel for panel in panels if shown["metric"].isin(panel.metrics).any()]
    if not panels:
        say_empty(figure.subplots(), "no history of a training")
        return
    wide = min(columns, len(panels))
    grid = figure.subplots(-(-len(panels) // wide), wide, squeeze=False)
    for axes in grid.ravel()[len(panels) :]:
        axes.set_axis_off()
    for axes, panel in zip(grid.ravel(), panels, strict=False):
        for number, (metric, _) in enumerate(panel.metrics.items()):
            for index, model in enumerate(models):
                rows = shown[(shown["model"] == model) & (shown["metric"] == metric)]
                colour = COLOURS[index % len(COLOURS)]
                few = "o" if len(rows) == 1 else ""
                axes.plot(
                    rows["epoch"],
                    rows["mean"],
                    color=colour,
                    linestyle=DASHES[number % len(DASHES)],
                    marker=few,
                )
                known = rows[rows["sd"].notna()]
                if len(known) > 1:
                    axes.fill_between(
                        known["epoch"], known["mean"] - known["sd"], known["mean"] + known["sd"], color=colour,
                        alpha=0.14, linewidth=0,
                    )  # fmt: skip
        axes.set_xlabel("Epoch")
        axes.set_ylabel(panel.label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    if all(panel.metrics.keys() & {"training_accuracy", "validation_accuracy"} for panel in panels):
        for axes in grid.ravel()[: len(panels)]:
            axes.set_ylim(top=1.01)
    handles = [
        Line2D([], [], color=COLOURS[i % len(COLOURS)], label=label)
        for i, label in enumerate(models.values())
    ]
    names = list(dict.fromkeys(name for panel in panels for name in panel.metrics.values() if name))
    styles = [
        Line2D([], [], color=BLACK, linestyle=DASHES[i % len(DASHES)], label=n) for i, n in enumerate(names)
    ]
    shown_handles = [*(handles if len(models) > 1 else []), *styles]
    figure.legend(
        handles=shown_handles, loc="outside upper left", ncols=min(4, len(shown_handles)), frameon=False
    )
