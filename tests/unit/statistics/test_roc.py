"""Areas, curves and cut-offs by hand; faults. (Against pROC: tests/reference.)"""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scripts.errors import InputError
from scripts.statistics.roc import (
    area,
    area_contrast,
    area_difference,
    area_interval,
    roc_curve,
    youden_cutoff,
)

Y = np.array([1, 1, 1, 0, 0])
SCORES = np.array([4.0, 2.0, 3.0, 1.0, 3.0])


def test_area_by_hand():
    """Pairs: 4 > 1, 4 > 3, 2 > 1, 2 < 3, 3 > 1, 3 = 3: 4.5 of 6."""
    assert area(Y, SCORES) == 0.75
    assert area(Y, -SCORES) == 0.25


def test_delong_by_hand():
    """Placements of class 1: 1, 0.5, 0.75, variance 0.0625; of class 0: 1, 0.5, variance 0.125:
    0.0625 / 3 + 0.125 / 2 = 1 / 12. The interval 0.75 -+ 1.96 sqrt(1 / 12) is cut at 1."""
    found = area_interval(Y, SCORES)
    assert found.standard_error == pytest.approx(np.sqrt(1 / 12), rel=1e-12)
    assert found.ci_low == pytest.approx(0.75 - 1.959963985 * np.sqrt(1 / 12), rel=1e-9)
    assert found.ci_high == 1.0


def test_interval_covers():
    """Two normal populations one standard deviation apart: area Phi(1 / sqrt 2) = 0.7602; 95 % of the intervals."""
    rng = np.random.default_rng(3)
    y = (np.arange(90) < 35).astype(int)
    hits = 0
    for _ in range(600):
        found = area_interval(y, rng.normal(size=90) + y)
        hits += found.ci_low <= 0.7602499 <= found.ci_high
    assert 0.92 < hits / 600 < 0.98


def test_test_of_no_difference_holds_its_level():
    rng = np.random.default_rng(3)
    y = (np.arange(80) < 35).astype(int)
    p_values = []
    for _ in range(500):
        shared = y + rng.normal(size=80)
        a, b = (shared + rng.normal(size=80) for _ in range(2))
        p_values.append(area_difference(y, a, b).p_value)
    assert 0.025 < np.mean(np.array(p_values) < 0.05) < 0.08


def test_a_perfect_score_has_no_width():
    found = area_interval(np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert (found.estimate, found.standard_error, found.ci_low, found.ci_high) == (1.0, 0.0, 1.0, 1.0)


def test_a_single_responder_has_no_variance():
    found = area_interval(np.array([1, 0, 0]), np.array([2.0, 1.0, 3.0]))
    assert found.estimate == 0.5
    assert np.isnan([found.standard_error, found.ci_low, found.ci_high]).all()


def test_scores_that_order_alike_do_not_differ():
    test = area_difference(Y, SCORES, np.exp(SCORES))
    assert (test.difference, test.z, test.p_value) == (0.0, 0.0, 1.0)
    perfect, reverse = np.array([1.0, 2.0, 3.0, 4.0]), np.array([4.0, 3.0, 2.0, 1.0])
    test = area_difference(np.array([0, 0, 1, 1]), perfect, reverse)
    assert (test.difference, test.z, test.p_value) == (1.0, np.inf, 0.0)


def test_a_weighted_sum_of_areas_by_hand():
    """Case by case from DeLong's definition, with weights that are no difference."""
    y, random = np.array([1, 0] * 15), np.random.default_rng(6)
    scores = [y * k + np.round(random.normal(size=30), 1) for k in (0.2, 0.8, 1.5)]
    weights = (0.5, -1.0, 2.0)
    wins = sum(
        w * ((s[y == 1][:, None] > s[y == 0]) + 0.5 * (s[y == 1][:, None] == s[y == 0]))
        for w, s in zip(weights, scores, strict=True)
    )
    variance = wins.mean(axis=1).var(ddof=1) / 15 + wins.mean(axis=0).var(ddof=1) / 15
    found = area_contrast(y, scores, weights, 0.9)
    assert found.difference == pytest.approx(wins.mean())
    assert found.ci_high - found.difference == pytest.approx(1.6448536 * np.sqrt(variance))
    assert found.difference - found.ci_low == pytest.approx(1.6448536 * np.sqrt(variance))
    assert found.z == pytest.approx(wins.mean() / np.sqrt(variance))


def test_curve_by_hand():
    curve = roc_curve(Y, SCORES)
    assert curve["threshold"].tolist() == [np.inf, 3.5, 2.5, 1.5, -np.inf]
    np.testing.assert_allclose(curve["true_positive_rate"], [0, 1 / 3, 2 / 3, 1, 1])
    np.testing.assert_allclose(curve["false_positive_rate"], [0, 0, 1 / 2, 1 / 2, 1])
    trapezoid = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    assert trapezoid == pytest.approx(area(Y, SCORES))


def test_youden_by_hand():
    """Gains at 3.5, 2.5, 1.5: 1/3, 1/6, 1/2. With equal gains the more specific threshold."""
    assert youden_cutoff(Y, SCORES) == 1.5
    assert youden_cutoff(np.array([1, 0, 1, 0]), np.array([4.0, 3.0, 2.0, 1.0])) == 3.5
    assert youden_cutoff(np.array([0, 0, 1, 1]), np.array([4.0, 3.0, 2.0, 1.0])) == 2.5  # useless: the middle


def test_against_scikit_learn_with_many_ties():
    rng = np.random.default_rng(1)
    y, scores = rng.integers(0, 2, 200), rng.integers(0, 6, 200).astype(float)
    assert area(y, scores) == pytest.approx(roc_auc_score(y, scores), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "scores", "message"),
    [
        ([1, 1], [1.0, 2.0], r"cases of both classes, found 2 of class 1 among 2"),
        ([1, 0], [1.0, np.nan], r"finite scores, found 1 that are not"),
        ([1, 2], [1.0, 2.0], r"classes 0 and 1, found 2"),
        ([1, 0, 1], [1.0, 2.0], r"a class for each score, found \(3,\) classes and \(2,\) scores"),
    ],
)
def test_faults(y, scores, message):
    with pytest.raises(InputError, match=message):
        area(np.array(y), np.array(scores))


