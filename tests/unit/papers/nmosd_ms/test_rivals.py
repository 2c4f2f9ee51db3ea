import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from scripts.papers.nmosd_ms.fit_oracles import by_counts, count_features
from scripts.papers.nmosd_ms.fit_rivals import predictions
from scripts.papers.nmosd_ms.rivals import by_map, by_volume, coarse_map


def test_a_coarse_map_is_the_mean_of_its_cells():
    image = np.zeros((1, 6, 6, 6), np.uint8)
    image[0, :3, :3, 3:] = 255
    image[0, 3, 0, 0] = 255
    expected = np.zeros((2, 2, 2))
    expected[0, 0, 1], expected[1, 0, 0] = 1, 1 / 27
    assert coarse_map(image, 2) == pytest.approx(expected.ravel())
    uneven = coarse_map(image, 4)
    assert uneven.shape == (64,)
    assert uneven.reshape(4, 4, 4)[0, 0, 3] == 1


def test_the_volume_model_is_the_likelihoods_maximum():
    random = np.random.default_rng(0)
    ml, y = np.exp(random.normal(1, 1, 80)), random.integers(0, 2, 80)
    ml[y == 1] *= 0.4

    def loss(beta):
        eta = beta[0] + beta[1] * np.log(ml)
        return np.sum(np.logaddexp(0, eta) - y * eta)

    a, b = optimize.minimize(loss, [0, 0], tol=1e-10).x
    expected = 1 / (1 + np.exp(-(a + b * np.log([0.5, 2, 20]))))
    assert by_volume(ml, y, np.array([0.5, 2.0, 20.0])) == pytest.approx(expected, abs=1e-4)


def test_the_map_model_finds_the_cell_that_differs():
    random = np.random.default_rng(1)
    y = np.arange(60) % 2
    maps = random.random((60, 30))
    maps[:, 7] += 1.5 * y
    maps[:, 9] = 0  # nobody has a lesion there
    probability = by_map(maps[:40], y[:40], maps[40:], [0.01, 0.1, 1.0], 4)
    assert np.mean((probability > 0.5) == y[40:]) > 0.85


def test_predictions_have_a_column_for_either_disease():
    held_out = pd.DataFrame(
        {
            "repeat": 1,
            "fold": 2,
            "part": "test",
            "sample": ["a", "b"],
            "patient": ["a", "b"],
            "label": ["ms", "nmosd"],
        },
        index=[4, 9],
    )
    found = predictions(held_out, np.array([0.2, 0.9]))
    assert list(found) == ["sample", "patient", "part", "label", "p_ms", "p_nmosd"]
    assert found["p_nmosd"].tolist() == [0.2, 0.9]
    assert (found["p_ms"] + found["p_nmosd"]).tolist() == [1, 1]


def test_counts_are_logarithms_with_their_sum():
    truth = pd.DataFrame(
        {"patient": ["a", "b"], "n_deep": [0, 3], "n_central": [1, 4], "log_odds": [0.0, 1.0]}
    )
    found = count_features(truth)
    assert found.loc["b"].tolist() == pytest.approx(np.log([4, 5, 8]))
    y = np.array([0, 1])
    assert by_counts(found, y, found).shape == (2,)
