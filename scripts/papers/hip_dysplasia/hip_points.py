"""The points of both hips from the contours that were drawn: sections 2.1 to 2.3 and Figure 3 of the paper.

`d` and `e` are the uppermost and the outermost point of the head's contour, `f` where the line from `e` to the
lower edge of the acetabulum `g` crosses it; `a` is the centre of the circle through the three. Up and out are
told in the frame of the pelvis (the line between the least-squares centres of both heads), so that a turned
film gives the same points; the paper does not say in which frame. `b` is the most lateral point of the
acetabulum's contour and `g` its lowest one, unless they were drawn as points of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.errors import CaseError
from scripts.landmarks.circles import Circle, circle_nearest, circle_through
from scripts.landmarks.contours import farthest, line_crossings
from scripts.landmarks.landmark_table import Drawn
from scripts.papers.hip_dysplasia.names import (
    ACETABULUM,
    HEAD,
    LATERAL_EDGE,
    LOWER_EDGE,
    SIDES,
    WEIGHT_BEARING,
)

# The line from e to g must cross the contour at least so many radii from e: nearer is e itself.
LEAST_CHORD = 0.2
THREE_POINT, LEAST_SQUARES = "three_point", "least_squares"
PELVIS, FILM = "pelvis", "film"

Contours = Mapping[tuple[str, str], Drawn]


@dataclass(frozen=True)
class Frame:
    """Unit vectors of a film: to the outside of each side, and upwards (of the patient)."""

    outside: dict[str, NDArray]
    up: NDArray


@dataclass(frozen=True)
class Hip:
    """Points of one hip, each (2,) in pixels.

    Parameters
    ----------
    points : a, b, g, w, by which the angles are defined, and d, e, f, by which the circle is.
    three_point, least_squares : the head's circle through d, e, f, and the one nearest to its whole contour.
    """

    points: dict[str, NDArray]
    three_point: Circle
    least_squares: Circle

    @property
    def radius(self) -> float:
        """Of the least-squares circle, in pixels."""
        return self.least_squares.radius


def drawn(contours: Contours, side: str, structure: str) -> Drawn:
    """What was drawn of a structure; CaseError where nothing was."""
    if (side, structure) not in contours:
        raise CaseError(f"expected the {side} {structure} drawn, found none")
    return contours[side, structure]


def nearest_circle(contours: Contours, side: str) -> Circle:
    """The least-squares circle of a side's head; CaseError, with the side, where its contour gives none."""
    contour = drawn(contours, side, HEAD).points
    try:
        return circle_nearest(contour)
    except CaseError as error:
        raise CaseError(f"{error} (contour of the {side} femoral head)") from None


def frame_of(contours: Contours, kind: str = PELVIS) -> Frame:
    """The frame in which up and out are told.

    Parameters
    ----------
    kind : 'pelvis', along the line between the least-squares centres of both heads, up being the side of the
        weight-bearing areas; 'film', along its rows, up being the top of the film.

    Raises
    ------
    CaseError : a structure is missing; both heads in one place; a weight-bearing area below its head.
    """
    centres = {side: nearest_circle(contours, side).centre for side in SIDES}
    step = centres["left"] - centres["right"]
    if kind == FILM:
        step = np.array([np.sign(step[0]), 0.0])
    length = float(np.hypot(*step))
    if not length > 0:
        raise CaseError("expected two femoral heads beside each other, found them in one place")
    to_left = step / length
    up = np.array([0.0, -1.0]) if kind == FILM else np.array([-to_left[1], to_left[0]])
    middles = {side: drawn(contours, side, WEIGHT_BEARING).points.mean(axis=0) for side in SIDES}
    heights = [float((middles[side] - centres[side]) @ up) for side in SIDES]
    if kind == PELVIS and heights[0] < 0 and heights[1] < 0:
        up, heights = -up, [-height for height in heights]
    if min(heights) <= 0:
        below = "one" if max(heights) > 0 else "both"
        raise CaseError(
            f"expected both weight-bearing areas above the centres of their heads, found {below} below"
        )
    return Frame({"left": to_left, "right": -to_left}, up)


def hip_of(contours: Contours, side: str, frame: Frame, centre: str = THREE_POINT) -> Hip:
    """The points of one hip.

    Parameters
    ----------
    centre : which circle gives the point a: 'three_point' (the paper's) or 'least_squares'.

    Raises
    ------
    CaseError : a structure is missing; the line from e to g does not cross the head's contour; d, e, f on one line.
    """
    head, cup = drawn(contours, side, HEAD), drawn(contours, side, ACETABULUM).points
    out, up = frame.outside[side], frame.up
    b, g, w = (
        farthest(cup, out),
        farthest(cup, -up),
        farthest(drawn(contours, side, WEIGHT_BEARING).points, -out),
    )
    if (side, LATERAL_EDGE) in contours:
        b = farthest(contours[side, LATERAL_EDGE].points, out)
    if (side, LOWER_EDGE) in contours:
        g = farthest(contours[side, LOWER_EDGE].points, -up)
    nearest = nearest_circle(contours, side)
    d, e = farthest(head.points, up), farthest(head.points, out)
    crossings = line_crossings(head.points, e, g - e, head.closed)
    if not len(crossings) or crossings[-1] < LEAST_CHORD * nearest.radius:
        raise CaseError(
            f"expected the line from the outermost point of the {side} head to the lower edge of the acetabulum to "
            "cross the head's contour again, found that it does not"
        )
    f = e + crossings[-1] * (g - e) / np.hypot(*(g - e))
    try:
        through = circle_through([d, e, f])
    except CaseError as error:
        raise CaseError(
            f"{error} (uppermost, outermost and third point of the {side} femoral head)"
        ) from None
    a = (through if centre == THREE_POINT else nearest).centre
    return Hip({"a": a, "b": b, "g": g, "w": w, "d": d, "e": e, "f": f}, through, nearest)


def hips_of(
    contours: Contours, frame: str = PELVIS, centre: str = THREE_POINT
) -> tuple[Frame, dict[str, Hip]]:
    """The frame of a film and side -> points of that hip; see `frame_of` and `hip_of`."""
    own = frame_of(contours, frame)
    return own, {side: hip_of(contours, side, own, centre) for side in SIDES}
