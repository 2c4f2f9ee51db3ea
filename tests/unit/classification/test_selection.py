"""Selection inside and before the folds: nothing is found where nothing is, except by the leaky order."""

import numpy as np
import pytest
from sklearn.svm import SVC

from scripts.classification.cross_validation import fold_areas, nested_validation, stratified_folds
from scripts.classification.inclusion import SvmSettings
from scripts.classification.selection import SvmRfe, fit_classifier, leaky_validation, select
from scripts.statistics.roc import area

SETTINGS = SvmSettings(
    n_folds=5,
    c_grid=(1.0, 8.0),
    gamma_grid=(0.25, 1.0),
    max_features=11,
    inclusion_step=2,
    step=0.1,
    outer_folds=5,
)


def cohort(seed, effect=0.0, n=61, p=150):
    """`p` features of `n` patients; the first three shift by `effect` standard deviations in responders."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < n * 0.36).astype(int)
    x = rng.normal(size=(n, p))
    x[:, :3] += effect * y[:, None]
    return x, y


def test_null_cohorts():
    """12 cohorts without any effect: the nested area is 0.5 within its interval, the leaky one is far above."""
    honest, leaky = [], []
    for seed in range(12):
        x, y = cohort(seed)
        stream = np.random.default_rng(seed)
        honest.append(nested_validation([SvmRfe(SETTINGS)], x, y, 5, 1, stream)[0].interval()[0])
        leaky.append(leaky_validation(x, y, SETTINGS, stream).interval()[0])
    error = np.std(honest, ddof=1) / np.sqrt(12)
    assert abs(np.mean(honest) - 0.5) < 2.5 * error
    assert error < 0.06
    assert np.mean(leaky) > 0.8
    assert min(leaky) > 0.65


def test_a_strong_effect_is_found_and_holds_in_new_patients():
    x, y = cohort(1, effect=1.6)
    classifier, selection = fit_classifier(x, y, SETTINGS, np.random.default_rng(2))
    assert set(selection.ranking[:3]) & {0, 1, 2}
    new, classes = cohort(2, effect=1.6, n=300)
    assert area(classes, classifier.score(new[:, classifier.columns])) > 0.8
    assert nested_validation([SvmRfe(SETTINGS)], x, y, 5, 1, np.random.default_rng(1))[0].interval()[0] > 0.75


def test_the_path_says_what_was_chosen():
    x, y = cohort(1, effect=1.0)
    selection = select(x, y, SETTINGS, np.random.default_rng(2))
    path = selection.path
    assert path["n_features"].tolist() == [1, 3, 5, 7, 9, 11]
    chosen = path[path["chosen"]]
    assert len(chosen) == 1
    row = chosen.iloc[0]
    assert row["cv_auc"] == path["cv_auc"].max()
    assert path["n_features"][np.isclose(path["cv_auc"], row["cv_auc"])].min() == row["n_features"]
    assert (selection.n_ranked, selection.c, selection.gamma) == (row["n_features"], row["c"], row["gamma"])
    assert row["gamma"] * row["n_features"] in SETTINGS.gamma_grid
    # the held-out scores are those whose area is printed
    folds = stratified_folds(y, 5, np.random.default_rng(2))
    assert fold_areas(selection.held_out, y, folds).mean() == pytest.approx(row["cv_auc"], rel=1e-12)


def test_every_fold_ranks_without_the_cases_that_it_holds_out(monkeypatch):
    """Five rankings of 48 or 49 of the 61 cases for the choice, and one of all 61 for the final order."""
    seen, rank = [], SvmSettings.rank
    monkeypatch.setattr(SvmSettings, "rank", lambda *given: (seen.append(len(given[1])), rank(*given))[1])
    x, y = cohort(4)
    chosen_by = select(x, y, SETTINGS, np.random.default_rng(2)).path["cv_auc"].max()
    assert sorted(seen) == [48, 49, 49, 49, 49, 61]
    seen.clear()
    assert chosen_by < leaky_validation(x, y, SETTINGS, np.random.default_rng(2)).interval()[0] - 0.1
    assert seen == [61]


def test_the_final_machine_is_fitted_on_everybody_with_the_ranking_of_everybody():
    x, y = cohort(3, effect=1.0)
    classifier, selection = fit_classifier(x, y, SETTINGS, np.random.default_rng(2))
    np.testing.assert_array_equal(classifier.columns, selection.ranking[: selection.n_ranked])
    np.testing.assert_allclose(classifier.mean, x[:, classifier.columns].mean(axis=0))
    scaled = (x[:, classifier.columns] - classifier.mean) / classifier.sd
    library = SVC(C=selection.c, gamma=selection.gamma).fit(scaled, y)
    ours = classifier.score(x[:, classifier.columns])
    np.testing.assert_allclose(ours, library.decision_function(scaled), atol=2e-3 * selection.c)


def test_features_that_are_always_in():
    x, y = cohort(3, effect=1.0)
    always = np.arange(150) == 140
    classifier, selection = fit_classifier(x, y, SETTINGS, np.random.default_rng(2), always)
    assert classifier.columns[0] == 140
    assert 140 not in selection.ranking
    assert selection.path["n_features"].tolist() == [1, 3, 5, 7, 9, 11]  # 0, 2, ... ranked ones beside it


def test_a_score_does_not_depend_on_the_other_patients():
    x, y = cohort(3, effect=1.0)
    classifier, _ = fit_classifier(x, y, SETTINGS, np.random.default_rng(2))
    values = x[:, classifier.columns]
    np.testing.assert_array_equal(classifier.score(values)[17:18], classifier.score(values[17:18]))


def test_a_missing_value_counts_as_the_training_mean():
    x, y = cohort(3, effect=1.0)
    classifier, _ = fit_classifier(x, y, SETTINGS, np.random.default_rng(2))
    values, mean = x[:1, classifier.columns].copy(), x[:1, classifier.columns].copy()
    values[0, 0], mean[0, 0] = np.nan, classifier.mean[0]
    np.testing.assert_array_equal(classifier.score(values), classifier.score(mean))


def test_few_responders_lower_the_number_of_folds():
    x, y = cohort(3, effect=2.0, n=12)
    assert select(x, y, SETTINGS, np.random.default_rng(2)).n_folds == 5
    assert select(x[1:], y[1:], SETTINGS, np.random.default_rng(2)).n_folds == 4


def test_the_same_again():
    x, y = cohort(3)
    first, second = (fit_classifier(x, y, SETTINGS, np.random.default_rng(9))[0] for _ in range(2))
    np.testing.assert_array_equal(first.support_vectors, second.support_vectors)
    assert first.intercept == second.intercept
