"""Axis order, geometry words and digests of scripts/volumes.py; every expected value by hand."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.volumes import (
    ENDINGS,
    IDENTITY,
    Volume,
    canonical_voxels,
    compare_geometry,
    digest,
    from_sitk,
    reorient,
    to_sitk,
    write_volume,
)

TURN = math.radians(20)
OBLIQUE = (math.cos(TURN), -math.sin(TURN), 0.0, math.sin(TURN), math.cos(TURN), 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def volume() -> Volume:
    """4 x 3 x 2 (x, y, z) voxels, all different; value 100 z + 10 y + x."""
    z, y, x = np.indices((2, 3, 4))
    return Volume(
        (100 * z + 10 * y + x).astype(np.int16), (0.703125, 0.8, 2.5), (-123.456, 10.1, 999.9), OBLIQUE
    )


def place(volume: Volume, x: int, y: int, z: int) -> np.ndarray:
    """Where a voxel's centre lies, in mm."""
    return np.array(volume.origin) + volume.axes @ (np.array([x, y, z]) * volume.spacing)


def test_array_is_z_y_x_and_geometry_x_y_z(volume):
    image = to_sitk(volume)
    assert image.GetSize() == (4, 3, 2) == volume.size
    assert image.GetPixel(3, 1, 1) == 113 == volume.array[1, 1, 3]
    # 20 degrees about z: x' = -123.456 + cos * 2.109375 - sin * 0.8; y' = 10.1 + sin * 2.109375 + cos * 0.8
    x = -123.456 + math.cos(TURN) * 2.109375 - math.sin(TURN) * 0.8
    y = 10.1 + math.sin(TURN) * 2.109375 + math.cos(TURN) * 0.8
    np.testing.assert_allclose(image.TransformIndexToPhysicalPoint((3, 1, 1)), (x, y, 1002.4), rtol=1e-12)
    np.testing.assert_allclose(place(volume, 3, 1, 1), (x, y, 1002.4), rtol=1e-12)
    back = from_sitk(image)
    np.testing.assert_array_equal(back.array, volume.array)
    assert (back.spacing, back.origin, back.direction) == (volume.spacing, volume.origin, volume.direction)


def test_voxel_volume_is_the_product_of_the_spacings(volume):
    assert volume.voxel_volume_mm3 == pytest.approx(0.703125 * 0.8 * 2.5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"array": np.zeros((2, 2))}, "2 axes"),
        ({"spacing": (1, 1)}, "spacing: expected 3 finite numbers"),
        ({"spacing": (1, 1, 0)}, "positive spacing"),
        ({"origin": (0, 0, math.nan)}, "origin: expected 3 finite numbers"),
        ({"direction": (1, 0, 0, 1)}, "direction: expected 9 finite numbers"),
    ],
)
def test_a_volume_without_a_sound_grid_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Volume(**({"array": np.zeros((2, 2, 2)), "spacing": (1, 1, 1)} | values))


def test_with_array_keeps_the_grid_and_refuses_another_shape(volume):
    other = volume.with_array(volume.array * 2)
    assert compare_geometry(volume, other) == []
    with pytest.raises(ValueError, match=r"shape \(2, 3, 4\), found \(4, 3, 2\)"):
        volume.with_array(volume.array.T)


@pytest.mark.parametrize(
    "image",
    [sitk.Image(3, 3, sitk.sitkInt16), sitk.Image([3, 3, 3], sitk.sitkVectorUInt8, 3)],
    ids=["2-D", "vector"],
)
def test_from_sitk_takes_3d_scalar_images_only(image):
    with pytest.raises(ValueError, match="expected a 3-D scalar image"):
        from_sitk(image)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32, np.float64, bool, np.float16])
def test_writing_and_reading_gives_the_same_volume(volume, tmp_path, ending, kind):
    written = volume.with_array((volume.array % 2).astype(kind))
    write_volume(written, tmp_path / f"image{ending}")
    read = from_sitk(sitk.ReadImage(str(tmp_path / f"image{ending}")))
    np.testing.assert_array_equal(read.array, written.array)
    assert compare_geometry(written, read, tolerance=1e-4) == []
    assert [p.name for p in tmp_path.iterdir()] == [f"image{ending}"]


