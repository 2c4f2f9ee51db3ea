"""Maps of several regions beside a mask, and masks that may be empty: schema, planning, reading, the check."""

import numpy as np
import pytest
import yaml

from scripts.cohort.case_images import CaseImage, as_settings, case_of, file_columns, from_settings
from scripts.cohort.check_cases import check_images
from scripts.cohort.masks import read_labels, read_mask
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import parse_schema
from scripts.errors import FaultList, InputError
from scripts.volumes import Volume, reorient, write_volume

WHICH = CaseImage(mask="lesions", mask_roi="", mask_needed=False, labels=("lobes", "segments"))
SETTINGS = {
    "modality": "CT", "min_mask_voxels": 0, "allow_several_pieces": True, "empty_mask": True, "tumour_median": False,
    "one_slice_mask": "allowed", "images": as_settings([WHICH]),
}  # fmt: skip
SPACING = (2.0, 2.0, 3.0)


@pytest.fixture
def image():
    noise = np.random.default_rng(0).integers(-20, 20, (8, 16, 20))
    array = np.where(np.arange(20) < 4, -1000, 40) + noise
    return Volume(array.astype(np.int16), SPACING, (1.0, 2.0, 3.0))


@pytest.fixture
def case(image, tmp_path):
    """A function that writes the files and gives the case."""

    def write(patient="A", **arrays):
        maps = {
            "lesions": np.zeros(image.array.shape, np.uint8),
            "lobes": np.full(image.array.shape, 3, np.uint8),
        }
        files = {}
        for name, array in (maps | arrays).items():
            files[name] = str(tmp_path / f"{patient}_{name}.nii.gz")
            write_volume(array if isinstance(array, Volume) else image.with_array(array), files[name])
        files["image"] = str(tmp_path / f"{patient}_image.nii.gz")
        write_volume(image.with_array(image.array + (0 if patient == "A" else 1)), files["image"])
        return case_of({"patient": patient, **files}, [WHICH]) | {"row": 2}

    return write


def faults_of(case):
    (record,) = check_images(case, SETTINGS)
    return [f"{f.severity} {f.column}: {f.sentence()}" for f in record["faults"]]


def schema(**labels):
    columns = {
        "patient": {"description": "P.", "kind": "id"},
        "image": {"description": "I.", "kind": "path", "holds": "volume"},
        "lesions": {
            "description": "M.",
            "kind": "path",
            "holds": "mask",
            "drawn_on": "image",
            "may_be_empty": True,
        },
        "lobes": {
            "description": "L.",
            "kind": "path",
            "holds": "labels",
            "drawn_on": "image",
            "may_be_empty": True,
        },
    }
    columns["lobes"] |= labels
    return parse_schema({"one_row_per": "patient", "columns": yaml.safe_load(yaml.safe_dump(columns))})


def test_labels_belong_to_their_image_and_leave_its_mask_alone():
    (found,) = schema().images
    assert found == CaseImage("image", "volume", "", "lesions", "", False, 1, labels=("lobes",))
    assert file_columns([found]) == ("image", "lesions", "lobes")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drawn_on": "imag"}, "columns.lobes.drawn_on: no column 'imag'. Did you mean 'image'?"),
        ({"drawn_on": "lesions"}, "columns.lobes.drawn_on: 'lesions' holds no image."),
        ({"may_be_empty": False}, "columns.lobes: expected may_be_empty: true with holds: labels."),
    ],
)
def test_what_a_schema_may_not_say_of_labels(change, message):
    with pytest.raises(FaultList) as caught:
        schema(**change)
    assert message in str(caught.value)


def test_settings_hold_labels_only_where_there_are_any():
    assert from_settings({"images": as_settings([WHICH])}) == (WHICH,)
    assert "labels" not in as_settings([CaseImage()])[0]


def test_a_sheet_may_lack_maps_and_masks(tmp_path):
    (tmp_path / "sheet.csv").write_text("patient,image,lobes\nA,a.nii,\nB,b.nii,NA\nC,c.nii,l.nii\n")
    found = sheet_cases(tmp_path / "sheet.csv", (WHICH,))
    assert [found[p][0]["lobes"] for p in "ABC"] == ["", "", str(tmp_path / "l.nii")]
    assert found["A"][0]["segments"] == found["A"][0]["lesions"] == ""


def test_a_good_case_with_an_empty_mask_has_no_fault(case):
    assert faults_of(case()) == []
    assert faults_of(case() | {"lobes": "", "lesions": ""}) == []
    (record,) = check_images(case(), SETTINGS)
    assert (record["mask_voxels"], record["mask_digest"]) == (0, None)


def test_an_empty_mask_is_refused_where_it_is_not_allowed(case, image):
    (record,) = check_images(case(), SETTINGS | {"empty_mask": False})
    assert "none (an empty mask)" in record["faults"][0].sentence()
    assert not read_mask(case()["lesions"], image, may_be_empty=True).array.any()


def test_a_map_on_another_grid_is_an_error_of_its_column(case, image):
    wrong = Volume(np.ones((8, 16, 19), np.uint8), SPACING, image.origin)
    (fault,) = faults_of(case(lobes=wrong))
    assert fault.startswith(
        "error lobes: expected a mask on the grid of the image, found size x: image 20 voxels"
    )


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((8, 16, 20), np.uint8), "expected labels of regions, found 0 everywhere"),
        (np.full((8, 16, 20), -1, np.int16), "expected labels of 0 and above, found -1"),
        (
            np.full((8, 16, 20), 1.5, np.float32),
            "expected whole numbers (labels) in the mask, found fractions",
        ),
    ],
)
def test_what_is_no_map_of_labels(array, message, case):
    (fault,) = faults_of(case(lobes=array))
    assert message in fault


def test_a_missing_map_is_named(case, tmp_path):
    (fault,) = faults_of(case() | {"segments": str(tmp_path / "none.nii.gz")})
    assert fault.startswith("error segments: expected a file or folder")


def test_labels_come_in_the_order_of_the_images_axes(image, tmp_path):
    array = np.zeros(image.array.shape, np.uint8)
    array[1, 2, 3], array[7, 15, 19] = 5, 18
    turned = reorient(image.with_array(array), (0, 1, 0, -1, 0, 0, 0, 0, -1))
    write_volume(
        Volume(turned.array.copy(), turned.spacing, turned.origin, turned.direction), tmp_path / "m.nrrd"
    )
    found = read_labels(tmp_path / "m.nrrd", image)
    assert found.array.dtype == np.int32
    assert [tuple(p) for p in np.argwhere(found.array)] == [(1, 2, 3), (7, 15, 19)]
    assert (found.array[1, 2, 3], found.array[7, 15, 19]) == (5, 18)
    with pytest.raises(InputError, match="expected a label map"):
        read_labels(tmp_path, image)


def test_a_mask_on_air_is_no_fault_where_masks_are_no_tumours(case, image):
    mask = np.zeros(image.array.shape, np.uint8)
    mask[3:6, 4:8, 1:3] = 1
    assert faults_of(case(lesions=mask)) == []
    (record,) = check_images(case(lesions=mask), SETTINGS | {"tumour_median": True})
    assert "a median between -200 and 500 HU" in record["faults"][0].sentence()
