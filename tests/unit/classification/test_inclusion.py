"""Held-out scores of the grid against machines fitted one by one with scikit-learn; settings."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from scripts.classification.inclusion import SvmSettings, held_out_scores
from scripts.errors import InputError


def test_scores_of_the_grid_against_scikit_learn():
    rng = np.random.default_rng(8)
    y = (np.arange(36) % 3 == 0).astype(int)
    x = rng.normal(size=(36, 7)) * 10 ** np.arange(-3.0, 4.0)
    x[:, 2] += 1e-1 * y
    folds = np.arange(36) % 4
    settings = SvmSettings(c_grid=(0.5, 8.0), gamma_grid=(0.25, 1.0), max_features=6, inclusion_step=2)
    ranking, always = np.array([5, 2, 0, 6, 1]), np.isin(np.arange(7), [3, 4])
    scores = held_out_scores(x, y, folds, settings, always, lambda *_: ranking)
    counts = [0, 2, 4]
    assert scores.shape == (len(counts), 2, 2, 36)
    for at, count in enumerate(counts):
        columns = [3, 4, *ranking[:count]]
        for g, gamma in enumerate(settings.gamma_grid):
            for k, c in enumerate(settings.c_grid):
                for fold in range(4):
                    out = folds == fold
                    model = make_pipeline(StandardScaler(), SVC(C=c, gamma=gamma / len(columns), tol=1e-9))
                    # n - 1 here, n there: the same distances when gamma is taken times n / (n - 1)
                    model[-1].gamma *= 26 / 27
                    expected = model.fit(x[~out][:, columns], y[~out]).decision_function(x[out][:, columns])
                    np.testing.assert_allclose(scores[at, g, k, out], expected, atol=5e-3 * max(c, 1))


def test_each_fold_is_ranked_with_its_own_scaled_training_cases():
    rng = np.random.default_rng(8)
    x, y, folds = rng.normal(size=(20, 3)), np.arange(20) % 2, np.arange(20) // 2 % 5
    seen = []

    def ranking_of(scaled, classes):
        seen.append((scaled, classes))
        return np.arange(3)

    held_out_scores(x, y, folds, SvmSettings(c_grid=(1.0,), gamma_grid=(1.0,)), np.zeros(3, bool), ranking_of)
    assert [len(classes) for _, classes in seen] == [16] * 5
    for scaled, _ in seen:
        np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(scaled.std(axis=0, ddof=1), 1)


def test_numbers_of_features():
    settings = SvmSettings(max_features=8, inclusion_step=3)
    assert settings.counts(100, 0) == [1, 4, 7]
    assert settings.counts(100, 2) == [0, 3, 6]
    assert settings.counts(5, 0) == [1, 4]


def test_settings_by_name():
    settings = SvmSettings.from_dict({"c_grid": [8, 1], "gamma_grid": [1], "n_folds": 5})
    assert settings.c_grid == (1.0, 8.0)
    assert SvmSettings.from_dict(settings.to_dict()) == settings
    with pytest.raises(InputError, match=r"svm\.gama_grid: .*Did you mean 'gamma_grid'"):
        SvmSettings.from_dict({"gama_grid": [1]})
    for grid in ([], [0.0, 1.0]):
        with pytest.raises(InputError, match=r"svm\.c_grid: expected at least one value, all above 0"):
            SvmSettings.from_dict({"c_grid": grid})
