"""N4 on a phantom whose field is known: the expected values are the planted field and what division by it gives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage

from scripts.errors import CaseError, InputError
from scripts.preprocess.bias_field import (
    BiasFieldSettings,
    correct_bias,
    field_of,
    without_field,
)
from scripts.volumes import Volume

SPACING = (2.0, 2.0, 2.5)  # x, y, z in mm


class Phantom:
    """An ellipsoid of fat, glandular tissue and a bright tumour, times a smooth field, with noise."""

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        shape = (40, 60, 64)
        axes = [(np.arange(n) - (n - 1) / 2) / (n / 2) for n in shape]
        z, y, x = np.meshgrid(*axes, indexing="ij")
        self.body = (x**2 + y**2 + z**2) < 0.81
        texture = ndimage.gaussian_filter(rng.normal(size=shape), 1.5)
        gland = self.body & (x**2 + y**2 + z**2 < 0.5) & (texture > 0)
        self.tumour = ((x - 0.2) * 64) ** 2 + ((y + 0.1) * 60) ** 2 + (z * 50) ** 2 < 14**2
        truth = np.where(self.body, 40.0, 0.0)
        truth[gland], truth[self.tumour] = 100.0, 130.0
        self.gland = gland & ~self.tumour
        self.truth = truth
        # some 30 % from side to side, and a bow
        self.log_field = 0.15 * x - 0.1 * y + 0.1 * z + 0.15 * np.cos(2 * y + 0.5)
        noise = rng.normal(scale=3.0, size=(2, *shape))
        real = truth * np.exp(self.log_field) + noise[0]
        self.image = Volume(np.hypot(real, noise[1]).astype(np.float32), SPACING)


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return Phantom()


@pytest.fixture(scope="module")
def found(phantom) -> tuple[Volume, Volume]:
    return correct_bias(phantom.image)


def correlation(field: Volume, phantom: Phantom) -> float:
    """Of the recovered and the planted log field inside the body."""
    return float(np.corrcoef(np.log(field.array[phantom.body]), phantom.log_field[phantom.body])[0, 1])


def test_the_recovered_field_correlates_with_the_planted_one(phantom, found):
    assert correlation(found[1], phantom) > 0.97
    error = np.log(found[1].array) - phantom.log_field
    assert error[phantom.body].std() < 0.25 * phantom.log_field[phantom.body].std()


def test_contrast_of_the_tumour_is_the_true_one_again(phantom, found):
    def contrast(array: np.ndarray) -> float:
        return float(array[phantom.tumour].mean() / array[phantom.gland].mean())

    measured, corrected = contrast(phantom.image.array), contrast(found[0].array)
    assert abs(measured - 1.3) > 0.05
    assert corrected == pytest.approx(1.3, abs=0.03)


def test_knots_as_close_as_the_tumour_is_wide_would_take_its_contrast(phantom):
    """Why levels stop at knots of 50 mm: with 16 mm the bright tumour counts as a field."""
    field = field_of(phantom.image, {"spline_distance_mm": None, "levels": 4})
    assert correlation(field, phantom) < 0.95
    corrected = phantom.image.array / field.array
    assert corrected[phantom.tumour].mean() / corrected[phantom.gland].mean() < 1.2


def test_corrected_is_the_image_over_a_float32_field_of_geometric_mean_1(phantom, found):
    corrected, field = found
    assert corrected.array.dtype == field.array.dtype == np.float32
    np.testing.assert_allclose(corrected.array * field.array, phantom.image.array, rtol=1e-6)
    own = Volume(phantom.body, SPACING)
    inside = phantom.body & (phantom.image.array > 0)
    logs = np.log(field_of(phantom.image, mask=own).array.astype(float))
    assert logs[inside].mean() == pytest.approx(0, abs=1e-6)
    assert logs.max() == pytest.approx(logs[inside].max())
    assert logs.min() == pytest.approx(logs[inside].min())


@pytest.mark.parametrize("scale", [1e-3, 4096.0])
def test_the_unit_of_the_image_does_not_matter(phantom, found, scale):
    other = phantom.image.with_array(phantom.image.array * np.float32(scale))
    np.testing.assert_allclose(field_of(other).array, found[1].array, rtol=1e-3)


def test_the_same_bytes_for_any_number_of_threads(phantom, found):
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    try:
        for threads in (1, 3):
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            assert field_of(phantom.image).array.tobytes() == found[1].array.tobytes()
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def test_another_phase_is_divided_by_the_same_field(phantom, found):
    later = phantom.image.with_array((phantom.image.array + 7).astype(np.int16))
    expected = later.array.astype(float) / found[1].array.astype(float)
    np.testing.assert_allclose(without_field(later, found[1]).array, expected, rtol=1e-6)


def test_geometry_is_kept(phantom):
    direction = (0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    image = Volume(phantom.image.array[::2, ::2, ::2], (3.0, 4.0, 5.0), (10.0, -20.0, 30.0), direction)
    for volume in correct_bias(image, {"levels": 1, "iterations_per_level": 3}):
        assert (volume.spacing, volume.origin, volume.direction) == (image.spacing, image.origin, direction)


def test_off_means_a_field_of_1(phantom):
    corrected, field = correct_bias(phantom.image, {"enabled": False})
    assert (field.array == 1).all()
    np.testing.assert_array_equal(corrected.array, phantom.image.array)


def test_a_small_image_gets_fewer_levels():
    from scripts.preprocess.bias_field import _levels, _patches

    chosen = BiasFieldSettings()  # 200, 100, 50 mm
    for extent, first, levels in ((360, 2, 3), (190, 1, 3), (100, 1, 2), (80, 1, 2), (60, 1, 1), (20, 1, 1)):
        image = Volume(np.zeros((4, 4, 4)), (extent / 4, 1.0, 1.0))
        assert _patches(image, 200.0) == [first, 1, 1]
        assert _levels(image, chosen) == levels
    assert _levels(image, BiasFieldSettings(spline_distance_mm=None)) == 3


def test_voxels_not_above_0_are_left_out(phantom):
    """Air of 0 inside the mask has no logarithm: the field is the one fitted without it."""
    array = phantom.image.array.copy()
    array[~phantom.body] = 0
    whole = field_of(phantom.image.with_array(array), {"mask": "whole"})
    body = field_of(phantom.image.with_array(array), mask=Volume(phantom.body.astype(np.uint8), SPACING))
    np.testing.assert_array_equal(whole.array, body.array)


def test_too_little_to_fit_a_field_to(phantom):
    few = np.zeros(phantom.image.array.shape, np.uint8)
    few[20, 20:24, 20:24] = 1
    with pytest.raises(CaseError, match=r"fitted to 64 voxels or more; found \d+ in the mask"):
        field_of(phantom.image, mask=Volume(few, SPACING))
    with pytest.raises(CaseError, match="voxels above 0; found none"):
        field_of(phantom.image.with_array(-phantom.image.array), {"mask": "whole"})
    with pytest.raises(CaseError, match="no body stands out"):
        field_of(phantom.image.with_array(np.full_like(phantom.image.array, 5)))


def test_other_grids_are_refused(phantom, found):
    other = Volume(phantom.body, (2.0, 2.0, 3.0))
    with pytest.raises(CaseError, match="image and mask do not lie on the same grid: spacing z"):
        field_of(phantom.image, mask=other)
    with pytest.raises(CaseError, match="image and bias field do not lie on the same grid: spacing z"):
        without_field(phantom.image, other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"shrink": 4},
            r"bias_field.shrink: expected one of .*, found 'shrink'. Did you mean 'shrink_factor'",
        ),
        ({"mask": "otsu"}, "bias_field.mask: expected one of body, whole, found 'otsu'"),
        ({"shrink_factor": 0}, "bias_field.shrink_factor: expected a whole number from 1, found 0"),
        ({"levels": 2, "iterations_per_level": [50]}, r"or 2 of them \(one for each level\), found \[50\]"),
        (
            {"convergence_threshold": 0},
            "bias_field.convergence_threshold: expected a number above 0, found 0",
        ),
        (
            {"spline_distance_mm": math.inf},
            "bias_field.spline_distance_mm: expected null or a number above 0",
        ),
        ({"enabled": "no"}, "bias_field.enabled: expected true or false, found 'no'"),
    ],
)
def test_settings_that_cannot_be(phantom, settings, message):
    with pytest.raises(InputError, match=message):
        field_of(phantom.image, settings)


def test_iterations_of_each_level():
    assert BiasFieldSettings(levels=3, iterations_per_level=20).iterations == [20, 20, 20]
    assert BiasFieldSettings(levels=2, iterations_per_level=(30, 10)).iterations == [30, 10]
