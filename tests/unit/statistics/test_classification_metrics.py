"""Confusion matrices against scikit-learn, a printed table, and by hand; resamples against repeated cases."""

import warnings

import numpy as np
import pytest
from sklearn import metrics

from scripts.errors import InputError
from scripts.statistics.classification_metrics import BY_CLASS, accuracy, by_class, confusion_counts, macro


@pytest.fixture(scope="module")
def calls():
    random = np.random.default_rng(1)
    truth = random.choice(4, 300, p=[0.5, 0.3, 0.15, 0.05])
    return truth, np.where(random.random(300) < 0.6, truth, random.integers(0, 4, 300))


def test_against_scikit_learn(calls):
    truth, called = calls
    confusion = confusion_counts(truth, called, 4)
    np.testing.assert_array_equal(confusion, metrics.confusion_matrix(truth, called))
    found = by_class(confusion)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, called)
    np.testing.assert_allclose(found["precision"], precision, rtol=1e-14)
    np.testing.assert_allclose(found["sensitivity"], recall, rtol=1e-14)
    np.testing.assert_allclose(found["f1"], f1, rtol=1e-14)
    for c in range(4):
        assert found["accuracy"][c] == pytest.approx(metrics.accuracy_score(truth == c, called == c))
        assert found["specificity"][c] == pytest.approx(metrics.recall_score(truth != c, called != c))
    assert accuracy(confusion) == pytest.approx(metrics.accuracy_score(truth, called))
    averages = macro(confusion)
    assert averages["sensitivity"] == pytest.approx(metrics.balanced_accuracy_score(truth, called))
    assert averages["precision"] == pytest.approx(metrics.precision_score(truth, called, average="macro"))
    assert averages["f1"] == pytest.approx(metrics.f1_score(truth, called, average="macro"))


def test_by_hand():
    """Two of three of class 0 and one of two of class 1 right; one of class 1 called 2, one of 0 called 1."""
    confusion = confusion_counts(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2]), 3)
    np.testing.assert_array_equal(confusion, [[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    found = by_class(confusion)
    np.testing.assert_allclose(found["accuracy"], [5 / 6, 4 / 6, 5 / 6])
    np.testing.assert_allclose(found["precision"], [1, 1 / 2, 1 / 2])
    np.testing.assert_allclose(found["sensitivity"], [2 / 3, 1 / 2, 1])
    np.testing.assert_allclose(found["specificity"], [1, 3 / 4, 4 / 5])
    np.testing.assert_allclose(found["f1"], [4 / 5, 1 / 2, 2 / 3])
    assert accuracy(confusion) == pytest.approx(4 / 6)


def test_two_classes_mirror_each_other():
    found = by_class(np.array([[8.0, 2.0], [3.0, 7.0]]))
    assert found["sensitivity"][0] == found["specificity"][1] == 0.8
    assert found["sensitivity"][1] == found["specificity"][0] == 0.7


def test_nobody_in_a_denominator():
    """Class 1 has cases and no calls; class 2 has neither; scikit-learn calls the precision 0 in the mean."""
    truth, called = np.array([0, 0, 1]), np.array([0, 0, 0])
    found = by_class(confusion_counts(truth, called, 3))
    np.testing.assert_array_equal(np.isnan(found["precision"]), [False, True, True])
    np.testing.assert_array_equal(np.isnan(found["sensitivity"]), [False, False, True])
    np.testing.assert_array_equal(np.isnan(found["f1"]), [False, False, True])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = metrics.precision_score(truth, called, average="macro")
    assert macro(confusion_counts(truth, called, 3))["precision"] == pytest.approx(expected)
    assert np.isnan(accuracy(np.zeros((3, 3))))
    assert all(np.isnan(value) for value in macro(np.zeros((3, 3))).values())


def test_weights_are_repeated_cases(calls):
    truth, called = calls
    weights = np.random.default_rng(2).integers(0, 4, (5, 300))
    stack = confusion_counts(truth, called, 4, weights)
    for row, weight in zip(stack, weights, strict=True):
        np.testing.assert_array_equal(
            row, metrics.confusion_matrix(truth.repeat(weight), called.repeat(weight))
        )
    for name in BY_CLASS:
        np.testing.assert_array_equal(by_class(stack)[name][3], by_class(stack[3])[name])
        np.testing.assert_array_equal(macro(stack)[name][3], macro(stack[3])[name])


def test_faults():
    with pytest.raises(InputError, match=r"a call for each case, found \(3,\) for \(2,\)"):
        confusion_counts(np.array([0, 1]), np.array([0, 1, 1]), 2)
    with pytest.raises(InputError, match="codes 0 to 1, found another code"):
        confusion_counts(np.array([0, 2]), np.array([0, 1]), 2)
