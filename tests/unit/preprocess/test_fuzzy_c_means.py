"""Spatial fuzzy C-means against the closed forms, written out voxel by voxel as the papers print them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from scripts.errors import CaseError
from scripts.preprocess.fuzzy_c_means import fuzzy_c_means


def three_tissues(shape=(6, 9, 10), noise: float = 6.0, seed: int = 11) -> np.ndarray:
    """Slabs of 20, 60 and 120 with noise."""
    rng = np.random.default_rng(seed)
    slabs = np.select([np.arange(shape[2]) < 4, np.arange(shape[2]) < 7], [20.0, 60.0], 120.0)
    return np.broadcast_to(slabs, shape) + rng.normal(scale=noise, size=shape)


def bezdek(values: list[float], centres: list[float], m: float) -> list[list[float]]:
    """u[i][j] by Bezdek's closed form, 1 / sum_k (d_ij / d_kj)^(2 / (m - 1))."""
    return [
        [1 / sum((abs(x - v) / abs(x - w)) ** (2 / (m - 1)) for w in centres) for x in values]
        for v in centres
    ]


def bezdek_centres(values: list[float], u: list[list[float]], m: float) -> list[float]:
    return [sum(w**m * x for w, x in zip(row, values, strict=True)) / sum(w**m for w in row) for row in u]


@pytest.mark.parametrize("m", [1.5, 2.0, 3.0])
def test_without_neighbours_it_is_fuzzy_c_means(m):
    """Both closed-form updates, done by the plain loops above from the same start, come to the same place."""
    image = three_tissues((2, 5, 10))
    values = image.ravel().tolist()
    centres = [10.0, 50.0, 100.0]
    for _ in range(8):
        u = bezdek(values, centres, m)
        centres = bezdek_centres(values, u, m)
    found = fuzzy_c_means(
        image, 3, fuzziness=m, p=1, q=0, iterations=8, tolerance=1e-300, start=[10.0, 50.0, 100.0]
    )
    np.testing.assert_allclose(found.centres, centres, rtol=1e-10)
    np.testing.assert_allclose(found.memberships.reshape(3, -1), u, atol=1e-10)
    assert found.iterations == 8
    assert not found.converged


def test_at_rest_both_updates_leave_it_as_it_is():
    image = three_tissues()
    found = fuzzy_c_means(image, 3, q=0, tolerance=1e-12, iterations=500)
    assert found.converged
    u = bezdek(image.ravel().tolist(), list(found.centres), 2.0)
    np.testing.assert_allclose(found.memberships.reshape(3, -1), u, atol=1e-8)
    np.testing.assert_allclose(found.centres, bezdek_centres(image.ravel().tolist(), u, 2.0), rtol=1e-9)
    np.testing.assert_allclose(found.centres, [20, 60, 120], atol=3)


def test_an_independent_minimiser_finds_no_smaller_objective():
    """scipy's general minimiser on sum_ij u_ij^2 d_ij^2, u by the closed form, from the truth: the same centres."""
    from scipy.optimize import minimize

    values = three_tissues().ravel()

    def objective(centres: np.ndarray) -> float:
        squared = (values - centres[:, None]) ** 2
        return float((1 / (1 / squared).sum(axis=0)).sum())  # what sum u^2 d^2 is with m = 2

    best = minimize(
        objective, [20.0, 60.0, 120.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}
    )
    found = fuzzy_c_means(three_tissues(), 3, q=0, tolerance=1e-10, iterations=500)
    np.testing.assert_allclose(found.centres, best.x, rtol=1e-5)


@pytest.mark.parametrize(
    ("p", "q", "neighbours"), [(1, 1, (1, 1, 1)), (0, 2, (0, 1, 2)), (2, 0.5, (1, 2, 0))]
)
def test_one_round_with_neighbours_is_chuangs_formula(p, q, neighbours):
    """u' = u^p h^q / sum_k u_k^p h_k^q with h summed over the voxels of the box that lie in the image, by loops."""
    image = three_tissues((3, 5, 10))
    start = [15.0, 70.0, 110.0]
    u = np.reshape(bezdek(image.ravel().tolist(), start, 2.0), (3, *image.shape))
    expected = np.empty_like(u)
    for place in np.ndindex(*image.shape):
        near = itertools.product(
            *(
                range(max(0, at - n), min(size, at + n + 1))
                for at, n, size in zip(place, neighbours, image.shape, strict=True)
            )
        )
        h = sum(u[(slice(None), *k)] for k in near)
        joint = u[(slice(None), *place)] ** p * h**q
        expected[(slice(None), *place)] = joint / joint.sum()
    found = fuzzy_c_means(image, 3, p=p, q=q, neighbours=neighbours, start=start, iterations=1)
    np.testing.assert_allclose(found.memberships, expected, atol=1e-12)
    weights = expected**2
    centres = (weights * image).sum(axis=(1, 2, 3)) / weights.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found.centres, centres, rtol=1e-12)


