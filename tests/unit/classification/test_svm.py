"""Support vector machines: the two-point machine by hand, the conditions of the optimum, scikit-learn's SVC."""

import numpy as np
import pytest
from sklearn.svm import SVC

from scripts.classification.svm import Machine, fit_machine, gaussian_kernel, squared_distances
from scripts.errors import InputError


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(50, 6))
    return x, (x[:, 0] + 0.8 * rng.normal(size=50) > 0.3).astype(int)


def test_two_points_by_hand():
    """Kernel values 1 and k: f(x) = +-1 at the points needs a = 1 / (1 - k) each, and b = 0 (libsvm: 7 digits)."""
    kernel = gaussian_kernel(np.array([[0.0, 2.0], [2.0, 0.0]]), 0.3)
    machine = fit_machine(kernel, np.array([1, 0]), 100.0, tolerance=1e-12)
    expected = 1 / (1 - np.exp(-0.6))
    np.testing.assert_allclose(
        machine.coefficients[np.argsort(machine.support)], [expected, -expected], rtol=1e-6
    )
    assert machine.intercept == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(machine.decision(kernel), [1, -1], atol=1e-6)


@pytest.mark.parametrize("c", [0.1, 2.0, 300.0])
def test_conditions_of_the_optimum(cases, c):
    """Sum of a is 0, alpha within 0..C, y f = 1 inside, >= 1 without, <= 1 at the bound (Karush-Kuhn-Tucker)."""
    x, y = cases
    kernel = gaussian_kernel(squared_distances(x, x), 0.2)
    machine = fit_machine(kernel, y, c, tolerance=1e-9)
    sign, alpha = 2 * y - 1, np.zeros(len(y))
    alpha[machine.support] = machine.coefficients * sign[machine.support]
    assert machine.coefficients.sum() == pytest.approx(0, abs=1e-9 * c * len(y))
    assert alpha.min() >= 0
    assert alpha.max() <= c * (1 + 1e-12)
    margin = sign * machine.decision(kernel)
    inside = (alpha > 1e-6 * c) & (alpha < c * (1 - 1e-6))
    np.testing.assert_allclose(margin[inside], 1, atol=1e-6)
    assert margin[alpha == 0].min() >= 1 - 1e-6
    assert margin[alpha == c].max(initial=0) <= 1 + 1e-6


@pytest.mark.parametrize(("c", "gamma"), [(0.5, 0.05), (1.0, 1 / 6), (64.0, 1.0)])
def test_the_same_as_scikit_learn(cases, c, gamma):
    x, y = cases
    library = SVC(C=c, gamma=gamma).fit(x[:40], y[:40])
    kernel = gaussian_kernel(squared_distances(x, x[:40]), gamma)
    machine = fit_machine(kernel[:40], y[:40], c)
    np.testing.assert_array_equal(np.sort(machine.support), np.sort(library.support_))
    np.testing.assert_allclose(machine.decision(kernel), library.decision_function(x), atol=2e-3 * c)
    tight = SVC(C=c, gamma=gamma, tol=1e-10).fit(x[:40], y[:40])
    machine = fit_machine(kernel[:40], y[:40], c, tolerance=1e-10)
    np.testing.assert_allclose(machine.decision(kernel), tight.decision_function(x), rtol=1e-6, atol=1e-7)


def test_responders_score_higher_whichever_comes_first(cases):
    x, y = cases
    for order in (np.argsort(y), np.argsort(-y)):
        kernel = gaussian_kernel(squared_distances(x[order], x[order]), 0.2)
        decision = fit_machine(kernel, y[order], 1.0).decision(kernel)
        assert decision[y[order] == 1].mean() > decision[y[order] == 0].mean()


def test_squared_distances():
    a, b = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 1.0]])
    assert squared_distances(a, b).tolist() == [[1.0], [18.0]]


def test_faults():
    with pytest.raises(InputError, match=r"both classes, found one class only"):
        fit_machine(np.eye(3), np.ones(3), 1.0)
    with pytest.raises(InputError, match=r"a cost C above 0, found 0"):
        fit_machine(np.eye(2), np.array([0, 1]), 0)


def test_a_machine_takes_its_support_vectors_alone():
    machine = Machine(np.array([2]), np.array([3.0]), 0.5)
    assert machine.decision(np.array([[9.0, 9.0, 1.0]])).tolist() == [3.5]
