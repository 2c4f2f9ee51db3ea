import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.tumour import (
    TumourTraits,
    bounded,
    draw_tumour,
    tumour_traits,
)

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
