"""The pointing game by hand."""

import math

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.saliency.pointing_game import point

MASK = np.zeros((4, 5))
MASK[1:3, 1:3] = 1  # 4 of 20 pixels


def test_the_greatest_value_inside_is_a_hit():
    saliency = np.full((4, 5), 1.0)
    saliency[2, 2] = 5.0
    found = point(saliency, MASK)
    assert (found.hit, found.by_chance) == (1.0, 0.2)
    assert found.inside == pytest.approx((5 + 3) / (5 + 19))


def test_the_greatest_value_outside_is_a_miss_but_for_the_tolerance():
    saliency = np.zeros((4, 5))
    saliency[1, 4] = 2.0  # two pixels to the right of the object
    assert point(saliency, MASK).hit == 0.0
    assert point(saliency, MASK, tolerance=1.9).hit == 0.0
    assert point(saliency, MASK, tolerance=2.0).hit == 1.0
    assert point(saliency, MASK, tolerance=2.0).inside == 0.0


def test_several_greatest_values_count_by_their_share():
    saliency = np.zeros((4, 5))
    saliency[[1, 2, 0], [1, 2, 0]] = 1.0
    assert point(saliency, MASK).hit == pytest.approx(2 / 3)


def test_negative_values_are_no_evidence():
    saliency = np.full((4, 5), -1.0)
    saliency[1, 1], saliency[0, 0] = 3.0, 1.0
    assert point(saliency, MASK).inside == pytest.approx(0.75)


def test_a_map_that_points_nowhere_has_no_score():
    found = point(np.zeros((4, 5)), MASK)
    assert math.isnan(found.hit)
    assert math.isnan(found.inside)
    assert point(np.ones((4, 5)), MASK).inside == pytest.approx(0.2)


def test_volumes_are_taken_too():
    saliency, mask = np.zeros((3, 4, 5)), np.zeros((3, 4, 5))
    saliency[1, 2, 3] = mask[1, 2, 3] = 1
    assert point(saliency, mask).hit == 1.0


def test_noise_hits_by_chance():
    rng = np.random.default_rng(0)
    found = [point(rng.random((4, 5)), MASK) for _ in range(4000)]
    assert np.mean([f.hit for f in found]) == pytest.approx(0.2, abs=4 * math.sqrt(0.16 / 4000))
    assert np.mean([f.inside for f in found]) == pytest.approx(0.2, abs=0.01)


def test_an_empty_mask_or_another_shape_is_refused():
    with pytest.raises(InputError, match="an empty mask"):
        point(np.ones((4, 5)), np.zeros((4, 5)))
    with pytest.raises(InputError, match=r"the shape of its mask, \(4, 5\), found \(5, 4\)"):
        point(np.ones((5, 4)), MASK)