def test_an_unknown_ending_is_not_written(volume, tmp_path):
    with pytest.raises(ValueError, match="expected an ending .nii, .nii.gz, .nrrd, .mha"):
        write_volume(volume, tmp_path / "image.png")
    assert list(tmp_path.iterdir()) == []


def test_reorient_flips_by_hand():
    # x grows to the right (-1) and z to the feet (-1): the last voxel of both axes becomes the first
    volume = Volume(np.arange(24).reshape(2, 3, 4), (1, 2, 3), (10, 20, 30), (-1, 0, 0, 0, 1, 0, 0, 0, -1))
    upright = reorient(volume)
    assert upright.direction == IDENTITY
    assert upright.origin == (10 - 3 * 1, 20, 30 - 1 * 3)
    np.testing.assert_array_equal(upright.array, volume.array[::-1, :, ::-1])


def test_reorient_permutes_by_hand():
    # sagittal: x index runs to the back (y), y index to the head (z), z index to the left (x)
    volume = Volume(np.arange(24).reshape(2, 3, 4), (1, 2, 3), (0, 0, 0), (0, 0, 1, 1, 0, 0, 0, 1, 0))
    upright = reorient(volume)
    assert upright.spacing == (3, 1, 2)
    assert upright.size == (2, 4, 3)
    assert upright.array[2, 3, 1] == volume.array[1, 2, 3]  # [z=2, y=3, x=1] from [z=1, y=2, x=3]


def test_reorient_moves_no_voxel(volume):
    direction = (0, 0, 1, 1, 0, 0, 0, -1, 0)
    assert reorient(changed(volume, direction=IDENTITY), direction).direction == direction
    turned = reorient(volume, direction)
    back = reorient(turned, volume.direction)
    assert compare_geometry(volume, back, tolerance=1e-9) == []
    np.testing.assert_array_equal(back.array, volume.array)
    z, y, x = np.argwhere(turned.array == 113)[0]
    np.testing.assert_allclose(place(turned, x, y, z), place(volume, 3, 1, 1), atol=1e-9)


def changed(volume: Volume, **values: tuple[float, ...]) -> Volume:
    grid = {"spacing": volume.spacing, "origin": volume.origin, "direction": volume.direction} | values
    return Volume(volume.array, **grid)


def test_compare_geometry_names_each_field_and_by_how_much():
    image = Volume(np.zeros((2, 3, 4)), (0.8, 0.8, 5.0), (-100.0, 0.0, 12.5))
    mask = Volume(np.zeros((2, 3, 5)), (0.75, 0.8, 5.0), (-100.0, 0.0, 17.5), OBLIQUE)
    assert compare_geometry(image, mask) == [
        "size x: image 4 voxels, mask 5 voxels",
        "spacing x: image 0.800 mm, mask 0.750 mm (0.050 mm apart)",
        "origin z: image 12.500 mm, mask 17.500 mm (5.000 mm apart)",
        "direction of the x index: image (1.0000, 0.0000, 0.0000), mask (0.9397, 0.3420, 0.0000) "
        "(20 degrees apart)",
        "direction of the y index: image (0.0000, 1.0000, 0.0000), mask (-0.3420, 0.9397, 0.0000) "
        "(20 degrees apart)",
    ]


