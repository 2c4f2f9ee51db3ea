"""Grids and values of resampled volumes: geometry by hand, a linear ramp (which linear interpolation keeps exactly)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.errors import CaseError
from scripts.preprocess.resampling import labels_on_grid_of, on_grid_of, resample_image, resample_mask
from scripts.volumes import Volume, compare_geometry, to_sitk

TURN = math.radians(15)
OBLIQUE = (math.cos(TURN), -math.sin(TURN), 0.0, math.sin(TURN), math.cos(TURN), 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (
    0.0,
    0.0,
    -1.0,
    1.0,
    0.0,
    0.0,
    0.0,
    -1.0,
    0.0,
)  # of UCSF-BR-06: x index to the back, y down, z to the right


def centres(volume: Volume) -> np.ndarray:
    """(z, y, x, 3): where the voxels' centres lie, x, y, z in mm."""
    index = np.stack(np.meshgrid(*map(np.arange, volume.array.shape), indexing="ij"), axis=-1)[..., ::-1]
    return np.array(volume.origin) + (index * volume.spacing) @ volume.axes.T


def ramp(shape, spacing, origin=(5.0, -7.0, 11.0), direction=OBLIQUE) -> Volume:
    """A volume whose value is 3 + 0.5 x - 0.25 y + 2 z of the centre's place in mm."""
    grid = Volume(np.zeros(shape), spacing, origin, direction)
    return grid.with_array(3 + centres(grid) @ [0.5, -0.25, 2.0])


def test_the_grid_covers_the_old_one_about_its_centre():
    # x: 10 voxels of 0.7 mm = 7 mm -> 7 of 1 mm; y: 9 of 0.7 = 6.3 -> 7; z: 4 of 2.5 = 10 -> 10
    image = Volume(np.zeros((4, 9, 10)), (0.7, 0.7, 2.5), (100.0, 200.0, 300.0))
    new = resample_image(image, {"spacing_mm": 1.0})
    assert new.size == (7, 7, 10)
    assert new.spacing == (1.0, 1.0, 1.0)
    # first centres: 100 + (9 * 0.7 - 6) / 2, 200 + (8 * 0.7 - 6) / 2, 300 + (3 * 2.5 - 9) / 2
    np.testing.assert_allclose(new.origin, (100.15, 199.8, 299.25), atol=1e-9)
    middles = [centres(volume)[[0, -1], [0, -1], [0, -1]].mean(axis=0) for volume in (image, new)]
    np.testing.assert_allclose(*middles, atol=1e-9)


@pytest.mark.parametrize("direction", [OBLIQUE, SAGITTAL])
def test_the_centre_stays_in_a_turned_volume(direction):
    image = ramp((5, 8, 9), (0.8, 1.1, 2.0), direction=direction)
    new = resample_image(image, {"spacing_mm": 1.3})
    np.testing.assert_allclose(
        centres(new).mean(axis=(0, 1, 2)), centres(image).mean(axis=(0, 1, 2)), atol=1e-9
    )


@pytest.mark.parametrize("spacing", [1.0, 3.0, [0.9, 0, 1.7]])
@pytest.mark.parametrize("interpolator", ["linear", "bspline"])
def test_a_ramp_stays_that_ramp(spacing, interpolator):
    """Wherever a new centre lies between old ones, the value is that of its place, in an oblique volume too."""
    image = ramp((14, 15, 16), (0.8, 1.1, 2.0))
    new = resample_image(image, {"spacing_mm": spacing, "interpolator": interpolator})
    assert new.array.dtype == np.float32
    place = (centres(new) - image.origin) @ image.axes / image.spacing  # index (x, y, z)
    margin = 3 if interpolator == "bspline" else 0  # a spline that is mirrored at the faces bends near them
    between = ((place >= margin) & (place <= np.array(image.size) - 1 - margin)).all(axis=-1)
    expected = 3 + centres(new) @ [0.5, -0.25, 2.0]
    assert between.sum() > 20
    # a cubic spline's mirrored ends still ring by (2 - sqrt 3)^4 of the slope at three voxels, 5e-3
    tolerance = 0.05 if interpolator == "bspline" else 1e-4
    np.testing.assert_allclose(new.array[between], expected[between], atol=tolerance)


def test_beyond_the_outermost_centres_their_values_hold():
    image = Volume(np.arange(1.0, 5.0).reshape(1, 1, 4), (2.0, 1.0, 1.0))
    new = resample_image(image, {"spacing_mm": [1.0, 0, 0]})
    # centres at -0.5, 0.5, ..., 6.5 mm; the old ones at 0, 2, 4, 6
    np.testing.assert_allclose(new.array.ravel(), [1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4], atol=1e-6)
    assert new.origin == (-0.5, 0.0, 0.0)


def test_the_spacing_that_it_has_keeps_every_voxel():
    rng = np.random.default_rng(1)
    image = Volume(rng.normal(size=(5, 6, 7)).astype(np.float32), (0.7, 0.8, 2.2), (1.0, 2.0, 3.0), OBLIQUE)
    for spacing in (None, [0.7, 0.8, 2.2], [0.7 + 1e-8, 0, 0]):
        for interpolator in ("linear", "bspline", "nearest"):
            new = resample_image(image, {"spacing_mm": spacing, "interpolator": interpolator})
            np.testing.assert_array_equal(new.array, image.array)
            assert (new.spacing, new.origin, new.direction) == (image.spacing, image.origin, image.direction)


