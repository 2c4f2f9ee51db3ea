"""What stands out from air, on shapes whose extent is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from scripts.errors import CaseError
from scripts.preprocess.region import body_of, li_threshold, region_of
from scripts.volumes import Volume


def ball(shape: tuple[int, int, int], radius: float, middle: tuple[float, float, float]) -> np.ndarray:
    return sum((i - m) ** 2 for i, m in zip(np.indices(shape), middle, strict=True)) < radius**2


def test_tissue_in_noisy_air():
    rng = np.random.default_rng(5)
    shape = (40, 40, 40)
    body = ball(shape, 15, (20, 19, 18))
    cavity = ball(shape, 6, (20, 19, 18))
    array = np.abs(rng.normal(scale=5.0, size=shape))
    array[body & ~cavity] += 100
    found = body_of(Volume(array, (2.0, 2.0, 2.0)))
    tissue = body & ~cavity
    assert 2 * (found & tissue).sum() / (found.sum() + tissue.sum()) > 0.93
    assert not found[20, 19, 18]  # nothing is filled
    assert found[~ndimage.binary_dilation(body, iterations=3)].mean() < 1e-3


@pytest.mark.parametrize(("scale", "offset"), [(1e-4, 0.0), (50.0, 0.0), (1.0, -1000.0)])
def test_unit_and_offset_do_not_matter(scale, offset):
    rng = np.random.default_rng(6)
    array = 100 * ball((20, 24, 24), 8, (10, 12, 12)) + np.abs(rng.normal(scale=3, size=(20, 24, 24)))
    expected = body_of(Volume(array, (1.0, 1.0, 1.0)))
    np.testing.assert_array_equal(body_of(Volume(array * scale + offset, (1.0, 1.0, 1.0))), expected)


def test_li_is_the_least_cross_entropy():
    """Against the definition, tried at every value: minus sum of x ln(mean of its side), x from 0."""
    rng = np.random.default_rng(8)
    values = np.concatenate([rng.gamma(2, 5, 3000), rng.normal(120, 20, 800)])
    values -= values.min()

    def entropy(threshold: float) -> float:
        above = values > threshold
        return -sum(part.sum() * np.log(part.mean()) for part in (values[above], values[~above]))

    tried = np.sort(values)[5:-5]
    best = tried[np.argmin([entropy(t) for t in tried])]
    found = li_threshold(values)
    assert entropy(found) == pytest.approx(entropy(best), rel=1e-6)
    assert abs((values > found).sum() - (values > best).sum()) <= 5


def test_two_values_are_parted():
    assert 0 <= li_threshold(np.repeat([0.0, 7.0], [9, 1])) < 7
    assert 3 <= li_threshold(np.repeat([3.0, 7.0], [1, 9])) < 7


def test_whole_is_every_voxel():
    volume = Volume(np.zeros((2, 3, 4)), (1.0, 1.0, 1.0))
    assert region_of(volume, "whole").all()
    assert region_of(volume, "whole").shape == (2, 3, 4)
    with pytest.raises(CaseError, match="every voxel of the image is 0: no body stands out"):
        region_of(volume, "body")
    with pytest.raises(ValueError, match="expected one of body, whole, found 'skin'"):
        region_of(volume, "skin")


def test_smoothing_is_in_mm():
    """A slab of one voxel is one voxel thick where voxels are 8 mm wide, and spreads where they are 0.5 mm wide."""
    array = np.zeros((24, 24, 24))
    array[:, :, 12] = 100
    assert body_of(Volume(array, (8.0, 8.0, 8.0))).sum() == 24 * 24
    assert body_of(Volume(array, (0.5, 0.5, 0.5))).sum() >= 3 * 24 * 24
