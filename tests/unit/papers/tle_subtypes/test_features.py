"""What classifiers without a network take, and the classifiers: closed forms, and scikit-learn's own calls."""

import numpy as np
import pytest
from sklearn.svm import SVC

from scripts.papers.tle_subtypes.features import band_powers, signal_points, usable_bands
from scripts.papers.tle_subtypes.rivals import by_forest, by_machine

RATE = 100.0


def test_points_are_means_over_equal_parts():
    signal = np.array([[1.0, 3.0, 5.0, 7.0], [0.0, 0.0, 2.0, 4.0]], np.float32)
    assert signal_points(signal, 2).tolist() == [2, 6, 0, 3]
    assert signal_points(signal, 3).tolist() == pytest.approx([1, 3, 6, 0, 0, 3])
    assert signal_points(signal, 9).tolist() == signal.ravel().tolist()


def test_bands_end_at_half_the_sampling_rate():
    edges = [1, 4, 8, 13, 30, 80, 150, 300]
    assert usable_bands(edges, 100.0) == [(1, 4), (4, 8), (8, 13), (13, 30), (30, 50.0)]
    assert usable_bands(edges, 1000.0) == list(zip(edges[:-1], edges[1:], strict=True))


def test_the_power_of_a_sine_is_in_its_band():
    """A sine of amplitude A has the power A^2 / 2: ten times the amplitude is ln(100) more in its band."""
    t = np.arange(400) / RATE
    signal = np.stack([np.sin(2 * np.pi * 10 * t), 10 * np.sin(2 * np.pi * 10 * t)]).astype(np.float32)
    bands = [(1, 4), (8, 13), (30, 50.0)]
    found = band_powers(signal, RATE, bands).reshape(3, 2)
    assert found[1, 1] - found[1, 0] == pytest.approx(np.log(100), abs=1e-3)
    assert (found[1] - found[0] > 10).all()
    # mean density over the band times its width is the power of the sine
    assert np.exp(found[1, 1]) * 20 * 0.25 == pytest.approx(50.0, rel=0.02)


def test_white_noise_has_the_same_density_in_every_band():
    rng = np.random.default_rng(3)
    signal = rng.standard_normal((40, 4000)).astype(np.float32)
    found = np.exp(band_powers(signal, RATE, [(1, 4), (8, 13), (30, 50)])).reshape(3, 40).mean(axis=1)
    assert found == pytest.approx(np.full(3, 2 / RATE), rel=0.03)  # one-sided density of variance 1


def test_a_band_between_two_frequencies_takes_the_nearest():
    signal = np.random.default_rng(1).standard_normal((2, 50)).astype(np.float32)  # frequencies 0, 2, 4, ...
    assert band_powers(signal, RATE, [(2.5, 3.9)]) == pytest.approx(band_powers(signal, RATE, [(4.0, 4.5)]))


def test_a_frequency_on_an_edge_belongs_to_the_upper_band():
    """8 Hz is alpha's first frequency, not theta's last; the Hann window spreads a sine over its two neighbours,
    at 1 Hz apart with a quarter of its power each, and nothing beyond."""
    signal = np.sin(2 * np.pi * 8 * np.arange(100) / RATE, dtype=np.float32)[None]
    theta, alpha, beyond = np.exp(band_powers(signal, RATE, [(4, 8), (8, 13), (15, 20)])).ravel()
    # of the power 1/2, over the widths 4 and 5 Hz: 7 Hz has a sixth of it, 8 and 9 Hz have five sixths
    assert theta * 4 == pytest.approx(1 / 12, rel=1e-3)
    assert alpha * 5 == pytest.approx(5 / 12, rel=1e-3)
    assert beyond < 1e-9


@pytest.fixture
def two_classes():
    rng = np.random.default_rng(7)
    y = np.repeat([0, 1], 30)
    x = rng.standard_normal((60, 5)) * [1, 10, 100, 1, 1]
    x[:, 1] += 8 * y
    return x, y


def test_the_machine_calls_as_scikit_learn_does(two_classes):
    x, y = two_classes
    train, test = np.arange(60) % 3 > 0, np.arange(60) % 3 == 0
    found = by_machine(x[train], y[train], x[test], 1.0)
    mean, sd = x[train].mean(axis=0), x[train].std(axis=0)
    expected = (
        SVC(kernel="linear", C=1.0).fit((x[train] - mean) / sd, y[train]).predict((x[test] - mean) / sd)
    )
    assert ((found > 0.5) == expected).all()
    assert ((found > 0) & (found < 1)).all()


def test_the_forest_gives_the_share_of_class_1(two_classes):
    x, y = two_classes
    found = by_forest(x, y, x, 50, 3)
    assert ((found > 0.5) == y).mean() > 0.95
    assert (by_forest(x, y, x, 50, 3) == found).all()
    assert by_forest(x[:5], y[:5], x[:2], 5, 3).tolist() == [0, 0]  # class 1 was not there
