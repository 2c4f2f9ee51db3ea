"""Registrations of pairs whose deformation is known, in closed form or because there is none."""

import math

import numpy as np
import pytest
import SimpleITK as sitk
from scipy import ndimage
from scipy.spatial.transform import Rotation

from scripts.errors import CaseError, InputError
from scripts.preprocess.deformation import points, read_at
from scripts.preprocess.diffeomorphism import unfold
from scripts.preprocess.flow_mesh import FlowMesh
from scripts.preprocess.jacobian import jacobian_determinant, smallest_jacobian
from scripts.preprocess.local_correlation import local_correlation, locally_normalised
from scripts.preprocess.registration import RegistrationSettings, register
from scripts.preprocess.rigid import Rigid, align_rigid
from scripts.volumes import Volume
from tests.benchmarks.planted_deformation import planted_pair

EDGE = (1.5, 1.5, 1.5)
TURNED = tuple(Rotation.from_euler("zyx", (25, -40, 70), degrees=True).as_matrix().ravel())
SIZE = 36
LITTLE_NOISE = {"smoothing": 1.0}


def texture(seed, shape=(SIZE,) * 3, width=2.0):
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), width, mode="wrap")
    return (100 * smooth / smooth.std()).astype(np.float32)


def mapped(image, matrix, translation=(0, 0, 0)):
    """A follow-up whose tissue lies at matrix (x - middle) + middle + translation; splines of fifth order."""
    middle = np.mean(points(image).reshape(-1, 3), axis=0)
    back = (points(image) - middle - translation) @ np.linalg.inv(matrix).T + middle
    index = (back - image.origin) @ np.linalg.inv(image.axes * image.spacing).T
    values = ndimage.map_coordinates(image.array, np.moveaxis(index[..., ::-1], -1, 0), order=5, mode="wrap")
    return image.with_array(values)


def inner(array, margin=9):
    return array[margin:-margin, margin:-margin, margin:-margin]


@pytest.fixture(scope="module")
def pair():
    return planted_pair(0.7, size=44)


@pytest.fixture(scope="module")
def found(pair):
    return register(Volume(pair.fixed, EDGE), Volume(pair.moving, EDGE), LITTLE_NOISE, mask_of(pair))


def mask_of(pair, **place):
    return Volume(pair.tumour.astype(np.uint8), EDGE, **place)


def errors(pair, registration):
    along = np.moveaxis(registration.displacement()[..., ::-1], -1, 0)
    return pair.errors(along, registration.jacobian.array)


def test_a_planted_shrinkage_is_found(pair, found):
    """2.9 mm and 0.97 before; noise of 2 on a texture of 15. ANTs' SyN of the whole phantom: 0.12 mm, 0.033."""
    still = pair.errors(np.zeros_like(pair.displacement), np.ones_like(pair.jacobian))
    assert still == pytest.approx((2.93, 0.97), abs=0.01)
    distance, logs = errors(pair, found)
    assert distance < 0.15
    assert logs < 0.045
    planted = pair.jacobian[pair.tumour].mean()
    assert found.measures["jacobian_in_tumour"] == pytest.approx(planted, abs=0.015)


def test_the_returned_parts_agree(pair, found):
    again = jacobian_determinant(found.displacement(), found.jacobian)
    np.testing.assert_allclose(found.jacobian.array, again, atol=2e-4)
    places = points(found.warped) + found.displacement()
    np.testing.assert_allclose(
        found.warped.array, read_at(Volume(pair.moving, EDGE), places), atol=0.02 * pair.moving.std()
    )
    np.testing.assert_array_equal(found.warp(Volume(pair.moving, EDGE)).array, found.warped.array)
    measures = found.measures
    assert measures["n_nonpositive"] == measures["n_nonpositive_unrepaired"] == measures["n_repairs"] == 0
    assert measures["smallest_jacobian"] == found.jacobian.array.min()
    assert measures["similarity_after"] > measures["similarity_rigid"] >= measures["similarity_before"] > 0
    assert found.jacobian.array.dtype == found.warped.array.dtype == np.float32