def test_neighbours_take_speckle_away():
    """As in Chuang's figures: the more weight the neighbours have, the fewer voxels are in the wrong cluster."""
    truth = np.broadcast_to(np.arange(24) >= 12, (16, 24, 24))
    image = 100.0 * truth + np.random.default_rng(1).normal(scale=30, size=truth.shape)
    wrong = [
        int((fuzzy_c_means(image, 2, q=q, neighbours=(2, 2, 2)).in_cluster(-1) != truth).sum())
        for q in (0, 1, 2)
    ]
    assert wrong[0] > 300
    assert wrong[1] < 0.3 * wrong[0]
    assert wrong[2] < wrong[1]


def test_voxels_outside_the_region_do_not_count():
    image = three_tissues()
    region = np.ones(image.shape, bool)
    region[:, :2] = False
    spoilt = image.copy()
    spoilt[:, :2] = 1e6
    found, expected = fuzzy_c_means(spoilt, 3, region=region), fuzzy_c_means(image[:, 2:], 3)
    np.testing.assert_allclose(found.centres, expected.centres, rtol=1e-12)
    np.testing.assert_allclose(found.memberships[:, :, 2:], expected.memberships, atol=1e-12)
    assert (found.memberships[:, :, :2] == 0).all()
    assert not any(found.in_cluster(k)[:, :2].any() for k in range(3))


def test_memberships_sum_to_1_and_centres_rise():
    found = fuzzy_c_means(three_tissues().astype(np.float32), 4, start=[150.0, 20.0, 60.0, 120.0])
    np.testing.assert_allclose(found.memberships.sum(axis=0), 1, atol=1e-6)
    assert found.memberships.dtype == np.float32
    assert list(found.centres) == sorted(found.centres)
    parts = sum(found.in_cluster(k).astype(int) for k in range(4))
    assert (parts == 1).all()
    means = [three_tissues()[found.in_cluster(k)].mean() for k in range(4)]
    assert means == sorted(means)


def test_a_voxel_at_a_centre_belongs_to_it_alone():
    found = fuzzy_c_means(np.array([[0.0, 0, 0, 10, 10, 10]]), 2, q=0, start=[0.0, 10.0])
    np.testing.assert_array_equal(found.memberships, [[[1, 1, 1, 0, 0, 0]], [[0, 0, 0, 1, 1, 1]]])
    assert found.centres == (0.0, 10.0)


def test_gain_and_offset_move_the_centres_along():
    image = three_tissues()
    first, second = fuzzy_c_means(image, 3), fuzzy_c_means(image * 1e4 - 5e5, 3)
    np.testing.assert_allclose(np.array(first.centres) * 1e4 - 5e5, second.centres, rtol=1e-6)
    np.testing.assert_allclose(first.memberships, second.memberships, atol=1e-6)


def test_a_small_bright_part_is_found_in_a_large_dark_one():
    """Half a percent of the voxels, which centres begun at quantiles would not see."""
    image = np.random.default_rng(2).normal(20, 4, size=(20, 30, 30))
    image[8:12, 10:15, 10:15] += 100
    found = fuzzy_c_means(image, 2)
    assert found.in_cluster(-1).sum() == 100
    np.testing.assert_array_equal(found.in_cluster(-1), image > 70)


def test_what_cannot_be_clustered():
    with pytest.raises(CaseError, match="expected at least 3 different values for as many clusters, found 2"):
        fuzzy_c_means(np.array([0.0, 0, 1, 1]), 3)
    with pytest.raises(CaseError, match="no finite number"):
        fuzzy_c_means(np.array([0.0, np.nan, 1, 1]), 2)
    with pytest.raises(ValueError, match="expected n_clusters >= 2"):
        fuzzy_c_means(np.arange(4.0), 1)
    with pytest.raises(ValueError, match="expected neighbours along 1 axes, found 2"):
        fuzzy_c_means(np.arange(4.0), 2, neighbours=(1, 1))
    with pytest.raises(ValueError, match="expected 2 first centres, found 3"):
        fuzzy_c_means(np.arange(4.0), 2, start=[0, 1, 2])
