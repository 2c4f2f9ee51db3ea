"""Tests of groups and visits: small ones by counting, missing values, nothing to test. (Against R: tests/reference.)"""

import numpy as np
import pytest

from scripts.errors import InputError
from scripts.statistics.group_tests import compare_groups, compare_visits


def test_mann_whitney_by_counting():
    """1, 2, 3 against 4, 5: the most extreme of 10 arrangements, and its mirror: p = 0.2; W = 0."""
    found = compare_groups([1.0, 2.0, 3.0], [4.0, 5.0])
    assert (found.statistic, found.p_value) == (0.0, pytest.approx(0.2))
    assert (found.n_a, found.n_b, found.median_a, found.median_b, found.mean_a) == (3, 2, 2.0, 4.5, 2.0)


def test_signed_ranks_by_counting():
    """Four rises: one of 16 sign patterns, and its mirror: p = 0.125; V, the ranks of what fell, = 0."""
    found = compare_visits([1.0, 1.0, 1.0, 1.0], [2.0, 3.0, 4.0, 5.0])
    assert (found.statistic, found.p_value) == (0.0, pytest.approx(0.125))


def test_student_by_hand():
    """1, 3 and 5, 7: difference 4, pooled variance 2, t = -4 / sqrt(2), 2 degrees of freedom."""
    found = compare_groups([1.0, 3.0], [5.0, 7.0], "student")
    t = 4 / np.sqrt(2)
    assert found.statistic == pytest.approx(-t)
    assert found.p_value == pytest.approx(1 - t / np.sqrt(2 + t**2))


def test_a_missing_value_takes_its_patient_out():
    assert compare_groups([1.0, np.nan, 3.0], [4.0, 5.0, np.inf]).n_a == 2
    found = compare_visits([1.0, np.nan, 3.0, 8.0], [2.0, 2.0, np.nan, 4.0])
    assert (found.n_a, found.median_a, found.median_b) == (2, 4.5, 3.0)


@pytest.mark.parametrize("test", ["mann_whitney", "student", "welch"])
def test_nothing_to_test_between_groups(test):
    for a, b in (([2.0, 2.0], [2.0, 2.0]), ([], [1.0, 2.0])):
        assert np.isnan(compare_groups(a, b, test).p_value)


@pytest.mark.parametrize("test", ["wilcoxon", "paired_t"])
def test_nothing_to_test_between_visits(test):
    for before, after in (([1.0, 2.0], [1.0, 2.0]), ([1.0], [2.0]), ([], [])):
        assert np.isnan(compare_visits(before, after, test).p_value)


def test_faults():
    with pytest.raises(InputError, match=r"one of mann_whitney, student, welch, found 'manwhitney'"):
        compare_groups([1.0], [2.0], "manwhitney")
    with pytest.raises(InputError, match=r"two values a patient, found 2 and 1"):
        compare_visits([1.0, 2.0], [1.0])
