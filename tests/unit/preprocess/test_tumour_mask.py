"""The tumour in an enhancement image: shapes that are put there, found again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.preprocess.tumour_mask import dice, segment_tumour
from scripts.volumes import Volume

SPACING = (1.0, 1.5, 2.0)
SHAPE = (24, 30, 40)
TURNED = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
ORIGIN = (100.0, -50.0, 20.0)


def ball(middle: tuple[float, float, float], radius: float) -> np.ndarray:
    """A ball in mm about an index (z, y, x)."""
    steps = zip(np.indices(SHAPE), middle, SPACING[::-1], strict=True)
    return sum(((i - m) * mm) ** 2 for i, m, mm in steps) < radius**2


LARGE, SMALL = ball((10, 12, 12), 9), ball((14, 18, 33), 5)


@pytest.fixture
def enhancement() -> Volume:
    """Parenchyma of 10 with noise, glandular tissue of 30, two tumours of 100, one with a dead middle."""
    rng = np.random.default_rng(4)
    array = np.full(SHAPE, 10.0)
    array[:, 20:, :] = 30
    array[LARGE | SMALL] = 100
    array[ball((10, 12, 12), 3)] = 5
    array[2, 2, 2] = 150  # a vessel's speckle
    array += rng.normal(scale=5, size=SHAPE)
    return Volume(array.astype(np.float32), SPACING, ORIGIN, TURNED)


def test_the_largest_piece_with_its_hole_filled(enhancement):
    found = segment_tumour(enhancement)
    assert found.array.dtype == np.uint8
    assert set(np.unique(found.array)) == {0, 1}
    assert (found.spacing, found.origin, found.direction) == (SPACING, ORIGIN, TURNED)
    assert dice(found, enhancement.with_array(LARGE)) > 0.97
    assert found.array[10, 12, 12] == 1


def test_a_prior_mask_takes_the_piece_that_it_overlaps(enhancement):
    prior = enhancement.with_array(ball((14, 18, 32), 4).astype(np.uint8))
    found = segment_tumour(enhancement, prior=prior)
    assert dice(found, enhancement.with_array(SMALL)) > 0.95


def test_a_prior_mask_apart_from_all_takes_the_nearest(enhancement):
    for middle, expected in (((2, 28, 38), SMALL), ((2, 2, 2), LARGE)):
        prior = enhancement.with_array(ball(middle, 2))
        assert dice(segment_tumour(enhancement, prior=prior), enhancement.with_array(expected)) > 0.95


def test_more_overlap_counts_before_size(enhancement):
    """A prior that touches the large tumour and covers the small one takes the small one."""
    prior = ball((14, 18, 33), 6)
    prior[10, 12, 16:20] = True
    assert (prior & LARGE).any()
    found = segment_tumour(enhancement, prior=enhancement.with_array(prior))
    assert dice(found, enhancement.with_array(SMALL)) > 0.95


def test_a_prior_point_is_in_mm_of_the_patient(enhancement):
    # index (z 14, y 18, x 33): x index runs to -y, y index to +x: 100 + 18 * 1.5, -50 - 33 * 1, 20 + 14 * 2
    found = segment_tumour(enhancement, prior=(127.0, -83.0, 48.0))
    assert dice(found, enhancement.with_array(SMALL)) > 0.95
    found = segment_tumour(enhancement, prior=(118.0, -62.0, 40.0))
    assert dice(found, enhancement.with_array(LARGE)) > 0.95


def test_a_region_bounds_the_search(enhancement):
    region = np.zeros(SHAPE, bool)
    region[:, :, 24:] = True
    found = segment_tumour(enhancement, region=enhancement.with_array(region))
    assert dice(found, enhancement.with_array(SMALL)) > 0.95
    assert not found.array[~region].any()


def test_neighbourhood_is_in_mm(enhancement, monkeypatch):
    from scripts.preprocess import tumour_mask

    seen = []
    plain = tumour_mask.fuzzy_c_means
    monkeypatch.setattr(
        tumour_mask, "fuzzy_c_means", lambda *a, neighbours, **k: seen.append(neighbours) or plain(*a, **k)
    )
    for mm in (1.0, 3.0, 4.0):
        segment_tumour(enhancement, {"neighbourhood_mm": mm})
    assert seen == [[1, 1, 1], [1, 2, 3], [2, 2, 4]]  # z of 2 mm, y of 1.5, x of 1; one voxel at least


def test_too_small_a_piece_is_no_tumour(enhancement):
    volume = LARGE.sum() * math.prod(SPACING) / 1000
    assert volume == pytest.approx(3, rel=0.1)
    message = r"expected a piece of 4 ml or more in the brightest of 3 clusters, found 2\.\d+ ml at most"
    with pytest.raises(CaseError, match=message):
        segment_tumour(enhancement, {"min_volume_ml": 4})


def test_what_cannot_be(enhancement):
    with pytest.raises(CaseError, match="expected a prior with voxels in it, found an empty one"):
        segment_tumour(enhancement, prior=enhancement.with_array(np.zeros(SHAPE)))
    with pytest.raises(CaseError, match="image and region do not lie on the same grid: spacing x"):
        segment_tumour(enhancement, region=Volume(np.ones(SHAPE), (2.0, 1.5, 2.0), ORIGIN, TURNED))
    with pytest.raises(CaseError, match="expected at least 3 different values"):
        segment_tumour(enhancement.with_array(np.zeros(SHAPE)))
    with pytest.raises(InputError, match="Did you mean 'n_clusters'"):
        segment_tumour(enhancement, {"clusters": 3})


def test_dice_by_hand():
    def mask(*values: int) -> Volume:
        return Volume(np.array([[values]]), (1.0, 1.0, 1.0))

    assert dice(mask(1, 1, 1, 0), mask(0, 1, 2, 5)) == pytest.approx(2 * 2 / 6)
    assert dice(mask(1, 1, 0, 0), mask(0, 0, 1, 1)) == 0
    assert dice(mask(0, 0, 0, 0), mask(0, 0, 0, 0)) == 1
    with pytest.raises(CaseError, match="image and other mask do not lie on the same grid: size x"):
        dice(mask(1, 0), mask(1, 0, 0))
