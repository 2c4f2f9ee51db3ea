"""COCO's JSON: `images`, `categories`, `annotations` with polygons (`segmentation`) or named `keypoints`; many
pictures a file.

A keypoint is called by its name and the name of its category, so that both may say which side it is on. Of a
keypoint with visibility 0 nothing is known: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.errors import InputError
from scripts.landmarks.shapes import OUTLINE, POINT, Annotation, Shape, make_shape, only_one, whole


def is_coco(content: Any) -> bool:
    """Whether parsed JSON is a COCO file."""
    return isinstance(content, Mapping) and all(
        isinstance(content.get(key), list) for key in ("images", "annotations", "categories")
    )


def read_coco(content: Mapping[str, Any], where: str, picture: str) -> Annotation:
    """The shapes of one picture of a COCO file.

    Parameters
    ----------
    content : the parsed JSON. where : the file, for messages. picture : file name of the film.

    Raises
    ------
    InputError : no picture or several of that name; a category that is not there; a run-length mask or a box
        alone, which are no outlines; keypoints that do not fit their names.
    """
    image = only_one(where, [(entry.get("file_name"), entry) for entry in content["images"]], picture)
    categories = {entry.get("id"): entry for entry in content["categories"]}
    shapes: list[Shape] = []
    for entry in content["annotations"]:
        if entry.get("image_id") != image.get("id"):
            continue
        category = categories.get(entry.get("category_id"))
        if category is None:
            raise InputError(where, "a category for every annotation", f"no {entry.get('category_id')}")
        shapes += _shapes(entry, category, where)
    return Annotation("COCO", tuple(shapes), whole(image.get("width")), whole(image.get("height")))


def _shapes(entry: Mapping[str, Any], category: Mapping[str, Any], where: str) -> Iterator[Shape]:
    name = str(category.get("name") or "")
    said = entry.get("attributes")
    words = (
        [str(value) for value in said.values() if isinstance(value, str)] if isinstance(said, Mapping) else []
    )
    label = " ".join([name, *words])
    outlines, found = entry.get("segmentation"), False
    if isinstance(outlines, Mapping):
        raise InputError(
            f"{where}, '{name}'", "an outline (polygon)", "a mask in run lengths", "Export polygons."
        )
    for flat in outlines or ():
        if not isinstance(flat, list) or len(flat) % 2:
            raise InputError(f"{where}, '{name}'", "a polygon x1, y1, x2, y2, ...", f"{len(flat)} numbers")
        found = True
        yield make_shape(where, [label], OUTLINE, list(zip(flat[::2], flat[1::2], strict=True)))
    if keypoints := entry.get("keypoints"):
        names = category.get("keypoints") or []
        if len(keypoints) != 3 * len(names):
            raise InputError(
                f"{where}, '{name}'",
                f"x, y and visibility of {len(names)} named keypoints",
                f"{len(keypoints)} numbers",
            )
        for position, keypoint in enumerate(names):
            x, y, visible = keypoints[3 * position : 3 * position + 3]
            found = True
            if visible:
                yield make_shape(where, [f"{keypoint} {label}", keypoint], POINT, [(x, y)])
    if not found:
        raise InputError(f"{where}, '{name}'", "an outline or keypoints", "a box alone", "Draw the outline.")
