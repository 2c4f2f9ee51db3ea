"""Contours of a pelvis whose angles are given: the points on which CE, Sharp, Tönnis and CCD rest are placed
by the angles' definitions, contours are drawn through them.

Lengths are in radii of the femoral head; of one side, (out, up): away from the middle of the body, and towards
the head.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

SIDES = ("right", "left")
HALF_DISTANCE = 3.6  # from the middle of the body to the centre of a head
CUP, ROOF = 1.15, 1.08  # least distances of edge, and of weight-bearing area and lower edge, from the centre
ROOF_LENGTH = 0.95
LEAST_DROP, MOST_DROP = 0.75, 2.0  # of the lower edges below the centres
NECK, NECK_HALF, SHAFT_HALF, SHAFT = 2.2, 0.55, 0.6, 3.4
HEAD_POINTS, CUP_POINTS = 40, 28
STEP = 0.02


@dataclass(frozen=True)
class Side:
    """Contours (n, 2) and points (2,) of one side: centre a at the origin, edge b, lower edge g,
    weight-bearing edge w.
    """

    head: NDArray
    cup: NDArray
    femur: NDArray
    points: dict[str, NDArray]


def direction(degrees: float) -> NDArray:
    """Unit vector at an angle from upwards, positive to the outside."""
    return np.array([math.sin(math.radians(degrees)), math.cos(math.radians(degrees))])


def edge_and_roof(ce: float, tonnis: float) -> tuple[NDArray, NDArray]:
    """The external edge b on the ray of the CE angle and the weight-bearing edge w, no part of the roof inside
    the head.
    """
    distance = CUP
    while True:
        b = distance * direction(ce)
        w = b - ROOF_LENGTH * np.array([math.cos(math.radians(tonnis)), math.sin(math.radians(tonnis))])
        if np.hypot(*w) >= ROOF:
            return b, w
        distance += STEP


def lower_edge(b: NDArray, sharp: float, drop: float) -> NDArray:
    """The lower edge g, `drop` below the centre, on the line through b that the Sharp angle gives."""
    return np.array([b[0] - (b[1] + drop) / math.tan(math.radians(sharp)), -drop])


def common_drop(hips: Mapping[str, Mapping[str, float]]) -> float:
    """The smallest depth of both lower edges at which neither lies inside its head: they are level, and so are
    the centres.
    """
    drop = LEAST_DROP
    while drop < MOST_DROP:
        edges = (lower_edge(edge_and_roof(h["ce"], h["tonnis"])[0], h["sharp"], drop) for h in hips.values())
        if all(np.hypot(*g) >= CUP and g[0] < 0 for g in edges):
            return drop
        drop += STEP
    return MOST_DROP


def draw_side(hip: Mapping[str, float], drop: float, tilt: float, roundness: tuple[float, float]) -> Side:
    """The contours of one side.

    Parameters
    ----------
    hip : ce, sharp, tonnis, ccd in degrees. drop : see `common_drop`. tilt : by how many degrees the shaft
        runs inwards.
    roundness : how far the head departs from a circle (share of the radius) and where (rad): r = 1 + e cos(2
        angle + phase).
    """
    b, w = edge_and_roof(hip["ce"], hip["tonnis"])
    g = lower_edge(b, hip["sharp"], drop)
    neck_at = hip["ccd"] + tilt
    half = math.degrees(math.asin(NECK_HALF))
    angles = np.linspace(neck_at - half, neck_at + half - 360, HEAD_POINTS)
    r = 1 + roundness[0] * np.cos(2 * np.radians(angles) + roundness[1])
    head = r[:, None] * np.array([direction(angle) for angle in angles])
    return Side(
        head,
        cup_contour(b, w, g),
        femur_contour(hip["ccd"], tilt),
        {"a": np.zeros(2), "b": b, "g": g, "w": w},
    )


def cup_contour(b: NDArray, w: NDArray, g: NDArray) -> NDArray:
    """(28, 2) the acetabulum from its external edge over the roof to its lower edge, by angle and distance
    from the centre.
    """
    at = [math.degrees(math.atan2(p[0], p[1])) for p in (b, w, g)]
    at[1:] = [angle if angle < at[0] else angle - 360 for angle in at[1:]]
    middle = (at[1] + at[2]) / 2
    wall = max(ROOF, (np.hypot(*w) + np.hypot(*g)) / 2 - 0.1)
    radius = PchipInterpolator(
        np.array([-at[0], -at[1], -middle, -at[2]]), [np.hypot(*b), np.hypot(*w), wall, np.hypot(*g)]
    )
    angles = np.linspace(at[0], at[2], CUP_POINTS)
    points = radius(-angles)[:, None] * np.array([direction(angle) for angle in angles])
    points[0], points[-1] = b, g
    return points


def femur_contour(ccd: float, tilt: float) -> NDArray:
    """The upper end of the femur from the head along the neck, round the greater trochanter, down and up the
    shaft, to the head.
    """
    neck, down = direction(ccd + tilt), direction(180 + tilt)
    over, out = np.array([-neck[1], neck[0]]), np.array([-down[1], down[0]])
    over = over if over[1] > 0 else -over
    out = out if out[0] > 0 else -out
    root = NECK * neck  # on the axis of the shaft
    start, far = math.sqrt(1 - NECK_HALF**2), 1.75
    corners = [
        start * neck + NECK_HALF * over,
        far * neck + NECK_HALF * over,
        root + 0.75 * out - 0.75 * down,
        root + 1.05 * out - 0.45 * down,
        root + 1.0 * out + 0.25 * down,
        root + SHAFT_HALF * out + 0.9 * down,
        root + SHAFT_HALF * out + SHAFT * down,
        root - SHAFT_HALF * out + SHAFT * down,
        root - SHAFT_HALF * out + 1.5 * down,
        root - 0.8 * out + 1.1 * down,
        far * neck - NECK_HALF * over,
        start * neck - NECK_HALF * over,
    ]
    return np.concatenate(
        [np.linspace(p, q, 4, endpoint=False) for p, q in zip(corners, corners[1:], strict=False)]
        + [corners[-1:]]
    )


def on_film(points: NDArray, side: str, place: Mapping[str, float]) -> NDArray:
    """(n, 2) pixels (x to the right, y downwards) of points of a side, seen from the front: the right hip is
    on the left.

    Parameters
    ----------
    place : x, y of the middle between the heads, radius in pixels, turn of the film in degrees.
    """
    sign = -1.0 if side == "right" else 1.0
    body = np.column_stack([sign * (points[:, 0] + HALF_DISTANCE), -points[:, 1]]) * place["radius"]
    turn = math.radians(place["turn"])
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return body @ rotation.T + np.array([place["x"], place["y"]])
