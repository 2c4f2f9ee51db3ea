"""Closed forms against finite differences of the map itself, and against volumes that are counted."""

from functools import partial

import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.nact_response.deformation import (
    Deformation,
    Radial,
    Rigid,
    Shear,
    draw_patches,
    draw_repositioning,
    draw_shrinkage,
    ellipsoid_metric,
    rotation_matrix,
)

CENTRE = (3.0, -2.0, 5.0)
FLATTENED = np.diag([2.0, 1.0, 0.5])


def some_points(n, reach, seed=1):
    return tuple(generator(seed, "points").uniform(-reach, reach, (3, n)))


def difference_jacobian(forward, points, step=1e-4):
    """Determinants of central differences, independent of any closed form."""
    columns = []
    for axis in range(3):
        ahead, behind = (
            forward(tuple(p + sign * step * (k == axis) for k, p in enumerate(points))) for sign in (1, -1)
        )
        columns.append([(a - b) / (2 * step) for a, b in zip(ahead, behind, strict=True)])
    return np.linalg.det(np.array(columns).transpose(2, 1, 0))


def ball(centre, radius, step=0.5):
    axes = [np.arange(c - radius - 1, c + radius + 1, step) for c in centre]
    points = np.meshgrid(*axes, indexing="ij")
    inside = sum((p - c) ** 2 for p, c in zip(points, centre, strict=True)) < radius**2
    return tuple(p[inside] for p in points)


def whole(ratio=0.5, patchiness=0.1, radius=11.0, seed=3):
    shrinkage = draw_shrinkage(
        CENTRE, radius, ratio, patchiness, ball(CENTRE, radius, 1.0), generator(seed, "s")
    )
    return Deformation((*shrinkage, *draw_repositioning(generator(seed, "r"))))


@pytest.mark.parametrize("link", [
    Radial(CENTRE, 0.35, 14.0, 4), Radial(CENTRE, -0.3, 9.0, 4), Radial(CENTRE, 0.2, 5.0, 2),
    Radial(CENTRE, 0.4, 12.0, 4, FLATTENED), Shear(1, 1.7, (0.05, 0.0, -0.03), 0.4),
    Rigid(rotation_matrix((0.05, -0.03, 0.08)), (1.0, -2.0, 0.5)),
], ids=["shrink", "grow", "patch", "ellipsoid", "shear", "rigid"])  # fmt: skip
def test_each_map_has_its_closed_jacobian_and_inverse(link):
    points = some_points(600, 22.0)
    expected = difference_jacobian(link.forward, points)
    np.testing.assert_allclose(np.broadcast_to(link.jacobian(points), 600), expected, rtol=2e-6)
    there = link.forward(points)
    for back, point in zip(link.backward(there), points, strict=True):
        np.testing.assert_allclose(back, point, atol=1e-9)
    assert np.ptp([np.abs(a - b).max() for a, b in zip(there, points, strict=True)]) > 1e-3


@pytest.mark.parametrize("ratio", [0.28, 0.58, 1.2])
def test_the_whole_deformation(ratio):
    phi = whole(ratio)
    points = some_points(800, 40.0)
    jacobian = phi.jacobian(points)
    np.testing.assert_allclose(jacobian, difference_jacobian(phi.forward, points), rtol=1e-5)
    assert jacobian.min() > 0
    for one, other in ((phi.forward, phi.backward), (phi.backward, phi.forward)):
        for back, point in zip(other(one(points)), points, strict=True):
            np.testing.assert_allclose(back, point, atol=1e-9)


def test_a_radial_map_by_hand():
    link = Radial(CENTRE, 0.3, 10.0, 4)
    at = [np.array([CENTRE[0]]), np.array([CENTRE[1]]), np.array([CENTRE[2]])]
    assert link.jacobian(tuple(at))[0] == pytest.approx(0.7**3)
    at[2] = at[2] + 10.0  # r = s: h = r (1 - 0.3 / e), h' = 1 + 0.9 / e
    assert link.jacobian(tuple(at))[0] == pytest.approx((1 - 0.3 / np.e) ** 2 * (1 + 0.9 / np.e))
    assert link.forward(tuple(at))[2][0] == pytest.approx(CENTRE[2] + 10 * (1 - 0.3 / np.e))
    at[2] = at[2] + 20.0
    assert link.jacobian(tuple(at))[0] == 1
    assert link.forward(tuple(at))[2][0] == at[2][0]


def test_what_shrinks_inside_is_gained_around():
    # a radial map leaves a large sphere as a whole in place, so the mean of its Jacobian there is 1
    link = Radial(CENTRE, 0.4, 8.0, 4, FLATTENED)
    axes = [np.arange(c - 40, c + 40, 0.8) for c in CENTRE]
    points = tuple(np.meshgrid(*axes, indexing="ij"))
    jacobian = link.jacobian(points)
    assert jacobian.mean() == pytest.approx(1, abs=2e-5)
    assert jacobian.min() == pytest.approx(0.6**3, rel=1e-3)


