"""Slice, grey levels and crop of volumes whose answer is known by construction."""

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.papers.glioma_grading.tumour_slice import (
    CropSettings,
    GreySettings,
    SliceSettings,
    TumourSlice,
    choose_slice,
    crop_tumour,
    eight_bits,
    enhancing,
)
from scripts.volumes import Volume

SPACING = (1.0, 2.0, 5.0)


@pytest.fixture
def head():
    """Air 0, a brain of 98 to 102, tumour in slices 2 to 5; 4 x 6 pixels enhance in slice 4, 2 x 2 in 3."""
    image = np.zeros((8, 30, 40), np.int16)
    image[:, 4:26, 5:35] = 98 + (np.arange(22)[:, None] + np.arange(30)) % 5
    mask = np.zeros(image.shape, np.uint8)
    mask[2, 8:20, 10:24] = 1  # the largest area
    mask[3:6, 10:18, 12:22] = 1
    image[3, 11:13, 13:15] = 180
    image[4, 11:15, 13:19] = 180
    image[0, 0, 0] = 255
    return Volume(image, SPACING), Volume(mask, SPACING)


def test_what_lies_two_robust_sd_above_the_other_tissue_enhances(head):
    image, mask = head
    # values 98 .. 102 in equal shares: median 100, median distance 1, so that 100 + 2 x 1.4826 is the limit
    found = enhancing(image.array, mask.array == 1, 2.0)
    assert found.sum() == 4 + 24
    assert enhancing(image.array, mask.array == 1, 1.0).sum() > 28
    assert (found <= (mask.array == 1)).all()


def test_the_slice_with_the_largest_enhancing_area_is_taken(head):
    chosen = choose_slice(*head, SliceSettings(), GreySettings())
    assert (chosen.index, chosen.n_slices) == (4, 8)
    assert chosen.enhancing_mm2 == 24 * 1.0 * 2.0
    assert chosen.area_mm2 == 80 * 2.0
    assert chosen.spacing == (1.0, 2.0)
    by_mask = choose_slice(*head, SliceSettings(chosen_by="mask_area"), GreySettings())
    assert by_mask.index == 2


def test_without_enhancement_the_largest_area_is_taken(head):
    image, mask = head
    flat = image.with_array(np.where(image.array == 180, 100, image.array).astype(np.int16))
    assert choose_slice(flat, mask, SliceSettings(), GreySettings()).index == 2


def test_a_volume_stored_the_other_way_round_gives_the_same_picture(head):
    image, mask = head
    sagittal = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # index x runs along y, y along -z, z along x

    def stored(volume):
        array = np.ascontiguousarray(volume.array[::-1].transpose(2, 0, 1))
        top = (0.0, 0.0, SPACING[2] * (volume.array.shape[0] - 1))
        return Volume(array, (SPACING[1], SPACING[2], SPACING[0]), top, sagittal)

    usual = choose_slice(image, mask, SliceSettings(), GreySettings())
    other = choose_slice(stored(image), stored(mask), SliceSettings(), GreySettings())
    assert np.array_equal(usual.grey, other.grey)
    assert np.array_equal(usual.outline, other.outline)
    assert (other.index, other.spacing, other.area_mm2) == (usual.index, usual.spacing, usual.area_mm2)


def test_grey_levels_run_from_0_to_255():
    values = np.array([[-100.0, 0.0], [50.0, 100.0]])
    assert eight_bits(values, 0, 100).tolist() == [[0, 128], [191, 255]]  # 127.5 and 191.25
    assert eight_bits(np.arange(101.0)[None], 10, 90)[0, [0, 10, 50, 90, 100]].tolist() == [
        0,
        0,
        128,
        255,
        255,
    ]
    with pytest.raises(CaseError, match="nothing to show"):
        eight_bits(np.full((3, 3), 7.0), 0, 100)


def slice_of(grey, outline, spacing=(1.0, 1.0)):
    return TumourSlice(np.asarray(grey, np.uint8), np.asarray(outline, np.uint8), spacing, 0, 1, 0.0, 0.0)


def test_the_tumours_box_becomes_the_square_and_what_is_outside_the_contour_is_black():
    grey = np.full((20, 20), 200)
    outline = np.zeros((20, 20))
    outline[4:12, 6:14] = 1
    outline[4:8, 6:10] = 0  # a corner of the box is no tumour
    picture = crop_tumour(slice_of(grey, outline), CropSettings(size=8))
    assert picture.shape == (8, 8)
    assert picture.dtype == np.uint8
    assert (picture[:4, :4] == 0).all()
    assert (picture[4:] == 200).all()
    assert (picture[:, 4:] == 200).all()
    kept = crop_tumour(slice_of(grey, outline), CropSettings(size=8, outside="kept"))
    assert (kept == 200).all()


def test_the_published_size_is_227():
    outline = np.ones((30, 50))
    assert crop_tumour(slice_of(np.full((30, 50), 9), outline), CropSettings()).shape == (227, 227)


def test_a_kept_aspect_leaves_bars_by_millimetres():
    outline = np.ones((10, 20))
    square = crop_tumour(
        slice_of(np.full((10, 20), 100), outline, (1.0, 1.0)), CropSettings(size=40, aspect="kept")
    )
    assert (square[10:30] == 100).all()
    assert (square[:10] == 0).all()
    assert (square[30:] == 0).all()
    # pixels twice as high as wide: the same outline is a square in mm
    full = crop_tumour(
        slice_of(np.full((10, 20), 100), outline, (1.0, 2.0)), CropSettings(size=40, aspect="kept")
    )
    assert (full == 100).all()


def test_a_linear_ramp_stays_linear():
    ramp = np.tile(np.arange(0, 240, 4), (60, 1))
    picture = crop_tumour(slice_of(ramp, np.ones((60, 60))), CropSettings(size=30)).astype(int)
    assert np.abs(np.diff(picture[15, 2:-2]) - 8).max() <= 1


def test_a_case_that_has_no_such_picture_says_why(head):
    image, mask = head
    with pytest.raises(CaseError, match="the tumour mask is empty"):
        choose_slice(image, mask.with_array(np.zeros_like(mask.array)), SliceSettings(), GreySettings())
    with pytest.raises(CaseError, match="every voxel of the image is 5"):
        choose_slice(image.with_array(np.full_like(image.array, 5)), mask, SliceSettings(), GreySettings())
    whole = mask.with_array(np.ones_like(mask.array))
    with pytest.raises(CaseError, match="no tissue outside the mask"):
        choose_slice(image, whole, SliceSettings(), GreySettings())
    thin = np.zeros((9, 9))
    thin[2, 1:8] = 1
    with pytest.raises(CaseError, match="7 x 1 pixels"):
        crop_tumour(slice_of(np.ones((9, 9)), thin), CropSettings())


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="crop.size: expected a whole number from 8"):
        CropSettings(size=2)
    with pytest.raises(InputError, match="0 <= low_percentile < high_percentile"):
        GreySettings(90, 10)
    with pytest.raises(InputError, match="slice.chosen_by"):
        SliceSettings("largest")
    with pytest.raises(InputError, match="crop.outside"):
        CropSettings(outside="white")
    with pytest.raises(InputError, match="slice.enhancing_sd"):
        SliceSettings(enhancing_sd=-1)
    with pytest.raises(InputError, match="crop.aspect"):
        CropSettings(aspect="free")
