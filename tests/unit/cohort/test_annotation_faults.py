"""Annotations of films in the check: what is refused, what is warned of, and sheets whose pictures have them."""

import json

import numpy as np
import pytest
from PIL import Image

from scripts.cohort.case_images import CaseImage, as_settings, from_settings
from scripts.cohort.check_cases import check_and_record, check_images
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.sheet import read_rows
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import parse_schema
from scripts.errors import FaultList, InputError

FILM = CaseImage("film", "picture", "", "", "", False, 1, ("drawn", "again"), ("drawn",))
SETTINGS = {
    "modality": "X-ray",
    "min_mask_voxels": 1,
    "allow_several_pieces": False,
    "images": as_settings([FILM]),
    "landmarks": {"names": {"head": ["caput"]}, "needed": ["head"], "side_without_label": "radiological"},
}
SIDES = {"right": 10, "left": 60}


def film(folder, name="f.png"):
    picture = np.random.default_rng(0).integers(0, 255, (50, 100), dtype=np.uint8)
    Image.fromarray(picture).save(folder / name)
    return str(folder / name)


def drawn(folder, name="f.json", sides=SIDES, label="caput", size=(100, 50)):
    shapes = [
        {"label": f"{label} {side}", "points": [[x, 5], [x + 3, 9]], "shape_type": "line"}
        for side, x in sides.items()
    ]
    head = {"imagePath": "f.png", "imageWidth": size[0], "imageHeight": size[1], "shapes": shapes}
    (folder / name).write_text(json.dumps(head))
    return str(folder / name)


def faults_of(folder, **others):
    case = {"patient": "P", "row": 2, "film": film(folder), "drawn": drawn(folder), "again": "", **others}
    (record,) = check_images(case, SETTINGS)
    return [(fault.severity, fault.column, fault.sentence()) for fault in record["faults"]]


def test_a_film_in_order_has_no_fault_with_one_reader_or_two(tmp_path):
    assert faults_of(tmp_path) == []
    assert faults_of(tmp_path, again=drawn(tmp_path, "g.json")) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sides": {"right": 10}}, "expected every structure on both sides, found no left head"),
        (
            {"label": "caputt"},
            "Labels that were not recognised: caputt right, caputt left. Did you mean 'caput'?",
        ),
        ({"size": (200, 100)}, "expected an annotation of a film of 100 x 50 pixels, found one of 200 x 100"),
        (
            {"sides": {"right": 10, "left": 160}},
            "expected points on a film of 100 x 50 pixels, found left head from",
        ),
    ],
)
def test_what_is_wrong_with_a_drawing_is_an_error_of_its_column(options, said, tmp_path):
    ((severity, column, sentence),) = faults_of(tmp_path, drawn=drawn(tmp_path, "bad.json", **options))
    assert (severity, column) == ("error", "drawn")
    assert said in sentence
    ((severity, column, sentence),) = faults_of(tmp_path, again=drawn(tmp_path, "bad.json", **options))
    assert (severity, column) == ("error", "again")


def test_missing_and_damaged_files(tmp_path):
    ((_, column, sentence),) = faults_of(tmp_path, drawn="")
    assert (column, sentence) == (
        "drawn",
        "expected the path of a file or folder, found nothing. Fill in the cell.",
    )
    ((_, column, sentence),) = faults_of(tmp_path, again=str(tmp_path / "none.json"))
    assert column == "again"
    assert "no " in sentence
    (tmp_path / "cut.json").write_text('{"shapes": [')
    ((_, _, sentence),) = faults_of(tmp_path, drawn=str(tmp_path / "cut.json"))
    assert "expected JSON, found damaged JSON" in sentence


def test_sides_that_look_swapped_are_a_warning(tmp_path):
    ((severity, _, sentence),) = faults_of(
        tmp_path, drawn=drawn(tmp_path, "s.json", {"right": 60, "left": 10})
    )
    assert severity == "warning"
    assert "the left head to the left of the right one" in sentence


@pytest.mark.parametrize("turned", [False, True])
def test_one_structure_with_its_sides_mixed_up_is_an_error(turned, tmp_path):
    places = {"caput": SIDES, "cup": {"right": 12, "left": 62}, "roof": {"right": 64, "left": 14}}
    shapes = [
        {"label": f"{label} {side}", "points": [[20, x / 2]] if turned else [[x, 9]], "shape_type": "point"}
        for label, sides in places.items()
        for side, x in sides.items()
    ]
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"imagePath": "f.png", "shapes": shapes}))
    names = {"head": ["caput"], "cup": [], "roof": []}
    settings = {**SETTINGS, "landmarks": {**SETTINGS["landmarks"], "names": names}}
    case = {"patient": "P", "row": 2, "film": film(tmp_path), "drawn": str(path), "again": ""}
    (record,) = check_images(case, settings)
    (fault,) = record["faults"]
    assert (fault.severity, fault.column) == ("error", "drawn")
    assert "found roof the other way round than head, cup" in fault.sentence()


