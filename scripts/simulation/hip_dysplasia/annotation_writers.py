"""Drawings written as the tools write them: LabelMe, COCO, CVAT, 3D Slicer, QuPath.

Each has its own words for structures and sides, as a hospital's would. COCO has no open lines: they are closed there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from scripts.simulation.hip_dysplasia.readers import Drawing
from scripts.tables import write_json, write_text

Size = tuple[int, int]
DIGITS = 3
SLICER_SHIFT = 0.5  # the middle of the first pixel is the origin


def _rounded(points, shift: float = 0.0) -> list[list[float]]:
    return [[round(float(x) - shift, DIGITS), round(float(y) - shift, DIGITS)] for x, y in points]


def write_labelme(drawing: Drawing, film: str, size: Size, path: Path) -> None:
    """One file: labels such as femoral_head_left."""
    kinds = {"line": "linestrip", "point": "point", "outline": "polygon"}
    shapes = [
        {
            "label": f"{structure}_{side}",
            "points": _rounded(points),
            "group_id": None,
            "shape_type": kinds[kind],
            "flags": {},
        }
        for (side, structure), (kind, points) in drawing.items()
    ]
    head = {"version": "5.5.0", "flags": {}, "imagePath": film, "imageData": None}
    write_json({**head, "imageWidth": size[0], "imageHeight": size[1], "shapes": shapes}, path)


def write_coco(drawing: Drawing, film: str, size: Size, path: Path) -> None:
    """One file: categories 'left femoral head'; the points are keypoints of the categories 'left hip' and
    'right hip'.
    """
    names = sorted({(side, structure, kind) for (side, structure), (kind, _) in drawing.items()})
    categories, annotations = [], []
    for number, (side, structure, kind) in enumerate(names, start=1):
        points = drawing[side, structure][1]
        entry = {"id": number, "image_id": 7, "category_id": number, "iscrowd": 0}
        if kind == "point":
            categories.append(
                {"id": number, "name": f"{side} hip", "keypoints": [structure.replace("_", " ")]}
            )
            annotations.append({**entry, "keypoints": [*_rounded(points)[0], 2], "num_keypoints": 1})
        else:
            categories.append({"id": number, "name": f"{side} {structure.replace('_', ' ')}"})
            annotations.append({**entry, "segmentation": [[v for pair in _rounded(points) for v in pair]]})
    image = {"id": 7, "file_name": f"films/{film}", "width": size[0], "height": size[1]}
    write_json({"images": [image], "categories": categories, "annotations": annotations}, path)


def write_cvat(drawing: Drawing, film: str, size: Size, path: Path) -> None:
    """One file: labels such as 'femoral head', the side an attribute."""
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    image = ElementTree.SubElement(root, "image", id="0", name=film, width=str(size[0]), height=str(size[1]))
    tags = {"line": "polyline", "point": "points", "outline": "polygon"}
    for (side, structure), (kind, points) in drawing.items():
        text = ";".join(f"{x:.{DIGITS}f},{y:.{DIGITS}f}" for x, y in points)
        shape = ElementTree.SubElement(
            image, tags[kind], label=structure.replace("_", " "), points=text, occluded="0"
        )
        ElementTree.SubElement(shape, "attribute", name="side").text = side
    write_text(ElementTree.tostring(root, encoding="unicode", xml_declaration=True), path)


def write_slicer(drawing: Drawing, film: str, size: Size, path: Path) -> None:
    """A folder: a curve a file, called by its name; the points in one older .fcsv, in RAS."""
    path.mkdir(parents=True, exist_ok=True)
    rows = []
    for (side, structure), (kind, points) in drawing.items():
        places = _rounded(points, SLICER_SHIFT)
        if kind == "point":
            rows.append(
                f"{len(rows) + 1},{-places[0][0]},{-places[0][1]},0,0,0,0,1,1,1,0,{structure}_{side[0].upper()}-1,,"
            )
            continue
        controls = [
            {
                "id": str(number),
                "label": f"C-{number}",
                "position": [*place, 0.0],
                "positionStatus": "defined",
            }
            for number, place in enumerate(places, start=1)
        ]
        node = {
            "type": "Curve",
            "coordinateSystem": "LPS",
            "coordinateUnits": "mm",
            "controlPoints": controls,
        }
        name = "".join(word.capitalize() for word in structure.split("_"))
        write_json({"markups": [node]}, path / f"{name}_{side[0].upper()}.mrk.json")
    head = ["# Markups fiducial file version = 4.11", "# CoordinateSystem = RAS"]
    head.append("# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID")
    write_text("\n".join([*head, *rows]) + "\n", path / "points.fcsv")


def write_qupath(drawing: Drawing, film: str, size: Size, path: Path) -> None:
    """One file: the structure is the class, the side the name."""
    features = []
    for (side, structure), (kind, points) in drawing.items():
        places = _rounded(points)
        geometry = {"type": "LineString", "coordinates": places}
        if kind == "point":
            geometry = {"type": "Point", "coordinates": places[0]}
        words = {"name": structure.replace("_", " ").capitalize(), "color": [200, 0, 0]}
        said = {"objectType": "annotation", "name": side, "classification": words}
        features.append({"type": "Feature", "geometry": geometry, "properties": said})
    write_json({"type": "FeatureCollection", "features": features}, path)


WRITERS: dict[str, Callable[[Drawing, str, Size, Path], None]] = {
    "labelme": write_labelme,
    "coco": write_coco,
    "cvat": write_cvat,
    "slicer": write_slicer,
    "qupath": write_qupath,
}
