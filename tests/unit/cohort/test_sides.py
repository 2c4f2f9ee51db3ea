"""On which side a mask lies: boxes in the patient's coordinates, in every order of the axes."""

import itertools

import numpy as np
import pytest

from scripts.cohort.sides import side_of
from scripts.volumes import Volume, reorient


def breasts(width: int = 80, middle: float = 0.0, at_mm: float = 60.0) -> tuple[Volume, Volume]:
    """A body `width` x 4 mm wide round x = `middle`, in air, with noise; a mask at x = middle + `at_mm` (+ is left)."""
    spacing = (4.0, 5.0, 6.0)
    x = middle + (np.arange(width + 20) - (width + 19) / 2) * spacing[0]
    array = np.random.default_rng(1).integers(0, 5, (8, 12, width + 20)).astype(np.int16)
    array[1:7, 2:10, 10:-10] += 300
    mask = np.zeros(array.shape, np.uint8)
    mask[3:5, 4:7, np.abs(x - middle - at_mm) < 10] = 1
    origin = (float(x[0]), -30.0, 12.0)
    return Volume(array, spacing, origin), Volume(mask, spacing, origin)


@pytest.mark.parametrize(("at_mm", "side"), [(60, "left"), (-60, "right"), (15, None), (-15, None)])
@pytest.mark.parametrize("middle", [0.0, 90.0])
def test_the_side_by_the_place_in_the_body(at_mm, side, middle):
    assert side_of(*breasts(at_mm=at_mm, middle=middle)) == side


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("sign", [1, -1])
def test_the_order_and_sense_of_the_axes_do_not_matter(order, sign):
    direction = np.eye(3)[:, list(order)] * sign
    for at_mm, side in ((60, "left"), (-60, "right")):
        image, mask = (reorient(v, direction.ravel()) for v in breasts(at_mm=at_mm))
        assert side_of(image, mask) == side


def test_one_breast_alone_an_empty_mask_or_no_image_tell_nothing():
    assert side_of(*breasts(width=40, at_mm=40)) is None  # 160 mm
    image, mask = breasts()
    assert side_of(image, mask.with_array(np.zeros_like(mask.array))) is None
    assert side_of(image.with_array(np.zeros_like(image.array)), mask) is None


@pytest.mark.parametrize(("at_mm", "side"), [(60, "left"), (-60, "right")])
def test_a_large_image_is_looked_at_in_steps(at_mm, side):
    large = [
        Volume(v.array.repeat(6, 0).repeat(6, 1).repeat(3, 2), v.spacing, v.origin)
        for v in breasts(at_mm=at_mm)
    ]
    assert large[0].array.size > 500_000
    assert side_of(*large) == side