def test_labels_that_nobody_knows_are_a_warning(tmp_path):
    path = tmp_path / "r.json"
    content = json.loads((tmp_path / drawn(tmp_path, "r.json")).read_text())
    content["shapes"].append({"label": "ruler", "points": [[1, 1], [2, 2]], "shape_type": "line"})
    path.write_text(json.dumps(content))
    ((severity, column, sentence),) = faults_of(tmp_path, drawn=str(path))
    assert (severity, column) == ("warning", "drawn")
    assert "expected labels of head, found 'ruler'. What is called so is not used" in sentence


def test_annotations_are_read_files_of_the_case(tmp_path):
    case = {"patient": "P", "row": 2, "film": film(tmp_path), "drawn": drawn(tmp_path), "again": ""}
    _, read = check_and_record(case, SETTINGS, {case["film"]: "a", case["drawn"]: "b"})
    assert set(read) == {case["film"], case["drawn"]}


COLUMNS = {
    "patient": {"description": "x", "kind": "id"},
    "film": {"description": "x", "kind": "path", "holds": "picture"},
    "drawn": {"description": "x", "kind": "path", "holds": "annotation", "drawn_on": "film"},
    "again": {
        "description": "x",
        "kind": "path",
        "may_be_empty": True,
        "holds": "annotation",
        "drawn_on": "film",
    },
}


def test_the_schema_tells_which_readers_drew_and_which_are_needed():
    schema = parse_schema({"one_row_per": "patient", "columns": COLUMNS})
    assert schema.images == (FILM,)
    assert from_settings({"images": json.loads(json.dumps(as_settings(schema.images)))}) == (FILM,)


def test_annotations_are_of_pictures():
    columns = COLUMNS | {"film": COLUMNS["film"] | {"holds": "volume"}}
    with pytest.raises(FaultList, match="columns.drawn.drawn_on: 'film' holds no picture"):
        parse_schema({"one_row_per": "patient", "columns": columns})
    without = {key: value for key, value in COLUMNS["drawn"].items() if key != "drawn_on"}
    with pytest.raises(FaultList, match="expected 'drawn_on' with holds: mask or annotation"):
        parse_schema({"one_row_per": "patient", "columns": COLUMNS | {"drawn": without}})


def test_a_file_of_many_films_may_stand_in_every_row_and_one_of_a_single_film_may_not(tmp_path):
    images = [{"id": n, "file_name": f"{n}.png"} for n in (1, 2)]
    coco = {"images": images, "annotations": [], "categories": []}
    (tmp_path / "instances_default.json").write_text(json.dumps(coco))
    cvat = '<annotations><image id="0" name="1.png"/><image id="1" name="2.png"/></annotations>'
    (tmp_path / "annotations.xml").write_text(cvat)
    (tmp_path / "qupath.json").write_text('{"type": "FeatureCollection", "features": []}')
    (tmp_path / "film.json").write_text('{"shapes": [], "imagePath": "1.png"}')
    schema = parse_schema({"one_row_per": "patient", "columns": COLUMNS})
    repeated = {}
    for name in ("instances_default.json", "annotations.xml", "qupath.json", "film.json", "missing.xml"):
        sheet = tmp_path / "s.csv"
        sheet.write_text(f"patient,film,drawn\nA,1.png,{name}\nB,2.png,./{name}\n")
        _, faults = check_sheet(read_rows(sheet), schema, "development", sheet=str(sheet))
        repeated[name] = ["a file in one row" in fault.sentence() for fault in faults]
    assert repeated == {
        "instances_default.json": [],
        "annotations.xml": [],
        "qupath.json": [True],
        "film.json": [True],
        "missing.xml": [True],
    }


def test_cases_of_a_sheet_leave_out_readers_who_are_not_there(tmp_path):
    sheet = tmp_path / "s.csv"
    sheet.write_text("patient,film,drawn,again\nA,a.png,a.json,\nB,b.png,b.json,b2.json\n")
    cases = sheet_cases(sheet, (FILM,))
    assert cases["A"][0]["again"] == ""
    assert cases["B"][0]["again"].endswith("b2.json")
    sheet.write_text("patient,film,drawn\nA,a.png,a.json\n")
    assert sheet_cases(sheet, (FILM,))["A"][0]["again"] == ""
    sheet.write_text("patient,film\nA,a.png\n")
    with pytest.raises(InputError, match="the columns patient, film, drawn, found no drawn"):
        sheet_cases(sheet, (FILM,))
