"""Expected values from geometry: a sphere of 10 mm radius has 4.18879 ml."""

import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.star_shapes import largest_piece, radius_towards, surface_radii

SPHERE_ML = 4 / 3 * np.pi


def axes(shape, spacing):
    return tuple(
        (np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, reversed(spacing), strict=True)
    )


def test_without_lobules_the_body_is_a_sphere():
    np.testing.assert_allclose(surface_radii(SPHERE_ML, 0.0, generator(1)), 10.0, rtol=2e-3)


def test_log_radius_has_the_sd_over_the_sphere():
    radii = surface_radii(SPHERE_ML, 0.25, generator(2))
    weights = np.sin(np.linspace(0, np.pi, radii.shape[0]))[:, None] * np.ones(radii.shape[1])
    weights[:, -1] = 0
    logs = np.log(radii)
    mean = np.average(logs, weights=weights)
    assert np.sqrt(np.average((logs - mean) ** 2, weights=weights)) == pytest.approx(0.25, rel=0.01)


def test_the_table_of_radii_closes_around_the_axis():
    radii = surface_radii(5.0, 0.3, generator(3))
    np.testing.assert_allclose(radii[:, 0], radii[:, -1])
    np.testing.assert_allclose(radii[0], radii[0, 0])
    np.testing.assert_allclose(radii[-1], radii[-1, 0])


@pytest.mark.parametrize("lobulation", [0.0, 0.15, 0.35])
def test_volume_by_counting_voxels(lobulation):
    radii = surface_radii(6.0, lobulation, generator(4))
    z, y, x = axes((90, 90, 90), (0.7, 0.7, 0.7))
    distance, surface = radius_towards(radii, z[:, None, None], y[:, None], x)
    assert (distance < surface).sum() * 0.7**3 / 1000 == pytest.approx(6.0, rel=0.01)


def test_radius_is_looked_up_in_the_direction_of_the_point():
    radii = np.ones((49, 97))
    radii[24, 24] = 7.0  # polar 90 degrees, azimuth 90 degrees: along +y
    points = {"+y": (0.0, 3.0, 0.0), "-y": (0.0, -3.0, 0.0), "+x": (0.0, 0.0, 3.0), "+z": (3.0, 0.0, 0.0)}
    for name, (z, y, x) in points.items():
        distance, surface = radius_towards(radii, *(np.array([v]) for v in (z, y, x)))
        assert distance[0] == 3
        assert surface[0] == pytest.approx(7 if name == "+y" else 1), name


def test_largest_piece_leaves_the_crumbs():
    mask = np.zeros((3, 6, 6), bool)
    mask[1, 1:3, 1:3] = True
    mask[1, 5, 5] = True
    found = largest_piece(mask)
    assert found.sum() == 4
    assert not found[1, 5, 5]
    np.testing.assert_array_equal(largest_piece(found), found)
