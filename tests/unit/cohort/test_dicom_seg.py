"""DICOM SEG written by highdicom and laid back on the grid of its image."""

from __future__ import annotations

import math
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid

from scripts.cohort.images import read_image
from scripts.cohort.masks import read_mask
from scripts.volumes import Volume, reorient, write_volume

TURN = math.radians(25)
OBLIQUE = (1, 0, 0, 0, math.cos(TURN), -math.sin(TURN), 0, math.sin(TURN), math.cos(TURN))
SPACING, ORIGIN = (0.75, 0.5, 3.0), (-10.5, 20.25, 400.0)


def describe(number: int, label: str) -> highdicom.seg.SegmentDescription:
    return highdicom.seg.SegmentDescription(
        number,
        label,
        codes.cid7150.Tissue,
        codes.cid7166.ConnectiveTissue,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )


def write_segmentation(path: Path, slices: list, pixels: np.ndarray, labels: list[str], **options) -> Path:
    """Write `pixels` for `slices`: (z, y, x) of one segment or labels, (z, y, x, segment) of several."""
    segmentation = highdicom.seg.Segmentation(
        source_images=slices,
        pixel_array=pixels,
        **(
            {
                "segmentation_type": "BINARY",
                "segment_descriptions": [describe(n, label) for n, label in enumerate(labels, start=1)],
                "series_instance_uid": generate_uid(),
                "series_number": 2,
                "sop_instance_uid": generate_uid(),
                "instance_number": 1,
                "manufacturer": "Made by hand",
                "manufacturer_model_name": "m",
                "software_versions": "1",
                "device_serial_number": "1",
            }
            | options
        ),
    )
    segmentation.save_as(path)
    return path


@pytest.fixture
def series(tmp_path, write_series):
    """(image, the datasets of its 6 slices of 10 x 12 pixels), axial and anisotropic."""
    slices = write_series(tmp_path / "ct", np.zeros((6, 10, 12), np.uint16), SPACING, ORIGIN)
    return read_image(tmp_path / "ct"), slices


@pytest.fixture
def lesions() -> np.ndarray:
    """(z, y, x, 2): one voxel in slice 4 and a block in slices 1 and 3; both overlap at one voxel."""
    pixels = np.zeros((6, 10, 12, 2), dtype=np.uint8)
    pixels[4, 9, 1, 0] = 1
    pixels[1, 2:5, 6:11, 1] = 1
    pixels[3, 2, 7, :] = 1
    return pixels


def test_segments_are_chosen_by_number_or_label(series, lesions, tmp_path, refused):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions, ["tumour", "Liver"])
    for wanted in (1, "1", "tumour"):
        np.testing.assert_array_equal(read_mask(path, image, label=wanted).array, lesions[..., 0])
    mask = read_mask(path, image, roi="Liver")
    np.testing.assert_array_equal(mask.array, lesions[..., 1])
    assert mask.array.dtype == np.uint8
    assert (mask.spacing, mask.origin, mask.direction) == (image.spacing, image.origin, image.direction)
    words = ("one segment, or the segment to use", "found 2: 1 ('tumour'), 2 ('Liver'). Name one")
    refused(lambda: read_mask(path, image), *words)
    words = ("expected the segment 'liver'", "only 1 ('tumour'), 2 ('Liver')", "Did you mean 'Liver'?")
    refused(lambda: read_mask(path, image, roi="liver"), *words)
    refused(lambda: read_mask(path, image, label=3), "expected the segment '3'")


def test_a_label_given_twice_is_chosen_by_number(series, lesions, tmp_path, refused):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions, ["lesion", "lesion"])
    refused(lambda: read_mask(path, image, roi="lesion"), "one segment 'lesion'", "or name it by number.")
    np.testing.assert_array_equal(read_mask(path, image, label=2).array, lesions[..., 1])


def test_a_label_that_is_another_segment_s_number_is_refused(series, lesions, tmp_path, refused):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions, ["2", "1"])
    refused(lambda: read_mask(path, image, label=2), "one segment '2'", "found 2: 1 ('2'), 2 ('1')")


def test_a_segmentation_beside_its_series_is_a_mask_and_no_image(series, lesions, tmp_path):
    image, slices = series
    write_segmentation(tmp_path / "ct" / "seg.dcm", slices, lesions[..., 1], ["a"])
    assert read_image(tmp_path / "ct").size == image.size
    np.testing.assert_array_equal(read_mask(tmp_path / "ct", image).array, lesions[..., 1])


@pytest.mark.parametrize("omit", [True, False])
def test_the_only_segment_needs_no_name(series, lesions, tmp_path, omit):
    image, slices = series
    pixels = lesions[..., 1]
    path = write_segmentation(tmp_path / "s.dcm", slices, pixels, ["a"], omit_empty_frames=omit)
    np.testing.assert_array_equal(read_mask(path, image).array, pixels)


@pytest.mark.parametrize("direction", [OBLIQUE, (0, 0, -1, 1, 0, 0, 0, -1, 0), (1, 0, 0, 0, 1, 0, 0, 0, -1)])
def test_oblique_sagittal_and_downward_series(tmp_path, write_series, lesions, direction):
    stored = np.zeros((6, 10, 12), np.uint16)
    slices = write_series(tmp_path / "ct", stored, SPACING, ORIGIN, direction)
    image = read_image(tmp_path / "ct")
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    written = Volume(lesions[..., 1], SPACING, ORIGIN, direction)
    np.testing.assert_array_equal(read_mask(path, image).array, reorient(written, image.direction).array)


