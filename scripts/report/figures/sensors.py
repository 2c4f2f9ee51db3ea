"""Sensors of a helmet seen from above, nose up: signals of an epoch beside one another, and a value a sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.report.figures.style import BLACK, GREY, ORANGE, in_style, say_empty

MOST_TRACES = 30
APART = 4.0  # of neighbouring traces, in SDs


@dataclass(frozen=True)
class SensorMap:
    """A value a sensor: title, (n, 2) places (radius 1 is a right angle from the top), (n,) values, label of the scale.

    `marked` : (n,) whether a sensor gets a ring.
    """

    title: str
    places: NDArray[np.float64]
    values: NDArray[np.float64]
    label: str
    marked: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Traces:
    """Signals of an epoch: title, (sensors, samples), seconds of the samples."""

    title: str
    signals: NDArray[np.float64]
    seconds: NDArray[np.float64]


@in_style
def draw_sensor_maps(figure: Figure, maps: Sequence[SensorMap]) -> None:
    """Maps side by side, each on a scale of its own; a dot a sensor, darker for a larger value, rings round the
    marked."""
    if not maps:
        say_empty(figure.subplots(), "no sensors")
        return
    for axes, one in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps, strict=True):
        _draw_map(figure, axes, one)


def _draw_map(figure: Figure, axes: Axes, one: SensorMap) -> None:
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.set_title(one.title)
    known = np.isfinite(one.values)
    if not known.any():
        say_empty(axes, "not of this model")
        return
    reach = 1.12 * max(1.0, float(np.abs(one.places).max()))
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(reach * np.sin(turn), reach * np.cos(turn), color=GREY, linewidth=0.9)
    axes.plot([-0.1, 0, 0.1], [reach, reach + 0.13, reach], color=GREY, linewidth=0.9)  # the nose
    size = max(6.0, min(90.0, 2400.0 / len(one.values)))
    dots = axes.scatter(
        *one.places[known].T, c=one.values[known], cmap="cividis_r", s=size, edgecolors=BLACK, linewidths=0.4
    )
    if one.marked is not None and one.marked.any():
        axes.scatter(
            *one.places[one.marked].T, s=2.6 * size, facecolors="none", edgecolors=ORANGE, linewidths=1.4
        )
    for text, x in (("L", -reach - 0.14), ("R", reach + 0.14)):
        axes.text(x, 0, text, ha="center", va="center", color=GREY)
    figure.colorbar(dots, ax=axes, orientation="horizontal", shrink=0.7, pad=0.03, label=one.label)


@in_style
def draw_traces(figure: Figure, epochs: Sequence[Traces], sensors: Sequence[str] = ()) -> None:
    """Epochs side by side, a line a sensor from top to bottom, all on one scale; of many sensors every k-th.

    Parameters
    ----------
    sensors : names, for the vertical axis.
    """
    if not epochs:
        say_empty(figure.subplots(), "no epochs")
        return
    columns = figure.subplots(1, len(epochs), squeeze=False, sharey=True)[0]
    spread = float(np.mean([one.signals.std() for one in epochs])) or 1.0
    for axes, one in zip(columns, epochs, strict=True):
        step = -(-len(one.signals) // MOST_TRACES)
        shown = np.arange(0, len(one.signals), step)
        for place, k in enumerate(shown):
            axes.plot(one.seconds, -place * APART + one.signals[k] / spread, color=BLACK, linewidth=0.5)
        axes.set_title(one.title)
        axes.set_xlabel("Time, s")
        names = [sensors[k] if k < len(sensors) else str(k + 1) for k in shown]
        axes.set_yticks(-APART * np.arange(len(shown)), names)
        axes.tick_params(axis="y", length=0, labelsize=6.0)
        axes.margins(x=0.01)
