"""SVM-RFE: the linear criterion against scikit-learn's RFE, the Gaussian one against its definition in loops."""

import numpy as np
import pytest
from sklearn.feature_selection import RFE
from sklearn.svm import SVC

from scripts.classification import svm_rfe
from scripts.classification.svm import fit_machine, gaussian_kernel, squared_distances
from scripts.classification.svm_rfe import norm_changes, rank_features
from scripts.errors import InputError


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(7)
    y = (np.arange(45) % 3 == 0).astype(int)
    x = rng.normal(size=(45, 24))
    x[:, 4] += 1.2 * y
    x[:, 11] -= 0.9 * y
    return x, y


def squared_norm(x, a, gamma):
    """|w|^2 = sum over all pairs of a_i a_k exp(-gamma |x_i - x_k|^2), term by term."""
    total = 0.0
    for i in range(len(x)):
        for k in range(len(x)):
            total += a[i] * a[k] * np.exp(-gamma * ((x[i] - x[k]) ** 2).sum())
    return total


def brute_force(x, y, left, c, gamma):
    """1/2 | |w|^2 - |w without j|^2 | for each feature of `left`, the machine fitted on all of them."""
    library = SVC(C=c, gamma=gamma).fit(x[:, left], y)
    a = np.zeros(len(y))
    a[library.support_] = library.dual_coef_[0]
    whole = squared_norm(x[:, left], a, gamma)
    return np.array(
        [abs(whole - squared_norm(x[:, [f for f in left if f != j]], a, gamma)) / 2 for j in left]
    )


@pytest.mark.parametrize(("c", "gamma"), [(1.0, 1 / 24), (8.0, 0.2)])
def test_gaussian_criterion_against_brute_force(cases, c, gamma):
    x, y = cases
    kernel = gaussian_kernel(squared_distances(x, x), gamma)
    machine = fit_machine(kernel, y, c)
    a = np.zeros(len(y))
    a[machine.support] = machine.coefficients
    expected = brute_force(x, y, list(range(24)), c, gamma)
    np.testing.assert_allclose(norm_changes(x, a, kernel, gamma), expected, rtol=1e-8)


def test_gaussian_ranking_against_brute_force(cases, monkeypatch):
    """Every elimination by the definition; gamma is 1 / 24, and again 1 / (features left) at 12, 6, 3."""
    x, y = cases
    left, dropped, gamma, renewed = list(range(24)), [], 1 / 24, 24
    while len(left) > 1:
        if len(left) <= renewed / 2:
            gamma, renewed = 1 / len(left), len(left)
        dropped.append(left.pop(int(np.argmin(brute_force(x, y, left, 1.0, gamma)))))
    expected = [*left, *reversed(dropped)]
    assert rank_features(x, y).tolist() == expected
    monkeypatch.setattr(svm_rfe, "MOST_KEPT", 5000)  # growth factors do not fit into memory
    assert rank_features(x, y).tolist() == expected


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("c", [0.05, 1.0])
def test_linear_ranking_is_scikit_learns(cases, step, c):
    x, y = cases
    library = RFE(SVC(kernel="linear", C=c), n_features_to_select=1, step=step).fit(x, y)
    ranking = rank_features(x, y, "linear", c=c, step=step)
    assert sorted(ranking) == list(range(24))
    of_library = library.ranking_[ranking]  # features dropped together share a rank there
    assert (np.diff(of_library) >= 0).all()


def test_the_gaussian_criterion_becomes_the_linear_one_for_a_wide_kernel(cases):
    """exp(-gamma |x - z|^2) = 1 - gamma (|x|^2 + |z|^2) + 2 gamma x.z: with sum a = 0 the change is gamma w_j^2."""
    x, y = cases
    a = np.where(y == 1, 2.0, -1.0)
    gamma = 1e-8
    kernel = gaussian_kernel(squared_distances(x, x), gamma)
    np.testing.assert_allclose(norm_changes(x, a, kernel, gamma), gamma * (a @ x) ** 2, rtol=1e-4, atol=1e-12)


def test_a_share_of_those_left(cases, monkeypatch):
    """24 features, a quarter a time: 24, 18, 14, 11, 9, 7, 6, 5, 4, 3, 2 are left when a machine is fitted."""
    x, y = cases
    seen = []
    change = svm_rfe._Gaussian.change
    monkeypatch.setattr(
        svm_rfe._Gaussian, "change", lambda self, left: (seen.append(len(left)), change(self, left))[1]
    )
    ranking = rank_features(x, y, step=0.25)
    assert seen == [24, 18, 14, 11, 9, 7, 6, 5, 4, 3, 2]
    assert sorted(ranking) == list(range(24))


def test_a_feature_that_tells_is_first(cases):
    x, y = cases
    assert rank_features(x, y)[0] in (4, 11)
    assert rank_features(x, y, "linear")[0] in (4, 11)


def test_features_that_are_always_in_are_not_ranked_but_count(cases):
    x, y = cases
    always = np.arange(24) == 4
    ranking = rank_features(x, y, always=always)
    assert sorted(ranking) == [j for j in range(24) if j != 4]
    twin = np.column_stack(
        [x, x[:, 4]]
    )  # beside feature 4, which is in anyway, its twin adds less than without it
    beside = rank_features(twin, y, "linear", always=np.arange(25) == 4).tolist()
    alone = rank_features(twin[:, np.arange(25) != 4], y, "linear").tolist()
    assert beside.index(24) > alone.index(23)


def test_a_constant_feature_is_last(cases):
    x, y = cases
    x = np.column_stack([np.zeros(45), x])
    assert rank_features(x, y)[-1] == 0
    assert rank_features(x, y, "linear")[-1] == 0


def test_one_feature_and_none(cases):
    x, y = cases
    assert rank_features(x[:, :1], y).tolist() == [0]
    assert rank_features(x[:, :1], y, always=np.array([True])).tolist() == []


def test_faults(cases):
    x, y = cases
    with pytest.raises(InputError, match=r"kernel gaussian or linear, found 'radial'"):
        rank_features(x, y, "radial")
    for step in (0, 1.5, -1):
        with pytest.raises(InputError, match=r"a whole number from 1, or a share between 0 and 1"):
            rank_features(x, y, step=step)
