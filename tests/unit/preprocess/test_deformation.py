"""Flows against matrix exponentials and an ODE solver, splines against scipy's, pulled images against SimpleITK."""

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.integrate import solve_ivp
from scipy.interpolate import BSpline
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from scripts.preprocess.cubic_lattice import Lattice, refined
from scripts.preprocess.deformation import composed, flow, points, pulled, read_at, to_physical, to_voxels
from scripts.preprocess.flow_mesh import FlowMesh
from scripts.volumes import Volume, to_sitk

TURNED = tuple(Rotation.from_euler("zyx", (25, -40, 70), degrees=True).as_matrix().ravel())
EXTENT = (18.0, 24.0, 21.0)


def centred(shape):
    """(3, z, y, x) index places from the middle."""
    middle = (np.array(shape) - 1) / 2
    return np.indices(shape) - middle[:, None, None, None]


def swirl(places):
    """A smooth velocity that is 0 far from the middle; places (3, ...), in the same unit."""
    z, y, x = places
    fall = np.exp(-(z**2 + y**2 + x**2) / 40)
    return np.stack([0.6 * y * fall, -0.4 * z * fall + 0.3 * x * fall, -0.5 * x * fall])


def flown(places):
    """Where a point goes along `swirl` in unit time, by an ODE solver of order 8."""
    start = places.reshape(3, -1)
    solved = solve_ivp(
        lambda t, p: swirl(p.reshape(3, -1)).ravel(), (0, 1), start.ravel(), "DOP853", rtol=1e-9, atol=1e-9
    )
    return solved.y[:, -1].reshape(places.shape)


def test_the_flow_of_a_linear_velocity_is_the_matrix_exponential():
    matrix = np.array([[-0.2, 0.1, 0.0], [-0.15, 0.1, 0.05], [0.0, 0.1, -0.3]])
    places = centred((21, 21, 21))
    velocity = np.einsum("ij,jzyx->izyx", matrix, places)
    expected = np.einsum("ij,jzyx->izyx", expm(matrix) - np.eye(3), places)
    middle = (slice(None), *[slice(7, 14)] * 3)
    np.testing.assert_allclose(flow(velocity)[middle], expected[middle], atol=2e-3)


@pytest.mark.parametrize(("order", "most"), [(1, 0.1), (3, 0.01)])
def test_a_flow_follows_the_differential_equation(order, most):
    places = centred((25, 25, 25))
    found = places + flow(swirl(places), order=order)
    assert np.abs(found - flown(places)).max() < most


def test_a_flow_and_its_reverse_undo_each_other():
    velocity = swirl(centred((25, 25, 25)))
    there_and_back = composed(flow(-velocity, order=3), flow(velocity, order=3), order=3)
    assert np.abs(there_and_back).max() < 0.01
    assert not flow(np.zeros((3, 4, 5, 6))).any()


def test_a_flow_on_a_coarser_mesh_follows_the_differential_equation_too():
    mesh, at = FlowMesh((24.0, 24.0, 24.0), 1.5), [np.arange(25.0)] * 3
    on_mesh = np.stack(np.meshgrid(*[p - 12 for p in mesh.places_mm], indexing="ij"))
    found = mesh.read(mesh.flow(swirl(on_mesh).astype(np.float32)), at)
    places = centred((25, 25, 25))
    assert np.abs(places + found - flown(places)).max() < 0.03


def test_a_mesh_covers_the_image_and_gives_its_own_values_back():
    mesh = FlowMesh(EXTENT, 4.0)
    assert mesh.shape == (6, 7, 7)
    assert [p[-1] for p in mesh.places_mm] == [20, 24, 24]
    values = np.random.default_rng(0).normal(size=(2, *mesh.shape)).astype(np.float32)
    np.testing.assert_allclose(mesh.read(values, mesh.places_mm), values, atol=1e-5)


def test_composition_is_outer_after_inner():
    """First two voxels along x, then z grows by half of x: at x the z moves by (x + 2) / 2."""
    inner, outer = np.zeros((2, 3, 5, 6, 12))
    inner[2] = 2
    outer[0] = np.arange(12) / 2
    found = composed(outer, inner)
    np.testing.assert_allclose(
        found[0][..., :10], np.broadcast_to((np.arange(10) + 2) / 2, (5, 6, 10)), atol=1e-6
    )
    assert (found[2] == 2).all()


def test_what_lies_outside():
    image = np.arange(24.0).reshape(2, 3, 4)
    field = np.zeros((3, 2, 3, 4))
    field[2] = 2
    np.testing.assert_array_equal(pulled(image, field)[0, 0], [2, 3, 3, 3])
    np.testing.assert_array_equal(pulled(image, field, outside=-1)[0, 0], [2, 3, -1, -1])
    np.testing.assert_allclose(pulled(image, field, order=3)[0, 0], [2, 3, 3, 3], atol=1e-5)


