"""Selection stability: Nogueira's index by hand, planted features frequent, substitutes found."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.survival import stability as module
from scripts.survival.signature import SignatureSettings, fit_signature
from scripts.survival.stability import bootstrap_signature, nogueira_index

SETTINGS = dataclasses.replace(SignatureSettings(), keep_fraction=1.0, n_folds=5)


def test_index_by_hand():
    """Three sets of 2 out of 4: {0,1}, {0,1}, {0,2}.

    p = (1, 2/3, 1/3, 0); mean of M/(M-1) p (1-p) = 1.5 (2/9 + 2/9) / 4 = 1/6; chance (1/2)(1/2) = 1/4;
    1 - (1/6) / (1/4) = 1/3. All sets have 2 features: influence_i = 4 (mean_f z_if p_f - 1/4 + Phi/2 * 1/2)
    with mean_f z_if p_f = 5/12, 5/12, 1/3: influence - mean = 1/9, 1/9, -2/9; variance 4/9 * 6/81 = 8/243.
    """
    index = nogueira_index(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]))
    assert index.estimate == pytest.approx(1 / 3)
    half = 1.959964 * np.sqrt(8 / 243)
    assert (index.ci_low, index.ci_high) == pytest.approx((1 / 3 - half, 1 / 3 + half), rel=1e-6)
    assert (index.n_sets, index.n_features, index.mean_selected) == pytest.approx((3, 4, 2.0))


def test_index_is_1_for_equal_sets_and_0_for_random_ones():
    same = np.zeros((10, 20))
    same[:, :5] = 1
    assert nogueira_index(same).estimate == 1.0
    rng = generator(1, "index")
    estimates = [nogueira_index(rng.random((40, 30)) < 0.2).estimate for _ in range(200)]
    assert abs(np.mean(estimates)) < 0.005


def test_index_interval_covers_the_population_index():
    """Independent selection with frequencies p: the population index is 1 - mean p(1-p) / (k/d)(1-k/d)."""
    p = np.array([0.9, 0.8, 0.5, 0.2, 0.1] + [0.05] * 15)
    truth = 1 - np.mean(p * (1 - p)) / (p.mean() * (1 - p.mean()))
    rng = generator(2, "index")
    inside = [
        i.ci_low <= truth <= i.ci_high for i in (nogueira_index(rng.random((80, 20)) < p) for _ in range(400))
    ]
    assert 0.91 <= np.mean(inside) <= 0.98


def test_index_is_undefined_for_empty_sets_and_refused_for_one():
    assert np.isnan(nogueira_index(np.zeros((3, 4))).estimate)
    with pytest.raises(InputError, match=r"expected two feature sets or more, found 1"):
        nogueira_index(np.ones((1, 4)))


@pytest.fixture(scope="module")
def twins():
    """Features a and b (r 0.98) drive recurrence and can stand in for each other; the rest is noise."""
    rng = generator(4, "test_stability")
    n = 150
    a = rng.normal(size=n)
    table = {"a": a, "b": a + 0.2 * rng.normal(size=n)} | {f"noise{j}": rng.normal(size=n) for j in range(6)}
    features = pd.DataFrame(table, index=[f"P{i}" for i in range(n)])
    recurrence = rng.exponential(1 / (0.01 * np.exp(-(table["a"] + table["b"]) / 2)))
    censoring = rng.uniform(20, 100, n)
    return features, np.minimum(recurrence, censoring), (recurrence <= censoring).astype(int)


@pytest.fixture(scope="module")
def stability(twins):
    features, time, event = twins
    signature = fit_signature(features, time, event, SETTINGS, generator(1))
    return signature, bootstrap_signature(features, time, event, signature, SETTINGS, 30, generator(2))


def test_planted_features_are_frequent_and_keep_their_sign(stability):
    signature, result = stability
    table = result.table.set_index("feature")
    assert table["frequency"].is_monotonic_decreasing
    assert table.index[0] in ("a", "b")
    assert max(table.loc[["a", "b"], "frequency"]) > 0.7
    assert table.loc[table["frequency"] > 0.5, "median_coefficient"].lt(0).any()
    for name in ("a", "b"):
        assert table.loc[name, "sign_agreement"] > 0.9
        assert table.loc[name, "median_coefficient"] < 0
    assert set(table.index[table["selected"]]) == set(signature.features)
    assert table.loc[list(signature.features), "coefficient"].tolist() == pytest.approx(
        list(signature.coefficients)
    )


def test_a_feature_left_out_is_replaced_by_its_twin(stability):
    _, result = stability
    names = ["a", "b"]
    chosen = result.coefficients[:, :2] != 0
    table = result.table.set_index("feature")
    for j, name in enumerate(names):
        expected = np.mean(~chosen[:, j] & chosen[:, 1 - j])
        assert table.loc[name, "substituted"] == pytest.approx(expected)
        if expected > 0:
            assert table.loc[name, "substitute"] == names[1 - j]
            assert table.loc[name, "correlation"] > 0.95
    assert table.loc[names, "frequency"].tolist() == pytest.approx(chosen.mean(axis=0).tolist())
    assert table.loc[names, "substituted"].max() > 0
    noise = [name for name in table.index if name.startswith("noise")]
    assert (table.loc[noise, "substituted"] == 0).all()


def test_the_result_does_not_depend_on_the_number_of_processes(twins):
    features, time, event = twins
    signature = fit_signature(features, time, event, SETTINGS, generator(1))
    one, two = (
        bootstrap_signature(features, time, event, signature, SETTINGS, 4, generator(2), threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_allclose(one.coefficients, two.coefficients, rtol=1e-9)
    pd.testing.assert_frame_equal(one.table, two.table)


def test_copies_of_a_patient_lie_in_one_fold(twins, monkeypatch):
    features, time, event = twins
    seen = []

    def spy(values, time, event, settings, folds, cut):
        seen.append((values.index.to_numpy(), folds, event.sum()))
        return fit_signature(values, time, event, settings, folds=folds, cut=cut)

    monkeypatch.setattr(module, "fit_signature", spy)
    signature = fit_signature(features, time, event, SETTINGS, generator(1))
    bootstrap_signature(features, time, event, signature, SETTINGS, 3, generator(2))
    for patients, folds, n_events in seen:
        assert len(patients) == len(features)
        assert len(set(patients)) < len(features)
        assert pd.Series(folds).groupby(patients).nunique().max() == 1
        assert n_events == event.sum()


def test_a_feature_that_cannot_be_scaled_is_never_selected(twins):
    features, time, event = twins
    features = features.drop(columns=["a", "b"]).assign(gap=features["a"], flat=1.0)
    features.iloc[0, features.columns.get_loc("gap")] = np.nan
    signature = fit_signature(features, time, event, SETTINGS, generator(1))
    result = bootstrap_signature(features, time, event, signature, SETTINGS, 12, generator(2))
    assert result.coefficients.shape == (12, 8)
    assert not result.coefficients[:, 6:].any()  # though 'gap' is complete where patient 0 is not drawn


def test_one_replicate_is_refused(twins):
    features, time, event = twins
    signature = fit_signature(features, time, event, SETTINGS, generator(1))
    with pytest.raises(InputError, match="expected n_bootstrap of 2 or more, found 1"):
        bootstrap_signature(features, time, event, signature, SETTINGS, 1, generator(2))


def test_a_sample_with_fewer_different_events_than_folds_is_fitted_all_the_same():
    """12 events: a bootstrap sample holds about 7.6 different ones, and 10 folds were asked for."""
    rng = generator(8, "few events")
    features = pd.DataFrame(rng.normal(size=(60, 6)), columns=[f"f{i}" for i in range(6)])
    event = np.r_[np.ones(12, int), np.zeros(48, int)]
    time = rng.exponential(40, 60) * np.exp(-features["f0"].to_numpy()) + 1
    settings = dataclasses.replace(SETTINGS, n_folds=10)
    fit = fit_signature(features, time, event, settings, generator(8, "fit"))
    found = bootstrap_signature(features, time, event, fit, settings, 12, generator(8, "bootstrap"))
    assert found.index.n_sets == 12