def test_fading_and_a_bias_field_change_little(pair, found):
    """The follow-up enhances half as much, through a field from 0.7 to 1.3."""
    field = np.linspace(0.7, 1.3, 44, dtype=np.float32)[:, None, None]
    other = register(Volume(pair.fixed, EDGE), Volume(0.5 * field * pair.moving, EDGE))
    assert errors(pair, other)[0] < 0.25
    assert errors(pair, other)[1] < 0.07


def test_a_pair_of_equal_images_gives_exactly_nothing():
    image = Volume(texture(1), EDGE, (7.0, -3.0, 50.0), TURNED)
    found = register(image, image)
    assert not found.displacement().any()
    assert (found.jacobian.array == 1).all()
    np.testing.assert_allclose(found.warped.array, image.array, atol=1e-3)
    assert found.measures["rotation_degrees"] == found.measures["translation_mm"] == 0


@pytest.mark.parametrize("scaling", [0.9, 1.1])
def test_a_scaling_by_s_has_s_cubed(scaling):
    """Away from the border, where the follow-up shows other tissue: the mean to 1 %, a voxel to 5 %."""
    fixed = Volume(texture(2), EDGE)
    found = register(fixed, mapped(fixed, scaling * np.eye(3)))
    jacobian = inner(found.jacobian.array)
    assert jacobian.mean() == pytest.approx(scaling**3, rel=1e-2)
    assert np.abs(jacobian / scaling**3 - 1).max() < 0.05


def test_rotation_and_translation_have_one():
    fixed = Volume(texture(3), EDGE, (7.0, -3.0, 50.0), TURNED)
    turn = Rotation.from_rotvec(np.radians([4, -6, 3])).as_matrix()
    found = register(fixed, mapped(fixed, turn, (3.0, -4.0, 2.0)))
    jacobian = inner(found.jacobian.array)
    assert jacobian.mean() == pytest.approx(1, abs=2e-3)
    assert np.abs(jacobian - 1).max() < 0.02
    middle = np.mean(points(fixed).reshape(-1, 3), axis=0)
    planted = (points(fixed) - middle) @ turn.T + middle + (3, -4, 2) - points(fixed)
    assert np.abs(inner(found.displacement() - planted)).max() < 0.15
    assert found.measures["rotation_degrees"] == pytest.approx(math.sqrt(4**2 + 6**2 + 3**2), abs=0.3)
    rigid = register(fixed, mapped(fixed, turn, (3.0, -4.0, 2.0)), {"engine": "rigid"})
    assert (rigid.jacobian.array == 1).all()


def test_a_turned_pair_gives_the_turned_displacement(pair, found):
    """The same arrays in another place and direction: displacements turn with them, Jacobians stay."""
    place = {"origin": (12.0, -40.0, 300.0), "direction": TURNED}
    turned = register(
        Volume(pair.fixed, EDGE, **place),
        Volume(pair.moving, EDGE, **place),
        LITTLE_NOISE,
        mask_of(pair, **place),
    )
    axes = np.reshape(TURNED, (3, 3))
    np.testing.assert_allclose(turned.displacement(), found.displacement() @ axes.T, atol=0.03)
    np.testing.assert_allclose(turned.jacobian.array, found.jacobian.array, atol=0.02)


def test_a_follow_up_on_another_grid(pair):
    """Sampled from the same tissue in other axes, finer along one and farther out: the same place in the patient."""
    fixed, moving = Volume(pair.fixed, EDGE), Volume(pair.moving, EDGE)
    flipped = (0.0, -1.0, 0.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0)
    empty = Volume(np.zeros((66, 44, 50)), (1.5, 1.5, 1.0), (64.5, 64.5, -4.5), flipped)
    other = Volume(read_at(moving, points(empty), order=3), empty.spacing, empty.origin, flipped)
    distance, logs = errors(pair, register(fixed, other))
    assert distance < 0.2
    assert logs < 0.06


