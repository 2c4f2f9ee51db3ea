"""Receiver operating characteristic curves, with areas and intervals, and the cut-off on the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import BLACK, GREY, in_style, line_look
from scripts.report.wording import estimate_text, number_text


@dataclass(frozen=True)
class RocLine:
    """One curve: label, false and true positive fractions (any order of thresholds), area with its 95 %
    limits.
    """

    label: str
    false_positive: Sequence[float]
    true_positive: Sequence[float]
    auc: float
    ci_low: float | None = None
    ci_high: float | None = None


@in_style
def draw_roc(
    figure: Figure,
    lines: Sequence[RocLine],
    title: str = "",
    texts: Sequence[str] = (),
) -> None:
    """Curves over the diagonal; the key gives each area, '0.73 (0.66–0.80)', and `texts` stand under them."""
    axes = figure.subplots()
    frame_roc(axes)
    for index, line in enumerate(lines):
        area = (
            number_text(line.auc)
            if line.ci_low is None
            else estimate_text(line.auc, line.ci_low, line.ci_high)
        )
        x, y = ordered_curve(line)
        axes.plot(x, y, label=f"{line.label}\nAUC {area}", **line_look(index))
    if lines:
        if texts:
            axes.plot([], [], color="none", label="\n".join(texts))
        axes.legend(loc="lower right").set_zorder(1.5)
    if title:
        axes.set_title(title)


@in_style
def draw_cutoff(
    figure: Figure,
    line: RocLine,
    cutoff: float,
    false_positive: float,
    true_positive: float,
    title: str = "",
    marker: str = "Rad-score",
    others: Mapping[str, tuple[float, float, float]] | None = None,
) -> None:
    """One curve with the cut-off of largest Youden index marked, and its distance to the diagonal.

    Parameters
    ----------
    cutoff, false_positive, true_positive : the cut-off and where it lies on the curve.
    others : further cut-offs to mark, label -> (cut-off, false positive, true positive), such as the
        published one.
    """
    axes = figure.subplots()
    frame_roc(axes)
    x, y = ordered_curve(line)
    area = (
        number_text(line.auc) if line.ci_low is None else estimate_text(line.auc, line.ci_low, line.ci_high)
    )
    axes.plot(x, y, label=f"{line.label}, AUC {area}", **line_look(0))
    axes.vlines(
        false_positive, false_positive, true_positive, color=BLACK, linewidth=0.8, linestyle=(0, (3, 2))
    )
    caption = (
        f"{marker} cut-off {number_text(cutoff, 3)}\n"
        f"sensitivity {number_text(true_positive)}, specificity {number_text(1 - false_positive)}"
    )
    axes.plot(false_positive, true_positive, "o", color=BLACK, markersize=5, label=caption)
    for index, (label, (value, fp, tp)) in enumerate((others or {}).items()):
        text = (
            f"{label} {number_text(value, 3)}\n"
            f"sensitivity {number_text(tp)}, specificity {number_text(1 - fp)}"
        )
        axes.plot(fp, tp, "s^Dv"[index % 4], markerfacecolor="white", color=BLACK, markersize=5, label=text)
    axes.legend(loc="lower right", handlelength=1.4).set_zorder(1.5)
    if title:
        axes.set_title(title)


def frame_roc(axes: Axes) -> None:
    """The empty square of a ROC curve: diagonal, limits, labels."""
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=1)
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.set_xlabel("1 − specificity (false positive fraction)")
    axes.set_ylabel("Sensitivity (true positive fraction)")


def ordered_curve(line: RocLine) -> tuple[np.ndarray, np.ndarray]:
    """The curve from (0, 0) to (1, 1)."""
    x, y = np.asarray(line.false_positive, float), np.asarray(line.true_positive, float)
    if len(x) and x[0] > x[-1]:
        x, y = x[::-1], y[::-1]
    return x, y
