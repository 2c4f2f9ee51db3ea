"""Jacobians of maps whose determinant is known in closed form, on grids turned and stretched every way."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from scripts.preprocess.deformation import points
from scripts.preprocess.jacobian import jacobian_determinant, log_jacobian, smallest_jacobian
from scripts.volumes import Volume

TURNED = tuple(Rotation.from_euler("zyx", (25, -40, 70), degrees=True).as_matrix().ravel())
FLIPPED = (-1.0, 0, 0, 0, 0, -1.0, 0, -1.0, 0)
GRIDS = {
    "plain": Volume(np.zeros((7, 8, 9)), (1.0, 1.0, 1.0)),
    "stretched": Volume(np.zeros((7, 8, 9)), (0.7, 1.3, 4.0), (5.0, -70.0, 33.0)),
    "turned": Volume(np.zeros((7, 8, 9)), (0.7, 1.3, 4.0), (5.0, -70.0, 33.0), TURNED),
    "flipped": Volume(np.zeros((7, 8, 9)), (0.7, 1.3, 4.0), (5.0, -70.0, 33.0), FLIPPED),
}


@pytest.fixture(params=GRIDS)
def grid(request):
    return GRIDS[request.param]


def affine(grid, matrix, translation=(0.0, 0.0, 0.0)):
    """Displacement of x -> matrix x + translation."""
    places = points(grid)
    return places @ np.asarray(matrix).T + translation - places


@pytest.mark.parametrize("scaling", [0.5, 0.8, 1.0, 1.3])
def test_a_scaling_by_s_has_s_cubed(grid, scaling):
    found = jacobian_determinant(affine(grid, scaling * np.eye(3), (1, 2, 3)), grid)
    np.testing.assert_allclose(found, scaling**3, rtol=1e-9)


def test_rotation_and_translation_have_one(grid):
    turn = Rotation.from_rotvec([0.3, -0.5, 0.9]).as_matrix()
    np.testing.assert_allclose(jacobian_determinant(affine(grid, turn, (30, -20, 7)), grid), 1, rtol=1e-9)
    np.testing.assert_allclose(smallest_jacobian(affine(grid, turn), grid), 1, rtol=1e-9)
    np.testing.assert_allclose(
        jacobian_determinant(affine(grid, np.eye(3), (30, -20, 7)), grid), 1, rtol=1e-9
    )


def test_a_general_affine_map_has_its_determinant(grid):
    matrix = np.array([[1.1, 0.3, -0.2], [0.05, 0.8, 0.4], [0.25, -0.1, 1.2]])
    np.testing.assert_allclose(
        jacobian_determinant(affine(grid, matrix), grid), np.linalg.det(matrix), rtol=1e-9
    )


def test_components_are_physical_x_y_z():
    """Only y moves, by half of x, and x by 0.2 of itself: 1.2, wherever the array has its axes."""
    grid = GRIDS["plain"]
    x = points(grid)[..., 0]
    displacement = np.stack([0.2 * x, 0.5 * x, 0 * x], axis=-1)
    np.testing.assert_allclose(jacobian_determinant(displacement, grid), 1.2, rtol=1e-9)


def test_a_quadratic_map_is_exact_up_to_the_border():
    """x -> x + a x^2: 1 + 2 a x, everywhere."""
    grid = GRIDS["stretched"]
    x = points(grid)[..., 0]
    displacement = np.stack([0.03 * x**2, 0 * x, 0 * x], axis=-1)
    np.testing.assert_allclose(jacobian_determinant(displacement, grid), 1 + 0.06 * x, rtol=1e-9)


def test_a_mirror_is_folded(grid):
    mirror = affine(grid, np.diag([-1, 1, 1]))
    assert (jacobian_determinant(mirror, grid) < 0).all()
    assert (smallest_jacobian(mirror, grid) < 0).all()


def test_a_fold_as_wide_as_a_voxel_is_seen_by_the_one_sided_differences():
    """Neighbours pushed past each other in turn: central differences see nothing."""
    grid = GRIDS["plain"]
    displacement = np.zeros((7, 8, 9, 3))
    displacement[:, :, ::2, 0] = 1.5
    assert (jacobian_determinant(displacement, grid)[:, :, 1:-1] == 1).all()
    assert (smallest_jacobian(displacement, grid)[:, :, 1:-1] == -0.5).all()


def test_what_is_known_need_not_be_computed_again():
    grid = GRIDS["turned"]
    displacement = np.random.default_rng(1).normal(size=(7, 8, 9, 3))
    known = jacobian_determinant(displacement, grid)
    kept = known.copy()
    np.testing.assert_array_equal(
        smallest_jacobian(displacement, grid, known), smallest_jacobian(displacement, grid)
    )
    np.testing.assert_array_equal(known, kept)


def test_the_logarithm_refuses_folds():
    np.testing.assert_allclose(log_jacobian(np.array([0.5, 1, 2])), [-math.log(2), 0, math.log(2)])
    with pytest.raises(ValueError, match="above 0, found 2 voxels without"):
        log_jacobian(np.array([0.5, 0, math.nan]))


def test_shapes_are_checked():
    with pytest.raises(
        ValueError, match=r"expected a displacement of shape \(7, 8, 9, 3\), found \(3, 7, 8, 9\)"
    ):
        jacobian_determinant(np.zeros((3, 7, 8, 9)), GRIDS["plain"])
    with pytest.raises(ValueError, match="at least 3 voxels"):
        jacobian_determinant(np.zeros((2, 8, 9, 3)), Volume(np.zeros((2, 8, 9)), (1, 1, 1)))
