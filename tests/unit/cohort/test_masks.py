"""Label maps on the image's grid, and which region of a mask is taken."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.cohort.masks import read_mask
from scripts.volumes import ENDINGS, Volume, compare_geometry, reorient, write_volume


@pytest.fixture
def image() -> Volume:
    return Volume(np.zeros((5, 6, 7), dtype=np.int16), (0.75, 0.5, 3.0), (-10.5, 20.0, 400.0))


@pytest.fixture
def labels(image) -> Volume:
    """Label 1 in two voxels, label 4 in one, each at an own place along z, y and x."""
    array = np.zeros(image.array.shape, dtype=np.uint8)
    array[4, 5, 1], array[4, 5, 2], array[0, 3, 6] = 1, 1, 4
    return image.with_array(array)


@pytest.fixture
def one_label(labels) -> Volume:
    return labels.with_array((labels.array == 1).astype(np.uint8))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.float32])
def test_a_label_map_becomes_zero_and_one_on_the_grid_of_the_image(image, one_label, tmp_path, ending, kind):
    path = tmp_path / f"mask{ending}"
    write_volume(one_label.with_array(one_label.array.astype(kind) * 255), path)
    mask = read_mask(path, image)
    assert mask.array.dtype == np.uint8
    assert np.argwhere(mask.array).tolist() == [[4, 5, 1], [4, 5, 2]]
    assert mask.array.max() == 1
    assert (mask.spacing, mask.origin, mask.direction) == (image.spacing, image.origin, image.direction)


def test_several_labels_are_listed_with_their_voxels(image, labels, tmp_path, refused):
    path = tmp_path / "mask.nrrd"
    write_volume(labels, path)
    found = "found 2: 1 (2 voxels), 4 (1 voxel). Name one of them."
    refused(lambda: read_mask(path, image), "expected one label, or the label to use", found)
    assert read_mask(path, image, label=4).array.sum() == 1
    assert read_mask(path, image, label="1").array.sum() == 2
    assert (
        read_mask(path, image, roi=" 1 ").array.sum() == 2
    )  # the sheet has one column for all kinds of mask
    refused(lambda: read_mask(path, image, label=3), "expected the label 3", "1 (2 voxels), 4 (1 voxel)")
    refused(lambda: read_mask(path, image, roi="GTV"), "a label number", "'GTV'", "There is 1 (2 voxels), 4")


def test_a_long_list_of_labels_is_cut(image, tmp_path, refused):
    path = tmp_path / "mask.nrrd"
    write_volume(image.with_array(np.arange(210, dtype=np.uint8).reshape(image.array.shape)), path)
    text = refused(lambda: read_mask(path, image), "found 209: 1 (1 voxel)", "20 (1 voxel) and 189 more")
    assert "21 (" not in text


def test_an_empty_mask_is_refused(image, tmp_path, refused):
    path = tmp_path / "mask.nii.gz"
    write_volume(image, path)
    refused(lambda: read_mask(path, image), "a voxel of the image inside the mask", "none (an empty mask)")
    refused(lambda: read_mask(path, image, label=1), "the label 1", "no label at all (an empty mask)")


def test_fractions_and_negative_values_are_refused(image, one_label, tmp_path, refused):
    path = tmp_path / "mask.nii"
    write_volume(one_label.with_array(one_label.array * np.float32(0.25)), path)
    refused(lambda: read_mask(path, image), "whole numbers (labels)", "fractions such as 0.25")
    write_volume(one_label.with_array(one_label.array.astype(np.int16) - 1024), path)
    refused(lambda: read_mask(path, image), "labels of 0 and above", "-1024", "Is it the image")


def regridded(volume: Volume, **values: tuple[float, ...]) -> Volume:
    grid = {"spacing": volume.spacing, "origin": volume.origin, "direction": volume.direction} | values
    return Volume(volume.array, **grid)


def test_another_grid_is_refused_with_every_field_and_by_how_much(image, one_label, tmp_path, refused):
    path = tmp_path / "mask.nrrd"
    write_volume(regridded(one_label, spacing=(0.8, 0.5, 3.0), origin=(-10.5, 20.0, 403.0)), path)
    refused(
        lambda: read_mask(path, image),
        "expected a mask on the grid of the image",
        "spacing x: image 0.750 mm, mask 0.800 mm (0.050 mm apart); "
        "origin z: image 400.000 mm, mask 403.000 mm (3.000 mm apart)",
        "Resample the mask",
    )
    write_volume(Volume(one_label.array[1:], image.spacing, image.origin), path)
    refused(lambda: read_mask(path, image), "size z: image 5 voxels, mask 4 voxels")
    write_volume(regridded(one_label, direction=(1, 0, 0, 0, 0.6, -0.8, 0, 0.8, 0.6)), path)
    refused(lambda: read_mask(path, image), "direction of the y index", "(53.1 degrees apart)")


def test_rounding_of_the_grid_is_taken_for_the_image_s(image, one_label, tmp_path):
    path = tmp_path / "mask.nrrd"
    rounded = regridded(one_label, spacing=(0.7501, 0.4999, 3.001), origin=(-10.5002, 20.0003, 400.0001))
    write_volume(rounded, path)
    mask = read_mask(path, image)
    assert (mask.spacing, mask.origin) == (image.spacing, image.origin)
    np.testing.assert_array_equal(mask.array, one_label.array)


@pytest.mark.parametrize(
    "direction",
    [
        (-1, 0, 0, 0, -1, 0, 0, 0, 1),  # RAS, as most NIfTI converters write it
        (1, 0, 0, 0, -1, 0, 0, 0, 1),
        (0, 0, 1, 1, 0, 0, 0, -1, 0),  # other axes altogether
    ],
)
def test_a_mask_stored_along_other_axes_lies_where_it_should(image, one_label, tmp_path, direction):
    stored = reorient(one_label, direction)
    assert compare_geometry(image, stored) != []
    write_volume(stored, tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.nii.gz", image).array, one_label.array)


def test_a_mask_mirrored_by_its_header_is_not_turned_in_silence(image, one_label, tmp_path, refused):
    # same numbers, but the header puts the y axis the other way round from the same corner: another place
    write_volume(regridded(one_label, direction=(1, 0, 0, 0, -1, 0, 0, 0, 1)), tmp_path / "mask.nrrd")
    refused(lambda: read_mask(tmp_path / "mask.nrrd", image), "a mask on the grid of the image")


def test_what_is_no_mask_is_refused(image, tmp_path, write_series, write_structure, refused):
    refused(lambda: read_mask(tmp_path / "none", image), "a file or folder", "nothing of that name")
    (tmp_path / "mask.csv").write_text("patient,mask\n")
    refused(lambda: read_mask(tmp_path / "mask.csv", image), "an RTSTRUCT or a DICOM SEG", "ending '.csv'")
    write_series(tmp_path / "ct", np.zeros((2, 3, 3), np.uint16))
    slices = sorted((tmp_path / "ct").iterdir())
    refused(lambda: read_mask(slices[0], image), "an RTSTRUCT or a DICOM SEG", "a DICOM file of modality CT")
    refused(lambda: read_mask(tmp_path / "ct", image), "one RTSTRUCT or DICOM SEG file", "found none")
    for name in ("a.dcm", "b.dcm"):
        write_structure(tmp_path / "ct" / name, {"GTV": [np.zeros((3, 3))]})
    refused(lambda: read_mask(tmp_path / "ct", image), "one RTSTRUCT", "found a.dcm, b.dcm", "Name the mask")
