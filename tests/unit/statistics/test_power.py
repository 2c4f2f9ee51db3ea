"""Power against statsmodels, against drawn tables and against its own limits."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import power_proportions_2indep

from scripts.errors import InputError
from scripts.statistics.power import (
    detectable_difference,
    exact_power,
    likeness_power,
    p_values,
    z_test_power,
)


@pytest.mark.parametrize(("p", "q"), [(0.7, 0.5), (0.4, 0.2), (0.05, 0.25)])
def test_z_test_against_statsmodels(p, q):
    other = power_proportions_2indep(p - q, q, 52, ratio=80 / 52, alpha=0.05).power
    assert z_test_power(p, q, 52, 80) == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("test", ["pearson", "yates", "fisher"])
def test_p_values_of_every_table_against_scipy(test):
    found = p_values(7, 9, test)
    for x in range(8):
        for y in range(10):
            table = [[x, 7 - x], [y, 9 - y]]
            if x + y in (0, 16):
                expected = 1.0
            elif test == "fisher":
                expected = stats.fisher_exact(table).pvalue
            else:
                expected = stats.chi2_contingency(table, correction=test == "yates").pvalue
            assert found[x, y] == pytest.approx(expected, abs=1e-10)


def test_exact_power_is_the_share_of_drawn_tables():
    random = np.random.default_rng(5)
    x, y = random.binomial(30, 0.6, 40000), random.binomial(25, 0.3, 40000)
    share = (p_values(30, 25, "pearson")[x, y] < 0.05).mean()
    assert exact_power(0.6, 0.3, 30, 25) == pytest.approx(share, abs=0.01)


def test_fisher_never_passes_its_level():
    assert max(exact_power(p, p, 20, 30, "fisher") for p in np.linspace(0.05, 0.95, 10)) <= 0.05


def test_the_detectable_difference_has_the_wanted_power():
    found = detectable_difference(0.3, 52, 80, 0.8)
    assert z_test_power(0.3 + found, 0.3, 52, 80) == pytest.approx(0.8)
    assert np.isnan(detectable_difference(0.95, 10, 10, 0.8))
    near_one = detectable_difference(0.75, 52, 80, 0.8)
    assert z_test_power(0.75 + near_one, 0.75, 52, 80) == pytest.approx(0.8)


def test_likeness_power_by_drawing():
    # 90 % Wald intervals within the margin, which is what the formula approximates
    random = np.random.default_rng(11)
    x, y = random.binomial(150, 0.4, 20000) / 150, random.binomial(150, 0.4, 20000) / 150
    error = np.sqrt(x * (1 - x) / 150 + y * (1 - y) / 150)
    share = (np.abs(x - y) + 1.6449 * error < 0.2).mean()
    assert likeness_power(0.4, 150, 150, 0.2) == pytest.approx(share, abs=0.02)
    assert likeness_power(0.5, 10, 10, 0.1) == 0
    assert likeness_power(0.0, 10, 10, 0.1) == 1


def test_without_spread_the_power_is_all_or_nothing():
    assert z_test_power(1.0, 0.0, 5, 5) == 1.0
    assert z_test_power(1.0, 1.0, 5, 5) == 0.0


def test_refusals():
    with pytest.raises(InputError, match="expected numbers from 0 to 1"):
        z_test_power(1.2, 0.5, 10, 10)
    with pytest.raises(InputError, match="expected one of pearson, yates, fisher"):
        p_values(3, 3, "student")
