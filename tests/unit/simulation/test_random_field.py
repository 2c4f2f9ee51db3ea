"""Expected values follow from the definition: variance 1 and correlation exp(-r^2 / (2 L^2)) at r mm."""

import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.random_field import gaussian_random_field

SHAPE, SPACING, LENGTH = (16, 40, 36), (1.0, 0.5, 2.0), 4.0  # (z, y, x) voxels; (x, y, z) mm; mm


@pytest.fixture(scope="module")
def fields():
    return np.array(
        [gaussian_random_field(SHAPE, SPACING, LENGTH, generator(1, "field", k)) for k in range(60)]
    )


def test_mean_is_0_and_variance_1_over_the_ensemble(fields):
    assert fields.mean() == pytest.approx(0, abs=0.03)
    assert fields.var() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("axis", "step_mm"), [(0, 2.0), (1, 0.5), (2, 1.0)])
@pytest.mark.parametrize("distance_mm", [2.0, 4.0, 8.0])
def test_correlation_falls_with_the_distance_in_mm_along_every_axis(fields, axis, step_mm, distance_mm):
    lag = round(distance_mm / step_mm)
    moved = np.moveaxis(fields, axis + 1, -1)
    found = np.mean(moved[..., :-lag] * moved[..., lag:]) / fields.var()
    assert found == pytest.approx(np.exp(-(distance_mm**2) / (2 * LENGTH**2)), abs=0.04)


def test_opposite_faces_are_independent(fields):
    # 35 mm apart, nine correlation lengths; neighbours, were the field periodic
    first, last = fields[..., 0].ravel(), fields[..., -1].ravel()
    assert np.corrcoef(first, last)[0, 1] == pytest.approx(0, abs=0.1)


def test_variance_is_1_where_the_length_is_below_a_voxel():
    field = gaussian_random_field((16, 48, 48), (1, 1, 3), 0.3, generator(2, "short"))
    assert field.var() == pytest.approx(1, abs=0.04)


def test_the_generator_alone_decides():
    def draw(name):
        return gaussian_random_field((8, 8, 8), (1, 1, 1), 2.0, generator(1, name))

    np.testing.assert_array_equal(draw("a"), draw("a"))
    assert not np.allclose(draw("a"), draw("b"))
    assert draw("a").dtype == np.float32


@pytest.mark.parametrize("length", [0.0, -1.0, float("nan")])
def test_a_length_that_is_not_positive_is_refused(length):
    with pytest.raises(ValueError, match="correlation_length_mm is .*expected a positive number"):
        gaussian_random_field((4, 4, 4), (1, 1, 1), length, generator(1))
