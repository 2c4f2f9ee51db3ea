"""A sheet from a folder of films and what was drawn on them."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from scripts.landmarks.import_annotations import main


def films(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(np.zeros((20, 20), np.uint8)).save(folder / name)


def labelme(path, film="a.png"):
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = [{"label": "head", "points": [[1, 2], [3, 4]], "shape_type": "line"}]
    path.write_text(json.dumps({"imagePath": film, "shapes": shapes}))


def imported(folder, *arguments):
    main([str(folder / "films"), "--sheet", str(folder / "s.csv"), *map(str, arguments)])
    return pd.read_csv(folder / "s.csv", dtype=str).fillna("")


def test_files_and_folders_of_the_films_name(tmp_path, capsys):
    films(tmp_path / "films", "001.png", "002.tif")
    labelme(tmp_path / "drawn" / "001.json")
    labelme(tmp_path / "drawn" / "002" / "head_left.mrk.json")
    labelme(tmp_path / "again" / "deep" / "002.json")
    table = imported(tmp_path, "--annotations", tmp_path / "drawn", "--second", tmp_path / "again")
    assert table.to_numpy().tolist() == [
        ["001", "films/001.png", "drawn/001.json", ""],
        ["002", "films/002.tif", "drawn/002", "again/deep/002.json"],
    ]
    assert "2 films, 1 of them drawn by a second reader" in capsys.readouterr().out


def test_annotations_beside_the_films_and_with_a_suffix(tmp_path):
    films(tmp_path / "films", "001.png")
    labelme(tmp_path / "films" / "001_r1.json")
    table = imported(tmp_path, "--annotations", tmp_path / "films", "--suffix", "_r1")
    assert table["annotation"].tolist() == ["films/001_r1.json"]


def coco(path, *films):
    entries = [{"id": n, "file_name": film} for n, film in enumerate(films)]
    shapes = [
        {"image_id": n, "category_id": 1, "segmentation": [[0, 0, 1, 0, 1, 1]]} for n in range(len(films))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    categories = [{"id": 1, "name": "head"}]
    path.write_text(json.dumps({"images": entries, "categories": categories, "annotations": shapes}))


def test_one_file_of_many_films(tmp_path):
    films(tmp_path / "films", "001.png", "002.png")
    coco(tmp_path / "coco.json", "001.png", "002.png")
    table = imported(tmp_path, "--annotations", tmp_path / "coco.json")
    assert table["annotation"].tolist() == ["coco.json"] * 2


def test_files_of_many_films_are_found_below_the_folder_beside_others(tmp_path):
    films(tmp_path / "films", "001.png", "002.png", "003.png")
    labelme(tmp_path / "drawn" / "001.json")
    coco(tmp_path / "drawn" / "task" / "instances_default.json", "images/002.jpg")
    cvat = '<annotations><image id="0" name="003.png" width="9" height="9"></image></annotations>'
    (tmp_path / "drawn" / "annotations.xml").write_text(cvat)
    (tmp_path / "drawn" / "notes.json").write_text("{")  # of no film: nothing is lost by it
    table = imported(tmp_path, "--annotations", tmp_path / "drawn")
    assert table["annotation"].tolist() == [
        "drawn/001.json",
        "drawn/task/instances_default.json",
        "drawn/annotations.xml",
    ]


def test_a_film_in_two_files_of_many_films_is_refused(tmp_path, capsys):
    films(tmp_path / "films", "001.png")
    for name in ("a.json", "b.json"):
        coco(tmp_path / "drawn" / name, "001.png")
    with pytest.raises(SystemExit):
        imported(tmp_path, "--annotations", tmp_path / "drawn")
    assert "one annotation of '001.png', found a.json, b.json" in capsys.readouterr().err


def test_a_damaged_file_is_named_beside_the_films_that_miss_it(tmp_path, capsys):
    films(tmp_path / "films", "001.png")
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "annotations.xml").write_text("<annotations><image")
    for given in ("drawn", "drawn/annotations.xml"):
        with pytest.raises(SystemExit):
            imported(tmp_path, "--annotations", tmp_path / given)
        assert "annotations.xml: expected a CVAT file (XML), found damaged XML" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "files", "message"),
    [
        ((), (), "no folder of that name"),
        (("001.png", "002.png"), ("001.json",), "002.png: nothing drawn on it"),
        (
            ("001.png",),
            (),
            "An annotation has its film's name (001.json, or a folder 001), or the film has an entry",
        ),
        (("001.png", "001.tif"), ("001.json",), "found several of 001"),
        (("001.png",), ("001.json", "x/001.xml"), "one annotation of '001.png'"),
    ],
)
def test_slips_are_one_message(names, files, message, tmp_path, capsys):
    if names:
        films(tmp_path / "films", *names)
    (tmp_path / "drawn").mkdir()
    for file in files:
        labelme(tmp_path / "drawn" / file)
    with pytest.raises(SystemExit) as stopped:
        imported(tmp_path, "--annotations", tmp_path / "drawn")
    assert stopped.value.code == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "s.csv").exists()
