"""QuPath's GeoJSON: features with a geometry and a class or name, in pixels of the full picture.

A feature is called by its name and its class ("Femoral head" with the name "left"). Holes of an outline are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.errors import InputError
from scripts.landmarks.shapes import LINE, OUTLINE, POINT, Annotation, Shape, make_shape


def features_of(content: Any) -> list[Any] | None:
    """The features of parsed JSON: of a FeatureCollection, a single Feature or a bare list; None for anything else."""
    if isinstance(content, Mapping) and content.get("type") == "FeatureCollection":
        return list(content.get("features") or ())
    if isinstance(content, Mapping) and content.get("type") == "Feature":
        return [content]
    if isinstance(content, list) and all(
        isinstance(f, Mapping) and f.get("type") == "Feature" for f in content
    ):
        return list(content)
    return None


def read_qupath(features: list[Any], where: str) -> Annotation:
    """The shapes of a GeoJSON file.

    Parameters
    ----------
    features : from `features_of`. where : the file, for messages.

    Raises
    ------
    InputError : a geometry that is none of point, line, polygon; no name and no class; points that are none.
    """
    return Annotation("QuPath", tuple(shape for feature in features for shape in _shapes(feature, where)))


def _shapes(feature: Mapping[str, Any], where: str) -> Iterator[Shape]:
    said = feature.get("properties") or {}
    kind_of = said.get("classification")
    name, of_class = (
        str(said.get("name") or ""),
        str((kind_of or {}).get("name") or "") if isinstance(kind_of, Mapping) else "",
    )
    labels = [f"{of_class} {name}".strip(), name, of_class]
    geometry = feature.get("geometry") or {}
    kind, places = geometry.get("type"), geometry.get("coordinates") or []
    drawn = {
        "Point": lambda: [(POINT, [places])],
        "MultiPoint": lambda: [(POINT, places)],
        "LineString": lambda: [(LINE, places)],
        "Polygon": lambda: [(OUTLINE, places[0])],
        "MultiLineString": lambda: [(LINE, part) for part in places],
        "MultiPolygon": lambda: [(OUTLINE, part[0]) for part in places],
    }
    if kind not in drawn or not places:
        raise InputError(f"{where}, '{labels[0]}'", f"a geometry of {', '.join(drawn)}", f"'{kind}'")
    for form, points in drawn[kind]():
        yield make_shape(where, labels, form, [point[:2] for point in points])
