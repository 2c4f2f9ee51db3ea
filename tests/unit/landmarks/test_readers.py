"""Annotations of five tools: files written by hand as the tools write them, and what is refused."""

import json

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.landmarks.annotation_file import read_annotation
from scripts.landmarks.shapes import LINE, OUTLINE, POINT, same_file

LINE_POINTS = [[10.0, 20.0], [30.5, 20.0], [30.5, 44.25]]
FILM = "film_7.png"

LABELME = {
    "version": "5.5.0",
    "flags": {},
    "imagePath": "..\\films\\FILM_7.tif",
    "imageWidth": 640,
    "imageHeight": 480,
    "imageData": None,
    "shapes": [
        {
            "label": "cup",
            "points": LINE_POINTS,
            "shape_type": "linestrip",
            "flags": {"left": True, "right": False},
        },
        {"label": "head", "points": [[5, 5], [5, 9]], "shape_type": "circle", "flags": {}},
        {"label": "edge", "points": [[1, 2]], "shape_type": "point", "flags": {}, "description": "left"},
        {"label": "area", "points": LINE_POINTS, "flags": {}},
    ],
}
COCO = {
    "images": [
        {"id": 3, "file_name": "a/film_6.png", "width": 9, "height": 9},
        {"id": 4, "file_name": "a/film_7.png", "width": 640, "height": 480},
    ],
    "categories": [
        {"id": 1, "name": "left cup"},
        {"id": 2, "name": "right hip", "keypoints": ["edge", "roof"]},
    ],
    "annotations": [
        {"id": 1, "image_id": 4, "category_id": 1, "segmentation": [[10, 20, 30.5, 20, 30.5, 44.25]]},
        {"id": 2, "image_id": 4, "category_id": 2, "keypoints": [1, 2, 2, 0, 0, 0]},
        {"id": 3, "image_id": 3, "category_id": 1, "segmentation": {"counts": "x", "size": [9, 9]}},
    ],
}
CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<image id="0" name="x/film_6.png" width="9" height="9"><box label="cup" xtl="0" ytl="0" xbr="1" ybr="1"/></image>
<image id="1" name="x/film_7.png" width="640" height="480">
 <polyline label="cup" points="10.0,20.0;30.5,20.0;30.5,44.25"><attribute name="side">left</attribute></polyline>
 <points label="edge left" points="1,2"></points>
 <ellipse label="head" cx="5" cy="5" rx="4" ry="2" rotation="90"></ellipse>
 <skeleton label="right"><points label="roof" outside="0" points="3,4"/>
  <points label="g" outside="1" points="0,0"/></skeleton>
