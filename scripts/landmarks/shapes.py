"""What an annotation tool wrote, whatever the tool: points, lines and outlines with their words, in pixels of
the picture.

Coordinates are (x, y) with x to the right and y downwards, (0, 0) the outer corner of the first pixel: the
middle of that pixel is (0.5, 0.5). Readers of tools that count from the middle of pixels add the half.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.errors import InputError

POINT, LINE, OUTLINE = "point", "line", "outline"
KINDS = (POINT, LINE, OUTLINE)
FEWEST = {POINT: 1, LINE: 2, OUTLINE: 3}
CIRCLE_POINTS = 72


@dataclass(frozen=True)
class Shape:
    """One thing that somebody drew.

    Parameters
    ----------
    labels : words for it, the most telling first: a label, the name of the layer that holds it.
    kind : 'point' (one, or several that belong together), 'line' (open) or 'outline' (closed; the first point is not
        repeated).
    points : (n, 2) in pixels, columns x, y.
    """

    labels: tuple[str, ...]
    kind: str
    points: NDArray


@dataclass(frozen=True)
class Annotation:
    """Everything drawn on one picture.

    Parameters
    ----------
    tool : what wrote it, in words. shapes : in the order of the file.
    width, height : size in pixels of the picture that it was drawn on, None where the file does not say.
    """

    tool: str
    shapes: tuple[Shape, ...]
    width: int | None = None
    height: int | None = None


def make_shape(where: str, labels: Iterable[Any], kind: str, points: Any) -> Shape:
    """A shape from what a file holds.

    Parameters
    ----------
    where : the file, for messages. labels : words; empty ones are left out. points : rows of x, y.

    Raises
    ------
    InputError : no word at all, what are no finite numbers, too few points for the kind.
    """
    words = tuple(dict.fromkeys(str(label).strip() for label in labels if str(label or "").strip()))
    if not words:
        raise InputError(where, "a label at every shape", f"a {kind} without one", "Name it in the tool.")
    name = f"{where}, '{words[0]}'"
    try:
        array = np.asarray(points, dtype=float)
    except (TypeError, ValueError):
        raise InputError(name, "points of two numbers", "something else") from None
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise InputError(name, "points of two finite numbers", f"an array of shape {array.shape}")
    if kind == OUTLINE and len(array) > FEWEST[OUTLINE] and np.array_equal(array[0], array[-1]):
        array = array[:-1]
    if len(array) < FEWEST[kind]:
        raise InputError(name, f"a {kind} of at least {FEWEST[kind]} points", f"{len(array)}")
    return Shape(words, kind, array)


def circle_outline(
    centre: Sequence[float], radius: float, other: float | None = None, turn: float = 0.0
) -> NDArray:
    """(72, 2) points of a circle, or of an ellipse with the radii `radius` along x and `other` along y, turned
    by `turn` rad.
    """
    angles = np.linspace(0, 2 * math.pi, CIRCLE_POINTS, endpoint=False)
    own = np.column_stack([radius * np.cos(angles), (other or radius) * np.sin(angles)])
    rotation = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    return np.asarray(centre, float) + own @ rotation


def same_file(named: Any, picture: str) -> bool:
    """Whether a path in an annotation file, of whatever system, ends in the name of the picture (with any ending).

    The ending does not count: films are often annotated as PNG and kept as TIFF.
    """
    own = stem_of(named)
    return bool(own) and own.casefold() == PurePosixPath(picture).stem.casefold()


def stem_of(named: Any) -> str:
    """The name of the file that a path of whatever system ends in, without its ending."""
    return PurePosixPath(PureWindowsPath(str(named or "")).as_posix()).stem


def only_one(where: str, candidates: Sequence[tuple[Any, Any]], picture: str) -> Any:
    """Of (name, entry) of a file's pictures the entry of `picture`; the only one where there is but one without a name.

    Raises
    ------
    InputError : none of that name, or several.
    """
    found = [entry for name, entry in candidates if same_file(name, picture)]
    if not found and len(candidates) == 1 and not candidates[0][0]:
        found = [candidates[0][1]]
    if len(found) != 1:
        names = ", ".join(str(name) for name, _ in candidates[:5]) or "none"
        more = f" and {len(candidates) - 5} more" if len(candidates) > 5 else ""
        expected = f"one entry for the picture '{picture}'"
        raise InputError(
            where, expected, f"{len(found)} among {names}{more}", "Is it the file of another film?"
        )
    return found[0]


def whole(value: Any) -> int | None:
    """A size in pixels as a whole number; None for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) and number > 0 else None
