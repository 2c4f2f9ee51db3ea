"""Circles and contours against geometry done by hand."""

import numpy as np
import pytest
from scipy.optimize import minimize

from scripts.errors import CaseError
from scripts.landmarks.circles import circle_nearest, circle_through
from scripts.landmarks.contours import circle_crossings, farthest, line_crossings

SQUARE = [[0.0, 0.0], [4.0, 0.0], [4.0, 2.0], [0.0, 2.0]]


def test_the_circle_through_three_points():
    circle = circle_through([[0, 5], [3, 4], [-5, 0]])  # 3-4-5 triangles: centre 0, radius 5
    np.testing.assert_allclose(circle.centre, [0, 0], atol=1e-12)
    assert circle.radius == pytest.approx(5)
    moved = circle_through(np.array([[0, 5], [3, 4], [-5, 0]]) * 1e4 + [7, -2])
    np.testing.assert_allclose(moved.centre, [7, -2], atol=1e-7)
    with pytest.raises(CaseError, match="three on one line"):
        circle_through([[0, 0], [1, 1], [5, 5]])


def test_the_nearest_circle_of_points_on_one_is_that_one():
    angles = np.linspace(0.3, 2.0, 9)
    points = np.column_stack([100 + 7 * np.cos(angles), -40 + 7 * np.sin(angles)])
    circle = circle_nearest(points)
    np.testing.assert_allclose(circle.centre, [100, -40], atol=1e-8)
    assert circle.radius == pytest.approx(7)
    assert circle.residual < 1e-9


def test_the_nearest_circle_has_the_least_sum_of_squared_distances():
    random = np.random.default_rng(3)
    angles = random.uniform(-1, 2.5, 30)
    points = np.column_stack([np.cos(angles), np.sin(angles)]) * 20 + random.normal(0, 1.5, (30, 2))

    def squares(c):
        return ((np.hypot(points[:, 0] - c[0], points[:, 1] - c[1]) - c[2]) ** 2).sum()

    options = {"xatol": 1e-10, "fatol": 1e-12, "maxiter": 10_000, "maxfev": 10_000}
    best = minimize(squares, [1.0, 1.0, 18.0], method="Nelder-Mead", options=options)
    circle = circle_nearest(points)
    np.testing.assert_allclose([*circle.centre, circle.radius], best.x, atol=1e-5)
    assert circle.residual == pytest.approx(np.sqrt(best.fun / 30), rel=1e-8)


def test_points_that_make_no_circle_are_refused():
    with pytest.raises(CaseError, match="found points on one line"):
        circle_nearest([[0, 0], [1, 2], [2, 4], [5, 10]])
    with pytest.raises(CaseError, match="found 2"):
        circle_nearest([[0, 0], [1, 2]])


def test_the_farthest_vertex():
    np.testing.assert_array_equal(farthest(SQUARE, [1, 0.1]), [4, 2])
    np.testing.assert_array_equal(farthest(SQUARE, [-1, -0.1]), [0, 0])


def test_lines_cross_a_contour_where_geometry_says():
    np.testing.assert_allclose(line_crossings(SQUARE, [1, 1], [0, 5], closed=True), [-1, 1])
    np.testing.assert_allclose(line_crossings(SQUARE, [2, 1], [-1, 0], closed=True), [-2, 2])
    np.testing.assert_allclose(
        line_crossings(SQUARE, [2, 1], [-1, 0]), [-2]
    )  # open: the left side is missing
    assert len(line_crossings(SQUARE, [9, 9], [1, 0], closed=True)) == 0
    through_corner = line_crossings([[-1, -1], [0, 0], [1, 1]], [0, 0], [1, -1])
    np.testing.assert_allclose(through_corner, [0], atol=1e-12)


def test_circles_cross_a_contour_where_geometry_says():
    found = circle_crossings([[-10, 3], [10, 3]], [0, 0], 5)  # 3-4-5
    np.testing.assert_allclose(found, [[-4, 3], [4, 3]])
    np.testing.assert_allclose(circle_crossings([[0, 3], [10, 3]], [0, 0], 5), [[4, 3]])
    np.testing.assert_allclose(
        circle_crossings([[-10, 3], [0, 3]], [0, 0], 5), [[-4, 3]]
    )  # the other lies beyond its end
    assert len(circle_crossings([[-10, 6], [10, 6]], [0, 0], 5)) == 0
    assert len(circle_crossings(SQUARE, [2, 1], 0.9, closed=True)) == 0
    assert len(circle_crossings(SQUARE, [2, 1], 1.1, closed=True)) == 4
