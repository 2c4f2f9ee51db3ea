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
TICK_MM = 1.2
LEVEL_MM = 3.6
LEVELS = (1, -1, 2, -2)  # where a label may stand: levels below the line, or above it


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
    figure : a Figure (not a SubFigure); it grows where its height does not hold the scales.
    covariates : ticks in points (0 to 100).
    outcomes : ticks in total points, such as 3-year disease-free survival; ticks outside 0 to `total_points`
        are left out.
    total_points : end of the scale of total points (made round).
    total_step : distance between its labelled ticks; chosen when None.

    A tick label that would touch another goes to the other side of the line, then one level further away;
    where there is no room even then, the tick stays without a label. Ticks at one place share a label ('II,
    III').
    """
    step = total_step or _round_step(total_points / 9)
    end = float(np.ceil(round(total_points / step, 6)) * step) or step
    ten, total = np.arange(0, 101, 10), np.arange(0, end + step / 2, step)
    scales = [("Points", ten, [f"{v:g}" for v in ten], 100.0)]
    scales += [(s.label, s.points, s.texts, 100.0) for s in covariates]
    scales += [("Total points", total, [f"{v:g}" for v in total], end)]
    scales += [(s.label, s.points, s.texts, end) for s in outcomes]

    width_mm = figure.get_figwidth() * 25.4
    labels_mm = max(text_width_mm(figure, label, LABEL_SIZE) for label, *_ in scales)
    first_mm = labels_mm + 7.0
    unit_mm = width_mm - first_mm - 5.0
    placed = [
        _placed(figure, np.asarray(points, float) / longest, texts, unit_mm)
        for _, points, texts, longest in scales
    ]
    needs = [_room_mm(ticks) for ticks in placed]
    needed = sum(above + below for above, below in needs)
    height_mm = max(figure.get_figheight() * 25.4, needed)
    extra = (height_mm - needed) / len(scales)
    figure.set_layout_engine("none")
    figure.set_size_inches(width_mm / 25.4, height_mm / 25.4)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(-first_mm / unit_mm, 1 + 5.0 / unit_mm)
    axes.set_ylim(height_mm, 0)
    rows, y = [], 0.0
    for above, below in needs:
        rows.append(y + above + extra / 2)
        y += above + below + extra
    for value in ten / 100:
        axes.plot([value, value], [rows[0], rows[len(covariates)] + 2.0], color=PALE, linewidth=0.4, zorder=0)
    for number, ((label, *_), ticks, row) in enumerate(zip(scales, placed, rows, strict=True)):
        axes.text(1.0 / unit_mm - first_mm / unit_mm, row, label, ha="left", va="center", fontsize=LABEL_SIZE)
        _draw_scale(axes, row, ticks, number in (0, 1 + len(covariates)))


@dataclass(frozen=True)
class _Tick:
    """A tick: its place on the scale (0 to 1), its label, the label's centre, and how many levels below
    (negative: above) the line the label stands; 0 for a tick without a label."""

    place: float
    text: str
    centre: float
    level: int


def _placed(figure: Figure, places: np.ndarray, texts: Sequence[str], unit_mm: float) -> list[_Tick]:
    """Ticks within the scale, with labels placed so that none touch; the ends of the scale choose first."""
    inside = (places >= -1e-9) & (places <= 1 + 1e-9)
    merged = _merged_ticks(places[inside], [text for text, keep in zip(texts, inside, strict=True) if keep])
    order = sorted(range(len(merged)), key=lambda i: i not in (0, len(merged) - 1))
    taken: dict[int, list[tuple[float, float]]] = {level: [] for level in LEVELS}
    ticks: dict[int, _Tick] = {}
    for i in order:
        place, text = merged[i]
        half = (text_width_mm(figure, text, TICK_SIZE) / 2 + 0.7) / unit_mm
        centre = min(max(place, half - 3.0 / unit_mm), 1 + 5.0 / unit_mm - half)
        span = (centre - half, centre + half)
        free = [n for n in LEVELS if all(span[1] <= a or span[0] >= b for a, b in taken[n])]
        if free:
            taken[free[0]].append(span)
        ticks[i] = _Tick(place, text, centre, free[0] if free else 0)
    return [ticks[i] for i in sorted(ticks)]


def _room_mm(ticks: list[_Tick]) -> tuple[float, float]:
    """Millimetres that a scale takes above and below its line."""
    above = max([-tick.level for tick in ticks if tick.level < 0], default=0)
    below = max([tick.level for tick in ticks if tick.level > 0], default=0)
    return 2.5 + LEVEL_MM * above, 2.5 + LEVEL_MM * max(below, 1)


def _draw_scale(axes: Axes, row: float, ticks: list[_Tick], minor: bool) -> None:
    """A line from the first to the last tick, the ticks, and their labels."""
    if not ticks:
        axes.text(0.0, row, "outside the range of total points", va="center", fontsize=TICK_SIZE, color=GREY)
        return
    places = [tick.place for tick in ticks]
    axes.plot([places[0], places[-1]], [row, row], color=BLACK, linewidth=0.8, solid_capstyle="butt")
    if minor and len(places) > 1:
        fine = np.arange(0, places[-1] + 1e-9, (places[1] - places[0]) / 5)
        axes.vlines(fine, row, row + 0.8, color=BLACK, linewidth=0.4)
    for tick in ticks:
        sign = -1 if tick.level < 0 else 1
        far = TICK_MM + LEVEL_MM * max(abs(tick.level) - 1, 0)
        axes.plot([tick.place, tick.place], [row, row + sign * far], color=BLACK, linewidth=0.6)
        if tick.level:
            y, up = row + sign * (far + 0.4), "top" if sign > 0 else "bottom"
            axes.text(tick.centre, y, tick.text, ha="center", va=up, fontsize=TICK_SIZE)


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