def test_a_pair_that_has_nothing_in_common_does_not_fold():
    """Two unrelated textures with hardly any smoothing: folds before the repair, none after it."""
    wild = {"smoothing": 1e-6, "control_spacing_mm": 2.5, "iterations": 40, "window": 5, "levels": 1}
    shape = (24, 24, 24)
    found = register(Volume(texture(4, shape, 1.0), EDGE), Volume(texture(5, shape, 1.0), EDGE), wild)
    assert (found.jacobian.array > 0).all()
    assert found.measures["n_nonpositive"] == 0
    assert found.measures["n_nonpositive_unrepaired"] > 0
    assert found.measures["n_repairs"] > 0
    assert smallest_jacobian(found.displacement(), found.jacobian).min() > 0


@pytest.mark.parametrize("strength", [6, 60])
def test_a_velocity_that_folds_is_repaired(strength):
    """White noise of many millimetres on a mesh of 3 mm."""
    grid, mesh = Volume(np.zeros((14, 15, 16)), EDGE), FlowMesh((19.5, 21.0, 22.5), 3.0)
    velocity = strength * np.random.default_rng(0).normal(size=(3, *mesh.shape)).astype(np.float32)
    found = unfold(velocity, mesh, grid)
    assert found.n_before > 0
    assert found.n_repairs > 0
    assert (found.jacobian > 0).all()
    still = unfold(0 * velocity, mesh, grid)
    assert (still.n_before, still.n_repairs, still.field.any()) == (0, 0, False)


def test_the_same_bytes_for_any_number_of_threads():
    small = planted_pair(0.7, size=24)
    images = [Volume(image, EDGE) for image in (small.fixed, small.moving)]
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    found = []
    try:
        for threads in (1, 3):
            sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
            found.append(register(*images, threads=threads))
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
    one, three = found
    assert one.jacobian.array.tobytes() == three.jacobian.array.tobytes()
    assert one.displacement().tobytes() == three.displacement().tobytes()
    assert one.measures == pytest.approx(three.measures, rel=0, abs=0, nan_ok=True)


def test_a_large_image_is_deformed_in_a_box_round_the_tumour(pair):
    settings = {"working_voxels": 60_000, "margin_mm": 15.0}
    found = register(Volume(pair.fixed, EDGE), Volume(pair.moving, EDGE), settings, mask_of(pair))
    voxels = np.flatnonzero(pair.tumour.any(axis=(1, 2)))
    expected = (voxels[0] - 10, voxels[-1] + 1 + 10)
    assert [(s.start, s.stop) for s in found.box] == [expected] * 3
    outside = np.ones(pair.fixed.shape, bool)
    outside[found.box] = False
    assert (found.jacobian.array[outside] == 1).all()
    on_the_way = smallest_jacobian(found.displacement(), found.jacobian)
    assert on_the_way.min() > 0
    edge = np.abs(jacobian_determinant(found.displacement(), found.jacobian)[outside] - 1)
    assert edge.max() < 0.05  # no jump where the box ends


def test_a_tumour_that_counts_for_nothing_is_left_to_its_surroundings(pair, found):
    """A tumour whose inside looks quite different after: it misleads unless it is left out. Stress changes little."""
    shrunk = ndimage.binary_erosion(pair.tumour, iterations=3)  # 4 mm: where the tumour lies after
    other = np.where(shrunk, 160 + 0.4 * texture(9, pair.fixed.shape), pair.moving).astype(np.float32)
    images = Volume(pair.fixed, EDGE), Volume(other, EDGE)
    ignored, misled = (register(*images, {"tumour_weight": w}, mask_of(pair)) for w in (0, 1))
    assert errors(pair, ignored)[0] < 0.7 * errors(pair, misled)[0]
    stressed = register(
        Volume(pair.fixed, EDGE), Volume(pair.moving, EDGE), {"tumour_weight": 5}, mask_of(pair)
    )
    assert errors(pair, stressed)[1] < 0.045
    assert stressed.deformation.tobytes() != found.deformation.tobytes()


