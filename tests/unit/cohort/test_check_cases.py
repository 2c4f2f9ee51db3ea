"""check_case: the record of a good case by geometry, and the text of every fault of images and masks."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from scripts.cohort import check_cases
from scripts.cohort.check_cases import (
    RECORD,
    check_and_record,
    check_case,
    image_faults,
    main,
    one_record_each,
    piece_sizes,
)
from scripts.cohort.faults import Fault
from scripts.errors import CaseError, FaultList
from scripts.tables import read_table
from scripts.volumes import Volume, write_volume
from scripts.workflow.contents import FileChanged, Record, file_digest, read_records

SETTINGS = {"modality": "CT", "min_mask_voxels": 27, "allow_several_pieces": False}
REAL_DATA = os.environ.get("REAL_DATA")
SHAPE = (10, 20, 30)  # z, y, x
SPACING = (0.8, 0.9, 2.5)  # x, y, z in mm


def abdomen(seed=0):
    """Air, a body of fat and soft tissue, and voxels that no other seed has."""
    noise = np.random.default_rng(seed).integers(-20, 20, SHAPE)
    array = np.full(SHAPE, -1000) + noise
    array[:, 2:18, 2:28] = (-100 + noise)[:, 2:18, 2:28]
    array[:, 5:15, 5:25] = (60 + noise)[:, 5:15, 5:25]
    return array.astype(np.int16)


def box(z=slice(2, 6), y=slice(6, 12), x=slice(8, 18)):
    mask = np.zeros(SHAPE, np.uint8)
    mask[z, y, x] = 1
    return mask


@pytest.fixture
def case(tmp_path):
    """A function that writes an image and a mask and gives the case."""

    def write(image=None, mask=None, mask_spacing=SPACING, **others):
        write_volume(Volume(abdomen() if image is None else image, SPACING), tmp_path / "image.nii.gz")
        write_volume(Volume(box() if mask is None else mask, mask_spacing), tmp_path / "mask.nii.gz")
        paths = {"image": str(tmp_path / "image.nii.gz"), "mask": str(tmp_path / "mask.nii.gz")}
        return {"patient": "P1", "row": 7, **paths, "image_series": "", "mask_roi": "", **others}

    return write


def faults_of(case, **settings):
    return check_case(case, SETTINGS | settings)["faults"]


def the_fault(case, **settings):
    """The one fault of a case as '<severity> <column>: <sentence>'."""
    (fault,) = faults_of(case, **settings)
    assert (fault.row, fault.patient) == (7, "P1")
    return f"{fault.severity} {fault.column}: {fault.sentence()}"


def test_the_record_of_a_good_case(case):
    record = check_case(case(), SETTINGS)
    assert record["faults"] == []
    assert list(record) == list(RECORD)
    digests = [record.pop(key) for key in ("image_digest", "mask_digest")]
    assert all(len(d) == 64 for d in digests)
    assert digests[0] != digests[1]
    assert record == {
        "patient": "P1",
        "row": 7,
        "image": "image",
        "phases": 1,
        "size_x": 30,
        "size_y": 20,
        "size_z": 10,
        "spacing_x_mm": pytest.approx(0.8, abs=1e-6),
        "spacing_y_mm": pytest.approx(0.9, abs=1e-6),
        "spacing_z_mm": pytest.approx(2.5, abs=1e-6),
        "mask_voxels": 4 * 6 * 10,
        "mask_volume_ml": pytest.approx(240 * 0.8 * 0.9 * 2.5 / 1000, rel=1e-6),
        "components": 1,
        "side": None,
        "layout": None,
        "faults": [],
        "log": None,
    }


def test_one_changed_voxel_changes_one_digest(case):
    first = check_case(case(), SETTINGS)
    mask = box()
    mask[2, 6, 7] = 1
    second = check_case(case(mask=mask), SETTINGS)
    assert first["image_digest"] == second["image_digest"]
    assert first["mask_digest"] != second["mask_digest"]
    assert check_case(case(abdomen(1)), SETTINGS)["image_digest"] != first["image_digest"]


@pytest.mark.parametrize("column", ["image", "mask"])
def test_missing_paths(case, tmp_path, column):
    good = case()
    absent = str(tmp_path / "absent.nii")
    assert the_fault({**good, column: absent}) == (
        f"error {column}: expected a file or folder, found no {absent}. {tmp_path} holds no 'absent.nii'. "
        "A relative path is counted from the folder of the sheet."
    )
    deep = str(tmp_path / "no" / "such" / "x.nii")
    assert f"{tmp_path} holds no 'no'." in the_fault({**good, column: deep})
    assert "found no D:\\x.nii. Write the path with /" in the_fault({**good, column: "D:\\x.nii"})
    assert the_fault({**good, column: ""}).startswith(
        f"error {column}: expected the path of a file or folder, found no"
    )
    (tmp_path / "empty").mkdir()
    assert f"a folder with images, found the empty folder {tmp_path / 'empty'}" in the_fault(
        {**good, column: str(tmp_path / "empty")}
    )


def test_both_paths_are_told_at_once():
    faults = faults_of({"patient": "P1", "row": 7, "image": "/no/a.nii", "mask": "/no/b.nii"})
    assert [fault.column for fault in faults] == ["image", "mask"]


def test_unreadable_files_are_faults_of_their_case(case, tmp_path):
    good = case()
    (tmp_path / "text.nii.gz").write_text("no image")
    for column in ("image", "mask"):
        (fault,) = faults_of({**good, column: str(tmp_path / "text.nii.gz")})
        assert (fault.severity, fault.column) == ("error", column)
    (tmp_path / "image.xyz").write_text("no image")
    assert "expected a DICOM folder" in the_fault({**good, "image": str(tmp_path / "image.xyz")})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("born 19610228"), ["found one that no reader can make out. Open the file in a viewer"]),
        (KeyError("DOE^JANE"), ["found one that no reader can make out."]),
        (CaseError("no overlap"), ["found no overlap."]),
        (
            FaultList("x", ["spacing x: 1 and 2", "size z: 3 and 4"], "Resample."),
            ["size z: 3 and 4. Res", "spacing x: 1"],
        ),
    ],
)
def test_whatever_a_reader_raises_is_told(case, monkeypatch, error, words):
    def broken(*arguments, **options):
        raise error

    monkeypatch.setattr(check_cases, "read_mask", broken)
    faults = sorted(fault.sentence() for fault in faults_of(case()))
    assert len(faults) == len(words)
    assert all(word in fault for word, fault in zip(words, faults, strict=True))
    assert all("expected a readable mask on the grid of the image" in fault for fault in faults)


def test_a_package_that_is_not_installed_is_no_fault_of_a_case(case, monkeypatch):
    def lacking(*arguments, **options):
        raise ModuleNotFoundError("No module named 'mne'")

    monkeypatch.setattr(check_cases, "_read", lacking)
    with pytest.raises(ModuleNotFoundError):
        faults_of(case())


def test_another_grid_names_the_field_and_by_how_much(case):
    fault = the_fault(case(mask_spacing=(0.75, 0.9, 2.5)))
    assert (
        "error mask: expected a mask on the grid of the image, found spacing x: image 0.800 mm, mask 0.750 mm"
        in fault
    )
    fault = the_fault(case(mask=box()[:, :, :29]))
    assert "size x: image 30 voxels, mask 29 voxels" in fault


def test_a_named_label_is_the_mask(case):
    labels = box() + 2 * box(z=slice(7, 9))
    assert check_case(case(mask=labels, mask_roi="2"), SETTINGS)["mask_voxels"] == 2 * 6 * 10
    assert "the label 3" in the_fault(case(mask=labels, mask_roi="3"))


def test_an_empty_mask(case):
    assert "error mask: " in the_fault(case(mask=np.zeros(SHAPE, np.uint8)))
    (found,) = check_cases.mask_faults(
        Volume(abdomen(), SPACING), Volume(np.zeros(SHAPE), SPACING), [], SETTINGS
    )
    assert found == (
        "error",
        "a mask with a region",
        "an empty one",
        "Draw the region, or name its label in mask_roi.",
    )


def test_a_mask_of_everything(case):
    assert "error mask: expected a mask of the tumour, found a mask of the whole image." in the_fault(
        case(mask=np.ones(SHAPE, np.uint8))
    )


def test_pieces_join_over_corners_and_are_counted_otherwise(case):
    corner = box(slice(2, 5), slice(6, 9), slice(8, 11))
    corner[5:7, 9:11, 11:13] = 1
    assert piece_sizes(Volume(corner, SPACING)) == [27 + 8]
    apart = corner.copy()
    apart[5, 9, 11] = 0
    assert piece_sizes(Volume(apart, SPACING)) == [27, 7]
    assert the_fault(case(mask=apart)) == (
        "error mask: expected a mask in one piece, found 2 pieces of 27, 7 voxels. "
        "Delete the specks, or set allow_several_pieces: true for the cohort."
    )
    record = check_case(case(mask=apart), SETTINGS | {"allow_several_pieces": True})
    assert (record["faults"], record["components"]) == ([], 2)
    apart[0, 0, 0] = 1
    assert piece_sizes(Volume(apart, SPACING)) == [27, 7, 1]
    assert piece_sizes(Volume(np.zeros(SHAPE), SPACING)) == []


def test_a_small_mask(case):
    small = box(slice(2, 5), slice(6, 9), slice(8, 11))
    assert faults_of(case(mask=small)) == []
    small[2, 6, 8] = 0
    assert "error mask: expected a mask of at least 27 voxels, found 26." in the_fault(case(mask=small))


@pytest.mark.parametrize(
    ("place", "side"),
    [
        ({"z": slice(0, 4)}, "z first"),
        ({"z": slice(6, 10)}, "z last"),
        ({"y": slice(0, 13)}, "y first"),
        ({"y": slice(8, 20)}, "y last"),
        ({"x": slice(0, 18)}, "x first"),
        ({"x": slice(12, 30)}, "x last"),
    ],
)
def test_a_mask_at_the_border(case, place, side):
    fault = the_fault(case(mask=box(**place)))
    assert (
        f"warning mask: expected a mask inside the image, found one that touches its border ({side})."
        in fault
    )


def test_a_mask_in_one_slice(case):
    flat = case(mask=box(z=slice(3, 4)))
    assert (
        "warning mask: expected a mask in several slices, found one in slice 3 alone (from 0)."
        in the_fault(flat)
    )
    assert the_fault(flat, one_slice_mask="error").startswith("error mask: expected a mask in several slices")
    assert check_case(flat, SETTINGS | {"one_slice_mask": "allowed"})["faults"] == []


def test_a_mask_in_air_or_metal(case):
    flipped = case(mask=box(y=slice(0, 2), z=slice(2, 6)))
    found = [fault.sentence() for fault in faults_of(flipped)]
    assert len(found) == 2
    assert "expected a median between -200 and 500 HU under the mask, found -10" in found[1]
    assert "HU (air). Look whether the mask is flipped or of another image." in found[1]
    assert len(faults_of(flipped, modality="MR")) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda a: a + 1024,
            "error image: expected Hounsfield units (fat -100, air -1000), found values from 4 to 1103, "
            "which look like stored values without the rescale intercept. Export the image with its "
            "rescaling.",
        ),
        (lambda a: np.clip((a + 1020) // 8, 0, 255), "which look like 8-bit grey values."),
        (
            lambda a: np.maximum(a, -150),
            "warning image: expected Hounsfield units (air -1000), found no value below -150. Look",
        ),
        (
            lambda a: np.where(a == a.max(), 25000, a),
            "warning image: expected Hounsfield units up to 20000, found a largest",
        ),
    ],
)
def test_intensities_that_are_not_hounsfield_units(case, change, fault):
    wrong = case(change(abdomen().astype(np.int32)).astype(np.int16))
    (found,) = [f for f in faults_of(wrong) if f.column == "image"]
    assert fault in f"{found.severity} {found.column}: {found.sentence()}"
    assert [f for f in faults_of(wrong, modality="MR") if f.column == "image"] == []


def test_images_without_content():
    constant = list(image_faults(Volume(np.full(SHAPE, -3.0), SPACING), "CT"))
    assert constant == [("error", "an image", "the value -3 in every voxel", "Export the image again.")]
    holes = abdomen().astype(float)
    holes[0, 0, :2] = np.nan, np.inf
    (found,) = image_faults(Volume(holes, SPACING), "CT")
    assert found[:3] == ("error", "a number in every voxel", "2 voxels without")


@pytest.mark.parametrize("spacing", [(0.0008, 0.9, 2.5), (0.8, 25.0, 2.5)])
def test_a_spacing_in_another_unit(spacing):
    axis = "x" if spacing[0] < 0.1 else "y"
    ((severity, expected, found, _),) = image_faults(Volume(abdomen(), spacing), "CT")
    assert (severity, expected) == ("warning", f"a spacing between 0.1 and 10 mm along {axis}")
    assert found in ("0.0008 mm", "25 mm")


@pytest.mark.parametrize("threads", [1, 2])
def test_main_writes_a_row_a_case(case, tmp_path, threads):
    good = case()
    bad = {"patient": "P2", "image": "/no/such", "mask": good["mask"], "image_series": "", "mask_roi": ""}
    output = SimpleNamespace(
        cases=str(tmp_path / "out" / "b.parquet"), contents=str(tmp_path / "out" / "b.json")
    )
    contents = {good["image"]: "of the image", good["mask"]: "of the mask"}
    cases = [good, bad]
    job = SimpleNamespace(settings=SETTINGS, cases=cases, contents=contents, threads=threads, output=output)
    job.log = "l.log"
    main(job)
    records = read_records(output.contents)
    assert {path: record.label for path, record in records.items()} == contents
    assert all(record.digest == file_digest(path) for path, record in records.items())
    table = read_table(output.cases)
    assert list(table.columns) == list(RECORD)
    assert table["patient"].tolist() == ["P1", "P2"]
    assert table["mask_voxels"].isna().tolist() == [False, True]
    assert json.loads(table.loc[0, "faults"]) == []
    (fault,) = [Fault(**entry) for entry in json.loads(table.loc[1, "faults"])]
    assert (fault.row, fault.found) == (None, "no /no/such")


def test_a_file_written_while_it_is_checked_stops_the_batch(case, monkeypatch):
    good = case()

    def replace(*_, **__):
        Path(good["mask"]).write_bytes(b"half a file")
        raise ValueError("half a file")

    monkeypatch.setattr(check_cases, "read_mask", replace)
    with pytest.raises(FileChanged, match="written meanwhile"):
        check_and_record(good, SETTINGS, {good["mask"]: "label"})


def test_two_cases_that_found_two_contents_in_one_file_stop_the_batch():
    first, second = ({"image.nrrd": Record("label", "", digest)} for digest in ("a", "b"))
    assert one_record_each([first, first, {}]) == first
    with pytest.raises(FileChanged, match=r"image\.nrrd: expected one content"):
        one_record_each([first, second])


@pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")
def test_a_real_ct_is_in_order_and_a_real_mr_is_no_ct():
    phantom = Path(REAL_DATA) / "ibsi" / "ibsi_1_ct_radiomics_phantom" / "nifti"
    image, mask = str(phantom / "image" / "phantom.nii.gz"), str(phantom / "mask" / "mask.nii.gz")
    record = check_case({"patient": "IBSI", "image": image, "mask": mask}, SETTINGS)
    assert (record["faults"], record["components"]) == ([], 1)
    # IBSI 1, chest configuration A: mesh volume 358,000 mm3 +- 5,000
    assert record["mask_volume_ml"] == pytest.approx(358.0, abs=5.0)
    brain = Path(REAL_DATA) / "radiomics_baseline"
    image, mask = str(brain / "brain1_image.nrrd"), str(brain / "brain1_label.nrrd")
    record = check_case({"patient": "brain1", "image": image, "mask": mask}, SETTINGS)
    told = [fault.sentence() for fault in record["faults"]]
    assert len(told) == 3
    assert (
        "found values from 0 to 3057, which look like stored values without the rescale intercept" in told[0]
    )
    assert "found 2 pieces of 3524, 613 voxels" in told[1]
