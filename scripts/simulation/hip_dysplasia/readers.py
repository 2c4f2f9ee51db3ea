"""What a reader draws of a pelvis: the contours with the errors of a hand, whose size is part of the planted truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.simulation.hip_dysplasia.pelvis import Side

# Of an end that was set wrongly so much goes into the vertices next to it
TAPER = (1.0, 0.6, 0.3, 0.1)


@dataclass(frozen=True)
class Hand:
    """Standard deviations along x and y in pixels.

    Parameters
    ----------
    edge, lower, weight_bearing : of the external edge, the lower edge, the weight-bearing edge. contour : of a vertex.
    width : of the whole head's contour, inwards or outwards.
    """

    edge: float = 0.9
    lower: float = 0.9
    weight_bearing: float = 1.0
    contour: float = 0.3
    width: float = 0.4


def draw(
    side: Side, hand: Hand, radius: float, random: np.random.Generator
) -> dict[str, tuple[str, NDArray]]:
    """Structure -> (kind, points) as a reader draws them, in radii of the head.

    Parameters
    ----------
    radius : of the head in pixels, by which the errors of the hand are divided.
    """

    def slip(sd: float, n: int) -> NDArray:
        return random.normal(0, sd / radius, (n, 2))

    cup = side.cup + slip(hand.contour, len(side.cup)) * _between_ends(len(side.cup))
    for ends, error in (
        (range(len(TAPER)), slip(hand.edge, 1)),
        (range(-1, -1 - len(TAPER), -1), slip(hand.lower, 1)),
    ):
        for place, share in zip(ends, TAPER, strict=True):
            cup[place] += share * error[0]
    width = 1 + random.normal(0, hand.width / radius)
    return {
        "acetabulum": ("line", cup),
        "femoral_head": ("line", width * side.head + slip(hand.contour, len(side.head))),
        "femur": ("line", side.femur + slip(hand.contour, len(side.femur))),
        "weight_bearing_edge": ("point", side.points["w"][None] + slip(hand.weight_bearing, 1)),
    }


def _between_ends(n: int) -> NDArray:
    """(n, 1) of 1 and, at the first and the last vertex, 0: the ends have errors of their own."""
    inner = np.ones((n, 1))
    inner[[0, -1]] = 0
    return inner


Drawing = Mapping[tuple[str, str], tuple[str, NDArray]]
