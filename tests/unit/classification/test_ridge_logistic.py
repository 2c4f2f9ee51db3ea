"""Ridge logistic regression against scikit-learn's own objective, and its permutation test on noise and on signal."""

import numpy as np
import pytest

from scripts.classification.ridge_logistic import RidgeLogistic, fit_ridge, permutation_test, probability
from scripts.errors import InputError


def data(effect, n=80, p=4, seed=1):
    random = np.random.default_rng(seed)
    y = (np.arange(n) % 2).astype(int)
    x = random.normal(size=(n, p))
    x[:, 0] += effect * y
    return x, y


def test_the_gradient_of_the_penalised_loss_is_zero():
    x, y = data(1.0)
    fit = fit_ridge(x, y, 0.3)
    z = (x - x.mean(0)) / x.std(0, ddof=1)
    residual = y - probability(fit.score(x))
    # |b|^2 / 2 + c sum of losses: b = c X' (y - p), and the intercept is not penalised
    assert fit.coefficients == pytest.approx(0.3 * z.T @ residual, abs=1e-4)
    assert residual.sum() == pytest.approx(0, abs=1e-4)


def test_missing_values_stand_at_the_training_mean():
    x, y = data(1.0)
    fit = fit_ridge(x, y, 0.3)
    whole = np.full((1, 4), np.nan)
    assert fit.score(whole) == pytest.approx([fit.intercept])
    assert fit.score(x.mean(0)[None]) == pytest.approx([fit.intercept])


def test_a_constant_feature_weighs_nothing():
    x, y = data(1.0)
    x[:, 2] = 7.0
    assert fit_ridge(x, y, 0.3).coefficients[2] == 0


def test_of_equal_penalties_the_stronger_is_taken_and_impossible_ones_are_refused():
    x, y = data(0.0)
    fit = RidgeLogistic((1.0, 1e-6), 3).fit(x[:, :1] * 0 + 1, y, np.random.default_rng(1))
    assert fit.c == 1e-6
    with pytest.raises(InputError, match="c_grid: expected positive numbers"):
        RidgeLogistic((0.0, 1.0)).fit(x, y, np.random.default_rng(1))


def test_permutations_tell_signal_from_noise():
    model = RidgeLogistic((0.1,), 2)
    x, y = data(1.5)
    found = permutation_test(model, x, y, 4, 19, np.random.default_rng(3))
    assert found.p_value == pytest.approx(1 / 20)
    assert found.area > 0.75
    assert found.shuffled.mean() == pytest.approx(0.5, abs=0.05)
    x, y = data(0.0, seed=5)
    assert permutation_test(model, x, y, 4, 19, np.random.default_rng(3)).p_value > 0.05
