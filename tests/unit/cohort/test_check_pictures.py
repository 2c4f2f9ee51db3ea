"""The check of slices: records and faults of a picture and its mask, and what must hold between a patient's rows."""

import numpy as np
import pytest
from PIL import Image

from scripts.cohort.case_images import PICTURE, CaseImage
from scripts.cohort.check_cases import check_case
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.picture_cases import example_slice
from scripts.cohort.sheet import Row
from scripts.cohort.sheet_schema import load_schema
from scripts.workflow.config import ROOT
from scripts.workflow.image_sizes import ImageSize, image_size

SETTINGS = {"modality": "MR", "min_mask_voxels": 27, "allow_several_pieces": False}
WHICH = CaseImage("image", PICTURE, "", "mask", "mask_roi", False)
SCHEMA = load_schema(ROOT / "config/schemas/sheets/brain_tumor_types.yaml")


def disk(radius=6, centre=(16, 16), size=32):
    y, x = np.mgrid[:size, :size]
    return (np.hypot(y - centre[0], x - centre[1]) <= radius).astype(np.uint8)


@pytest.fixture
def case(tmp_path):
    def write(mask=None, image=None, name="a.png"):
        noise = np.random.default_rng(3).integers(10, 200, (32, 32)).astype(np.uint8)
        Image.fromarray(noise if image is None else image).save(tmp_path / name)
        Image.fromarray(disk() * 255 if mask is None else mask).save(tmp_path / "m.png")
        return {
            "patient": "S1", "row": 4, "image": str(tmp_path / name), "mask": str(tmp_path / "m.png"), "mask_roi": "",
        }  # fmt: skip

    return write


def faults_of(case):
    return [f"{f.severity} {f.column}: {f.sentence()}" for f in check_case(case, SETTINGS, WHICH)["faults"]]


def test_the_record_of_a_good_slice(case):
    record = check_case(case(), SETTINGS, WHICH)
    assert record["faults"] == []
    assert (record["size_x"], record["size_y"], record["size_z"], record["phases"]) == (32, 32, 1, 1)
    assert record["mask_voxels"] == disk().sum()
    assert record["components"] == 1
    # pixels have no length: neither a spacing nor a volume is made up
    assert record["spacing_x_mm"] is None
    assert record["mask_volume_ml"] is None
    assert len(record["image_digest"]) == len(record["mask_digest"]) == 64


def test_a_slice_without_a_mask_is_in_order(case):
    record = check_case(case() | {"mask": ""}, SETTINGS, WHICH)
    assert record["faults"] == []
    assert record["mask_voxels"] is None


def test_faults_of_slices_read_as_those_of_volumes(case):
    (small,) = faults_of(case(mask=disk(2) * 255))
    assert small.startswith("error mask: expected a mask of at least 27 voxels, found 13")
    two = np.maximum(disk(4, (8, 8)), disk(4, (24, 24))) * 255
    (pieces,) = faults_of(case(mask=two))
    assert pieces.startswith("error mask: expected a mask in one piece, found 2 pieces of 49, 49 voxels")
    (border,) = faults_of(case(mask=disk(6, (3, 16)) * 255))
    assert border.startswith(
        "warning mask: expected a mask inside the image, found one that touches its border (y first)"
    )
    (flat,) = faults_of(case(image=np.full((32, 32), 7, np.uint8)))
    assert "expected an image, found the value 7 in every voxel" in flat
    (missing,) = faults_of(case() | {"image": "nowhere.png"})
    assert "expected a file or folder, found no nowhere.png" in missing


def test_example_pictures_have_no_millimetres(case):
    shown = example_slice(case(), which=WHICH, modality="MR")
    assert shown.spacing is None
    np.testing.assert_array_equal(shown.mask, disk())


def rows(*cells):
    names = ("patient", "subject", "number", "tumour_type", "image", "mask")
    return [
        Row(line, dict(zip(names, (f"S{line}", subject, str(line), kind, f"{line}.png", ""), strict=True)))
        for line, (subject, kind) in enumerate(cells, start=2)
    ]


def sheet_faults(*cells):
    filled = [("P1", "glioma"), ("P2", "meningioma"), ("P3", "pituitary")] * 30
    _, faults = check_sheet(rows(*filled, *cells), SCHEMA, "development")
    return [f"{f.severity} {f.column}: {f.sentence()}" for f in faults]


def test_a_patient_may_have_many_slices():
    assert sheet_faults() == []


def test_a_patient_has_one_tumour_type():
    (fault,) = sheet_faults(("P1", "pituitary"))
    assert fault.startswith(
        "error tumour_type: expected one value of tumour_type for all rows of subject 'P1'"
    )
    assert "found pituitary, and glioma in line 2" in fault


def test_some_rows_without_a_patient():
    (fault,) = sheet_faults(("", "glioma"))
    assert fault.startswith("error subject: expected the patient of every row, or of none")
    assert "none in 1 of 91 rows (line 92)" in fault


def test_patients_that_look_alike():
    (fault,) = sheet_faults(("p1", "glioma"))
    assert fault.startswith("warning subject: expected identifiers that differ by more than capitals")
    assert "found 'p1', and 'P1' in line 2" in fault


def test_no_patients_at_all_is_in_order():
    _, faults = check_sheet(
        rows(*[("", k) for k in ("glioma", "meningioma", "pituitary")] * 30), SCHEMA, "development"
    )
    assert faults == []


def test_a_row_twice_tells_where_the_patient_belongs():
    twice = rows(*[("P1", "glioma"), ("P2", "meningioma"), ("P3", "pituitary")] * 30)
    twice[1].values["patient"] = twice[0].values["patient"]
    _, faults = check_sheet(twice, SCHEMA, "development")
    (text,) = [f.sentence() for f in faults]
    assert "one row a patient" in text
    assert "the patient in subject" in text


def test_a_class_without_slices():
    _, faults = check_sheet(rows(*[("P1", "glioma"), ("P2", "meningioma")] * 40), SCHEMA, "development")
    (text,) = [f"{f.severity} {f.sentence()}" for f in faults]
    assert text.startswith(
        "error expected pictures of each class in the sheet (meningioma, glioma, pituitary)"
    )
    assert "40 meningioma, 40 glioma, 0 pituitary" in text


def test_sizes_from_headers(tmp_path):
    array = np.zeros((40, 30), np.uint8)
    for name in ("a.png", "a.jpg", "a.tif"):
        Image.fromarray(array).save(tmp_path / name)
        assert image_size(str(tmp_path / name)) == ImageSize(1200, 1, False), name
    Image.fromarray(array.astype(np.uint16)).save(tmp_path / "b.png")
    assert image_size(str(tmp_path / "b.png")) == ImageSize(1200, 2, False)