def test_a_rigid_start_finds_its_way():
    """15 degrees and 20 mm, in scanner coordinates that are 60 mm apart."""
    blob = ndimage.gaussian_filter(np.pad(np.ones((10, 14, 18)), 12), 1.5) * (
        2 + texture(6, (34, 38, 42)) / 100
    )
    fixed = Volume(blob.astype(np.float32), (2.0, 2.0, 2.0))
    turn = Rotation.from_rotvec(np.radians([0, 9, 12])).as_matrix()
    moving = mapped(fixed, turn, (6.0, -5.0, 4.0))
    away = Volume(moving.array, moving.spacing, (60.0, 0.0, 0.0))
    found = align_rigid(fixed, away)
    middle = np.mean(points(fixed).reshape(-1, 3), axis=0)
    expected = middle + (66, -5, 4)
    np.testing.assert_allclose(found(middle), expected, atol=0.5)
    np.testing.assert_allclose(found.rotation, turn, atol=0.02)
    assert Rigid(turn, np.zeros(3)).angle_degrees == pytest.approx(15)


def test_local_normalisation_by_hand():
    """The middle voxel of a 3 x 3 x 3 window: its z-score in the window, with the floor; and numpy's correlation."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(50, 3, size=(2, 5, 5, 5))
    whole, window = np.ones((5, 5, 5), np.float32), (slice(1, 4),) * 3
    found = locally_normalised(a, whole, 3, 2.0)[2, 2, 2]
    assert found == pytest.approx(
        (a[2, 2, 2] - a[window].mean()) / math.hypot(a[window].std(), 2.0), rel=1e-4
    )
    correlation = local_correlation(a, b, whole, 3, (1e-6, 1e-6))[2, 2, 2]
    assert correlation == pytest.approx(np.corrcoef(a[window].ravel(), b[window].ravel())[0, 1], rel=1e-3)
    half = whole.copy()
    half[:, :, 3:] = 0  # what is not known counts for nothing
    known = a[1:4, 1:4, 1:3]
    found = locally_normalised(a, half, 3, 2.0)[2, 2, 2]
    assert found == pytest.approx((a[2, 2, 2] - known.mean()) / math.hypot(known.std(), 2.0), rel=1e-4)


def test_pairs_that_cannot_be_registered_say_why(pair):
    image = Volume(pair.fixed, EDGE)
    flat, broken = image.with_array(np.ones_like(image.array)), pair.fixed.copy()
    broken[3, 4, 5] = np.nan
    away = Volume(np.zeros((20, 20, 20), np.float32), EDGE, (500.0, 0, 0))
    for fixed, moving, mask, words in (
        (image, flat, None, "expected an image with contrast, found a follow-up of one value"),
        (flat, image, None, "found a baseline of one value"),
        (image, image.with_array(broken), None, "expected finite values in the follow-up"),
        (Volume(pair.fixed[:5], EDGE), image, None, r"baseline of at least 8 voxels .* found \(44, 44, 5\)"),
        (image, image, mask_of(pair).with_array(0 * mask_of(pair).array), "expected a tumour in the mask"),
        (image, image, away, "mask on the baseline's grid, found size x: baseline 44 voxels, mask 20 voxels"),
    ):
        with pytest.raises(CaseError, match=words):
            register(fixed, moving, fixed_mask=mask)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"engine": "ants"}, r"registration.engine: expected one of velocity_spline, rigid, found 'ants'"),
        ({"smoothness": 1}, "Did you mean 'smoothing'"),
        ({"levels": 0}, "registration.levels: expected a whole number from 1, found 0"),
        ({"smoothing": 0}, "registration.smoothing: expected a number above 0, found 0"),
        ({"margin_mm": -1}, "registration.margin_mm: expected a number from 0, found -1"),
        ({"keep_displacement": 1}, "registration.keep_displacement: expected true or false, found 1"),
    ],
)
def test_settings_are_checked(pair, given, words):
    with pytest.raises(InputError, match=words):
        register(Volume(pair.fixed, EDGE), Volume(pair.moving, EDGE), given)
    assert RegistrationSettings().engine == "velocity_spline"
