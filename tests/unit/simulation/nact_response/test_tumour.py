import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.nact_response.response import LATENTS
from scripts.simulation.nact_response.tumour import TumourTraits, draw_tumour, draw_waves, tumour_traits

PLAIN = dict.fromkeys(LATENTS, 0.0)
TRAITS = TumourTraits(9.0, 0.12, 0.6, 0.05, (0.30, 0.20), (1.8, 1.0), (3.0, 3.5))


def grid(half, step):
    axis = np.arange(-half, half + step / 2, step)
    return tuple(np.meshgrid(axis, axis, axis, indexing="ij"))


def test_traits_by_hand():
    traits = tumour_traits(PLAIN | {"size": 1.0, "shrinkage": 2.0, "heterogeneity": -1.0})
    assert traits.volume_ml == pytest.approx(8.5 * np.exp(0.33))
    assert traits.radius_mm == pytest.approx((3000 * traits.volume_ml / (4 * np.pi)) ** (1 / 3))
    assert traits.volume_ratio == pytest.approx(0.58 * np.exp(-0.6))
    assert traits.heterogeneity == pytest.approx((0.34 * np.exp(-0.18), 0.30 * np.exp(-0.36 * 0.3)))
    assert traits.texture_length_mm == pytest.approx((3.3 * np.exp(0.15), 3.3 * np.exp(0.15 * 0.3)))
    assert traits.enhancement == pytest.approx((1.70, 1.15))
    later = tumour_traits(PLAIN | {"residual_enhancement": 1.0})
    assert later.enhancement == pytest.approx((1.70, 1.15 * np.exp(0.40 * np.sqrt(0.91))))


def test_volume_by_counting_points():
    tumour = draw_tumour(TRAITS, (2.0, -3.0, 1.0), generator(1))
    points = grid(22, 0.5)
    moved = tuple(p + c for p, c in zip(points, tumour.centre, strict=True))
    assert (tumour.depth(moved)[0] < 0).sum() * 0.125 / 1000 == pytest.approx(9.0, rel=0.01)
    outlined = tumour.outlined(moved).sum() * 0.125 / 1000
    assert outlined == pytest.approx(9.0 * (1 - 0.3 / TRAITS.radius_mm) ** 3, rel=0.02)


@pytest.mark.parametrize("visit", [0, 1])
def test_enhancement_has_the_planted_mean_and_spread(visit):
    tumour = draw_tumour(TRAITS, (0.0, 0.0, 0.0), generator(2))
    tumour = type(tumour)(**{**vars(tumour), "rim": 0.0})
    points = tuple(p.ravel() for p in grid(18, 1.0))
    inside = tumour.depth(points)[0] < 0
    within = tuple(p[inside] for p in points)
    amount, fast = tumour.enhancement(within, visit)
    assert amount.mean() == pytest.approx(TRAITS.enhancement[visit], rel=1e-4)
    assert np.log(amount).std() == pytest.approx(TRAITS.heterogeneity[visit], rel=0.05)
    assert 0 <= fast.min() < 0.7 < fast.max() <= 1


def test_the_visits_share_a_part_of_the_texture():
    tumour = draw_tumour(TRAITS, (0.0, 0.0, 0.0), generator(3))
    points = tuple(p.ravel() for p in grid(8, 1.0))
    first, second = (np.log(tumour.enhancement(points, visit)[0]) for visit in (0, 1))
    assert 0.1 < np.corrcoef(first, second)[0, 1] < 0.75


def test_a_rim_is_brighter_than_the_centre():
    tumour = draw_tumour(TRAITS, (0.0, 0.0, 0.0), generator(4))
    points = tuple(p.ravel() for p in grid(9, 1.0))
    flat, rimmed = (
        type(tumour)(**{**vars(tumour), "rim": rim}).enhancement(points, 0)[0] for rim in (0.0, 0.3)
    )
    share = tumour.depth(points)[1]
    gain = rimmed / flat
    assert gain[share > 0.9].min() > gain[share < 0.4].max()


def test_waves_have_the_correlation_that_is_stated():
    length, lag = 4.0, 3.0
    here, there = np.zeros((3, 1500)), np.zeros((3, 1500))
    there[1] = lag
    pairs = []
    for seed in range(1500):
        waves = draw_waves(length, generator(seed, "w"))
        pairs.append([waves.at(tuple(p[:, :1]))[0] for p in (here, there)])
    first, second = np.array(pairs).T
    assert first.std() == pytest.approx(1, abs=0.06)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(np.exp(-(lag**2) / (2 * length**2)), abs=0.05)