def test_a_difference_too_small_for_three_digits_is_shown_with_six():
    image = Volume(np.zeros((2, 3, 4)), (0.8, 0.8, 5.0))
    assert compare_geometry(image, changed(image, spacing=(0.802, 0.8, 5.0))) == [
        "spacing x: image 0.800000 mm, mask 0.802000 mm (0.002000 mm apart)"
    ]


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ({"spacing": (0.8007, 0.8, 5.0)}, True),  # 0.9 thousandths of the spacing
        ({"spacing": (0.8009, 0.8, 5.0)}, False),
        ({"spacing": (0.8, 0.8, 5.004)}, True),
        ({"spacing": (0.8, 0.8, 5.006)}, False),
        ({"origin": (0.0, 0.0, 0.0007)}, True),  # of the smallest spacing, 0.8 mm
        ({"origin": (0.0, 0.0, 0.0009)}, False),
        ({"direction": (1, 5e-5, 0, -5e-5, 1, 0, 0, 0, 1)}, True),
        ({"direction": (1, 2e-4, 0, -2e-4, 1, 0, 0, 0, 1)}, False),
    ],
)
def test_tolerance_is_a_thousandth_of_a_voxel(values, same):
    image = Volume(np.zeros((2, 3, 4)), (0.8, 0.8, 5.0))
    assert (compare_geometry(image, changed(image, **values)) == []) is same


def test_opposite_axes_are_180_degrees_apart():
    image = Volume(np.zeros((2, 3, 4)), (1, 1, 1))
    [words] = compare_geometry(image, changed(image, direction=(1, 0, 0, 0, -1, 0, 0, 0, 1)))
    assert words.endswith("(180 degrees apart)")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
def test_digest_does_not_depend_on_the_file_format_or_type(volume, tmp_path, ending, kind):
    write_volume(volume.with_array(volume.array.astype(kind)), tmp_path / f"image{ending}")
    assert digest(from_sitk(sitk.ReadImage(str(tmp_path / f"image{ending}")))) == digest(volume)


def test_digest_does_not_depend_on_the_stored_order_of_axes(volume):
    assert digest(reorient(volume, (0, 0, -1, 1, 0, 0, 0, 1, 0))) == digest(volume)


def test_digest_is_the_hash_of_type_shape_steps_and_voxels():
    volume = Volume(np.arange(8, dtype=np.float64).reshape(2, 2, 2), (1.0, 1.0, 2.0), (0.0, -5.0, 0.25))
    # spacing in 0.001 mm, origin in 0.1 mm (2.5 + 0.382 -> 2), direction in 0.01
    steps = [1000, 1000, 2000, 0, -50, 2, 100, 0, 0, 0, 100, 0, 0, 0, 100]
    text = f"<i2 (2, 2, 2) {steps}".encode() + np.arange(8, dtype="<i2").tobytes()
    assert digest(volume) == hashlib.sha256(text).hexdigest()


def test_digest_changes_with_every_part_of_the_picture(volume):
    one_voxel = volume.array.copy()
    one_voxel[0, 0, 0] += 1
    others = [
        volume.with_array(one_voxel),
        volume.with_array(volume.array[:, :, ::-1]),
        volume.with_array(volume.array + 1e-9),
        changed(volume, spacing=(0.703125, 0.8, 2.6)),
        changed(volume, origin=(-123.456, 10.1, 1000.9)),
        changed(volume, direction=IDENTITY),
        Volume(volume.array.reshape(2, 4, 3), volume.spacing, volume.origin, volume.direction),
    ]
    assert len({digest(v) for v in [volume, *others]}) == 1 + len(others)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([True, False]), "<i2"),
        (np.array([-32768.0, 32767.0]), "<i2"),
        (np.array([32768], dtype=np.uint16), "<i4"),
        (np.array([2**31], dtype=np.uint32), "<i8"),
        (np.array([2**63], dtype=np.uint64), "<u8"),
        (np.array([0.5, 2.0**100]), "<f4"),
        (np.array([0.1]), "<f8"),
        (np.array([0.5, 1e300]), "<f8"),
        (np.array([0.5, np.nan, np.inf]), "<f4"),
        (np.array([2.0**60]), "<f4"),
        (np.array([0.1], dtype=">f4"), "<f4"),
    ],
)
def test_canonical_voxels_are_the_smallest_exact_type(array, kind):
    voxels = canonical_voxels(array)
    assert voxels.dtype == np.dtype(kind)
    np.testing.assert_array_equal(voxels.astype(array.dtype), array)


def test_negative_zero_is_zero():
    assert (
        canonical_voxels(np.array([-0.0, 0.5])).tobytes() == canonical_voxels(np.array([0.0, 0.5])).tobytes()
    )
