"""The planted truth against closed forms and against drawn patients."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from scripts.simulation.glioma_grading import grades
from scripts.simulation.glioma_grading.grades import (
    DIRECTION,
    GRADES,
    MEANS,
    bayes_performance,
    best_grades,
    log_posterior,
    shares_of,
)

SHARES = shares_of([30, 43, 57])


def test_shares_add_up_to_one():
    assert SHARES == {2: 30 / 130, 3: 43 / 130, 4: 57 / 130}
    assert shares_of({2: 1, 3: 1, 4: 2})[4] == 0.5


def test_the_best_accuracy_is_that_of_two_cut_offs():
    # between neighbours at distance d the posterior is even where t = (m1 + m2) / 2 + ln(p1 / p2) / d
    cuts = [
        (MEANS[a] + MEANS[b]) / 2 + np.log(SHARES[a] / SHARES[b]) / (MEANS[b] - MEANS[a])
        for a, b in ((2, 3), (3, 4))
    ]
    right = {
        2: norm.cdf(cuts[0] - MEANS[2]),
        3: norm.cdf(cuts[1] - MEANS[3]) - norm.cdf(cuts[0] - MEANS[3]),
        4: norm.sf(cuts[1] - MEANS[4]),
    }
    found = bayes_performance(SHARES)
    assert found["accuracy"] == pytest.approx(sum(SHARES[g] * right[g] for g in GRADES), abs=1e-4)
    for g in GRADES:
        assert found[f"sensitivity_{g}"] == pytest.approx(right[g], abs=1e-4)
    wrong = (1 - SHARES[2]) * (1 - found["specificity_2"]) + SHARES[2] * (1 - right[2])
    assert found["accuracy_2"] == pytest.approx(1 - wrong, abs=1e-4)


def test_two_grades_have_the_area_of_two_normal_distributions(monkeypatch):
    # with a middle grade far away, grade 2 against the others is N(-2.5, 1) against N(2.5, 1) and N(40, 1)
    monkeypatch.setattr(grades, "MEANS", {2: -1.0, 3: 40.0, 4: 1.0})
    found = bayes_performance({2: 0.5, 3: 1e-9, 4: 0.5})
    assert found["auc_2"] == pytest.approx(norm.cdf(2 / np.sqrt(2)), abs=1e-3)


def test_drawn_patients_reach_it():
    random = np.random.default_rng(3)
    grade = random.choice(GRADES, 200_000, p=[SHARES[g] for g in GRADES])
    traits = np.array([MEANS[g] for g in grade])[:, None] * DIRECTION + random.standard_normal(
        (len(grade), 3)
    )
    found = bayes_performance(SHARES)
    best = best_grades(traits, SHARES)
    assert np.mean(best == grade) == pytest.approx(found["accuracy"], abs=0.003)
    posterior = np.exp(log_posterior(traits, SHARES))
    assert posterior.sum(axis=1) == pytest.approx(1)
    for k, g in enumerate(GRADES):
        assert roc_auc_score(grade == g, posterior[:, k]) == pytest.approx(found[f"auc_{g}"], abs=0.002)
        assert np.mean((best == g) == (grade == g)) == pytest.approx(found[f"accuracy_{g}"], abs=0.003)
        assert np.mean(best[grade != g] != g) == pytest.approx(found[f"specificity_{g}"], abs=0.003)
    assert found["auc"] == pytest.approx(np.mean([found[f"auc_{g}"] for g in GRADES]))


def test_nothing_beside_the_line_of_the_means_counts():
    beside = np.cross(DIRECTION, [1.0, 0.0, 0.0])
    t = np.linspace(-4, 4, 9)[:, None] * DIRECTION
    assert log_posterior(t + 3 * beside, SHARES) == pytest.approx(log_posterior(t, SHARES))
    assert np.linalg.norm(DIRECTION) == pytest.approx(1)
