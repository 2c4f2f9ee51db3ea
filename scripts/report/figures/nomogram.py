"""A nomogram as R's rms draws it: points, one scale a covariate, total points, and what they predict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.report.figures.style import BLACK, GREY, PALE, in_style, text_width_mm

TICK_SIZE = 7.5
LABEL_SIZE = 8.0


@dataclass(frozen=True)
class Scale:
    """One horizontal scale: its name, where its ticks lie (points, or total points for an outcome), what they
    say.

    `Scale("TNM stage", (0, 33.3, 66.7, 100), ("I", "II", "III", "IV"))`
    """

    label: str
    points: Sequence[float]
    texts: Sequence[str]


@in_style
def draw_nomogram(
    figure: Figure,
    covariates: Sequence[Scale],
    outcomes: Sequence[Scale],
    total_points: float,
    total_step: float | None = None,
) -> None:
    """Scales from 'Points' (0 to 100) over the covariates to 'Total points' and the outcomes.

    Parameters
    ----------
    covariates : ticks in points (0 to 100).
    outcomes : ticks in total points, such as 3-year disease-free survival; ticks outside 0 to `total_points`
        are left out.
    total_points : end of the scale of total points (made round).
    total_step : distance between its labelled ticks; chosen when None.

    Tick labels that would touch are moved to the other side of the line, then further away; ticks that lie at
    one place share a label ('II, III').
    """
    step = total_step or _round_step(total_points / 9)
    end = float(np.ceil(round(total_points / step, 6)) * step) or step
    ten = np.arange(0, 101, 10)
    total = np.arange(0, end + step / 2, step)
    scales = [("Points", ten, [f"{v:g}" for v in ten], 100.0)]
    scales += [(s.label, s.points, s.texts, 100.0) for s in covariates]
    scales += [("Total points", total, [f"{v:g}" for v in total], end)]
    scales += [(s.label, s.points, s.texts, end) for s in outcomes]

    axes = figure.subplots()
    axes.set_axis_off()
    labels_mm = max(text_width_mm(figure.get_figure(root=True), label, LABEL_SIZE) for label, *_ in scales)
    width_mm = figure.get_figure(root=True).get_figwidth() * 25.4 - 6.0
    left = -(labels_mm + 5.0) / (width_mm - labels_mm - 5.0)
    axes.set_xlim(left, 1.02)
    axes.set_ylim(len(scales) - 0.35, -0.65)
    unit_mm = width_mm / (1.02 - left)
    for value in ten / 100:
        axes.plot([value, value], [0, len(covariates) + 0.35], color=PALE, linewidth=0.4, zorder=0)
    for row, (label, points, texts, longest) in enumerate(scales):
        axes.text(left, row, label, ha="left", va="center", fontsize=LABEL_SIZE)
        minor = points if row in (0, 1 + len(covariates)) else None
        _draw_scale(axes, row, np.asarray(points, float) / longest, list(texts), unit_mm, minor is not None)


def _draw_scale(
    axes: Axes, row: int, places: np.ndarray, texts: list[str], unit_mm: float, minor: bool
) -> None:
    """A line from the first to the last tick, with its labels placed so that none touch."""
    inside = (places >= -1e-9) & (places <= 1 + 1e-9)
    texts = [text for text, keep in zip(texts, inside, strict=True) if keep]
    places = places[inside]
    if not len(places):
        axes.text(0.0, row, "outside the range of total points", va="center", fontsize=TICK_SIZE, color=GREY)
        return
    axes.plot([places.min(), places.max()], [row, row], color=BLACK, linewidth=0.8, solid_capstyle="butt")
    if minor and len(places) > 1:
        fine = np.arange(0, places.max() + 1e-9, (places[1] - places[0]) / 5)
        axes.vlines(fine, row, row + 0.07, color=BLACK, linewidth=0.4)
    figure = axes.get_figure(root=True)
    taken: dict[int, list[tuple[float, float]]] = {}
    for place, text in _merged_ticks(places, texts):
        half = (text_width_mm(figure, text, TICK_SIZE) / 2 + 0.7) / unit_mm
        centre = max(place, half - 3.0 / unit_mm)
        span = (centre - half, centre + half)
        level = next(
            n
            for n in (1, -1, 2, -2, *range(3, 60))
            if all(span[1] <= a or span[0] >= b for a, b in taken.get(n, []))
        )
        taken.setdefault(level, []).append(span)
        sign = 1 if level > 0 else -1
        far = 0.13 + 0.27 * (abs(level) - 1)
        axes.plot([place, place], [row, row + sign * far], color=BLACK, linewidth=0.6)
        up = "top" if sign > 0 else "bottom"
        axes.text(centre, row + sign * (far + 0.04), text, ha="center", va=up, fontsize=TICK_SIZE)


def _merged_ticks(places: np.ndarray, texts: list[str]) -> list[tuple[float, str]]:
    """Ticks from left to right; those at one place share a label."""
    ticks: list[tuple[float, str]] = []
    for i in np.argsort(places, kind="stable"):
        if ticks and abs(ticks[-1][0] - places[i]) < 2e-3:
            if texts[i] not in ticks[-1][1].split(", "):
                ticks[-1] = (ticks[-1][0], f"{ticks[-1][1]}, {texts[i]}")
        else:
            ticks.append((float(places[i]), texts[i]))
    return ticks


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if not rough > 0:
        return 10.0
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= rough - 1e-9))
