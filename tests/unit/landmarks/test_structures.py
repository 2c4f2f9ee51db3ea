"""Structures and sides by words, and the table that they go into."""

import json

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.landmarks.landmark_table import COLUMNS, Wanted, drawn_structures, landmark_table, read_film
from scripts.landmarks.shapes import Annotation, Shape
from scripts.landmarks.structures import name_shapes, named, require_structures, with_sides

NAMES = {"femoral_head": ["caput"], "weight_bearing_edge": ["sourcil"]}


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("femoral_head_left", ("femoral_head", "left")),
        ("FemoralHead_L-1", ("femoral_head", "left")),
        ("R caput", ("femoral_head", "right")),
        ("Weight-bearing edge, right 2", ("weight_bearing_edge", "right")),
        ("SOURCIL", ("weight_bearing_edge", None)),
        ("left right caput", ("femoral_head", None)),
        ("caput of the femur", (None, None)),
        ("acetabulum left", (None, "left")),
        ("", (None, None)),
    ],
)
def test_labels(label, found):
    assert named(label, NAMES) == found


def shape(*labels, x=0.0):
    return Shape(labels, "line", np.array([[x, 0.0], [x, 1.0]]))


def test_the_side_may_come_from_another_label_of_the_shape():
    shapes = (shape("C-1", "caput"), shape("left", "caput", x=5), shape("ruler"))
    found, unknown = name_shapes(Annotation("x", shapes), NAMES)
    assert [(entry.structure, entry.side) for entry in found] == [
        ("femoral_head", None),
        ("femoral_head", "left"),
    ]
    assert unknown == ["ruler"]


def test_without_words_the_place_tells_the_side():
    found, _ = name_shapes(Annotation("x", (shape("caput", x=300), shape("caput", x=100))), NAMES)
    hung = {entry.side: entry.shape.points[0, 0] for entry in with_sides(found, "radiological")}
    assert hung == {"right": 100.0, "left": 300.0}
    seen_from_behind = {entry.side: entry.shape.points[0, 0] for entry in with_sides(found, "mirrored")}
    assert seen_from_behind == {"left": 100.0, "right": 300.0}


def test_sides_that_cannot_be_told_are_refused():
    found, _ = name_shapes(Annotation("x", (shape("caput"), shape("caput", x=9))), NAMES)
    with pytest.raises(InputError, match=r"a side \(left or right\) in the label of 'femoral_head'"):
        with_sides(found, "refuse")
    with pytest.raises(InputError, match="1 of them, one without"):
        with_sides(found[:1], "radiological")
    one_named, _ = name_shapes(Annotation("x", (shape("caput"), shape("caput left"))), NAMES)
    with pytest.raises(InputError, match="2 of them, one without"):
        with_sides(one_named, "radiological")
    twice, _ = name_shapes(Annotation("x", (shape("caput left"), shape("L caput"))), NAMES)
    with pytest.raises(InputError, match="left femoral_head 2 times"):
        with_sides(twice, "radiological")


def test_missing_structures_are_named_with_the_labels_that_nobody_knows():
    found, unknown = name_shapes(Annotation("x", (shape("caput left"), shape("sorcil left"))), NAMES)
    with pytest.raises(InputError) as caught:
        require_structures(
            with_sides(found, "refuse"), ["femoral_head", "weight_bearing_edge"], unknown, NAMES
        )
    assert "no right femoral_head, right weight_bearing_edge, left weight_bearing_edge" in str(caught.value)
    assert "not recognised: sorcil left" in str(caught.value)


def labelme(folder, size=(100, 50), far=0.0):
    shapes = [
        {"label": f"caput {side}", "points": [[x, 5], [x + 3, 9.5], [x + far, 4]], "shape_type": kind}
        for side, x, kind in (("right", 10, "polygon"), ("left", 60, "linestrip"))
    ]
    path = folder / "a.json"
    head = {"imagePath": "f.png", "imageWidth": size[0], "imageHeight": size[1]}
    path.write_text(json.dumps({**head, "shapes": shapes}))
    return str(path)


WANTED = Wanted(NAMES, ("femoral_head",))


def test_the_table_of_a_film_holds_what_was_drawn(tmp_path):
    annotation, shapes = read_film(labelme(tmp_path), "f.png", (100, 50), WANTED)
    table = landmark_table("P1", "annotation", annotation, shapes, (100, 50), 0.2)
    assert list(table.columns) == list(COLUMNS)
    assert table["point"].tolist() == [0, 1, 2, 0, 1, 2]
    back = drawn_structures(table.sample(frac=1, random_state=1))
    np.testing.assert_allclose(back["right", "femoral_head"].points, [[10, 5], [13, 9.5], [10, 4]])
    assert back["right", "femoral_head"].closed
    assert not back["left", "femoral_head"].closed
    assert set(table["tool"]) == {"LabelMe"}
    assert pd.api.types.is_float_dtype(table["spacing_mm"])


@pytest.mark.parametrize(
    ("size", "film", "far", "message"),
    [
        ((100, 60), (100, 50), 0, "an annotation of a film of 100 x 50 pixels, found one of 100 x 60"),
        ((100, 50), (100, 50), 50, r"found left femoral_head from \(60, 4\) to \(110, 10\)"),
    ],
)
def test_another_film_is_refused_with_the_files_name(size, film, far, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        read_film(labelme(tmp_path, size, far), "f.png", film, WANTED)
    assert "a.json" in caught.value.where
