"""CVAT's XML ("CVAT for images 1.1"): polygons, polylines, points, ellipses and skeletons of many pictures in one file.

Text attributes of a shape (`side` = left) count as words of its label. A file with a document type or entities
is refused: CVAT writes none, and they are a way to harm a reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.etree import ElementTree

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

KIND_OF = {"polygon": OUTLINE, "polyline": LINE, "points": POINT}
REFUSED = {"box": "a box", "mask": "a mask in run lengths", "cuboid": "a cuboid"}


def parse_cvat(text: str, where: str) -> ElementTree.Element:
    """The root of a CVAT file.

    Raises
    ------
    InputError : no XML, or XML of something else; a document type or entities; tracks (a video).
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(where, "XML as CVAT writes it", "a document type or entities", "Export it again.")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(where, "a CVAT file (XML)", f"damaged XML ({error})", "Export it again.") from None
    if root.tag != "annotations":
        raise InputError(where, "a CVAT file (XML of <annotations>)", f"XML of <{root.tag}>")
    if root.find("track") is not None:
        found = "tracks of a video"
        raise InputError(where, "annotations of pictures", found, "Export 'CVAT for images 1.1'.")
    return root


def read_cvat(root: ElementTree.Element, where: str, picture: str) -> Annotation:
    """The shapes of one picture of a CVAT file.

    Parameters
    ----------
    root : from `parse_cvat`. where : the file, for messages. picture : file name of the film.

    Raises
    ------
    InputError : no picture or several of that name; a box or a mask, which are no outlines; points that are none.
    """
    image = only_one(where, [(entry.get("name"), entry) for entry in root.iter("image")], picture)
    shapes = tuple(shape for element in image for shape in _shapes(element, where))
    return Annotation("CVAT", shapes, whole(image.get("width")), whole(image.get("height")))


def _shapes(element: ElementTree.Element, where: str, above: str = "") -> Iterator[Shape]:
    words = [element.get("label") or "", *(entry.text or "" for entry in element.iter("attribute")), above]
    label = " ".join(filter(None, words))
    if element.tag == "skeleton":
        for part in element.iter("points"):
            if part.get("outside") != "1":
                yield from _shapes(part, where, label)
    elif element.tag == "ellipse":
        number = [_number(element, name, where) for name in ("cx", "cy", "rx", "ry")]
        turn = math.radians(float(element.get("rotation") or 0))
        yield make_shape(where, [label], OUTLINE, circle_outline(number[:2], number[2], number[3], turn))
    elif element.tag in REFUSED:
        found = REFUSED[element.tag]
        raise InputError(f"{where}, '{label}'", "an outline, a line or points", found, "Draw an outline.")
    elif element.tag in KIND_OF:
        pairs = [pair.split(",") for pair in (element.get("points") or "").split(";") if pair.strip()]
        yield make_shape(where, [label], KIND_OF[element.tag], pairs)


def _number(element: ElementTree.Element, name: str, where: str) -> float:
    try:
        return float(element.get(name) or "")
    except ValueError:
        raise InputError(where, f"a number {name} of the ellipse", f"'{element.get(name)}'") from None