def test_spacing_means_the_patients_axes():
    """A sagittal volume with slices of 2 mm: left-right is the new x, and no voxel changes its place in the patient."""
    image = ramp((6, 7, 8), (0.7, 0.7, 2.0), direction=SAGITTAL)
    kept = resample_image(image, {"spacing_mm": None})
    assert kept.spacing == (2.0, 0.7, 0.7)
    assert kept.direction == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    np.testing.assert_array_equal(
        np.sort(kept.array, axis=None), np.sort(image.array.astype(np.float32), axis=None)
    )
    np.testing.assert_allclose(kept.array, 3 + centres(kept) @ [0.5, -0.25, 2.0], atol=1e-5)
    assert resample_image(image, {"spacing_mm": [2.0, 1.4, 0.7]}).size == (6, 4, 7)


def test_image_and_mask_come_to_one_grid():
    image = ramp((9, 8, 7), (0.8, 1.1, 2.0), direction=SAGITTAL)
    mask = image.with_array((image.array > 5).astype(np.uint8))
    for spacing in (1.0, [1, 2, 0], None):
        new = resample_image(image, {"spacing_mm": spacing})
        same = resample_mask(mask, {"spacing_mm": spacing, "interpolator": "bspline"})
        assert compare_geometry(new, same, tolerance=1e-9) == []


def test_a_ball_keeps_its_volume_and_its_place():
    grid = Volume(np.zeros((30, 40, 40)), (0.9, 0.9, 1.5), (-10.0, 4.0, 2.0), OBLIQUE)
    middle = centres(grid)[15, 20, 19] + 0.2
    ball = grid.with_array((np.linalg.norm(centres(grid) - middle, axis=-1) < 11).astype(np.uint8))
    for spacing in (0.7, 1.0, 2.0):
        new = resample_mask(ball, {"spacing_mm": spacing})
        assert set(np.unique(new.array)) == {0, 1}
        inside = new.array == 1
        assert inside.sum() * new.voxel_volume_mm3 == pytest.approx(4 / 3 * math.pi * 11**3, rel=0.02)
        np.testing.assert_allclose(centres(new)[inside].mean(axis=0), middle, atol=0.2 * spacing)


def test_a_share_of_a_half_is_inside():
    # old centres at 0 and 2 mm, new ones at -0.5, 0.5, 1.5, 2.5 (shares 1, .75, .25, 0) and at 0.5, 1, ... below
    mask = Volume(np.array([[[1, 0]]], np.uint8), (2.0, 1.0, 1.0))
    assert resample_mask(mask, {"spacing_mm": [1.0, 0, 0]}).array.ravel().tolist() == [1, 1, 0, 0]
    three = Volume(
        np.zeros((1, 1, 3), np.uint8), (1.0, 1.0, 1.0)
    )  # centres at 0, 1 and 2 mm: shares 1, 1/2, 0
    assert labels_on_grid_of(mask, three).array.ravel().tolist() == [1, 1, 0]


def test_labels_stay_labels():
    """Between labels 1 and 4 an interpolated number would be 2 or 3; a bool mask becomes 0 and 1."""
    array = np.zeros((6, 6, 12), np.int16)
    array[:, :, 2:6], array[:, :, 6:10] = 1, 4
    new = resample_mask(Volume(array, (1.0, 1.0, 1.0)), {"spacing_mm": 0.4})
    assert new.array.dtype == np.int16
    assert set(np.unique(new.array)) == {0, 1, 4}
    row = new.array[5, 5]
    x = centres(new)[5, 5, :, 0]  # faces lie at 1.5, 5.5 and 9.5 mm
    np.testing.assert_array_equal(row, np.select([x < 1.5, x < 5.5, x < 9.5], [0, 1, 4], 0))
    assert resample_mask(Volume(array > 0, (1.0, 1.0, 1.0)), {"spacing_mm": 0.4}).array.dtype == np.uint8


def test_a_label_that_vanishes_is_named():
    array = np.zeros((8, 8, 8), np.uint8)
    array[1, 1, 1], array[4:, 4:, 4:] = 3, 1
    with pytest.raises(CaseError, match=r"lost when it is resampled to 4 x 4 x 4 mm: label 3 of 1 voxels"):
        resample_mask(Volume(array, (1.0, 1.0, 1.0)), {"spacing_mm": 4.0})


def test_on_another_grid_as_simpleitk_does():
    rng = np.random.default_rng(2)
    image = Volume(rng.normal(size=(8, 9, 10)).astype(np.float32), (1.0, 1.2, 2.0), (3.0, 0.0, -4.0), OBLIQUE)
    grid = Volume(np.zeros((6, 7, 8)), (1.5, 1.5, 1.5), (2.0, 2.0, -2.0))
    expected = sitk.Resample(to_sitk(image), to_sitk(grid), sitk.Transform(), sitk.sitkLinear, -9.0)
    found = on_grid_of(image, grid, outside=-9.0)
    np.testing.assert_allclose(found.array, sitk.GetArrayFromImage(expected), atol=1e-6)
    assert (found.array == -9).any()
    assert compare_geometry(found, grid) == []


def test_on_its_own_grid_nothing_changes():
    image = ramp((5, 6, 7), (1.0, 1.2, 2.0))
    np.testing.assert_array_equal(on_grid_of(image, image, "bspline").array, image.array.astype(np.float32))