def clustered_cases(random, n_patients=12, mixed=True):
    """Patients of 1 to 5 cases; with `mixed` a patient's cases may be of both classes."""
    patients = np.repeat(np.arange(n_patients), random.integers(1, 6, n_patients))
    y = random.integers(0, 2, len(patients)) if mixed else (patients % 2)
    return y, y + random.normal(size=len(patients)) + random.normal(size=n_patients)[patients], patients


def test_clustered_variance_by_its_definition():
    """Obuchowski 1997, case by case: placements summed by patient, cross terms of patients with both classes."""
    random = np.random.default_rng(8)
    y, scores, patients = clustered_cases(random)
    wins = (scores[y == 1][:, None] > scores[y == 0]) + 0.5 * (scores[y == 1][:, None] == scores[y == 0])
    m, n, theta = (y == 1).sum(), (y == 0).sum(), wins.mean()
    terms = []
    for patient in range(12):
        mine_1, mine_0 = patients[y == 1] == patient, patients[y == 0] == patient
        v10 = wins[mine_1].mean(axis=1).sum() - mine_1.sum() * theta
        v01 = wins[:, mine_0].mean(axis=0).sum() - mine_0.sum() * theta
        terms.append((v10, v01, mine_1.any(), mine_0.any()))
    v10, v01, has_1, has_0 = map(np.array, zip(*terms, strict=True))
    i10, i01 = has_1.sum(), has_0.sum()
    expected = (
        i10 / ((i10 - 1) * m) * (v10**2).sum() / m
        + i01 / ((i01 - 1) * n) * (v01**2).sum() / n
        + 2 * 12 / 11 * (v10 * v01).sum() / (m * n)
    )
    found = area_interval(y, scores, patients=patients)
    assert found.standard_error == pytest.approx(np.sqrt(expected))
    assert found.estimate == pytest.approx(theta)


def test_clustered_with_one_case_each_is_delong():
    random = np.random.default_rng(9)
    y, a, b = random.integers(0, 2, 50), random.normal(size=50), random.normal(size=50)
    alone, named = area_interval(y, a), area_interval(y, a, patients=[f"p{i}" for i in range(50)])
    assert named.standard_error == pytest.approx(alone.standard_error, rel=1e-12)
    assert area_difference(y, a, b, patients=np.arange(50)).p_value == pytest.approx(
        area_difference(y, a, b).p_value, rel=1e-10
    )


def test_clustered_interval_covers_and_the_plain_one_does_not():
    """One class a patient; the area of two normals with variance 2 one apart: Phi(1 / 2) = 0.6914625."""
    random = np.random.default_rng(10)
    clustered = plain = 0
    for _ in range(300):
        y, scores, patients = clustered_cases(random, 60, mixed=False)
        found = area_interval(y, scores, patients=patients)
        clustered += found.ci_low <= 0.6914625 <= found.ci_high
        found = area_interval(y, scores)
        plain += found.ci_low <= 0.6914625 <= found.ci_high
    assert 0.91 <= clustered / 300 <= 0.98
    assert plain / 300 < 0.88


def test_cases_of_one_patient_have_no_variance_between_patients():
    found = area_interval(np.array([1, 1, 0, 0]), np.array([3.0, 2, 1, 2]), patients=["a", "a", "b", "c"])
    assert np.isnan(found.standard_error)
    with pytest.raises(InputError, match=r"a patient for each case, found \(1,\) for \(2,\)"):
        area_interval(np.array([1, 0]), np.array([1.0, 2.0]), patients=["a"])
