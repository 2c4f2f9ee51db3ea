"""The angles of both hips of a film from its points: equations 1 to 3 of the paper, with the sign that they leave out.

Equations 1-3 are arc cosines and give 0 to 180 degrees without a sign: a CE angle of -10 degrees (the edge
medial to the centre of the head, a severe dysplasia) and one of +10 are the same to them, and so are Tönnis
angles on either side of 0. Here the same lines are used and the side is kept:

- CE is positive where the external edge lies lateral to the vertical through the centre of the head;
- Sharp is positive where the edge lies above the line of the lower edges;
- Tönnis is positive where the weight-bearing area rises laterally.

The magnitude of each is what the equation gives. Positions are in any unit; x and y in any frame, for only the
points count: turning, scaling, moving or mirroring them (with the sides' names kept) changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from scripts.errors import CaseError
from scripts.papers.hip_dysplasia.names import ANGLES, POINT_LABELS, POINTS, SIDES

SidePoints = Mapping[str, NDArray]


def across(points: Mapping[str, SidePoints], name: str) -> tuple[dict[str, NDArray], NDArray]:
    """Unit vectors of the line between the two sides' points of a name: to the outside of each side, and upwards.

    Upwards is the side of the line on which the weight-bearing areas lie.

    Raises
    ------
    CaseError : the two points are one; the weight-bearing areas lie on both sides of the line.
    """
    step = points["left"][name] - points["right"][name]
    length = float(np.hypot(*step))
    if not length > 0:
        raise CaseError(f"expected the points '{name}' of both sides apart, found them in one place")
    to_left = step / length
    up = np.array([-to_left[1], to_left[0]])
    heights = [float((points[side]["w"] - points[side][name]) @ up) for side in SIDES]
    if heights[0] * heights[1] <= 0:
        expected = "both weight-bearing areas on one side of the line between right and left"
        raise CaseError(f"expected {expected}, found {heights[0]:.1f} and {heights[1]:.1f} pixels off it")
    return {"left": to_left, "right": -to_left}, up if heights[0] > 0 else -up


def signed_angles(points: Mapping[str, SidePoints]) -> dict[str, dict[str, float]]:
    """Side -> CE, Sharp and Tönnis in degrees, with their signs.

    Parameters
    ----------
    points : side -> a, b, g, w (`names.POINT_LABELS`), each (2,).

    Equation 1: CE between a-c (c above a, perpendicular to the line of both centres) and a-b. Equation 2:
    Sharp between a-b (the lower edge to the external upper edge) and the line of both lower edges. Equation 3:
    Tönnis between a-b (the lower edge of the weight-bearing area to the external upper edge) and the same
    line. The paper calls three different points a.

    Raises
    ------
    CaseError : as `across`; points of the two sides the other way round than the centres of the heads.
    """
    outside_a, up_a = across(points, "a")
    outside_g, up_g = across(points, "g")
    _require_own_sides(points, outside_a["left"])
    found = {}
    for side in SIDES:
        p = points[side]
        found[side] = {
            "ce": _from(p["b"] - p["a"], up_a, outside_a[side]),
            "sharp": _from(p["b"] - p["g"], outside_g[side], up_g),
            "tonnis": _from(p["b"] - p["w"], outside_g[side], up_g),
        }
    return found


def _require_own_sides(points: Mapping[str, SidePoints], to_left: NDArray) -> None:
    """CaseError where a point of the left hip does not lie to the left of the right one's, as the centres tell left.

    The angles of such a film are those of no hip: 180 degrees less, or across the pelvis.
    """
    for name in POINTS:
        if not float((points["left"][name] - points["right"][name]) @ to_left) > 0:
            raise CaseError(
                f"expected the {POINT_LABELS[name]} of the left hip to the left of the right one's, as the femoral "
                "heads lie, found them the other way round; are sides mixed up in the labels?"
            )


def _from(vector: NDArray, base: NDArray, towards: NDArray) -> float:
    """Angle of a vector from `base`, in degrees, positive towards the perpendicular `towards`."""
    return math.degrees(math.atan2(float(vector @ towards), float(vector @ base)))


def as_printed(angle: float) -> float:
    """What the arc cosine of equations 1-3 gives for a signed angle: its magnitude."""
    return abs(angle)


def angle_gradients(
    points: Mapping[str, SidePoints], step: float
) -> dict[str, dict[str, dict[tuple[str, str], NDArray]]]:
    """Side -> angle -> (side, name) of a point -> (2,) degrees by which the angle changes for each unit along x and y.

    By central differences of `step` units (a thousandth of the radius of the head is small enough).
    """
    gradients: dict = {side: {angle: {} for angle in ANGLES} for side in SIDES}
    for moved in SIDES:
        for name in POINTS:
            by_axis = []
            for axis in np.eye(2):
                ends = []
                for sign in (1, -1):
                    changed = {s: dict(points[s]) for s in SIDES}
                    changed[moved][name] = points[moved][name] + sign * step * axis
                    ends.append(signed_angles(changed))
                by_axis.append(ends)
            for side in SIDES:
                for angle in ANGLES:
                    change = [
                        (high[side][angle] - low[side][angle] + 180) % 360 - 180 for high, low in by_axis
                    ]
                    gradients[side][angle][moved, name] = np.array(change) / (2 * step)
    return gradients


def propagated_covariances(
    points: Mapping[str, SidePoints], deviations: Mapping[str, float], radius: float
) -> dict[str, NDArray]:
    """Side -> (3, 3) covariance in degrees squared, ANGLES by ANGLES, that errors of the points cause, to first order.

    The edge b stands in all three angles, so that their errors are correlated.

    Parameters
    ----------
    deviations : point (a, b, g, w) -> SD of its position along each axis, in radii of the head; errors of
        different points and axes are taken as independent.
    radius : of the head, in the unit of the points.
    """
    gradients = angle_gradients(points, radius / 1000)
    found = {}
    for side in SIDES:
        covariance = np.zeros((len(ANGLES), len(ANGLES)))
        for moved, name in gradients[side][ANGLES[0]]:
            slopes = np.array([gradients[side][angle][moved, name] for angle in ANGLES])  # (3, 2)
            covariance += slopes @ slopes.T * (deviations[name] * radius) ** 2
        found[side] = covariance
    return found
