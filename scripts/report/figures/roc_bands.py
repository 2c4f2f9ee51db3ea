"""ROC curves with pointwise intervals: of each class against the rest, or of several models for one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from scripts.report.figures.roc import frame_roc
from scripts.report.figures.style import in_style, line_look
from scripts.report.wording import estimate_text


@dataclass(frozen=True)
class RocBand:
    """A curve: label, points (false_positive_rate, true_positive_rate, lower, upper), area with its limits (or NaN)."""

    label: str
    points: pd.DataFrame
    auc: float
    ci_low: float = float("nan")
    ci_high: float = float("nan")


def bands_of(
    roc_points: pd.DataFrame,
    performance: pd.DataFrame,
    shown: Mapping[tuple[str, str], str],
) -> list[RocBand]:
    """Curves from the tables of `scripts.evaluation`.

    Parameters
    ----------
    shown : (model, class) -> label, in the order of the key.
    """
    areas = performance[performance["measure"] == "auc"].set_index(["model", "class"])
    bands = []
    for (model, of), label in shown.items():
        row = areas.loc[(model, of)]
        points = roc_points[(roc_points["model"] == model) & (roc_points["class"] == of)]
        bands.append(RocBand(label, points, row["estimate"], row["lower"], row["upper"]))
    return bands


@in_style
def draw_roc_bands(figure: Figure, bands: Sequence[RocBand], title: str = "", shaded: int = 4) -> None:
    """Curves over the diagonal, each with its band; the key gives areas with intervals.

    Parameters
    ----------
    shaded : with more curves than this no band is drawn, for they would cover one another.
    """
    axes = figure.subplots()
    frame_roc(axes)
    for index, band in enumerate(bands):
        look = line_look(index)
        x = band.points["false_positive_rate"]
        known = band.points["lower"].notna() & band.points["upper"].notna()
        if len(bands) <= shaded and known.any():
            axes.fill_between(
                x[known], band.points["lower"][known], band.points["upper"][known], color=look["color"],
                alpha=0.16, linewidth=0, zorder=1,
            )  # fmt: skip
        area = estimate_text(band.auc, band.ci_low, band.ci_high)
        axes.plot([0, *x], [0, *band.points["true_positive_rate"]], label=f"{band.label}\nAUC {area}", **look)
    if bands:
        axes.legend(loc="lower right").set_zorder(3)
    if title:
        axes.set_title(title)
