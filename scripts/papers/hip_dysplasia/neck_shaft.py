"""The CCD angle (caput-collum-diaphysis, Figure 2D) from the drawn upper end of the femur.

The paper draws the angle, does not say how it is found, and discards it from the diagnosis; here, as Müller
measures it: the axis of the neck goes from the centre of the head through the middles of the chords that
circles round this centre cut from the neck; the axis of the shaft through the middles of two cuts across it.
CCD is the angle between neck (towards the head) and shaft (downwards): some 130 degrees, larger in coxa valga,
smaller in coxa vara.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.errors import CaseError
from scripts.landmarks.contours import circle_crossings, farthest, line_crossings
from scripts.landmarks.landmark_table import Drawn


@dataclass(frozen=True)
class Axes:
    """Axes of the proximal femur, points (2,) in pixels: a point of the neck's axis, and an upper and a lower
    one of the shaft's.
    """

    centre: NDArray
    neck: NDArray
    shaft: tuple[NDArray, NDArray]

    @property
    def ccd(self) -> float:
        """Degrees between the neck, towards the head, and the shaft, downwards."""
        to_head, down = self.centre - self.neck, self.shaft[1] - self.shaft[0]
        cosine = float(to_head @ down) / float(np.hypot(*to_head) * np.hypot(*down))
        return math.degrees(math.acos(min(1.0, max(-1.0, cosine))))


def femoral_axes(
    femur: Drawn,
    centre: NDArray,
    radius: float,
    outside: NDArray,
    up: NDArray,
    neck_radii: Sequence[float] = (1.3, 1.5, 1.7),
    shaft_levels: Sequence[float] = (0.3, 1.2),
) -> Axes:
    """The axes of neck and shaft; `Axes.ccd` is the angle, 0 to 180 degrees, without a sign.

    Parameters
    ----------
    femur : contour from the head along the neck, round the trochanters and down both borders of the shaft.
    centre, radius : of the head, in pixels. outside, up : unit vectors of the side.
    neck_radii : radii of the circles round the head's centre, in radii of the head.
    shaft_levels : two heights above the lowest drawn point, in radii of the head.

    Raises
    ------
    CaseError : a circle does not cut the neck twice, or a cut does not meet both borders of the shaft.
    """
    middles = []
    for factor in neck_radii:
        places = circle_crossings(femur.points, centre, factor * radius, femur.closed)
        if len(places) < 2 or (femur.closed and len(places) != 2):
            raise CaseError(
                f"expected both borders of the neck at {factor:g} radii of the head, found {len(places)}"
            )
        middles.append((places[0] + places[-1]) / 2)  # an open contour begins and ends at the head
    lowest = farthest(femur.points, -up)
    cuts = []
    for level in shaft_levels:
        origin = lowest + level * radius * up
        crossings = line_crossings(femur.points, origin, outside, femur.closed)
        if len(crossings) < 2:
            raise CaseError(
                f"expected both borders of the shaft {level:g} radii above its end, found {len(crossings)}"
            )
        cuts.append(origin + (crossings[0] + crossings[-1]) / 2 * outside)
    return Axes(centre, np.mean(middles, axis=0), (cuts[1], cuts[0]))
