"""ComBat: what it takes out and leaves, what a scanner without training cases gets. (Values: tests/reference.)"""

import numpy as np
import pytest

from scripts.classification.combat import Combat
from scripts.classification.harmonised import Harmonised
from scripts.errors import InputError


def two_scanners(seed, n=400, p=40):
    """Scanner b shifts every feature by about 2 and doubles its spread."""
    rng = np.random.default_rng(seed)
    batches = np.where(np.arange(n) % 2, "b", "a")
    x = rng.normal(size=(n, p))
    second = batches == "b"
    x[second] = 2 + 0.3 * rng.normal(size=p) + 2 * x[second]
    return 50 + 3 * x, batches


def test_shift_and_scale_go():
    x, batches = two_scanners(1)
    harmonised = Combat.learn(x, batches).apply(x, batches)
    first, second = harmonised[batches == "a"], harmonised[batches == "b"]
    np.testing.assert_allclose(first.mean(axis=0), second.mean(axis=0), atol=1.0)  # shrunk: not quite
    np.testing.assert_allclose(first.std(axis=0) / second.std(axis=0), 1, atol=0.15)
    # sigma is the pooled spread within scanners, sqrt((1 + 4) / 2) of 3
    np.testing.assert_allclose(harmonised.std(axis=0).mean(), 3 * np.sqrt(2.5), rtol=0.02)


def test_without_a_prior_it_is_a_plain_change_of_mean_and_spread():
    """One feature has no prior over features and keeps its scale: 0, 2 and 10, 14 get the common mean 6.5."""
    x = np.array([[0.0], [2.0], [10.0], [14.0]])
    harmonised = Combat.learn(x, ["a", "a", "b", "b"]).apply(x, ["a", "a", "b", "b"])
    np.testing.assert_allclose(harmonised.ravel(), [5.5, 7.5, 4.5, 8.5])


def test_a_single_training_scanner_is_left_as_it_is():
    x, batches = two_scanners(1)
    fitted = Combat.learn(x[batches == "a"], batches[batches == "a"])
    np.testing.assert_array_equal(fitted.apply(x[batches == "a"], batches[batches == "a"]), x[batches == "a"])


def test_a_scanner_without_training_cases():
    x, batches = two_scanners(1)
    a, b = x[batches == "a"], x[batches == "b"]
    fitted = Combat.learn(a, ["a"] * len(a))
    np.testing.assert_array_equal(fitted.apply(b, ["b"] * len(b)), b)
    own = fitted.apply(b, ["b"] * len(b), "own_values")
    np.testing.assert_allclose(own.mean(axis=0), a.mean(axis=0), atol=0.5)
    np.testing.assert_allclose(own.std(axis=0) / a.std(axis=0), 1, atol=0.15)


def test_new_cases_of_a_known_scanner_change_nothing_of_the_fit():
    x, batches = two_scanners(1)
    fitted = Combat.learn(x[:200], batches[:200])
    np.testing.assert_allclose(
        fitted.apply(x, batches)[300:301], fitted.apply(x[300:301], batches[300:301]), rtol=1e-14
    )


def test_missing_and_constant_values():
    x, batches = two_scanners(1, n=60)
    x[4, 0], x[:, 1] = np.nan, 7.0
    harmonised = Combat.learn(x, batches).apply(x, batches)
    assert np.isnan(harmonised[4, 0])
    assert np.isnan(harmonised).sum() == 1
    np.testing.assert_array_equal(harmonised[:, 1], x[:, 1])


def test_a_scanner_with_a_single_case_gets_a_shift_and_no_scale():
    x, batches = two_scanners(1, n=41)
    batches = np.where(np.arange(41) == 0, "c", batches)
    fitted = Combat.learn(x, batches)
    np.testing.assert_array_equal(fitted.scales["c"], 1)
    np.testing.assert_allclose(fitted.apply(x, batches)[0], fitted.alpha, rtol=1e-9)


def test_faults():
    x, batches = two_scanners(1, n=20)
    with pytest.raises(InputError, match=r"a batch for each case, found 19 for 20"):
        Combat.learn(x, batches[:-1])
    with pytest.raises(
        InputError, match=r"unchanged or own_values, found 'own_value'. Did you mean 'own_values'"
    ):
        Combat.learn(x, batches).apply(x, batches, "own_value")


def test_a_model_behind_it_is_fitted_on_training_cases_alone():
    x, batches = two_scanners(1, n=80)
    y, seen = (np.arange(80) % 4 < 2).astype(int), []

    def fit(values, classes, generator):
        seen.append(values)
        return lambda new: new[:, 0]

    codes = (batches == "b").astype(float)
    columns = np.arange(40) != 39
    predict = Harmonised(fit, "unchanged", columns)(np.column_stack([x, codes])[:60], y[:60], None)
    expected = Combat.learn(x[:60, :39], codes[:60])
    np.testing.assert_allclose(seen[0][:, :39], expected.apply(x[:60, :39], codes[:60]), rtol=1e-12)
    np.testing.assert_array_equal(seen[0][:, 39], x[:60, 39])
    tested = predict(np.column_stack([x, codes])[60:])
    np.testing.assert_allclose(tested, expected.apply(x[60:, :39], codes[60:])[:, 0], rtol=1e-12)
    Harmonised(fit, None, columns)(np.column_stack([x, codes])[:60], y[:60], None)
    np.testing.assert_array_equal(seen[1], x[:60])