def test_an_image_stored_along_other_axes(series, lesions, tmp_path):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    turned = reorient(image, (0, 0, 1, 1, 0, 0, 0, -1, 0))  # frames are sections of another axis now
    write_volume(turned, tmp_path / "image.nrrd")
    mask = read_mask(path, read_image(tmp_path / "image.nrrd"))
    assert mask.size == turned.size != image.size
    np.testing.assert_array_equal(reorient(mask, image.direction).array, lesions[..., 1])


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_fractional_segments_are_refused_unless_they_are_zero_and_one(
    series, lesions, tmp_path, refused, syntax
):
    image, slices = series
    pixels = lesions[..., 1].astype(np.float32)
    kinds = {
        "segmentation_type": "FRACTIONAL",
        "fractional_type": "PROBABILITY",
        "max_fractional_value": 100,
        "transfer_syntax_uid": syntax,
    }
    path = write_segmentation(tmp_path / "whole.dcm", slices, pixels, ["a"], **kinds)
    np.testing.assert_array_equal(read_mask(path, image).array, pixels)
    path = write_segmentation(tmp_path / "part.dcm", slices, pixels * 0.5, ["a"], **kinds)
    words = ("segment 1 ('a')", "expected a binary segment", "a fractional one", "Threshold it")
    refused(lambda: read_mask(path, image), *words)


def test_label_map_segmentations(series, lesions, tmp_path):
    image, slices = series
    labels = np.where(lesions[..., 0] > 0, 1, lesions[..., 1] * 2).astype(np.uint8)
    path = write_segmentation(tmp_path / "seg.dcm", slices, labels, ["a", "b"], segmentation_type="LABELMAP")
    np.testing.assert_array_equal(read_mask(path, image, label=1).array, labels == 1)
    np.testing.assert_array_equal(read_mask(path, image, roi="b").array, labels == 2)


def test_a_segment_without_voxels_is_refused(series, lesions, tmp_path, refused):
    image, slices = series
    lesions[..., 1] = 0
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions, ["a", "b"])
    refused(lambda: read_mask(path, image, roi="b"), "inside the region 'b'", "none (an empty mask)")


def test_another_series_and_another_frame_of_reference_are_refused(
    series, lesions, tmp_path, write_series, refused
):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    stored = np.zeros((6, 10, 12), np.uint16)
    write_series(tmp_path / "other", stored, SPACING, ORIGIN, series_uid="1.2.3.4")
    words = ("a mask drawn on the image's series", "drawn on the series 1.2.826.0.1.1")
    refused(lambda: read_mask(path, read_image(tmp_path / "other")), *words)

    def moved(z, dataset):
        dataset.FrameOfReferenceUID = "1.2.3.5"

    write_series(tmp_path / "moved", stored, SPACING, ORIGIN, change=moved)
    segmentation = pydicom.dcmread(path)
    del segmentation.ReferencedSeriesSequence[0].SeriesInstanceUID
    del segmentation.ReferencedSeriesSequence
    segmentation.save_as(path)
    words = ("the image's frame of reference", "another FrameOfReferenceUID")
    refused(lambda: read_mask(path, read_image(tmp_path / "moved")), *words)


def elsewhere(image: Volume, **values) -> Volume:
    """The grid of the image moved or scaled; not DICOM, so that only the geometry speaks."""
    grid = {"spacing": image.spacing, "origin": image.origin, "direction": image.direction} | values
    return Volume(image.array, **grid)


def test_a_segment_on_another_grid_is_refused_with_the_field(series, lesions, tmp_path, refused):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    half = elsewhere(image, origin=(-10.5, 20.25, 401.5))
    words = ("a segment on the grid of the image", "voxels 1.500 mm beside the image's along z")
    refused(lambda: read_mask(path, half), *words)
    scaled = elsewhere(image, spacing=(0.9, 0.5, 3.0))
    words = ("a segment on the grid of the image", "spacing x: image 0.900 mm, segment 0.750 mm")
    refused(lambda: read_mask(path, scaled), *words)
    turned = elsewhere(image, direction=OBLIQUE)
    refused(lambda: read_mask(path, turned), "direction of the y index", "(25 degrees apart)")
    away = elsewhere(image, origin=(-10.5 + 8 * 0.75, 20.25, 400.0))  # columns 6 and 7 fall off
    words = ("a segment inside the image", "7 voxels outside")
    refused(lambda: read_mask(path, away), *words)
    off = elsewhere(image, origin=(-10.5, 20.25, 406.0))  # slice 1 is below the image now
    refused(lambda: read_mask(path, off), "a segment inside the image", "15 voxels outside")


def test_a_larger_image_holds_the_segment_at_its_place(series, lesions, tmp_path):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    larger = Volume(np.zeros((9, 11, 14), np.int16), SPACING, (-10.5 - 0.75, 20.25 - 0.5, 400.0 - 6.0))
    mask = read_mask(path, larger)
    np.testing.assert_array_equal(mask.array[2:8, 1:, 1:13], lesions[..., 1])
    assert mask.array.sum() == lesions[..., 1].sum()


@pytest.mark.parametrize("length", [140, 700, 2000, -30])
def test_a_truncated_segmentation_is_refused(series, lesions, tmp_path, refused, length):
    image, slices = series
    path = write_segmentation(tmp_path / "seg.dcm", slices, lesions[..., 1], ["a"])
    path.write_bytes(path.read_bytes()[:length])
    refused(lambda: read_mask(path, image), str(path))
