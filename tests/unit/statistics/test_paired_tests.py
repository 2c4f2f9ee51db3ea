"""Paired tests against statsmodels, closed forms, scipy's own tables and simulation of their level."""

import numpy as np
import pytest
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from scripts.errors import InputError
from scripts.statistics.paired_tests import clustered_mcnemar, holm, mcnemar, wilcoxon


def cases(both, only_a, only_b, neither):
    counts = [both, only_a, only_b, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


@pytest.mark.parametrize("counts", [(30, 9, 2, 5), (10, 0, 6, 1), (3, 4, 4, 3), (50, 1, 0, 9), (7, 0, 0, 2)])
def test_mcnemar_against_statsmodels(counts):
    found = mcnemar(*cases(*counts))
    table = [[counts[0], counts[1]], [counts[2], counts[3]]]
    assert found.p_value == pytest.approx(min(statsmodels_mcnemar(table, exact=True).pvalue, 1.0))
    assert found.difference == pytest.approx((counts[1] - counts[2]) / sum(counts))


def test_mid_p_by_hand():
    """1 against 6: 2 P(X <= 1) - P(X = 1) with X binomial(7, 1/2) = (2 x 8 - 7) / 128; 3 against 3: 84/64 - 20/64."""
    assert mcnemar(*cases(5, 1, 6, 2), mid_p=True).p_value == pytest.approx(9 / 128)
    assert mcnemar(*cases(5, 1, 6, 2)).p_value == pytest.approx(16 / 128)
    assert mcnemar(*cases(0, 3, 3, 0), mid_p=True).p_value == pytest.approx(2 * 42 / 64 - 20 / 64)


def test_clustered_mcnemar_by_hand():
    """Patients with d = 2, 1, -1, 0: (3/4) 2^2 / 6 = 0.5."""
    a = np.array([1, 1, 1, 0, 0, 1, 1])
    b = np.array([0, 0, 0, 0, 1, 1, 1])
    patients = np.array(["p", "p", "q", "q", "r", "s", "s"])
    found = clustered_mcnemar(a, b, patients)
    assert found.statistic == pytest.approx(0.5)
    assert found.p_value == pytest.approx(chi2.sf(0.5, 1))
    assert found.difference == pytest.approx(2 / 7)


def test_clustered_with_one_case_each_is_nearly_mcnemar():
    """(K - 1) / K times (b - c)^2 / (b + c), McNemar's chi-squared without correction."""
    a, b = cases(40, 12, 5, 3)
    plain = statsmodels_mcnemar([[40, 12], [5, 3]], exact=False, correction=False).statistic
    assert clustered_mcnemar(a, b, np.arange(60)).statistic == pytest.approx(59 / 60 * plain)
    assert clustered_mcnemar(a, a, np.arange(60)).p_value == 1.0


def test_levels_where_cases_of_a_patient_are_alike():
    """Two classifiers of equal share right; a patient's six cases are mostly all right or all wrong."""
    random = np.random.default_rng(5)
    patients = np.repeat(np.arange(40), 6)
    by_patient = by_case = 0
    for _ in range(300):
        a, b = (random.random(240) < random.choice([0.05, 0.95], 40)[patients] for _ in range(2))
        by_patient += clustered_mcnemar(a, b, patients).p_value < 0.05
        by_case += mcnemar(a, b).p_value < 0.05
    assert 0.02 <= by_patient / 300 <= 0.08
    assert by_case / 300 > 0.25


def test_wilcoxon_by_hand():
    """Differences 1, 2, 3, 4, -5 (in hundredths): rank sums 10 and 5; of 32 signs 10 + 10 give a sum of 5 or less."""
    b = np.array([0.8, 0.7, 0.75, 0.6, 0.9])
    a = b + np.array([0.01, 0.02, 0.03, 0.04, -0.05])
    found = wilcoxon(a, b)
    assert found.statistic == 5.0
    assert found.p_value == pytest.approx(20 / 32)
    assert found.difference == pytest.approx(0.01)
    assert wilcoxon(b + [0.01, 0.02, 0.03, 0.04, 0.05], b).p_value == pytest.approx(2 / 32)


def test_wilcoxon_with_ties_in_r():
    """R 4.2.2: wilcox.test(c(1,2,2,3,0,-1,4,2), exact = FALSE, correct = FALSE): V = 26.5, p = 0.0330063."""
    found = wilcoxon(np.array([1.0, 2, 2, 3, 0, -1, 4, 2]), np.zeros(8))
    assert found.statistic == pytest.approx(28 - 26.5)
    assert found.p_value == pytest.approx(0.0330063, abs=5e-8)


def test_nothing_to_compare():
    assert wilcoxon(np.array([0.5, 0.6]), np.array([0.5, 0.6])).p_value == 1.0
    assert np.isnan(wilcoxon(np.array([np.nan]), np.array([0.1])).p_value)
    found = wilcoxon(np.array([np.nan, 0.5, 0.7, 0.9]), np.array([0.1, 0.4, 0.5, 0.6]))
    assert found.p_value == pytest.approx(2 / 8)


def test_holm_against_statsmodels():
    random = np.random.default_rng(6)
    for n in (1, 2, 7, 28):
        p_values = np.round(random.random(n) ** 3, 2)
        np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])


def test_faults():
    with pytest.raises(InputError, match=r"the same cases of both classifiers, found \(2,\) and \(3,\)"):
        mcnemar(np.ones(2), np.ones(3))
