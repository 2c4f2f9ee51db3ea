"""LabelMe's JSON: `shapes` with `label`, `shape_type` and `points`; one file a picture (labelme 3 to 5).

A side may stand in the label, in `flags` ({"left": true}) or in the `description`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scripts.errors import InputError
from scripts.landmarks.shapes import (
    LINE,
    OUTLINE,
    POINT,
    Annotation,
    Shape,
    circle_outline,
    make_shape,
    only_one,
    whole,
)

# labelme 3 wrote no shape_type for polygons
KIND_OF = {
    "polygon": OUTLINE,
    None: OUTLINE,
    "linestrip": LINE,
    "line": LINE,
    "point": POINT,
    "points": POINT,
}


def is_labelme(content: Any) -> bool:
    """Whether parsed JSON is a LabelMe file."""
    return isinstance(content, Mapping) and isinstance(content.get("shapes"), list)


def read_labelme(content: Mapping[str, Any], where: str, picture: str) -> Annotation:
    """The shapes of a LabelMe file.

    Parameters
    ----------
    content : the parsed JSON. where : the file, for messages. picture : file name of the film.

    Raises
    ------
    InputError : a file of another picture (`imagePath`), a shape of another kind (a rectangle, a mask), points
        that are none.
    """
    only_one(where, [(content.get("imagePath"), content)], picture)
    shapes = tuple(_shape(entry, where) for entry in content["shapes"])
    return Annotation("LabelMe", shapes, whole(content.get("imageWidth")), whole(content.get("imageHeight")))


def _shape(entry: Any, where: str) -> Shape:
    if not isinstance(entry, Mapping):
        raise InputError(where, "shapes with label and points", f"{type(entry).__name__}")
    flags = entry.get("flags")
    flagged = [word for word, on in flags.items() if on] if isinstance(flags, Mapping) else []
    label = " ".join(str(part) for part in (entry.get("label") or "", *flagged) if part)
    labels = (label, f"{label} {entry.get('description') or ''}".strip())
    kind, points = entry.get("shape_type"), entry.get("points")
    if kind == "circle":
        middle_and_edge = make_shape(where, labels, LINE, points).points
        radius = math.dist(middle_and_edge[0], middle_and_edge[1])
        return make_shape(where, labels, OUTLINE, circle_outline(middle_and_edge[0], radius))
    if kind not in KIND_OF:
        known = ", ".join([*filter(None, KIND_OF), "circle"])
        raise InputError(
            f"{where}, '{label}'", f"a shape of {known}", f"'{kind}'", "Draw an outline instead."
        )
    return make_shape(where, labels, KIND_OF[kind], points)
