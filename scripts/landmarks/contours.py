"""Points of a drawn contour: the one farthest in a direction, where lines and circles cross it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def farthest(contour: ArrayLike, direction: ArrayLike) -> NDArray:
    """(2,) the vertex of a contour that lies farthest in a direction; the first of several.

    A vertex and not a point between: of a polyline no point between two vertices lies farther than both.
    """
    p = np.asarray(contour, float)
    return p[int(np.argmax(p @ np.asarray(direction, float)))]


def segments(contour: ArrayLike, closed: bool = False) -> tuple[NDArray, NDArray]:
    """Starts and ends (n, 2) of the pieces of a contour; a closed one also from its last vertex to its first."""
    p = np.asarray(contour, float)
    return (p, np.roll(p, -1, axis=0)) if closed else (p[:-1], p[1:])


def line_crossings(
    contour: ArrayLike, origin: ArrayLike, direction: ArrayLike, closed: bool = False
) -> NDArray:
    """Signed distances from `origin` along `direction` at which the whole line crosses a contour, ascending.

    Parameters
    ----------
    contour : (n, 2). origin : (2,) on the line. direction : (2,), of any length; distances are in units of points.
    closed : whether the last vertex is joined to the first.

    A vertex on the line counts once; a piece that lies in the line counts with its start.
    """
    o, u = np.asarray(origin, float), np.asarray(direction, float)
    u = u / np.hypot(*u)
    normal = np.array([-u[1], u[0]])
    starts, ends = segments(contour, closed)
    from_line, to_line = (starts - o) @ normal, (ends - o) @ normal
    crossed = ((from_line < 0) & (to_line >= 0)) | ((from_line >= 0) & (to_line < 0))
    share = from_line[crossed] / (from_line[crossed] - to_line[crossed])
    places = starts[crossed] + share[:, None] * (ends - starts)[crossed]
    return np.sort((places - o) @ u)


def circle_crossings(contour: ArrayLike, centre: ArrayLike, radius: float, closed: bool = False) -> NDArray:
    """(k, 2) points in which a contour crosses a circle, in the order of the contour."""
    c = np.asarray(centre, float)
    starts, ends = segments(contour, closed)
    found = []
    for start, end in zip(starts - c, ends - c, strict=True):
        step = end - start
        a, b = step @ step, start @ step
        root = b * b - a * (start @ start - radius * radius)
        if a == 0 or root <= 0:
            continue
        for share in ((-b - np.sqrt(root)) / a, (-b + np.sqrt(root)) / a):
            if 0 <= share < 1:
                found.append(c + start + share * step)
    return np.array(found).reshape(-1, 2)