</image></annotations>
"""
MARKUPS = {
    "@schema": "markups-schema-v1.0.3.json#",
    "markups": [
        {
            "type": "Curve",
            "coordinateSystem": "LPS",
            "coordinateUnits": "mm",
            "controlPoints": [
                {"id": "1", "label": "C-1", "position": [9.5, 19.5, 0.0], "positionStatus": "defined"},
                {"id": "2", "label": "C-2", "position": [30.0, 19.5, 0.0], "positionStatus": "defined"},
                {"id": "3", "label": "C-3", "position": [0, 0, 0], "positionStatus": "preview"},
                {"id": "4", "label": "C-4", "position": [30.0, 43.75, 0.0], "positionStatus": "defined"},
            ],
        }
    ],
}
FCSV = """# Markups fiducial file version = 4.11
# CoordinateSystem = RAS
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
1,-0.5,-1.5,0,0,0,0,1,1,1,0,edge left,,
"""
QUPATH = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": LINE_POINTS},
            "properties": {"objectType": "annotation", "name": "left", "classification": {"name": "Cup"}},
        },
        {
            "type": "Feature",
            "geometry": {
                "type": "Polygon",
                "coordinates": [[*LINE_POINTS, LINE_POINTS[0]], [[1, 1], [2, 1], [2, 2]]],
            },
            "properties": {"name": "head"},
        },
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [1, 2]},
            "properties": {"classification": {"name": "edge left"}},
        },
    ],
}


def write(folder, name, content):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content", "tool", "label"),
    [
        ("a.json", LABELME, "LabelMe", "cup left"),
        ("a.json", COCO, "COCO", "left cup"),
        ("a.xml", CVAT, "CVAT", "cup left"),
        ("cup_left.mrk.json", MARKUPS, "3D Slicer", "cup_left"),
        ("a.geojson", QUPATH, "QuPath", "Cup left"),
        ("a.geojson", QUPATH["features"], "QuPath", "Cup left"),
    ],
)
def test_each_tool_gives_the_same_points(name, content, tool, label, tmp_path):
    annotation = read_annotation(write(tmp_path, name, content), FILM)
    shape = annotation.shapes[0]
    assert annotation.tool == tool
    assert shape.labels[0] == label
    assert shape.kind == (OUTLINE if tool == "COCO" else LINE)
    np.testing.assert_allclose(shape.points, LINE_POINTS)
    size = (annotation.width, annotation.height)
    assert size == ((640, 480) if tool in ("LabelMe", "COCO", "CVAT") else (None, None))


def test_labelme_circle_point_and_old_polygons(tmp_path):
    _, circle, point, old = read_annotation(write(tmp_path, "a.json", LABELME), FILM).shapes
    assert circle.kind == OUTLINE
    np.testing.assert_allclose(np.hypot(*(circle.points - [5, 5]).T), 4.0)
    assert (point.kind, point.labels) == (POINT, ("edge", "edge left"))
    assert old.kind == OUTLINE


def test_coco_keypoints_carry_both_names_and_unseen_ones_are_left_out(tmp_path):
    shapes = read_annotation(write(tmp_path, "a.json", COCO), FILM).shapes
    assert [s.labels[0] for s in shapes] == ["left cup", "edge right hip"]
    np.testing.assert_allclose(shapes[1].points, [[1, 2]])


def test_cvat_ellipse_and_skeleton(tmp_path):
    _, _, ellipse, roof = read_annotation(write(tmp_path, "a.xml", CVAT), FILM).shapes
    low, high = ellipse.points.min(axis=0), ellipse.points.max(axis=0)
    np.testing.assert_allclose([low, high], [[3, 1], [7, 9]], atol=1e-9)  # turned by 90 degrees
    assert roof.labels == ("roof right",)


def test_slicer_fiducials_are_called_by_their_own_label_and_ras_is_turned(tmp_path):
    (point,) = read_annotation(write(tmp_path, "points.fcsv", FCSV), FILM).shapes
    assert point.labels[0] == "edge left"
    np.testing.assert_allclose(point.points, [[1.0, 2.0]])
    node = {"type": "Fiducial", "name": "hip", "controlPoints": [{"label": "roof", "position": [1, 2, 3]}]}
    (point,) = read_annotation(write(tmp_path, "n.mrk.json", {"markups": [node]}), FILM).shapes
    assert point.labels == ("roof", "hip", "n")
    np.testing.assert_allclose(point.points, [[1.5, 2.5]])


def test_a_folder_is_one_annotation(tmp_path):
    write(tmp_path, "cup_left.mrk.json", MARKUPS)
    write(tmp_path, "points.fcsv", FCSV)
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "scene.mrml").write_text("x")
    assert [s.labels[0] for s in read_annotation(tmp_path, FILM).shapes] == ["cup_left", "edge left"]


def test_qupath_outlines_lose_the_repeated_point_and_the_holes(tmp_path):
    shapes = read_annotation(write(tmp_path, "a.geojson", QUPATH), FILM).shapes
    assert [s.kind for s in shapes] == [LINE, OUTLINE, POINT]
    np.testing.assert_allclose(shapes[1].points, LINE_POINTS)


def changed(content, change):
    copy = json.loads(json.dumps(content))
    change(copy)
    return copy


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "", "expected LabelMe JSON.*found an empty file"),
        ("a.json", "{", "found damaged JSON"),
        ("a.json", "hello", "a text of another kind"),
        ("a.json", {"a": 1}, r"JSON of another kind \(a\)"),
        ("a.json", "[1, 2]", r"JSON of another kind \(a list\)"),
        ("a.xml", "<annotations>", "found damaged XML"),
        ("a.xml", "<other/>", "found XML of <other>"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "a document type or entities"),
        ("a.xml", "<annotations><track/></annotations>", "tracks of a video"),
        ("a.xml", CVAT.replace("x/film_7", "x/film_8"), "found 0 among x/film_6.png, x/film_8.png"),
        ("a.xml", CVAT.replace("x/film_6", "x/film_7"), "found 2 among"),
        ("a.xml", CVAT.replace('cx="5"', 'cx="five"'), "a number cx of the ellipse, found 'five'"),
        ("a.xml", CVAT.replace("30.5,44.25", "30.5"), "points of two numbers"),
        ("a.json", changed(LABELME, lambda c: c.update(imagePath="film_8.png")), "found 0 among film_8.png"),
        (
            "a.json",
            changed(LABELME, lambda c: c["shapes"][0].update(shape_type="rectangle")),
            "found 'rectangle'. Draw an outline instead",
        ),
        (
            "a.json",
            changed(LABELME, lambda c: c["shapes"][0].update(points=[[1, 2]])),
            "a line of at least 2 points",
        ),
        (
            "a.json",
            changed(LABELME, lambda c: c["shapes"][0].update(points=[[1, 2], [3, float("nan")]])),
            "two finite numbers",
        ),
        (
            "a.json",
            changed(LABELME, lambda c: c["shapes"][2].update(label="", description="")),
            "a label at every",
        ),
        (
            "a.json",
            changed(LABELME, lambda c: c.update(shapes=[])),
            "something drawn on 'film_7.png', found no shape",
        ),
        ("a.json", changed(COCO, lambda c: c["annotations"][0].update(category_id=9)), "found no 9"),
        ("a.json", changed(COCO, lambda c: c["annotations"][2].update(image_id=4)), "a mask in run lengths"),
        ("a.json", changed(COCO, lambda c: c["annotations"][0].pop("segmentation")), "a box alone"),
        (
            "a.json",
            changed(COCO, lambda c: c["annotations"][1].update(keypoints=[1, 2, 2])),
            "2 named keypoints",
        ),
        ("a.mrk.json", changed(MARKUPS, lambda c: c["markups"][0].update(type="ROI")), "found 'ROI'"),
        (
            "a.mrk.json",
            changed(MARKUPS, lambda c: c["markups"][0].update(coordinateSystem="IJK")),
            "found 'IJK'",
        ),
        (
            "a.mrk.json",
            changed(MARKUPS, lambda c: c["markups"][0].update(coordinateUnits="um")),
            "found in um",
        ),
        ("a.fcsv", FCSV.replace("-0.5,", "left,"), "x, y, z at each point"),
        (
            "a.geojson",
            changed(QUPATH, lambda c: c["features"][0]["geometry"].update(type="Circle")),
            "found 'Circle'",
        ),
    ],
)
def test_what_is_refused(name, content, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_annotation(write(tmp_path, name, content), FILM)


def test_missing_files_and_folders_without_annotations(tmp_path):
    with pytest.raises(InputError, match="nothing of that name"):
        read_annotation(tmp_path / "none.json", FILM)
    with pytest.raises(InputError, match="a folder without such a file"):
        read_annotation(tmp_path, FILM)
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="what is no text"):
        read_annotation(tmp_path / "a.json", FILM)


def test_a_film_is_known_by_its_name_whatever_path_or_ending():
    assert same_file("C:\\films\\Film_7.TIF", "film_7.png")
    assert same_file("film_7.png", "film_7.png")
    assert not same_file("film_70.png", "film_7.png")
    assert not same_file("", "film_7.png")
