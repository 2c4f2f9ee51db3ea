"""Intensity maps; expected values by hand or from numpy's own mean, deviation and percentiles."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.preprocess.enhancement import subtraction
from scripts.preprocess.intensity import IntensityMap, intensity_map, normalise, standard_landmarks
from scripts.volumes import Volume

WHOLE = {"region": "whole"}


@pytest.fixture
def image() -> Volume:
    rng = np.random.default_rng(3)
    return Volume(rng.gamma(3.0, 40.0, size=(12, 13, 14)).astype(np.float32), (1.0, 1.0, 2.0))


def test_none_changes_nothing(image):
    np.testing.assert_array_equal(normalise(image, {"method": "none"}).array, image.array)


def test_z_score_has_mean_0_and_deviation_1_in_its_mask(image):
    mask = image.with_array((image.array > 90).astype(np.uint8))
    found = normalise(image, {"method": "z_score"}, mask)
    assert found.array.dtype == np.float32
    inside = found.array[mask.array == 1].astype(float)
    assert inside.mean() == pytest.approx(0, abs=1e-6)
    assert inside.std() == pytest.approx(1, rel=1e-6)
    kept = image.array[mask.array == 1].astype(float)
    np.testing.assert_allclose(found.array, (image.array - kept.mean()) / kept.std(), atol=1e-5)


def test_percentiles_become_0_and_1(image):
    settings = WHOLE | {"method": "percentile", "low_percentile": 5, "high_percentile": 95}
    low, high = np.percentile(image.array.astype(float), [5, 95])
    found = normalise(image, settings)
    np.testing.assert_allclose(found.array, (image.array - low) / (high - low), atol=1e-5)
    assert found.array.max() > 1  # nothing is clipped


def test_histogram_gives_each_landmark_its_standard_value(image):
    found = normalise(image, WHOLE | {"method": "histogram"}).array.astype(float)
    for percent in (1, 10, 30, 50, 90, 99):
        # a rising map moves a percentile with the values (between two of them up to their distance)
        assert np.percentile(found, percent) == pytest.approx(NormalDist().inv_cdf(percent / 100), abs=0.01)
    assert (np.argsort(found, axis=None) == np.argsort(image.array, axis=None)).all()


def test_a_histogram_undoes_any_rising_change_at_its_landmarks(image):
    """Two scanners that show the same tissue on different curves agree again."""
    other = image.with_array(np.sqrt(image.array) * 7 + 3)
    settings = WHOLE | {"method": "histogram"}
    first, second = normalise(image, settings).array, normalise(other, settings).array
    apart = np.abs(first - second)  # by what lies between two landmarks, and beyond the last ones
    assert np.median(apart) < 0.01
    assert np.percentile(apart, 98) < 0.1


def test_a_reference_is_the_standard(image):
    standard = [0.0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 100]
    scale = intensity_map(image, WHOLE | {"method": "histogram"}, reference=standard)
    assert scale.standard == tuple(standard)
    np.testing.assert_allclose(scale.measured[5], np.percentile(image.array.astype(float), 50))
    with pytest.raises(InputError, match="standard histogram: expected 11 rising values"):
        intensity_map(image, WHOLE | {"method": "histogram"}, reference=standard[:-1])
    with pytest.raises(InputError, match="expected 11 rising values"):
        intensity_map(image, WHOLE | {"method": "histogram"}, reference=standard[::-1])


def test_standard_landmarks_are_the_mean_of_scaled_percentiles():
    first = Volume(np.linspace(0, 1000, 1001).reshape(7, 11, 13), (1.0, 1.0, 1.0))  # percentile p is 10 p
    second = first.with_array(first.array**2 + 4e5)  # percentile p is (10 p)^2 + 4e5
    settings = WHOLE | {"method": "histogram", "low_percentile": 0, "high_percentile": 100}
    expected = [(p + 100 * (p / 100) ** 2) / 2 for p in (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]
    np.testing.assert_allclose(standard_landmarks([first, second], settings), expected, atol=1e-9)
    with pytest.raises(ValueError, match="found none"):
        standard_landmarks([], settings)


def test_the_map_goes_on_with_its_last_slopes():
    scale = IntensityMap((0.0, 10.0, 20.0), (0.0, 1.0, 5.0))
    image = Volume(np.array([[[-10.0, 5.0, 15.0, 30.0]]]), (1.0, 1.0, 1.0))
    np.testing.assert_allclose(scale.apply(image).array, [[[-1.0, 0.5, 3.0, 9.0]]])


@pytest.mark.parametrize("method", ["z_score", "percentile"])
def test_one_map_for_a_visit_keeps_the_meaning_of_a_subtraction(image, method):
    later = image.with_array(image.array * np.float32(1.5))
    scale = intensity_map(image, WHOLE | {"method": method})
    difference = subtraction(scale.apply(later), scale.apply(image)).array
    slope = (scale.standard[1] - scale.standard[0]) / (scale.measured[1] - scale.measured[0])
    np.testing.assert_allclose(difference, subtraction(later, image).array * slope, atol=1e-4)


@pytest.mark.parametrize("method", ["z_score", "percentile", "histogram"])
def test_gain_and_offset_of_the_scanner_do_not_matter(image, method):
    other = image.with_array(image.array * 37 - 400)
    settings = WHOLE | {"method": method}
    np.testing.assert_allclose(normalise(other, settings).array, normalise(image, settings).array, atol=2e-4)


def test_whole_numbers_whose_percentiles_fall_together():
    array = np.repeat([1, 2, 3, 9], [60, 25, 10, 5]).reshape(4, 5, 5)
    scale = intensity_map(Volume(array, (1.0, 1.0, 1.0)), WHOLE | {"method": "histogram"})
    # percentiles 1 to 50 are 1, 60 lies between 1 and 2, 70 and 80 are 2, 90 is 3, 99 is 9
    normal = [NormalDist().inv_cdf(p / 100) for p in (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99)]
    assert scale.measured[0] == 1
    assert scale.standard[0] == pytest.approx(np.mean(normal[:6]))
    assert scale.measured[-1] == 9
    assert scale.standard[-1] == pytest.approx(normal[-1])


@pytest.mark.parametrize("method", ["z_score", "percentile", "histogram"])
def test_one_value_has_no_scale(method):
    flat = Volume(np.full((3, 3, 3), 7.0), (1.0, 1.0, 1.0))
    with pytest.raises(CaseError, match=r"expected .* in the region, found 7"):
        normalise(flat, WHOLE | {"method": method})
    with pytest.raises(CaseError, match="found an empty mask"):
        normalise(flat, {"method": method}, flat.with_array(np.zeros((3, 3, 3))))
    with pytest.raises(CaseError, match="image and mask do not lie on the same grid"):
        normalise(flat, {"method": method}, Volume(flat.array, (1.0, 1.0, 2.0)))