@pytest.mark.parametrize("ratio", [0.3, 0.7, 1.2])
def test_volume_at_follow_up_by_counting_voxels(ratio):
    radius, step = 9.0, 0.6
    phi = whole(ratio, radius=radius)
    axes = [np.arange(c - 25, c + 25, step) for c in CENTRE]
    points = tuple(np.meshgrid(*axes, indexing="ij"))

    def voxels(places):
        return sum((p - c) ** 2 for p, c in zip(places, CENTRE, strict=True)) < radius**2

    before, after = voxels(points), voxels(phi.backward(points))
    assert after.sum() / before.sum() == pytest.approx(ratio, rel=0.015)


def test_the_mean_jacobian_is_the_ratio_that_was_asked_for():
    inside = ball(CENTRE, 11.0, 1.0)
    make = partial(draw_shrinkage, CENTRE, 11.0, 0.44)
    even, uneven = (Deformation(make(p, inside, generator(5, "s"))).jacobian(inside) for p in (0.0, 0.15))
    assert even.mean() == pytest.approx(0.44, abs=1e-12)
    assert uneven.mean() == pytest.approx(0.44, abs=1e-12)
    assert uneven.std() > 1.3 * even.std()


@pytest.mark.parametrize("patchiness", [0.1, 0.24, 0.35])
def test_how_uneven_a_tumour_shrinks_is_what_was_asked_for(patchiness):
    """Not the luck of a few draws: SD of the log Jacobian, whose volumes are counted by differences of places."""
    inside = ball(CENTRE, 11.0, 1.5)
    found = []
    for seed in range(4):
        phi = Deformation(draw_patches(CENTRE, 11.0, patchiness, inside, generator(seed, "s")))
        found.append(np.log(difference_jacobian(phi.forward, inside)).std())
    np.testing.assert_allclose(found, patchiness, rtol=1e-4)


def test_unevenness_has_a_limit():
    inside = ball(CENTRE, 11.0, 1.5)
    patches = draw_patches(CENTRE, 11.0, 5.0, inside, generator(1, "s"))
    assert max(abs(patch.amount) for patch in patches) == pytest.approx(0.45)
    assert np.log(Deformation(patches).jacobian(inside)).std() < 5.0
    even = draw_patches(CENTRE, 11.0, 0.0, inside, generator(1, "s"))
    assert [patch.amount for patch in even] == [0, 0, 0]


def test_the_next_position_of_the_breast_keeps_every_volume():
    moves = draw_repositioning(generator(2, "r"))
    points = some_points(300, 50.0)
    phi = Deformation(moves)
    np.testing.assert_allclose(phi.jacobian(points), 1, atol=1e-12)
    np.testing.assert_allclose(difference_jacobian(phi.forward, points), 1, rtol=1e-6)
    far = np.sqrt(sum((a - b) ** 2 for a, b in zip(phi.forward(points), points, strict=True)))
    assert 0.5 < far.mean() < 12


def test_rotation_turns_a_known_direction():
    # a quarter turn in the plane (y, x): y goes to x
    np.testing.assert_allclose(rotation_matrix((np.pi / 2, 0, 0)) @ [0, 1, 0], [0, 0, 1], atol=1e-15)
    matrix = rotation_matrix((0.3, -0.2, 0.5))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_the_metric_makes_an_ellipsoid_round():
    half = np.array([12.0, 6.0, 3.0])
    turn = rotation_matrix((0.4, 0.2, -0.6))
    sphere = np.array(ball((0, 0, 0), 1.0, 0.04))
    inside = turn @ (half[:, None] * sphere) + np.array(CENTRE)[:, None]
    metric = ellipsoid_metric(CENTRE, tuple(inside))
    assert np.linalg.det(metric) == pytest.approx(1)
    np.testing.assert_allclose(metric, metric.T, atol=1e-12)
    poles = metric @ turn @ np.diag(half)
    np.testing.assert_allclose(np.linalg.norm(poles, axis=0), 6.0, rtol=0.01)  # the cube root of 12 x 6 x 3


def test_maps_that_would_fold_are_refused():
    for amount in (1.0, -0.9):
        with pytest.raises(ValueError, match=f"amount {amount} of power 4 folds the tissue"):
            Radial(CENTRE, amount, 10.0, 4)
    with pytest.raises(ValueError, match="does not vary along the axis that it moves"):
        Shear(2, 1.0, (0.1, 0.0, 0.1), 0.0)
    with pytest.raises(ValueError, match=r"a volume ratio of 9.000 is out of reach"):
        whole(9.0)
