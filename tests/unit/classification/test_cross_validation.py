"""Folds, areas within folds, nested cross-validation: by hand, and what a model may see."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scripts.classification.cross_validation import (
    FoldAreas,
    fold_areas,
    nested_validation,
    stratified_folds,
    usable_folds,
)
from scripts.errors import InputError


def test_folds_are_balanced_and_repeatable():
    y = (np.arange(61) < 21).astype(int)
    folds = stratified_folds(y, 10, np.random.default_rng(3))
    assert set(np.bincount(folds[y == 1])) == {2, 3}
    assert set(np.bincount(folds)) == {6, 7}
    np.testing.assert_array_equal(folds, stratified_folds(y, 10, np.random.default_rng(3)))
    assert (folds != stratified_folds(y, 10, np.random.default_rng(4))).any()


def test_as_many_folds_as_the_smaller_class_has_cases():
    assert usable_folds(np.array([1] * 4 + [0] * 30), 10) == 4
    assert usable_folds(np.array([1] * 12 + [0] * 30), 10) == 10
    with pytest.raises(InputError, match=r"at least 2 cases of each class, found 1 and 5"):
        usable_folds(np.array([1] + [0] * 5), 10)
    with pytest.raises(InputError, match=r"found 10 folds, 4 cases in the smaller class"):
        stratified_folds(np.array([1] * 4 + [0] * 30), 10, np.random.default_rng(1))


def test_areas_within_folds_by_hand():
    """Fold 0: 2 against 1 and 3: one of two pairs. Fold 1: 5 against 5: a tie."""
    scores = np.array([[2.0, 1.0, 3.0, 5.0, 5.0]])
    areas = fold_areas(scores, np.array([1, 0, 0, 1, 0]), np.array([0, 0, 0, 1, 1]))
    assert areas.tolist() == [[0.5, 0.5]]


def test_an_offset_of_a_fold_changes_nothing():
    rng = np.random.default_rng(2)
    y, folds, scores = rng.integers(0, 2, 80), np.arange(80) % 4, rng.normal(size=80)
    areas = fold_areas(scores, y, folds)
    expected = [roc_auc_score(y[folds == k], scores[folds == k]) for k in range(4)]
    np.testing.assert_allclose(areas, expected, rtol=1e-12)
    np.testing.assert_allclose(fold_areas(scores + 100 * folds, y, folds), expected, rtol=1e-12)


def test_interval_is_the_corrected_t_and_stays_within_bounds():
    """Areas 0.6, 0.7, 0.8 of 3 folds: 0.7 -+ 0.39278 (see test_resampled_t)."""
    mean, low, high = FoldAreas(np.array([0.6, 0.7, 0.8]), 3).interval()
    assert (mean, low, high) == pytest.approx((0.7, 0.3072234, 1.0), rel=1e-6)
    assert FoldAreas(np.array([0.0, 0.1, 0.0]), 3).interval()[1] == 0.0


class Watched:
    """A model that writes down what it was fitted on; module-level names are not needed with one process."""

    def __init__(self):
        self.fitted = []

    def __call__(self, x, y, generator):
        self.fitted.append(set(x[:, 0]))
        weight = np.sign(np.cov(x[:, 1], y)[0, 1])
        return lambda values: weight * values[:, 1]


def test_a_model_never_sees_the_fold_that_it_is_judged_on():
    rng = np.random.default_rng(5)
    y = (np.arange(40) % 2).astype(int)
    x = np.column_stack([np.arange(40), y + rng.normal(size=40)])
    model = Watched()
    areas = nested_validation([model], x, y, 5, 2, np.random.default_rng(1))[0]
    assert areas.areas.shape == (10,)
    assert [len(seen) for seen in model.fitted] == [32] * 10
    left_out = [set(range(40)) - seen for seen in model.fitted]
    assert set.union(*left_out[:5]) == set(range(40))  # each case is held out once a repeat
    assert sum(len(out) for out in left_out[5:]) == 40


def test_the_number_of_processes_does_not_matter():
    rng = np.random.default_rng(5)
    y = (np.arange(40) % 2).astype(int)
    x = y[:, None] + rng.normal(size=(40, 3))
    one, two = (
        nested_validation([first_column, first_column], x, y, 4, 1, np.random.default_rng(1), threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one[0].areas, two[0].areas)
    np.testing.assert_array_equal(one[0].areas, one[1].areas)


def first_column(x, y, generator):
    """A model that learns nothing."""
    return lambda values: values[:, 0]
