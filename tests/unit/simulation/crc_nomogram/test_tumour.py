"""Expected values from geometry: a sphere of 10 mm radius has 4.18879 ml."""

import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.tumour import (
    TumourTraits,
    bounded,
    draw_tumour,
    largest_piece,
    radius_towards,
    surface_radii,
    tumour_traits,
)

SPHERE_ML = 4 / 3 * np.pi
PLAIN = {name: 0.0 for name in ("size", "irregularity", "heterogeneity", "coarseness", "necrosis")}


def axes(shape, spacing):
    return tuple(
        (np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, reversed(spacing), strict=True)
    )


def test_bounded_is_monotone_and_stays_in_range():
    values = [bounded(z, 10.0, 3.0) for z in np.linspace(-9, 9, 37)]
    assert all(a < b for a, b in zip(values, values[1:], strict=False))
    assert bounded(0, 10.0, 3.0) == 10
    assert values[0] > 10 / 3
    assert values[-1] < 30
    assert values[-1] == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize(("factor", "trait"), [
    ("size", "volume_ml"), ("irregularity", "lobulation"), ("heterogeneity", "texture_hu"),
    ("coarseness", "texture_length_mm"), ("necrosis", "necrotic_share"),
])  # fmt: skip
def test_each_factor_governs_its_trait_and_no_other(factor, trait):
    low = tumour_traits(PLAIN | {factor: -1.0}, generator(1))
    high = tumour_traits(PLAIN | {factor: 1.0}, generator(1))
    for name in TumourTraits.__dataclass_fields__:
        if name == trait:
            assert getattr(high, name) > 1.2 * getattr(low, name)
        elif (factor, name) == ("necrosis", "enhancement_hu"):  # necrotic tumours enhance less
            assert high.enhancement_hu == pytest.approx(low.enhancement_hu - 12)
        else:
            assert getattr(high, name) == getattr(low, name)


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


def test_mask_has_the_volume_that_the_traits_ask_for():
    spacing = (0.5, 0.5, 0.5)
    traits = TumourTraits(4.0, 0.2, 10.0, 2.0, 0.1, 90.0)
    tumour = draw_tumour(traits, axes((70, 70, 70), spacing), spacing, generator(5))
    mask_ml = tumour.mask.sum() * 0.125 / 1000
    radius = np.cbrt(3 * 4000 / (4 * np.pi))
    assert mask_ml == pytest.approx(
        4 * ((radius - 0.4) / radius) ** 3, rel=0.02
    )  # the reader's inset of 0.4 mm
    assert (tumour.cover[tumour.mask] > 0.85).all()  # hardly any fat within the outline


def test_texture_and_core_have_the_stated_size():
    spacing = (0.8, 0.8, 0.8)
    plain = TumourTraits(14.0, 0.05, 20.0, 1.5, 1e-9, 90.0)
    values = draw_tumour(plain, axes((64, 64, 64), spacing), spacing, generator(6)).values
    assert values.std() == pytest.approx(20, rel=0.1)
    assert values.mean() == pytest.approx(90, abs=3)
    cored = draw_tumour(
        TumourTraits(14.0, 0.05, 20.0, 1.5, 0.3, 90.0), axes((64, 64, 64), spacing), spacing, generator(6)
    )
    drop = (values - cored.values)[cored.mask]
    assert drop.max() == pytest.approx(55, abs=0.01)
    assert drop.mean() / 55 == pytest.approx(0.3, abs=0.04)  # share of the volume


def test_a_body_too_large_for_the_crop_is_held_back():
    spacing = (1.0, 1.0, 1.0)
    traits = TumourTraits(200.0, 0.3, 10.0, 2.0, 0.1, 90.0)
    tumour = draw_tumour(traits, axes((30, 40, 40), spacing), spacing, generator(7))
    mask = np.zeros((30, 40, 40), bool)
    mask[tumour.box] = tumour.mask
    assert not mask[0].any()
    assert not mask[-1].any()
    assert mask.any()


def test_largest_piece_leaves_the_crumbs():
    mask = np.zeros((3, 6, 6), bool)
    mask[1, 1:3, 1:3] = True
    mask[1, 5, 5] = True
    found = largest_piece(mask)
    assert found.sum() == 4
    assert not found[1, 5, 5]
    np.testing.assert_array_equal(largest_piece(found), found)
