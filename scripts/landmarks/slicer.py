"""3D Slicer's markups: .mrk.json (fiducials, lines, curves) and the older .fcsv (fiducials), in mm.

Slicer shows a picture (PNG, JPEG, TIFF) with pixels of 1 mm, the middle of the first one at the origin; so x =
L + 0.5 and y = P + 0.5 pixels. RAS is turned into LPS. A node's points are called by their own label, then by
the node's name, then by the file (`acetabulum_left.mrk.json`): newer versions do not write the name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.errors import InputError
from scripts.landmarks.shapes import LINE, OUTLINE, POINT, Annotation, Shape, make_shape

KIND_OF = {"Fiducial": POINT, "Line": LINE, "Curve": LINE, "ClosedCurve": OUTLINE}
HALF = 0.5
MILLIMETRES = ("mm", "", None)
SIGN = {"LPS": 1.0, "1": 1.0, "RAS": -1.0, "0": -1.0}
FCSV_HEAD = "# Markups fiducial file version"
FCSV_COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"


def is_markups(content: Any) -> bool:
    """Whether parsed JSON is a markups file."""
    return isinstance(content, Mapping) and isinstance(content.get("markups"), list)


def read_markups(content: Mapping[str, Any], where: str, stem: str) -> Annotation:
    """The nodes of a .mrk.json file.

    Parameters
    ----------
    content : the parsed JSON. where : the file, for messages. stem : its name without .mrk.json.

    Raises
    ------
    InputError : a node that is no fiducial, line or curve; coordinates that are neither LPS nor RAS, or not in
        mm; positions that are none.
    """
    shapes: list[Shape] = []
    for node in content["markups"]:
        kind = KIND_OF.get(node.get("type"))
        if kind is None:
            known = ", ".join(KIND_OF)
            raise InputError(where, f"a node of {known}", f"'{node.get('type')}'")
        if node.get("coordinateUnits") not in MILLIMETRES:
            raise InputError(where, "coordinates in mm", f"in {node.get('coordinateUnits')}")
        sign = _sign(node.get("coordinateSystem", "LPS"), where)
        shapes += _node(node, kind, sign, where, stem)
    return Annotation("3D Slicer", tuple(shapes))


def _node(node: Mapping[str, Any], kind: str, sign: float, where: str, stem: str) -> Iterator[Shape]:
    name = str(node.get("name") or "")
    placed = [p for p in node.get("controlPoints", ()) if p.get("positionStatus", "defined") == "defined"]
    try:
        points = [(sign * p["position"][0] + HALF, sign * p["position"][1] + HALF) for p in placed]
    except (KeyError, IndexError, TypeError):
        raise InputError(where, "a position of three numbers at each point", "one without") from None
    if kind != POINT:
        yield make_shape(where, [name, stem], kind, points)
        return
    for point, place in zip(placed, points, strict=True):
        yield make_shape(where, [point.get("label") or "", name, stem], POINT, [place])


def read_fcsv(text: str, where: str, stem: str) -> Annotation:
    """The fiducials of a .fcsv file; arguments and errors as `read_markups`."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith(FCSV_HEAD):
        raise InputError(where, f"a file that begins with '{FCSV_HEAD}'", "another beginning")
    head = {
        key.strip(" #"): value.strip()
        for key, mark, value in (line.partition("=") for line in lines if line.startswith("#"))
    }
    sign = _sign(head.get("CoordinateSystem", "0"), where)
    columns = head.get("columns", FCSV_COLUMNS).split(",")
    shapes = []
    for cells in csv.reader(io.StringIO("\n".join(line for line in lines if not line.startswith("#")))):
        row = dict(zip(columns, cells, strict=False))
        try:
            place = (sign * float(row["x"]) + HALF, sign * float(row["y"]) + HALF)
        except (KeyError, ValueError):
            raise InputError(where, "x, y, z at each point", f"{','.join(cells)[:60]!r}") from None
        shapes.append(make_shape(where, [row.get("label", ""), row.get("desc", ""), stem], POINT, [place]))
    return Annotation("3D Slicer", tuple(shapes))


def _sign(system: Any, where: str) -> float:
    if str(system) not in SIGN:
        raise InputError(where, "coordinates in LPS or RAS", f"'{system}'", "Save the markups in LPS.")
    return SIGN[str(system)]
