"""One table of what was drawn on a film: a row a point, whatever tool it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scripts.errors import InputError
from scripts.landmarks.annotation_file import read_annotation
from scripts.landmarks.shapes import OUTLINE, Annotation
from scripts.landmarks.structures import NamedShape, name_shapes, require_structures, with_sides

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "patient": "string",
    "reader": "string",
    "tool": "string",
    "side": "string",
    "structure": "string",
    "kind": "string",
    "point": "int64",
    "x": "float64",
    "y": "float64",
    "width": "int64",
    "height": "int64",
    "spacing_mm": "float64",
}
OUTSIDE = 2.0  # pixels that a point may lie beyond the border of its picture: a hand slips


@dataclass(frozen=True)
class Wanted:
    """What must be drawn on a film.

    Parameters
    ----------
    names : structure -> further words for it. needed : structures that must be there on both sides.
    side_without_label : see `scripts.landmarks.structures.with_sides`.
    """

    names: Mapping[str, Sequence[str]]
    needed: tuple[str, ...] = ()
    side_without_label: str = "radiological"


def read_film(
    path: str, picture: str, size: tuple[int, int], wanted: Wanted
) -> tuple[Annotation, list[NamedShape]]:
    """What was drawn on a film, structures and sides told.

    Parameters
    ----------
    path, picture : see `scripts.landmarks.annotation_file.read_annotation`. size : width and height of the
        film in pixels.

    Raises
    ------
    InputError : everything that keeps the file from being read; a film of another size; points outside the
        film; a needed structure that is missing, without a side, or there twice.
    """
    annotation = read_annotation(path, picture)
    try:
        _require_size(annotation, size)
        shapes, unknown = name_shapes(annotation, wanted.names)
        settled = with_sides(shapes, wanted.side_without_label)
        require_structures(settled, wanted.needed, unknown, wanted.names)
        _require_inside(settled, size)
    except InputError as error:
        where = path if error.where == "annotation" else error.where
        raise InputError(where, error.expected, error.found, error.remedy) from None
    return annotation, settled


def _require_size(annotation: Annotation, size: tuple[int, int]) -> None:
    drawn_on = (annotation.width, annotation.height)
    if None not in drawn_on and drawn_on != tuple(size):
        expected = f"an annotation of a film of {size[0]} x {size[1]} pixels"
        remedy = "Name the film that it was drawn on, at the size at which it was drawn."
        raise InputError("annotation", expected, f"one of {drawn_on[0]} x {drawn_on[1]}", remedy)


def _require_inside(shapes: Iterable[NamedShape], size: tuple[int, int]) -> None:
    for entry in shapes:
        low, high = entry.shape.points.min(axis=0), entry.shape.points.max(axis=0)
        if (low < -OUTSIDE).any() or (high > np.array(size) + OUTSIDE).any():
            ends = f"from ({low[0]:.0f}, {low[1]:.0f}) to ({high[0]:.0f}, {high[1]:.0f})"
            found = f"{entry.side} {entry.structure} {ends}"
            remedy = "Was it drawn on another film, or at another size?"
            raise InputError("annotation", f"points on a film of {size[0]} x {size[1]} pixels", found, remedy)


def landmark_table(
    patient: str,
    reader: str,
    annotation: Annotation,
    shapes: Iterable[NamedShape],
    size: tuple[int, int],
    spacing_mm: float = float("nan"),
) -> pd.DataFrame:
    """The table of one reader of one film, columns COLUMNS.

    `point` counts within a structure from 0; x, y in pixels from the outer corner of the first pixel, y downwards;
    `spacing_mm` is the size of a pixel, NaN where nobody knows it (angles do not need it).
    """
    import pandas as pd

    width, height = size
    rows = [
        (
            patient,
            reader,
            annotation.tool,
            entry.side,
            entry.structure,
            entry.shape.kind,
            number,
            x,
            y,
            width,
            height,
            spacing_mm,
        )
        for entry in shapes
        for number, (x, y) in enumerate(entry.shape.points.tolist())
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


@dataclass(frozen=True)
class Drawn:
    """Points (n, 2) of one structure, x and y in pixels, and whether they are a closed outline."""

    points: NDArray
    closed: bool = False


def drawn_structures(table: pd.DataFrame) -> dict[tuple[str, str], Drawn]:
    """(side, structure) -> what one reader drew of it on one film: that reader's and film's part of the table."""
    found = {}
    for (side, structure), rows in table.groupby(["side", "structure"], sort=False):
        ordered = rows.sort_values("point")
        closed = bool((ordered["kind"] == OUTLINE).all())
        found[str(side), str(structure)] = Drawn(ordered[["x", "y"]].to_numpy(float), closed)
    return found
