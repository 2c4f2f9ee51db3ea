"""DICOM series made to measure: values, geometry, and the ways to fail to be one rectangular volume."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import RLELossless

from scripts.cohort.dicom_files import (
    RTDOSE,
    Plane,
    choose_series,
    label,
    modality,
    read_header,
    scan_folder,
    uid,
)
from scripts.cohort.dicom_series import DicomVolume, axes_of, read_dicom, refuse_foreign, stack
from scripts.cohort.images import read_image
from scripts.errors import InputError
from scripts.volumes import IDENTITY, Volume, digest, write_volume

SERIES, FRAME = "1.2.826.0.1.1", "1.2.826.0.1.7"
SAGITTAL = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # columns: back, feet, right


@pytest.fixture
def stored() -> np.ndarray:
    """(4, 3, 5) stored values, all different."""
    z, y, x = np.indices((4, 3, 5))
    return (1000 + 100 * z + 10 * y + x).astype(np.uint16)


def test_slices_are_sorted_and_rescaled_to_hounsfield_units(tmp_path, write_series, stored):
    slices = write_series(tmp_path, stored, (0.7, 0.9, 2.5), (-10, 20, -300.5), slope=2, intercept=-1024)
    by_name = [int(p.stem.split("_")[-1]) for p in sorted(tmp_path.iterdir())]
    assert by_name != sorted(by_name)
    assert len(slices) == 4
    image = read_image(tmp_path)
    assert image.array.dtype == np.int16
    assert image.array.shape == (4, 3, 5)
    assert image.array[3, 1, 4] == 1314 * 2 - 1024
    np.testing.assert_array_equal(image.array, stored.astype(int) * 2 - 1024)
    assert image.spacing == pytest.approx((0.7, 0.9, 2.5))
    assert image.origin == pytest.approx((-10, 20, -300.5))
    assert image.direction == IDENTITY


@pytest.mark.parametrize("degrees", [0, 15, -40])
def test_oblique_series_keep_their_direction(tmp_path, write_series, stored, degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    direction = (1, 0, 0, 0, c, -s, 0, s, c)
    write_series(tmp_path, stored, (0.7, 0.9, 2.5), (1, 2, 3), direction)
    image = read_image(tmp_path)
    assert image.direction == pytest.approx(direction, abs=1e-8)
    assert image.origin == pytest.approx((1, 2, 3))
    assert image.spacing == pytest.approx((0.7, 0.9, 2.5))
    np.testing.assert_array_equal(image.array, stored)


def test_slices_written_against_their_normal_are_turned_round(tmp_path, write_series, stored):
    # the writer's third column points against row x column, so its last slice is the lowest
    direction = (1, 0, 0, 0, 1, 0, 0, 0, -1)
    write_series(tmp_path, stored, (1, 1, 2), (0, 0, 10), direction)
    image = read_image(tmp_path)
    assert image.origin == (0, 0, 4)
    assert image.direction == IDENTITY
    np.testing.assert_array_equal(image.array, stored[::-1])


def test_sagittal_series(tmp_path, write_series, stored):
    write_series(tmp_path, stored, (0.7, 0.9, 2.5), (5, 6, 7), SAGITTAL)
    image = read_image(tmp_path)
    # row x column = back x feet = (0, 1, 0) x (0, 0, -1) = (-1, 0, 0): slices ascend to the right, as written
    assert image.direction == SAGITTAL
    assert image.origin == (5, 6, 7)
    np.testing.assert_array_equal(image.array, stored)


def test_each_slice_has_its_own_slope(tmp_path, write_series, stored):
    def change(z, dataset):
        dataset.RescaleSlope, dataset.RescaleIntercept = str(0.25 * (z + 1)), "-0.5"

    write_series(tmp_path, stored, modality="PT", change=change)
    image = read_image(tmp_path)
    assert image.array.dtype == np.float64
    expected = stored * (0.25 * np.arange(1, 5))[:, None, None] - 0.5
    np.testing.assert_array_equal(image.array, expected)


def test_values_beyond_16_bit_stay_exact(tmp_path, write_series, stored):
    write_series(tmp_path, stored + 64000, slope=3, intercept=7)
    image = read_image(tmp_path)
    assert image.array.dtype == np.int32
    np.testing.assert_array_equal(image.array, (stored.astype(int) + 64000) * 3 + 7)


def test_signed_and_compressed_pixels(tmp_path, write_series):
    stored = np.arange(-3000, -3000 + 3 * 33 * 40, dtype=np.int16).reshape(3, 33, 40)
    write_series(tmp_path, stored, change=lambda z, dataset: dataset.compress(RLELossless))
    np.testing.assert_array_equal(read_image(tmp_path).array, stored)


def test_the_same_picture_as_dicom_and_as_nifti_has_one_digest(tmp_path, write_series, stored):
    write_series(tmp_path / "dicom", stored, (0.703125, 0.7, 2.5), (-10.1, 20.2, -300.3), intercept=-1024)
    image = read_image(tmp_path / "dicom")
    write_volume(image, tmp_path / "image.nii.gz")
    assert digest(read_image(tmp_path / "image.nii.gz")) == digest(image)


def test_other_files_and_other_objects_in_the_folder_are_passed_over(
    tmp_path, write_series, write_structure, stored
):
    write_series(tmp_path / "a" / "b", stored)
    write_structure(tmp_path / "a" / "rs.dcm", {"GTV": [np.zeros((3, 3))]})

    def dose(z, dataset):
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = RTDOSE

    write_series(tmp_path / "dose", stored, series_uid="1.2.3", modality="RTDOSE", change=dose)
    (tmp_path / "notes.txt").write_text("checked by two readers")
    (tmp_path / "empty").touch()
    (tmp_path / "._slice.dcm").write_bytes(b"resource fork")
    np.testing.assert_array_equal(read_image(tmp_path).array, stored)


def test_several_series_are_listed_without_names_or_dates(tmp_path, write_series, refused, stored):
    write_series(tmp_path / "1", stored, series_uid="1.2.3.1")
    write_series(tmp_path / "2", stored[:1], series_uid="1.2.3.2", modality="MR")
    text = refused(lambda: read_image(tmp_path), "one of several", "Name the series")
    assert "found 2 series: 1.2.3.1 (CT, 4 slices); 1.2.3.2 (MR, 1 slice)." in text
    np.testing.assert_array_equal(read_image(tmp_path, series_uid="1.2.3.1").array, stored)
    refused(
        lambda: read_image(tmp_path, series_uid="1.2.3.11"),
        "expected the series '1.2.3.11'",
        "1.2.3.1 (CT, 4 slices)",
        "Did you mean '1.2.3.1'?",
    )


def test_the_only_series_is_not_taken_for_another(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored)
    words = ("expected the series '9.9'", f"found only {SERIES} (CT, 4 slices)")
    refused(lambda: read_image(tmp_path, series_uid="9.9"), *words)
    np.testing.assert_array_equal(read_image(tmp_path, series_uid=SERIES).array, stored)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        (
            {2},
            ("a gap of 5.000 mm between slices 2 and 3 (at -297.500 and -292.500 mm)", "1 slice is missing"),
        ),
        ({1, 2, 3}, ("a gap of 10.000 mm between slices 1 and 2", "3 slices are missing")),
        ({8}, ("a gap of 5.000 mm between slices 8 and 9", "elsewhere 2.500 mm")),
    ],
)
def test_missing_slices_are_refused(tmp_path, write_series, refused, left_out, words):
    stored = np.zeros((10, 3, 3), dtype=np.uint16)
    write_series(tmp_path, stored, (1, 1, 2.5), (0, 0, -300), change=lambda z, dataset: z not in left_out)
    refused(lambda: read_image(tmp_path), "expected evenly spaced slices", *words)


def shift(z: int, axis: int, mm: float):
    """A change that moves slice z along an axis of the patient."""

    def change(number, dataset):
        if number == z:
            dataset.ImagePositionPatient[axis] = f"{float(dataset.ImagePositionPatient[axis]) + mm:.6f}"

    return change


def test_uneven_spacing_is_refused_with_the_gap_in_mm(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored, (1, 1, 2), change=shift(3, 2, 0.3))
    found = "found 2.300 mm between slices 3 and 4 (at 4.000 and 6.300 mm), elsewhere 2.000 mm"
    refused(lambda: read_image(tmp_path), "expected evenly spaced slices", found)


def test_positions_rounded_to_a_tenth_are_even(tmp_path, write_series):
    def rounded(z, dataset):
        dataset.ImagePositionPatient[2] = f"{float(dataset.ImagePositionPatient[2]):.1f}"

    write_series(tmp_path, np.zeros((41, 3, 3), np.uint16), (1, 1, 0.625), change=rounded)
    assert read_image(tmp_path).spacing[2] == pytest.approx(0.625)  # 25.0 mm in 40 steps


def test_a_tenth_of_the_spacing_is_never_rounding(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored, (0.1, 0.1, 0.2), change=shift(1, 2, 0.04))
    refused(lambda: read_image(tmp_path), "expected evenly spaced slices", "elsewhere 0.200 mm")


def test_a_copied_slice_is_a_duplicate(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored, (1, 1, 2.5))
    source = next(tmp_path.glob("*_2.dcm"))
    (tmp_path / "copy.dcm").write_bytes(source.read_bytes())
    found = f"found 1 too many, first at 5.000 mm ({source.name}, copy.dcm)"
    refused(lambda: read_image(tmp_path), "one slice at each position (no duplicates)", found)


def test_phases_in_one_series_are_named_as_such(tmp_path, write_series, refused, stored):
    write_series(tmp_path / "arterial", stored)
    write_series(tmp_path / "venous", stored + 1)
    words = ("found 2 at each of 4 positions", "Export each phase as its own series.")
    refused(lambda: read_image(tmp_path), *words)


def test_gantry_tilt_is_refused_with_its_angle(tmp_path, write_series, refused, stored):
    # slices stay upright while the stack leans along y: 2.5 mm up, 2.5 tan 12 deg back, over 3 steps 1.594 mm
    def lean(z, dataset):
        dataset.ImagePositionPatient[1] = f"{2.5 * z * math.tan(math.radians(12)):.6f}"

    write_series(tmp_path, stored, (0.7, 0.7, 2.5), change=lean)
    found = "a stack that leans 12.00 degrees (gantry tilt; 1.594 mm sideways)"
    refused(lambda: read_image(tmp_path), "slices stacked along their normal", found)


def test_a_slice_moved_sideways_is_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored, change=shift(2, 0, 0.2))
    refused(lambda: read_image(tmp_path), "slices stacked along their normal", "0.200 mm sideways")


def test_mixed_sizes_orientations_and_spacings_are_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path / "size" / "a", stored)
    write_series(tmp_path / "size" / "b", stored[:1, :2], origin=(0, 0, 4))
    found = "found 5 x 3 in 4 slices, 5 x 2 in 1 slices"
    refused(lambda: read_image(tmp_path / "size"), "slices of one size", found, "localisers")

    def turned(z, dataset):
        if z == 0:
            dataset.ImageOrientationPatient = [0, 1, 0, 0, 0, -1]

    write_series(tmp_path / "turned", stored, change=turned)
    found = "values up to 1.0000 apart"
    refused(lambda: read_image(tmp_path / "turned"), "one ImageOrientationPatient", found, "localisers")

    def zoomed(z, dataset):
        if z == 3:
            dataset.PixelSpacing = [1, 1.25]

    write_series(tmp_path / "zoomed", stored, change=zoomed)
    refused(lambda: read_image(tmp_path / "zoomed"), "one PixelSpacing", "values up to 0.2500 mm apart")

    def moved(z, dataset):
        dataset.FrameOfReferenceUID = FRAME + ("" if z else ".1")

    write_series(tmp_path / "moved", stored, change=moved)
    refused(lambda: read_image(tmp_path / "moved"), "one FrameOfReferenceUID", "several")


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"])
def test_slices_without_geometry_are_refused(tmp_path, write_series, refused, stored, keyword):
    write_series(tmp_path, stored, change=lambda z, dataset: delattr(dataset, keyword))
    refused(lambda: read_image(tmp_path), f"{keyword} in every slice", "and 1 more")


def test_a_skew_orientation_is_refused(tmp_path, write_series, refused, stored):
    def skew(z, dataset):
        dataset.ImageOrientationPatient = [1, 0, 0, 0.1, 0.995, 0]

    write_series(tmp_path, stored, change=skew)
    words = ("two perpendicular unit vectors", "product 0.1000")
    refused(lambda: read_image(tmp_path), *words)


def test_rounding_in_the_orientation_is_mended():
    axes = axes_of("series", (0.99995, 0.01, 0, -0.01, 0.99995, 0.0002))
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_a_pixel_spacing_of_zero_is_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored, (1, 0, 1))
    refused(lambda: read_image(tmp_path), "a PixelSpacing above 0 mm", "0 and 1")


def test_colour_slices_are_refused(tmp_path, write_series, refused, stored):
    def colour(z, dataset):
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"

    write_series(tmp_path, stored, change=colour)
    refused(lambda: read_image(tmp_path), "grey slices", "a colour image in")


def test_one_slice_takes_its_thickness(tmp_path, write_series, refused, stored):
    write_series(tmp_path / "thick", stored[:1], (1, 1, 7.5))
    assert read_image(tmp_path / "thick").spacing == (1, 1, 7.5)
    write_series(tmp_path / "thin", stored[:1], change=lambda z, dataset: delattr(dataset, "SliceThickness"))
    refused(lambda: read_image(tmp_path / "thin"), "the thickness of the one", "one without SliceThickness")


def only_file(folder: Path) -> Path:
    return next(folder.glob("*_2.dcm"))


@pytest.mark.parametrize("length", [0, 40, 140, 300, 700, -30])
def test_a_truncated_slice_is_refused_by_its_file(tmp_path, write_series, refused, stored, length):
    write_series(tmp_path, stored)
    broken = only_file(tmp_path)
    broken.write_bytes(broken.read_bytes()[:length])
    refused(lambda: read_image(tmp_path), str(broken))


def test_damaged_compressed_pixels_are_refused_by_their_file(tmp_path, write_series, refused):
    stored = np.random.default_rng(1).integers(0, 4000, (4, 33, 40)).astype(np.uint16)
    write_series(tmp_path, stored, change=lambda z, dataset: dataset.compress(RLELossless))
    broken = only_file(tmp_path)
    data = broken.read_bytes()
    broken.write_bytes(data[:-400] + b"\x81" * 400)
    refused(lambda: read_image(tmp_path), str(broken), "damaged")


def test_a_slice_without_pixel_data_is_refused(tmp_path, write_series, refused, stored):
    write_series(
        tmp_path, stored, change=lambda z, dataset: delattr(dataset, "PixelData") if z == 2 else None
    )
    refused(lambda: read_image(tmp_path), str(only_file(tmp_path)), "pixel data are damaged, missing")


def test_a_slice_without_a_transfer_syntax_is_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored)
    broken = only_file(tmp_path)
    data = broken.read_bytes()
    syntax = b"\x02\x00\x10\x00UI"
    at = data.index(syntax)
    length = int.from_bytes(data[at + 6 : at + 8], "little")
    group = int.from_bytes(data[140:144], "little") - 8 - length
    broken.write_bytes(data[:140] + group.to_bytes(4, "little") + data[144:at] + data[at + 8 + length :])
    refused(lambda: read_image(tmp_path), str(broken), "without a TransferSyntaxUID")


def test_a_dicom_ending_without_dicom_content_is_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored)
    (tmp_path / "extra.dcm").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 200)
    words = (str(tmp_path / "extra.dcm"), "a PNG picture (no DICOM preamble)")
    refused(lambda: read_image(tmp_path), *words)


def test_values_that_break_the_rules_of_form_are_no_fault(tmp_path, write_series, stored):
    def sloppy(z, dataset):
        dataset.add_new("SoftwareVersions", "LO", "v" * 80)
        dataset.add_new("StationName", "SH", "a station name of many letters")
        dataset.add_new("PatientWeight", "DS", "70.123456789012345678")

    import pydicom

    with pydicom.config.disable_value_validation():
        write_series(tmp_path, stored, change=sloppy)
    np.testing.assert_array_equal(read_image(tmp_path).array, stored)


def test_folders_without_an_image_are_refused(tmp_path, write_structure, refused):
    refused(lambda: read_image(tmp_path), "a folder with a DICOM image series", "found none")
    write_structure(tmp_path / "rs.dcm", {"GTV": [np.zeros((3, 3))]})
    refused(lambda: read_image(tmp_path), "1 DICOM files without an image (RTSTRUCT)")


def test_multi_frame_files_are_sorted_by_their_frames(tmp_path, write_multi_frame, stored):
    write_multi_frame(tmp_path / "ct.dcm", stored, [10, 6, 8, 4], (0.9, 0.7))
    for path in (tmp_path / "ct.dcm", tmp_path):
        image = read_image(path)
        assert image.spacing == (0.7, 0.9, 2)
        assert image.origin == (1, 2, 4)
        np.testing.assert_array_equal(image.array, stored[[3, 1, 2, 0]].astype(int) - 1024)


def test_multi_frame_faults(tmp_path, write_multi_frame, refused, stored):
    path = tmp_path / "ct.dcm"
    write_multi_frame(path, stored, [0, 2, 4, 8])
    refused(lambda: read_image(path), "a gap of 4.000 mm between slices 3 and 4")
    write_multi_frame(path, stored, [0, 0, 2, 2])
    refused(lambda: read_image(path), "2 at each of 2 positions")
    write_multi_frame(path, stored, [0, 2, 4, 6], rescale=lambda frame: (1 + frame, 0))
    refused(lambda: read_image(path), "one rescale slope and intercept in all frames", "4")
    write_multi_frame(path, stored, [0, 2, 4, 6])
    refused(lambda: read_image(path, series_uid="9.9"), "expected the series '9.9'")
    write_multi_frame(tmp_path / "b.dcm", stored, [8, 10, 12, 14])
    refused(lambda: read_image(tmp_path), "one multi-frame file, or one slice a file", "2 multi-frame files")


def test_a_file_with_other_than_its_frames_is_refused(tmp_path, write_multi_frame, refused, stored):
    write_multi_frame(tmp_path / "ct.dcm", stored, [0, 2, 4])
    refused(lambda: read_image(tmp_path / "ct.dcm"), str(tmp_path / "ct.dcm"), "damaged or incomplete")


def test_one_slice_is_not_a_volume(tmp_path, write_series, write_structure, refused, stored):
    write_series(tmp_path, stored)
    path = only_file(tmp_path)
    refused(lambda: read_image(path), "a file of one slice", "Name the folder that holds the whole series.")
    write_structure(tmp_path / "rs.dcm", {"GTV": [np.zeros((3, 3))]})
    refused(lambda: read_image(tmp_path / "rs.dcm"), "a DICOM object without one (RTSTRUCT)")


def test_a_dicom_file_needs_no_ending(tmp_path, write_multi_frame, stored):
    write_multi_frame(tmp_path / "IM0001", stored, [0, 2, 4, 6])
    assert read_image(tmp_path / "IM0001").size == (5, 3, 4)


def test_what_is_no_image_is_refused(tmp_path, write_series, refused, stored):
    refused(lambda: read_image(tmp_path / "none"), "a file or folder", "nothing of that name")
    (tmp_path / "sheet.csv").write_text("patient,image\n")
    words = ("a DICOM folder, a multi-frame DICOM file or an image file", "the ending '.csv'")
    refused(lambda: read_image(tmp_path / "sheet.csv"), *words)
    (tmp_path / "empty.dcm").touch()
    refused(lambda: read_image(tmp_path / "empty.dcm"), "an empty file (0 bytes)")
    write_volume(Volume(stored, (1, 1, 1)), tmp_path / "image.nii")
    refused(
        lambda: read_image(tmp_path / "image.nii", series_uid="1.2"), "a series is named", "a '.nii' file"
    )
    refused(lambda: read_dicom(tmp_path / "image.nii"), "a readable DICOM file", "an uncompressed NIfTI file")


def test_a_header_keeps_nothing_of_the_patient(tmp_path, write_series, stored):
    write_series(tmp_path, stored)
    image = read_image(tmp_path)
    for value in (read_header(only_file(tmp_path)), image, vars(image)):
        assert not any(secret in repr(value) for secret in ("DOE", "PID-777", "1961", "ACC-", "2024"))
    assert SERIES not in repr(vars(image))


def test_a_damaged_length_does_not_bring_the_patient_into_a_message(tmp_path, write_structure, refused):
    # Modality swallows what follows it: the maker, the referring physician, the patient
    path = write_structure(tmp_path / "rs.dcm", {"GTV": [np.zeros((3, 3))]})
    data = bytearray(path.read_bytes())
    at = data.index(b"\x08\x00\x60\x00CS")
    data[at + 6 : at + 8] = (200).to_bytes(2, "little")
    path.write_bytes(data)
    assert b"DOE" in data[at : at + 208]
    for call in (lambda: read_image(path), lambda: read_image(tmp_path)):
        refused(call, "damaged or incomplete")


@pytest.mark.parametrize(
    "text", ["1.2\x08\x00DOE", "DOE^JANE", "JANE DOE", "19610228", "1." * 40 + "1", "CT", ".1", "1..2"]
)
def test_uids_and_labels_are_fit_for_a_message(text):
    with pytest.raises(ValueError, match="no UID"):
        uid(text)
    assert uid(None) == label(None) == modality(None) == ""
    assert uid("1.2.3 ") == "1.2.3"
    assert modality(" CT") == "CT"
    assert modality("19610228") == modality("DOE") == "another"
    assert label("GTV\u00e4 1") == "GTV\u00e4 1"
    with pytest.raises(ValueError, match="no name"):
        label("GTV\x08\x00")


def test_a_mask_of_another_series_or_frame_is_refused(tmp_path, write_series, refused, stored):
    write_series(tmp_path, stored)
    image = read_image(tmp_path)
    assert isinstance(image, DicomVolume)
    refuse_foreign("mask", image, {SERIES}, FRAME)
    refuse_foreign("mask", image, {SERIES, "9.9"}, "9.8")  # names the series; its frame was invented
    refuse_foreign("mask", image, set(), FRAME)
    refuse_foreign("mask", image, set(), "")
    refuse_foreign("mask", image.with_array(image.array), {"9.9"}, "9.8")  # no longer knows its series
    words = ("a mask drawn on the image's series", "one drawn on the series 9.9", "save the mask as NIfTI")
    refused(lambda: refuse_foreign("mask", image, {"9.9"}, FRAME), *words)
    words = ("a mask in the image's frame of reference", "another FrameOfReferenceUID")
    refused(lambda: refuse_foreign("mask", image, set(), "9.9"), *words)


def test_stack_gives_order_spacing_and_direction():
    orientation = (1, 0, 0, 0, 1, 0)
    planes = [Plane((0, 0, z), orientation, (0.5, 0.25), 1.0, (1, 0)) for z in (6, 2, 4)]
    assert stack("series", planes, ["a", "b", "c"]) == ([1, 2, 0], (0.25, 0.5, 2.0), IDENTITY)


def test_choosing_a_series_of_no_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="found none"):
        choose_series(scan_folder(tmp_path), tmp_path, None)
