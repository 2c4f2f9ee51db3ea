"""A normal region against closed forms, scipy and draws."""

import math

import numpy as np
import pytest
from scipy import stats

from scripts.clustering.gaussian_region import GaussianRegion, ellipse_outline, fit_region
from scripts.errors import InputError

MEAN = np.array([32.0, 38.0, 5.0])
COVARIANCE = np.array([[30.0, -9.0, -10.0], [-9.0, 9.0, 4.5], [-10.0, 4.5, 12.0]])
REGION = GaussianRegion(MEAN, COVARIANCE, 100)


def test_distance_probability_and_density_by_hand():
    plain = GaussianRegion(np.zeros(3), np.diag([4.0, 9.0, 1.0]))
    x = [[2.0, 3.0, 1.0], [0.0, 0.0, 0.0]]
    np.testing.assert_allclose(plain.squared_distances(x), [3.0, 0.0])
    # the survival function of chi-square with 3 degrees of freedom: erfc(sqrt(x/2)) + sqrt(2x/pi) exp(-x/2)
    by_hand = math.erfc(math.sqrt(1.5)) + math.sqrt(6 / math.pi) * math.exp(-1.5)
    np.testing.assert_allclose(plain.tail_probability(x), [by_hand, 1.0])
    top = 1 / ((2 * math.pi) ** 1.5 * 6)  # equation 4; the determinant is 36
    np.testing.assert_allclose(plain.density(x), [top * math.exp(-1.5), top])


def test_the_share_of_draws_inside_is_the_level():
    draws = np.random.default_rng(0).multivariate_normal(MEAN, COVARIANCE, 200_000)
    for level in (0.5, 0.95):
        inside = REGION.squared_distances(draws) <= REGION.radius(level) ** 2
        assert inside.mean() == pytest.approx(level, abs=0.004)
        np.testing.assert_array_equal(inside, REGION.tail_probability(draws) >= 1 - level)


def test_axes_are_the_covariance_taken_apart():
    half, vectors = REGION.axes()
    assert list(half) == sorted(half, reverse=True)
    np.testing.assert_allclose(vectors @ np.diag(half**2) @ vectors.T, COVARIANCE, atol=1e-10)


def test_the_shadow_of_the_ellipsoid_holds_what_lies_in_it():
    radius = REGION.radius(0.95)
    pair = REGION.marginal((0, 2))
    outline = ellipse_outline(pair, radius)
    np.testing.assert_allclose(np.sqrt(pair.squared_distances(outline)), radius)
    random = np.random.default_rng(1).normal(size=(20_000, 3))
    surface = (
        MEAN + radius * (random / np.linalg.norm(random, axis=1)[:, None]) @ np.linalg.cholesky(COVARIANCE).T
    )
    shadow = surface[:, [0, 2]]
    assert np.sqrt(pair.squared_distances(shadow)).max() <= radius + 1e-9
    np.testing.assert_allclose(shadow.max(axis=0), outline.max(axis=0), atol=0.05)


def test_a_fit_is_the_sample_mean_and_covariance():
    x = np.random.default_rng(2).multivariate_normal(MEAN, COVARIANCE, 400)
    region = fit_region(x)
    np.testing.assert_allclose(region.mean, x.sum(axis=0) / 400)
    apart = x - x.sum(axis=0) / 400
    np.testing.assert_allclose(region.covariance, apart.T @ apart / 399)
    assert region.n == 400
    np.testing.assert_allclose(
        region.density(x[:5]), stats.multivariate_normal(region.mean, region.covariance).pdf(x[:5])
    )


@pytest.mark.parametrize("x", [np.zeros((3, 3)), np.full((9, 3), np.nan), np.arange(30.0).reshape(10, 3)])
def test_what_has_no_normal_distribution(x):
    with pytest.raises(InputError, match="normal distribution"):
        fit_region(x)


def test_further_samples_fall_less_often_into_the_region_of_a_few():
    random, inside = np.random.default_rng(4), []
    for _ in range(4000):
        region = fit_region(random.normal(size=(21, 3)))
        inside.append(region.tail_probability(random.normal(size=(5, 3))) > 0.05)
    assert np.mean(inside) == pytest.approx(region.share_of_new(0.95), abs=0.008)
    assert region.share_of_new(0.95) < 0.89
    assert GaussianRegion(np.zeros(3), np.eye(3)).share_of_new(0.95) == 0.95
