"""Iterated function systems against what is known of them: Sierpinski's triangle, the mean of an attractor."""

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.networks.fractals import (
    MOST_INSTANCES,
    FractalSettings,
    _stamped,
    draw_category,
    draw_instance,
    draw_system,
    hits,
    orbit,
    probabilities,
)

# Three maps to half the size, towards (0, 0), (1, 0), (0, 1): a, b, c, d, e, f
SIERPINSKI = np.array([[0.5, 0, 0, 0.5, 0, 0], [0.5, 0, 0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5, 0, 0.5]])
SMALL = FractalSettings(n_categories=4, n_instances=8, pixels=32, points=4000, least_filled=0.15)


def test_sierpinskis_triangle_has_no_point_with_a_common_binary_digit():
    """The attractor is the set of (x, y) whose binary digits are never both 1."""
    x, y = orbit(SIERPINSKI, 20_000, np.random.default_rng(1)).T
    digits_x, digits_y = (x * 2**16).astype(int), (y * 2**16).astype(int)
    assert (digits_x & digits_y == 0).all()
    assert (x >= 0).all()
    assert (y >= 0).all()


def test_sierpinskis_triangle_fills_three_quarters_to_the_power_of_the_scale():
    points = orbit(SIERPINSKI, 100_000, np.random.default_rng(2))
    cells = np.unique((points * 32).astype(int), axis=0)
    assert len(cells) == 3**5


def test_the_mean_of_the_points_solves_its_linear_equation():
    """The invariant measure has mean m = sum_k p_k (A_k m + b_k)."""
    system = np.array(
        [[0.5, 0.1, -0.2, 0.4, 0.3, -0.1], [-0.3, 0.2, 0.4, 0.6, -0.5, 0.2], [0.2, 0, 0, 0.7, 0.1, 0.9]]
    )
    p = probabilities(system)
    np.testing.assert_allclose(p, np.array([0.22, 0.26, 0.14]) / 0.62)  # |ad - bc| by hand
    maps = system[:, :4].reshape(-1, 2, 2)
    expected = np.linalg.solve(np.eye(2) - np.einsum("k,kij->ij", p, maps), p @ system[:, 4:])
    points = orbit(system, 200_000, np.random.default_rng(3))
    np.testing.assert_allclose(points.mean(axis=0), expected, atol=0.01)


def test_points_that_run_away_are_told():
    away = np.array([[1.5, 0, 0, 1.5, 1, 0], [1.2, 0, 0, 1.2, 0, 1]])
    assert orbit(away, 2000, np.random.default_rng(4)) is None


def test_the_box_of_the_points_is_spread_over_all_but_the_margin():
    image = hits(np.array([[2.0, -1.0], [4.0, -1.0], [4.0, 9.0]]), 40)  # x, y
    assert np.argwhere(image).tolist() == [[2, 2], [2, 37], [37, 37]]  # y, x; a twentieth of 40 is left


def test_a_pattern_is_drawn_around_each_point():
    points = np.zeros((4, 5), dtype=bool)
    points[0, 0] = points[2, 3] = True
    pattern = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype=bool)  # itself, right of it, left above it
    expected = np.zeros((4, 5), dtype=bool)
    expected[[0, 0, 2, 2, 1], [0, 1, 3, 4, 2]] = True
    assert np.array_equal(_stamped(points, pattern), expected)


def test_systems_have_two_to_eight_maps_of_numbers_between_minus_one_and_one():
    rng = np.random.default_rng(5)
    systems = [draw_system(rng) for _ in range(300)]
    assert {len(system) for system in systems} == set(range(2, 9))
    values = np.concatenate([system.ravel() for system in systems])
    assert values.min() > -1
    assert values.max() < 1
    assert abs(values.mean()) < 0.02


def test_categories_fill_enough_and_are_a_function_of_seed_and_number():
    filled = []
    for category in range(8):
        system = draw_category(9, category, SMALL)
        assert np.array_equal(system, draw_category(9, category, SMALL))
        filled.append(hits(orbit(system, SMALL.points, np.random.default_rng(0)), SMALL.pixels).mean())
    assert np.median(filled) > SMALL.least_filled  # points far out change the box from draw to draw
    assert not np.array_equal(draw_category(9, 0, SMALL), draw_category(10, 0, SMALL))


def test_instances_differ_and_are_a_function_of_their_number():
    system = draw_category(9, 0, SMALL)
    images = [draw_instance(system, 9, 0, i, SMALL) for i in range(60)]
    assert np.array_equal(images[17], draw_instance(system, 9, 0, 17, SMALL))
    assert len({image.tobytes() for image in images}) == 60
    assert images[0].dtype == np.uint8
    assert set(np.unique(images[0])) == {0, 255}
    assert images[0].shape == (32, 32)


def test_images_of_a_category_are_more_alike_than_of_two():
    """Nearest mean of the training halves finds the category of most others: there is something to learn."""
    systems = [draw_category(9, c, SMALL) for c in range(8)]
    images = np.array(
        [[draw_instance(s, 9, c, i, SMALL).ravel() for i in range(24)] for c, s in enumerate(systems)],
        dtype=float,
    )
    means = images[:, ::2].mean(axis=1)
    distances = ((images[:, 1::2, None] - means) ** 2).sum(axis=-1)
    assert (distances.argmin(axis=-1) == np.arange(8)[:, None]).mean() > 0.5  # 1 / 8 by chance


def test_one_number_of_all_maps_is_changed_by_the_interval():
    """Sierpinski's triangle with e times 1.4 (way 18: fifth number, third step) is 1.4 times as wide as high."""
    settings = FractalSettings(n_categories=2, n_instances=25, pixels=64, points=20_000)
    assert (18 - 1) // 4 == 4
    changed = SIERPINSKI.copy()
    changed[:, 4] *= 1.4
    extent = np.ptp(orbit(changed, 20_000, np.random.default_rng(0)), axis=0)
    np.testing.assert_allclose(extent, [1.4, 1.0], atol=0.01)
    # drawn, the box is stretched to the same: the picture is that of the unchanged triangle
    way, none = (draw_instance(SIERPINSKI, 3, 0, i, settings) > 0 for i in (18, 0))
    assert (way != none).mean() < 0.05


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_categories": 1}, "fractals.n_categories: expected a whole number from 2"),
        ({"n_instances": MOST_INSTANCES + 1}, "from 2 to 1000, found 1001"),
        ({"pixel": 32}, "fractals: expected the settings n_categories"),
        ({"least_filled": 0.9}, "a share from 0 to 0.5"),
        ({"interval": 0.5}, "between 0 and 0.5"),
    ],
)
def test_settings_that_cannot_be_are_named(values, message):
    with pytest.raises(InputError, match=message):
        FractalSettings.read(values)


def test_more_than_the_points_can_fill_is_refused(monkeypatch):
    monkeypatch.setattr("scripts.networks.fractals.MOST_TRIES", 20)
    settings = FractalSettings(n_categories=2, n_instances=2, pixels=256, points=500, least_filled=0.4)
    with pytest.raises(InputError, match="a share that 500 points can fill"):
        draw_category(1, 0, settings)
