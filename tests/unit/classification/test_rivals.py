"""Rivals: each finds what is there and nothing where nothing is; settings by branch."""

import numpy as np
import pytest

from scripts.classification.cross_validation import nested_validation
from scripts.classification.rivals import BoostedTrees, LassoLogistic, RandomForest, default_rivals, tune
from scripts.statistics.roc import area

QUICK = {
    "lasso": {"inner_folds": 3, "n_penalties": 8},
    "forest": {"n_trees": 24},
    "xgboost": {"rounds": [10, 40]},
}


def cohort(seed, effect, n=70, p=30):
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 5 < 2).astype(int)
    x = rng.normal(size=(n, p))
    x[:, 0] += effect * y
    x[:, 1] -= effect * y
    return 100 + 5 * x, y


@pytest.mark.parametrize("rival", default_rivals(QUICK), ids=lambda rival: rival.name)
def test_a_strong_effect_holds_in_new_patients(rival):
    x, y = cohort(1, 1.5)
    x[3, 0] = np.nan
    new, classes = cohort(2, 1.5, n=200)
    new[5, 1] = np.nan
    predict = rival(x, y, np.random.default_rng(1))
    scores = predict(new)
    assert scores.shape == (200,)
    assert area(classes, scores) > 0.85
    np.testing.assert_array_equal(scores, rival(x, y, np.random.default_rng(1))(new))


@pytest.mark.parametrize("rival", default_rivals(QUICK), ids=lambda rival: rival.name)
def test_nothing_is_found_where_nothing_is(rival):
    areas = [
        nested_validation([rival], *cohort(seed, 0.0, n=60, p=15), 3, 1, np.random.default_rng(seed))[
            0
        ].interval()[0]
        for seed in range(5)
    ]
    assert abs(np.mean(areas) - 0.5) < 3.5 * np.std(areas, ddof=1) / np.sqrt(5)


def test_the_lasso_is_sparse_and_begins_with_one_feature():
    x, y = cohort(1, 1.5, n=120)
    predict = LassoLogistic(inner_folds=3, n_penalties=1)(x, y, np.random.default_rng(1))
    by_feature = np.array(
        [np.ptp(predict(np.where(np.arange(30) == j, x, x.mean(axis=0)))) for j in range(30)]
    )
    assert (by_feature > 1e-9).sum() == 1


def test_tuning_takes_the_best_candidate_and_the_first_of_equals():
    x, y = cohort(1, 1.5)

    def scores(x, y, held_out, seed):
        return [held_out[:, 1], held_out[:, 0], held_out[:, 0] * 2]

    assert tune(["wrong way", "right", "twice"], scores, x, y, 4, np.random.default_rng(1)) == "right"
    assert tune(["only"], scores, x, y, 4, np.random.default_rng(1)) == "only"


def test_settings_by_branch():
    lasso, forest, boosted = default_rivals(QUICK)
    assert (lasso.n_penalties, forest.n_trees, boosted.rounds) == (8, 24, (10, 40))
    assert default_rivals() == [LassoLogistic(), RandomForest(), BoostedTrees()]