def test_physical_and_voxels_undo_each_other_and_follow_the_direction():
    grid = Volume(np.zeros((4, 5, 6)), (0.7, 1.3, 4.0), (5.0, -70.0, 33.0), TURNED)
    field = np.random.default_rng(0).normal(size=(3, 4, 5, 6))
    physical = to_physical(field, grid)
    np.testing.assert_allclose(to_voxels(physical, grid), field, atol=1e-12)
    one_on = np.zeros((3, 4, 5, 6))
    one_on[1] = 1  # one voxel along y: to the place of the next one
    expected = points(grid)[:, 1:] - points(grid)[:, :-1]
    np.testing.assert_allclose(to_physical(one_on, grid)[:, :-1], expected, atol=1e-12)
    image = to_sitk(grid)
    np.testing.assert_allclose(
        points(grid)[3, 2, 1], image.TransformIndexToPhysicalPoint((1, 2, 3)), atol=1e-9
    )


def test_values_are_read_where_simpleitk_reads_them():
    rng = np.random.default_rng(3)
    image = Volume(rng.normal(size=(9, 8, 7)).astype(np.float32), (1.1, 0.9, 2.0), (3.0, 4.0, -5.0), TURNED)
    grid = Volume(
        np.zeros((6, 7, 8)), (1.3, 1.0, 1.5), tuple(points(image)[2, 2, 2]), TURNED[3:] + TURNED[:3]
    )
    expected = sitk.Resample(
        to_sitk(image), to_sitk(grid), sitk.Transform(), sitk.sitkLinear, np.nan, sitk.sitkFloat32
    )
    found, expected = read_at(image, points(grid), outside=np.nan), sitk.GetArrayFromImage(expected)
    both = np.isfinite(found) & np.isfinite(expected)
    assert both.sum() > 30
    np.testing.assert_allclose(found[both], expected[both], atol=1e-5)
    np.testing.assert_array_equal(read_at(image, points(image), outside=np.nan), image.array)


def lattice(spacing=6.0):
    return Lattice(EXTENT, spacing, [np.linspace(0, length, 7) for length in EXTENT])


def test_a_lattice_is_the_tensor_product_of_scipys_splines():
    found = lattice()
    assert found.shape == (6, 7, 7)
    coefficients = np.random.default_rng(0).normal(size=(3, *found.shape)).astype(np.float32)
    expected = coefficients.astype(float)
    for axis, (count, places) in enumerate(zip(found.shape, found.at, strict=True)):
        knots = (np.arange(count + 4) - 3) * 6.0
        matrix = BSpline.design_matrix(np.minimum(places, knots[count] - 1e-9), knots, 3).toarray()
        expected = np.moveaxis(np.tensordot(matrix, expected, (1, axis + 1)), 0, axis + 1)
    np.testing.assert_allclose(found.field(coefficients), expected, atol=1e-5)


def test_gathering_is_the_transpose():
    found, rng = lattice(), np.random.default_rng(0)
    coefficients = rng.normal(size=(3, *found.shape)).astype(np.float32)
    values = rng.normal(size=(3, 7, 7, 7)).astype(np.float32)
    assert np.sum(found.field(coefficients) * values) == pytest.approx(
        np.sum(coefficients * found.gathered(values)), rel=1e-4
    )


def test_half_the_spacing_holds_the_same_spline():
    coarse, fine = lattice(12.0), lattice(6.0)
    coefficients = np.random.default_rng(0).normal(size=(3, *coarse.shape)).astype(np.float32)
    again = fine.field(refined(coefficients, fine.shape))
    np.testing.assert_allclose(again, coarse.field(coefficients), atol=1e-5)


def test_bending_energy_by_hand():
    """Of x^2, whose second derivative is 2: four times the volume. Of x y, mixed derivatives only: twice it. Of x:
    none."""
    found, volume = lattice(), np.prod(EXTENT)
    at = [(np.arange(count) - 1) * 6.0 for count in found.shape]
    z, y, x = np.meshgrid(*at, indexing="ij")

    def energy(values):
        one = values[None].astype(np.float32)
        return float(np.sum(one * found.bent(one)))

    assert energy(x**2 - 12) == pytest.approx(4 * volume, rel=1e-3)  # coefficients of x^2: x_j^2 - h^2 / 3
    assert energy(x * y) == pytest.approx(2 * volume, rel=1e-3)
    assert energy(3 * x + y - z) == pytest.approx(0, abs=0.1)
    unit = np.zeros((1, *found.shape), np.float32)
    unit[0, 2, 3, 1] = 1
    assert found.bending_diagonal()[2, 3, 1] == pytest.approx(float(found.bent(unit)[0, 2, 3, 1]), rel=1e-5)


def test_the_same_bytes_for_any_number_of_threads():
    velocity = swirl(centred((15, 16, 17)))
    assert flow(velocity, threads=1).tobytes() == flow(velocity, threads=3).tobytes()
