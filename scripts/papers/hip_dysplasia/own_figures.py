"""Drawings that only this paper has: the sketches of Figures 2 and 3, the scatters of Figure 5, the decision
graph of the clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes as Plot
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scripts.clustering.gaussian_region import GaussianRegion, ellipse_outline
from scripts.landmarks.landmark_table import Drawn
from scripts.papers.hip_dysplasia.measurements import points_of
from scripts.papers.hip_dysplasia.names import (
    ABNORMAL,
    ANGLE_LABELS,
    ANGLES,
    ATYPICAL,
    BORDERLINE,
    DYSPLASIA,
    HEAD,
    INSIDE,
    KNOWLEDGE_LABELS,
    NORMAL,
    SIDES,
    VERDICT_LABELS,
)
from scripts.papers.hip_dysplasia.neck_shaft import Axes
from scripts.report.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION, in_style, legend_above
from scripts.report.wording import number_text

# Figure 5 is green, yellow and red; here colour-blind readers tell the classes by colour and by mark.
LOOKS = {
    NORMAL: {"color": GREEN, "marker": "o"},
    BORDERLINE: {"color": ORANGE, "marker": "^"},
    ABNORMAL: {"color": VERMILLION, "marker": "s"},
    INSIDE: {"color": GREEN, "marker": "o"},
    DYSPLASIA: {"color": VERMILLION, "marker": "s"},
    ATYPICAL: {"color": BLUE, "marker": "D"},
}
CLASS_LABELS, OUTCOME_LABELS = KNOWLEDGE_LABELS, VERDICT_LABELS
PAIRS = ((0, 1), (0, 2), (1, 2))
DOT = 9.0
MESH = 24
Contours = Mapping[tuple[str, str], Drawn]


@in_style
def draw_cloud(
    figure: Figure,
    samples: NDArray,
    groups: Sequence,
    labels: Mapping[str, str],
    region: GaussianRegion | None,
    radius: float,
) -> None:
    """Figure 5 A or E: hips in the space of the three angles (degrees), and the ellipsoid where there is a region.

    Parameters
    ----------
    samples : (n, 3). groups : (n,) class or verdict of each. labels : group -> words, in the order of the legend.
    radius : Mahalanobis distance of the ellipsoid's surface.
    """
    axes = figure.add_subplot(projection="3d")
    _dots(axes, samples, (0, 1, 2), groups, labels)
    if region is not None:
        half, vectors = region.axes()
        turn, height = np.meshgrid(np.linspace(0, 2 * np.pi, MESH), np.linspace(0, np.pi, MESH // 2))
        ball = np.stack(
            [np.cos(turn) * np.sin(height), np.sin(turn) * np.sin(height), np.cos(height)], axis=-1
        )
        surface = region.mean + radius * (ball * half) @ vectors.T
        axes.plot_wireframe(*np.moveaxis(surface, -1, 0), color=GREY, linewidth=0.35, alpha=0.7)
    for name, axis in zip(ANGLES, "xyz", strict=True):
        getattr(axes, f"set_{axis}label")(f"{ANGLE_LABELS[name]}, °")
    axes.view_init(elev=18, azim=-58)
    figure.set_layout_engine("none")  # which would leave out the third axis' label
    axes.set_position([0.02, 0.02, 0.88, 0.9])
    axes.set_box_aspect(None, zoom=1.08)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 1.06), frameon=False, ncols=1)


@in_style
def draw_projections(
    figure: Figure,
    samples: NDArray,
    groups: Sequence,
    labels: Mapping[str, str],
    region: GaussianRegion | None,
    radius: float,
    limits: Sequence[float] = (),
) -> None:
    """Figure 5 B-D or F-H: the three pairs of angles; shadows of the ellipsoid where there is a region, else
    lines at CE limits.
    """
    row = figure.subplots(1, len(PAIRS))
    for axes, (i, j) in zip(row, PAIRS, strict=True):
        _dots(axes, samples, (i, j), groups, labels)
        if region is not None:
            outline = ellipse_outline(region.marginal((i, j)), radius)
            axes.plot(*outline.T, color=BLACK, linewidth=1.0)
        for limit in limits if i == 0 else ():
            axes.axvline(limit, color=GREY, linestyle=(0, (4, 2)), linewidth=0.8)
        axes.set_xlabel(f"{ANGLE_LABELS[ANGLES[i]]}, °")
        axes.set_ylabel(f"{ANGLE_LABELS[ANGLES[j]]}, °")
    legend_above(row[0], columns=1)


def _dots(axes, samples: NDArray, places: Sequence[int], groups: Sequence, labels: Mapping[str, str]) -> None:
    groups = np.asarray(groups, object)
    for name, words in labels.items():
        members = groups == name
        if members.any():
            look = LOOKS[name]
            axes.scatter(
                *samples[members][:, list(places)].T,
                s=DOT,
                marker=look["marker"],
                facecolors="none",
                edgecolors=look["color"],
                linewidths=0.8,
                label=f"{words} ({members.sum()})",
            )


@in_style
def draw_decision_graph(figure: Figure, clusters: pd.DataFrame, reach: float) -> None:
    """Density and distance to the nearest denser hip, the reach as a line: above it lie the peaks."""
    axes = figure.subplots()
    densest = clusters["rank"] == 0
    rest = clusters[~densest]
    normal = (rest["cluster"] == 0) & ~rest["is_peak"]
    parts = (
        ("in the densest cluster", normal, GREEN, "o"),
        ("in another cluster", ~normal & ~rest["is_peak"], BLUE, "D"),
        ("begins another cluster", rest["is_peak"], VERMILLION, "s"),
    )
    for label, members, colour, marker in parts:
        if members.any():
            part = rest[members]
            axes.scatter(
                part["density"],
                part["separation"],
                s=DOT,
                marker=marker,
                facecolors="none",
                edgecolors=colour,
                linewidths=0.8,
                label=f"{label} ({len(part)})",
            )
    axes.axhline(reach, color=GREY, linestyle=(0, (4, 2)), linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xlabel("Density")
    axes.set_ylabel("Distance to the nearest denser hip, °")
    legend_above(axes, columns=2)


def _look_at(axes: Plot, contours: Contours, sides: Sequence[str]) -> None:
    for (side, structure), drawn in contours.items():
        if side in sides and len(drawn.points) > 1:
            points = np.vstack([drawn.points, drawn.points[:1]]) if drawn.closed else drawn.points
            axes.plot(*points.T, color=GREY if structure != HEAD else BLACK, linewidth=0.8)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _line(axes: Plot, start: NDArray, end: NDArray, colour: str, style="-", width: float = 1.1) -> None:
    axes.plot([start[0], end[0]], [start[1], end[1]], color=colour, linestyle=style, linewidth=width)


def _name(axes: Plot, point: NDArray, text: str, away: NDArray) -> None:
    axes.plot(*point, "o", color=BLACK, markersize=2.6)
    axes.annotate(
        text,
        point,
        xytext=tuple(7 * away),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=7.5,
    )


@in_style
def draw_circles(figure: Figure, contours: Contours, hips: pd.DataFrame) -> None:
    """Figure 3: the circle of either head through d, e and f (the paper's), and the least-squares one beside it."""
    for axes, row in zip(
        figure.subplots(1, 2), hips.sort_values("side", ascending=False).to_dict("records"), strict=True
    ):
        side, p = row["side"], points_of(row)
        _look_at(axes, {key: d for key, d in contours.items() if key[1] in (HEAD, "acetabulum")}, [side])
        turn = np.linspace(0, 2 * np.pi, 121)
        for kind, colour, style in (("three_point", BLUE, "-"), ("least_squares", VERMILLION, (0, (3, 2)))):
            circle = np.column_stack([np.cos(turn), np.sin(turn)]) * row[f"{kind}_radius"]
            axes.plot(
                *(circle + [row[f"{kind}_x"], row[f"{kind}_y"]]).T,
                color=colour,
                linestyle=style,
                linewidth=1.0,
            )
        axes.plot(row["least_squares_x"], row["least_squares_y"], "x", color=VERMILLION, markersize=4)
        _line(axes, p["e"], p["g"], GREY, (0, (2, 2)), 0.8)
        middle = np.array([row["least_squares_x"], row["least_squares_y"]])
        number = "1" if side == "right" else "2"
        for name in ("a", "d", "e", "f", "g"):
            away = p[name] - middle
            length = np.hypot(*away)
            away = (
                away / length * [1, -1]
                if length > 0.3 * row["least_squares_radius"]
                else np.array([0.0, -1.0])
            )
            _name(axes, p[name], f"{name}{number}", away)
        axes.invert_yaxis()
        axes.set_title(f"{side} hip", fontsize=8)


@in_style
def draw_angles(figure: Figure, contours: Contours, hips: pd.DataFrame, femurs: Mapping[str, Axes]) -> None:
    """Figure 2: CE, Sharp, Tönnis and CCD of both hips of one film, each with the lines that it is between."""
    rows = {row["side"]: row for row in hips.to_dict("records")}
    points = {side: points_of(row) for side, row in rows.items()}
    for axes, angle in zip(figure.subplots(2, 2).flat, (*ANGLES, "ccd"), strict=True):
        _look_at(axes, contours, SIDES)
        across = {"ce": "a", "sharp": "g", "tonnis": "g"}.get(angle)
        if across:
            _line(axes, points["right"][across], points["left"][across], BLUE, (0, (4, 2)), 0.8)
        words = []
        for side, row in rows.items():
            p, r = points[side], row["three_point_radius"]
            up, out = np.array([row["up_x"], row["up_y"]]), np.array([row["outside_x"], row["outside_y"]])
            if angle == "ce":
                _line(axes, p["a"], p["a"] + 1.8 * r * up, VERMILLION)
                _line(axes, p["a"], p["b"], VERMILLION)
            elif angle == "sharp":
                _line(axes, p["g"], p["b"], VERMILLION)
            elif angle == "tonnis":
                _line(axes, p["w"], p["b"], VERMILLION)
                _line(axes, p["w"], p["w"] + 1.3 * r * out, BLUE, (0, (4, 2)), 0.8)
            elif side in femurs:
                axis = femurs[side]
                step = axis.centre - axis.neck
                _line(axes, axis.centre, axis.centre - 2.0 * step, VERMILLION)
                down = axis.shaft[1] - axis.shaft[0]
                _line(axes, axis.shaft[0] - 1.6 * down, axis.shaft[1], VERMILLION)
            value = row[angle]
            words.append(f"{side} {number_text(value, 1)}°")
        axes.invert_yaxis()
        axes.set_title(f"{ANGLE_LABELS[angle]}: {', '.join(words)}", fontsize=8, fontweight="normal")


@in_style
def draw_readings(figure: Figure, samples: pd.DataFrame, hips: pd.DataFrame, agreement: pd.DataFrame) -> None:
    """Bland and Altman: difference of two readings against their mean, bias and limits of agreement, an angle
    a panel.
    """
    row = figure.subplots(1, len(ANGLES))
    for axes, angle in zip(row, ANGLES, strict=True):
        first, second = hips[angle].to_numpy(float), hips[f"{angle}_2"].to_numpy(float)
        axes.scatter(
            (first + second) / 2, second - first, s=6, facecolors="none", edgecolors=BLUE, linewidths=0.6
        )
        line = agreement[(agreement["angle"] == angle) & (agreement["side"] == "both")]
        if len(line):
            values = line.iloc[0]
            axes.axhline(values["bias"], color=BLACK, linewidth=0.9)
            for name in ("limit_low", "limit_high"):
                axes.axhline(values[name], color=GREY, linestyle=(0, (4, 2)), linewidth=0.8)
        axes.set_xlabel(f"{ANGLE_LABELS[angle]}, mean of two readings, °")
    row[0].set_ylabel("Second minus first reading, °")
