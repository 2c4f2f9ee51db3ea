"""Lungs and lesions by CT number in boxes and balls whose volumes are known, on an anisotropic grid."""

import numpy as np
import pytest

from scripts.errors import CaseError
from scripts.quantification.lesions import LesionSettings, dice, threshold_lesions
from scripts.quantification.lung_mask import LungMaskSettings, close_mm, lung_mask, open_mm
from scripts.volumes import Volume

SPACING = (3.0, 3.0, 5.0)


def body(lesion_hu=None, radius_mm=12.0):
    """A box of tissue with two boxes of lung, and a ball of `lesion_hu` in the left one; the true lungs beside it."""
    image = np.full((30, 50, 80), -1000.0)
    image[:, 5:45, 5:75] = 40
    lungs = np.zeros(image.shape, bool)
    lungs[4:26, 12:38, 12:34] = lungs[4:26, 12:38, 46:68] = True
    image[lungs] = -860
    if lesion_hu is not None:
        z, y, x = np.ogrid[:30, :50, :80]
        ball = ((z - 15) * 5.0) ** 2 + ((y - 25) * 3.0) ** 2 + ((x - 57) * 3.0) ** 2 < radius_mm**2
        image[ball] = lesion_hu
        return Volume(image, SPACING), lungs, ball
    return Volume(image, SPACING), lungs, np.zeros(image.shape, bool)


def test_lungs_are_found_with_the_lesion_inside():
    for hu in (None, -600, -50):
        image, lungs, _ = body(hu)
        found = lung_mask(image, LungMaskSettings())
        assert np.array_equal(found, lungs)


def test_small_air_and_air_outside_are_no_lung():
    image, lungs, _ = body()
    image.array[10:14, 20:24, 38:42] = -1000  # a bronchus of 2.9 ml
    assert np.array_equal(lung_mask(image, LungMaskSettings(closing_mm=0)), lungs)
    with pytest.raises(CaseError, match="of at least 150 ml that no side of the image cuts, found none"):
        lung_mask(Volume(np.full((5, 5, 5), 40.0), SPACING), LungMaskSettings())
    with pytest.raises(CaseError, match="expected a lung of at least 5000 ml .* found 566 ml"):
        lung_mask(image, LungMaskSettings(smallest_ml=5000))


def test_a_stomach_beside_lungs_that_are_one_piece_is_no_lung():
    image, lungs, _ = body()
    lungs[14:18, 24:28, 34:46] = True  # the bronchi, 8.6 ml: one piece of 1,141 ml
    image.array[lungs] = -860
    image.array[4:26, 40:44, 12:56] = -1000  # gas of 174 ml
    assert np.array_equal(lung_mask(image, LungMaskSettings(closing_mm=0)), lungs)


def test_at_most_two_pieces_are_lungs():
    image, lungs, _ = body()
    image.array[4:26, 40:44, 12:56] = -1000  # gas of 174 ml, beside two lungs of 566 ml that are apart
    assert np.array_equal(lung_mask(image, LungMaskSettings(closing_mm=0)), lungs)


def test_a_dense_lesion_from_the_wall_is_bridged_in_millimetres():
    image, lungs, _ = body()
    image.array[4:26, 12:30, 20:25] = (
        40  # 15 mm along x, at most 9 mm from lung; at 5 mm a voxel it would be 15
    )
    assert lung_mask(image, LungMaskSettings(closing_mm=10))[15, 20, 20:25].all()
    assert not lung_mask(image, LungMaskSettings(closing_mm=7))[15, 20, 22]


def test_a_lung_cut_by_a_side_of_the_image_is_not_taken():
    image, lungs, _ = body()
    cut = Volume(image.array[:, 12:, :57], SPACING)  # both lungs reach the front, the left one the side
    with pytest.raises(CaseError, match="that no side of the image cuts, found none"):
        lung_mask(cut, LungMaskSettings())


def test_the_volume_is_that_of_the_boxes():
    image, _, _ = body()
    found = lung_mask(image, LungMaskSettings())
    assert found.sum() * 45 / 1000 == pytest.approx(2 * 22 * 26 * 22 * 45 / 1000)


@pytest.mark.parametrize(("hu", "seen"), [(-600, True), (-50, True), (-800, False), (90, False)])
def test_lesions_between_the_two_numbers_are_found_and_others_not(hu, seen):
    image, lungs, ball = body(hu, 16.0)
    found = threshold_lesions(image, lungs, LesionSettings())
    assert dice(found, ball) > 0.95 if seen else not found.any()


def test_limits_belong_to_the_upper_window():
    image, lungs, ball = body(-750, 16.0)
    assert threshold_lesions(image, lungs, LesionSettings()).any()
    image.array[ball] = 50
    assert not threshold_lesions(image, lungs, LesionSettings()).any()


def test_thin_and_small_things_are_no_lesions():
    image, lungs, _ = body()
    image.array[5:25, 20, 20] = 0  # a vessel, one voxel thick
    image.array[10:12, 30:33, 20:23] = -400  # 0.8 ml
    settings = LesionSettings(opening_mm=3.5, smallest_ml=0.0)
    assert not threshold_lesions(image, lungs, settings)[:, 20, 20].any()
    settings = LesionSettings(opening_mm=0.0, smallest_ml=0.7)
    assert threshold_lesions(image, lungs, settings).sum() == 20 + 18
    assert threshold_lesions(image, lungs, LesionSettings(opening_mm=0.0, smallest_ml=0.85)).sum() == 20


def test_the_rim_at_the_chest_wall_is_no_lesion():
    image, lungs, _ = body()
    image.array[4:26, 12, 12:34] = -400  # partial volume: 3 mm, joined to the tissue outside of the lungs
    assert not threshold_lesions(image, lungs, LesionSettings(opening_mm=3.5, smallest_ml=0.0)).any()


@pytest.mark.parametrize(("box", "kept"), [((2, 6, 6), True), ((6, 6, 2), False)])
def test_thickness_is_counted_along_each_axis(box, kept):
    # two voxels: 10 mm along z, thicker than twice 3.5 mm, and 6 mm along x, thinner
    image, lungs, _ = body()
    image.array[tuple(slice(14, 14 + n) for n in box)] = -400
    assert threshold_lesions(image, lungs, LesionSettings(opening_mm=3.5, smallest_ml=0.0)).any() == kept


def test_pieces_that_touch_at_a_corner_are_one():
    image, lungs, _ = body()
    image.array[10:12, 20:22, 14:16] = image.array[12:14, 22:24, 16:18] = -400  # 0.36 ml each
    found = threshold_lesions(image, lungs, LesionSettings(opening_mm=0.0, smallest_ml=0.5))
    assert found.sum() == 16


def test_balls_count_in_millimetres():
    # a gap of three slices (15 mm) is bridged by a ball of 10 mm but not of 5 mm; along x four voxels (12 mm)
    mask = np.zeros((15, 11, 40), bool)
    mask[:, :, 10:18] = mask[:, :, 22:30] = True
    steps = (5.0, 3.0, 3.0)
    assert close_mm(mask, steps, 10)[7, 5, 18:22].all()
    assert not close_mm(mask, steps, 5)[7, 5, 19:21].any()
    assert open_mm(mask, steps, 15).sum() == 0
    assert open_mm(mask, steps, 6)[7, 5, 12]
    assert np.array_equal(open_mm(mask, steps, 0), mask)


def test_dice():
    a, b = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert dice(a, b) == 0.5
    assert dice(a & ~a, b & ~b) == 1.0
    assert dice(a, b & ~b) == 0.0
