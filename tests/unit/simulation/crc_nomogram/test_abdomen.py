import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.abdomen import AIR_HU, FAT_HU, MUSCLE_HU, Crop, Tube, draw_abdomen

AXES = tuple(np.arange(n) - (n - 1) / 2 for n in (9, 41, 41))  # 1 mm voxels, centre at index (4, 20, 20)


def test_a_tube_has_its_wall_and_content():
    crop = Crop(AXES)
    crop.tube(Tube(x=5.0, y=-3.0, radius=8.0), [(0.0, 100.0), (3.0, 20.0)])
    row = crop.values[4, 17]  # y = -3, through the centre at index x = 25
    assert row[25] == 20  # content, out to 5 mm
    assert row[29] == 20
    assert row[31] == 100  # wall, 5 to 8 mm
    assert row[19] == 100
    assert row[34] == FAT_HU
    assert row[16] == FAT_HU
    assert row[33] == pytest.approx((100 + FAT_HU) / 2)  # the edge lies on a voxel: half and half


def test_a_tube_follows_its_slope_and_bend():
    crop = Crop(AXES)
    crop.tube(Tube(x=0.0, y=0.0, radius=2.0, slope=(1.5, 0.0), bend=(0.0, 0.5)), [(0.0, 100.0)])
    for z in range(9):
        where = np.argwhere(crop.values[z] > 90) - 20
        np.testing.assert_allclose(where.mean(0), (0.5 * (z - 4) ** 2, 1.5 * (z - 4)), atol=0.6)


def test_a_tube_outside_the_crop_changes_nothing():
    crop = Crop(AXES)
    crop.tube(Tube(x=90.0, y=0.0, radius=5.0), [(0.0, 100.0)])
    assert (crop.values == FAT_HU).all()


def test_air_lies_in_front_of_fluid():
    crop = Crop(AXES)
    crop.tube(Tube(x=0.0, y=0.0, radius=15.0), [(0.0, crop.above(0.0, AIR_HU, 30.0))])
    assert crop.values[4, 10, 20] == AIR_HU  # y = -10, towards the front
    assert crop.values[4, 30, 20] == 30


def test_the_wall_is_a_band_of_muscle_with_fat_before_it():
    crop = Crop(AXES)
    crop.abdominal_wall(inner_y=-8.0, thickness=6.0, curvature=0.0)
    column = crop.values[4, :, 20]
    assert column[20] == FAT_HU  # y = 0
    assert column[8] == MUSCLE_HU  # y = -12
    assert column[2] == FAT_HU  # y = -18


def test_mottling_has_its_size_and_is_smooth():
    crops = []
    for k in range(30):
        crop = Crop(AXES)
        crop.mottle(generator(1, k))
        crops.append(crop.values - np.float32(FAT_HU))
    stack = np.array(crops)
    assert stack.std() == pytest.approx(6, rel=0.15)
    assert np.diff(stack, axis=-1).std() < 2.5


def test_an_abdomen_holds_fat_muscle_and_air():
    drawn = np.array([draw_abdomen(AXES, 9.0, generator(2, k)) for k in range(12)])
    assert np.isfinite(drawn).all()
    assert drawn.dtype == np.float32
    assert (np.abs(drawn - FAT_HU) < 25).mean() > 0.3
    assert (np.abs(drawn - MUSCLE_HU) < 12).mean() > 0.02
    assert (drawn < -800).mean() > 0.02
