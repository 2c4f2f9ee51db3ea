import numpy as np
import pytest

from scripts.seeds import generator
from scripts.simulation.nact_response.breast import (
    ENHANCEMENT,
    PRECONTRAST,
    SKIN_MM,
    draw_breast,
    place_tumour,
)

EXTENT = (48.0, 56.0, 56.0)


@pytest.fixture(scope="module")
def breast():
    return draw_breast(EXTENT, generator(3))


def line(breast, ys, dx=0.0, dz=0.0):
    ys = np.asarray(ys, float)
    points = (np.full(len(ys), breast.centre[1] + dz), ys, np.full(len(ys), breast.centre[0] + dx))
    return tuple(p[:, None, None] for p in points)


def test_tissues_follow_each_other_from_the_front_to_the_back(breast):
    ys = np.arange(-60, 70, 0.25)
    points = line(breast, ys, dx=20.0)
    signal = breast.tissue(points)[0].ravel()
    below, behind = (d.ravel() for d in breast.depths(points))
    assert (np.diff(below) > 0).all()
    assert (signal[below < -2] == 0).all()
    skin = signal[(below > 1.0) & (below < 1.2)]
    np.testing.assert_allclose(skin, PRECONTRAST["skin"], atol=0.12)
    muscle = signal[(behind > 2) & (behind < 5)]
    np.testing.assert_allclose(muscle, PRECONTRAST["muscle"], atol=0.2)
    fat_or_gland = signal[(below > SKIN_MM + 2) & (behind < -2)]
    assert fat_or_gland.min() > 0.15
    assert fat_or_gland.max() < 1.5


def test_depth_below_the_skin_is_a_distance(breast):
    # step from the surface along its normal, found by differences of the depth itself
    step = 0.1
    ys = np.linspace(-50, 20, 280)
    points = line(breast, ys, dx=15.0, dz=-10.0)
    near = np.abs(breast.depths(points)[0]) < 3
    slope = []
    for axis in range(3):
        ahead = tuple(p.astype(float) + step * (k == axis) for k, p in enumerate(points))
        behind = tuple(p.astype(float) - step * (k == axis) for k, p in enumerate(points))
        slope.append((breast.depths(ahead)[0] - breast.depths(behind)[0]) / (2 * step))
    length = np.sqrt(sum(s**2 for s in slope))[near]
    assert len(length)
    np.testing.assert_allclose(length, 1, atol=0.2)


def test_the_breast_hangs_as_far_as_it_is_drawn(breast):
    ys = np.arange(-60, 40, 0.05)
    below, behind = (d.ravel() for d in breast.depths(line(breast, ys)))
    skin, wall = ys[np.argmin(np.abs(below))], ys[np.argmin(np.abs(behind))]
    assert wall - skin == pytest.approx(breast.hanging + 9.0, abs=0.1)


def test_vessels_and_gland_take_contrast_up_in_their_own_way(breast):
    axes = [np.arange(-e, e, 2.0) for e in EXTENT]
    points = tuple(np.meshgrid(*axes, indexing="ij"))
    signal, fast, slow = breast.tissue(points)
    behind = breast.depths(points)[1]
    front = behind < -3
    assert fast[front].max() > 0.6 * PRECONTRAST["vessel"] * ENHANCEMENT["vessel"]
    gland = front & (signal > 0.85) & (fast < 0.01)
    ratio = slow[gland] / signal[gland]
    assert np.median(ratio) == pytest.approx(breast.gland_enhancement, abs=0.04)
    assert 0.02 < gland.mean() < 0.3
    assert signal.min() >= 0


def test_breasts_differ_and_repeat():
    one, again, other = (draw_breast(EXTENT, generator(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.structure, again.structure)
    assert one.hanging == again.hanging != other.hanging


@pytest.mark.parametrize("radius", [9.0, 12.0, 16.0])
def test_tumours_keep_clear_of_skin_and_muscle(radius):
    for seed in range(12):
        breast = draw_breast(EXTENT, generator(seed, "b"))
        place = place_tumour(breast, radius, generator(seed, "t"))
        below, behind = breast.depths(tuple(np.array([v]) for v in place))
        room = min(float(below[0]) - SKIN_MM, float(-behind[0])) - radius
        assert room > (4.0 if radius < 13 else 0.0)
