"""A circle from points: through three of them, or nearest to many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from scripts.errors import CaseError

# Twice the area of a triangle over its longest side squared; below it three points count as on one line.
FLATTEST = 1e-6


@dataclass(frozen=True)
class Circle:
    """Centre (x, y) and radius, in the unit of the points; `residual` is the root mean square distance of the
    points from it.
    """

    centre: NDArray
    radius: float
    residual: float = 0.0


def circle_through(points: ArrayLike) -> Circle:
    """The circle through three points.

    Its centre c satisfies |c - p1| = |c - p2| = |c - p3|, two linear equations.

    Parameters
    ----------
    points : (3, 2), columns x, y.

    Raises
    ------
    CaseError : points on one line.
    """
    p = np.asarray(points, float)
    sides = np.array([p[1] - p[0], p[2] - p[0]])
    area = abs(sides[0, 0] * sides[1, 1] - sides[0, 1] * sides[1, 0])
    longest = max(((p[i] - p[j]) ** 2).sum() for i, j in ((0, 1), (0, 2), (1, 2)))
    if not area > FLATTEST * longest:
        raise CaseError("expected three points of a circle, found three on one line")
    from_first = np.linalg.solve(2 * sides, (sides**2).sum(axis=1))
    return Circle(p[0] + from_first, float(np.hypot(*from_first)))


def circle_nearest(points: ArrayLike) -> Circle:
    """The circle with the least sum of squared distances to the points (a geometric fit, not an algebraic one).

    Starts from Kasa's algebraic circle, x^2 + y^2 = 2 a x + 2 b y + c by linear least squares.

    Parameters
    ----------
    points : (n, 2), n of 3 or more.

    Raises
    ------
    CaseError : fewer than three points, or points on one line.
    """
    p = np.asarray(points, float)
    if len(p) < 3:
        raise CaseError(f"expected three points or more of a circle, found {len(p)}")
    middle = p.mean(axis=0)
    own = p - middle
    scale = float(np.sqrt((own**2).sum(axis=1).mean()))
    spread = np.linalg.svd(own, compute_uv=False)
    if not spread[1] > FLATTEST * spread[0]:
        raise CaseError("expected points of a circle, found points on one line")
    own = own / scale
    design = np.column_stack([2 * own, np.ones(len(own))])
    a, b, c = np.linalg.lstsq(design, (own**2).sum(axis=1), rcond=None)[0]
    start = np.array([a, b, np.sqrt(max(c + a * a + b * b, 1e-12))])

    def distances(circle: NDArray) -> NDArray:
        return np.hypot(*(own - circle[:2]).T) - circle[2]

    def slopes(circle: NDArray) -> NDArray:
        apart = circle[:2] - own
        return np.column_stack([apart / np.hypot(*apart.T)[:, None], -np.ones(len(own))])

    found = least_squares(distances, start, jac=slopes, method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    residual = float(np.sqrt((found.fun**2).mean()))
    return Circle(middle + scale * found.x[:2], abs(scale * float(found.x[2])), scale * residual)
