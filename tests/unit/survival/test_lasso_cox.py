"""LASSO-Cox: optimality conditions and deviance by plain loops, closed forms, scikit-survival, invariances.

The comparison with glmnet is in tests/reference.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from scripts.errors import InputError
from scripts.survival import lasso_cox
from scripts.survival.lasso_cox import assign_folds, cross_validate, fit_path


def cohort(seed: int, n: int = 90, p: int = 12, tied: bool = True):
    generator = np.random.default_rng(seed)
    shared = generator.normal(size=(n, 3))
    x = shared @ generator.normal(size=(3, p)) + generator.normal(size=(n, p))
    x = x * generator.uniform(0.1, 30, p) + generator.uniform(-5, 5, p)
    time, censored = generator.exponential(40 * np.exp(-shared[:, 0])), generator.uniform(10, 90, n)
    event = (time <= censored).astype(int)
    time = np.minimum(time, censored)
    return x, (np.ceil(time / 6) * 6 if tied else time + 1e-3), event


def deviance(predictor, time, event):
    """Twice (saturated - Breslow's log partial likelihood), by a loop over event times."""
    total = 0.0
    for t in np.unique(time[event == 1]):
        dying = (time == t) & (event == 1)
        d = dying.sum()
        total += -d * np.log(d) - (predictor[dying].sum() - d * np.log(np.exp(predictor[time >= t]).sum()))
    return 2 * total


def score(beta, x, time, event):
    """Derivative of Breslow's log partial likelihood, by a loop over recurrences."""
    hazard = np.exp(x @ beta)
    total = np.zeros(x.shape[1])
    for i in np.flatnonzero(event):
        at_risk = time >= time[i]
        total += x[i] - hazard[at_risk] @ x[at_risk] / hazard[at_risk].sum()
    return total


def test_largest_lambda_and_first_covariate_by_hand():
    # recurrences at 1, 2, 3 of x = 2, 0, 1: the score at 0 is (2 - 1) + (0 - 1/2) + 0 = 1/2, over n = 3, and
    # over the 1/n standard deviation sqrt(2/3)
    x = np.array([[2.0], [0.0], [1.0]])
    path = fit_path(x, [1, 2, 3], [1, 1, 1])
    assert path.lambdas[0] == pytest.approx(0.5 / 3 / np.sqrt(2 / 3))
    assert path.coefficients[0, 0] == 0
    assert path.coefficients[1, 0] > 0
    assert path.deviance_ratio[0] == 0
    unscaled = fit_path(x, [1, 2, 3], [1, 1, 1], standardize=False)
    assert unscaled.lambdas[0] == pytest.approx(0.5 / 3)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("tied", [True, False])
def test_optimality_conditions_along_the_path(tied, standardize):
    x, time, event = cohort(1, tied=tied)
    path = fit_path(x, time, event, standardize=standardize)
    scale = x.std(axis=0) if standardize else np.ones(x.shape[1])
    for penalty, beta in zip(path.lambdas, path.coefficients, strict=True):
        gradient = score(beta, x - x.mean(axis=0), time, event) / (len(x) * scale)
        active = beta != 0
        np.testing.assert_allclose(gradient[active], penalty * np.sign(beta[active]), rtol=1e-6)
        assert (np.abs(gradient[~active]) <= penalty * (1 + 1e-6)).all()
    assert (np.diff(path.lambdas) < 0).all()
    assert (np.diff(path.deviance_ratio) >= 0).all()


def test_deviance_ratio():
    x, time, event = cohort(2)
    path = fit_path(x, time, event)
    null = deviance(np.zeros(len(x)), time, event)
    expected = [1 - deviance(x @ beta, time, event) / null for beta in path.coefficients]
    np.testing.assert_allclose(path.deviance_ratio, expected, atol=1e-10)


def test_one_covariate_is_a_minimum():
    x, time, event = cohort(3, p=1)
    path = fit_path(x, time, event, lambdas=[0.05])

    def objective(b):
        return deviance(b * (x[:, 0] - x.mean()), time, event) / (2 * len(x)) + 0.05 * abs(b) * x.std()

    minimum = minimize_scalar(objective, bracket=(-1 / x.std(), 1 / x.std()), options={"xtol": 1e-10})
    assert path.coefficients[0, 0] == pytest.approx(minimum.x, rel=1e-6)


def test_agrees_with_scikit_survival_without_ties():
    x, time, event = cohort(4, tied=False)
    path = fit_path(x, time, event)
    some = path.lambdas[[5, 15, 25]]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = CoxnetSurvivalAnalysis(l1_ratio=1.0, alphas=some, tol=1e-14, max_iter=10**6)
    theirs.fit(z, Surv.from_arrays(event.astype(bool), time))
    ours = fit_path(x, time, event, lambdas=some).coefficients * x.std(axis=0)
    np.testing.assert_allclose(ours, theirs.coef_.T, atol=1e-6)  # as far as its solver goes
    np.testing.assert_allclose(ours, path.coefficients[[5, 15, 25]] * x.std(axis=0), atol=1e-8)


def test_sequence_of_lambdas_and_where_it_stops():
    x, time, event = cohort(5)
    path = fit_path(x, time, event, n_lambda=50, min_ratio=0.001)
    np.testing.assert_allclose(path.lambdas[1:] / path.lambdas[:-1], 0.001 ** (1 / 49))
    gained = 1 - path.deviance_ratio[:-4] / np.maximum(path.deviance_ratio[4:], 1e-9)
    assert len(path.lambdas) < 50
    assert gained[-1] < 1e-3  # the last step is the first that gained too little over four
    assert (gained[1:-1] >= 1e-3).all()
    few = fit_path(x[:, :5], time, event).lambdas
    wide = fit_path(*cohort(6, n=20, p=30), n_lambda=10)
    assert few[1] / few[0] == pytest.approx(1e-4 ** (1 / 99))
    assert wide.lambdas[1] / wide.lambdas[0] == pytest.approx(
        0.01 ** (1 / 9)
    )  # fewer patients than covariates
    assert len(fit_path(x, time, event, lambdas=[0.001, 0.1, 1e-5]).lambdas) == 3  # given ones are all solved


def test_invariances():
    x, time, event = cohort(7)
    path = fit_path(x, time, event)
    order = np.random.default_rng(0).permutation(len(x))
    factor = np.where(np.arange(x.shape[1]) % 2, -7.0, 0.2)
    for other, back in (
        (fit_path(x[order], time[order], event[order]), 1.0),
        (fit_path(x * factor + 3, time, event), factor),
        (fit_path(x, np.exp(time / 30), event), 1.0),
    ):
        np.testing.assert_allclose(other.lambdas, path.lambdas, rtol=1e-10)
        np.testing.assert_allclose(other.coefficients * back, path.coefficients, rtol=1e-5, atol=1e-9)


def test_constant_and_repeated_covariates():
    x, time, event = cohort(8, p=6)
    path = fit_path(x, time, event)
    wider = np.column_stack([x, np.full(len(x), 3.3), x[:, 0] * -2 + 1, x[:, 1] + x[:, 2]])
    again = fit_path(wider[:, :8], time, event)
    np.testing.assert_allclose(again.coefficients[:, :6], path.coefficients, atol=1e-9)
    assert (again.coefficients[:, 6:] == 0).all()
    dependent = fit_path(wider, time, event)  # a sum of two others: no unique answer without the penalty
    assert dependent.deviance_ratio[-1] == pytest.approx(path.deviance_ratio[-1], abs=2e-3)


def test_folds_are_balanced_and_reproducible():
    event = np.r_[np.ones(23), np.zeros(58)].astype(int)
    folds = assign_folds(event, 10, np.random.default_rng(1))
    assert np.array_equal(folds, assign_folds(event, 10, np.random.default_rng(1)))
    assert not np.array_equal(folds, assign_folds(event, 10, np.random.default_rng(2)))
    per_fold = np.bincount(folds, minlength=10)
    events = np.bincount(folds, weights=event, minlength=10)
    assert per_fold.max() - per_fold.min() <= 1
    assert events.max() - events.min() <= 1
    with pytest.raises(
        InputError, match=r"as many events as folds \(10\), and at least 2 folds, found 9 events"
    ):
        assign_folds(np.r_[np.ones(9), np.zeros(50)], 10, np.random.default_rng(1))


@pytest.mark.parametrize("fold_lambdas", ["own", "shared"])
def test_cross_validated_deviance_by_definition(fold_lambdas):
    x, time, event = cohort(9)
    folds = assign_folds(event, 5, np.random.default_rng(3))
    cv = cross_validate(x, time, event, folds, fold_lambdas=fold_lambdas)
    path = fit_path(x, time, event)
    weights = np.array([event[folds == k].sum() for k in range(5)])
    loss = np.empty((5, len(path.lambdas)))
    for k in range(5):
        train = folds != k
        if fold_lambdas == "shared":
            beta = fit_path(x[train], time[train], event[train], lambdas=path.lambdas).coefficients
        else:
            own = fit_path(x[train], time[train], event[train])
            beta = np.column_stack(
                [np.interp(path.lambdas, own.lambdas[::-1], b[::-1]) for b in own.coefficients.T]
            )
        for j, b in enumerate(beta):
            both = deviance(x @ b, time, event), deviance(x[train] @ b, time[train], event[train])
            loss[k, j] = (both[0] - both[1]) / weights[k]
    mean = np.average(loss, axis=0, weights=weights)
    error = np.sqrt(np.average((loss - mean) ** 2, axis=0, weights=weights) / 4)
    np.testing.assert_allclose(cv.deviance, mean, rtol=1e-9)
    np.testing.assert_allclose(cv.standard_error, error, rtol=1e-7)
    assert cv.lambda_min == path.lambdas[np.argmin(mean)]
    assert cv.lambda_1se == path.lambdas[mean <= mean.min() + error[np.argmin(mean)]].max()
    np.testing.assert_array_equal(cv.n_nonzero, (path.coefficients != 0).sum(axis=1))
    assert cv.n_nonzero[0] == 0


def test_names_of_folds_do_not_matter():
    x, time, event = cohort(10)
    folds = assign_folds(event, 4, np.random.default_rng(4))
    first, other = cross_validate(x, time, event, folds), cross_validate(x, time, event, 10 - 3 * folds)
    np.testing.assert_allclose(first.deviance, other.deviance, rtol=1e-12)
    assert first.lambda_1se >= first.lambda_min


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"x": np.ones((90, 3))},
            "at least one covariate that varies, found 3 constant columns in 90 patients",
        ),
        ({"x": np.full((90, 3), np.nan)}, "finite covariates, found nan in row 0, column 0"),
        ({"x": np.ones(90)}, r"a matrix of patients x covariates, found an array of shape \(90,\)"),
        ({"event": np.zeros(90)}, "at least 1 event, found 0 in 90 patients"),
        ({"time": np.zeros(90)}, "times above 0 months"),
        ({"lambdas": [0.1, -1]}, r"penalties above 0, found \[0.1, -1.0\]"),
        ({"n_lambda": 1}, "n_lambda >= 2 and 0 < min_ratio < 1, found 1"),
        ({"min_ratio": 1.5}, "found 100 and 1.5"),
        (
            {"event": np.r_[np.zeros(89), 1], "time": np.arange(1, 91)},
            "some relation to the outcome, found none",
        ),
    ],
)
def test_refusals(change, message):
    x, time, event = cohort(11)
    with pytest.raises(InputError, match=message):
        fit_path(**({"x": x, "time": time, "event": event} | change))


def test_cross_validation_refuses_useless_folds():
    x, time, event = cohort(12)
    folds = assign_folds(event, 5, np.random.default_rng(5))
    with pytest.raises(InputError, match="two or more folds, each with an event, found no event in fold 9"):
        cross_validate(x, time, event, np.where(event == 0, np.where(folds == 1, 9, folds), folds))
    with pytest.raises(InputError, match="found one fold"):
        cross_validate(x, time, event, np.zeros(90, dtype=int))
    with pytest.raises(InputError, match=r"90 fold numbers, found an array of shape \(3,\)"):
        cross_validate(x, time, event, folds[:3])
    with pytest.raises(InputError, match="fold_lambdas 'own' or 'shared', found 'mine'"):
        cross_validate(x, time, event, folds, fold_lambdas="mine")


def test_a_separating_covariate_is_solved_as_far_as_asked():
    time = np.arange(1.0, 41)
    x = np.column_stack(
        [-time, np.random.default_rng(6).normal(size=40)]
    )  # risk orders the recurrences exactly
    path = fit_path(x, time, np.ones(40))
    assert np.isfinite(path.coefficients).all()
    assert path.coefficients[-1, 0] > 0
    assert path.deviance_ratio[-1] > 0.9
    with pytest.raises(
        InputError, match="a penalty that can be solved, found 1e-12 out of reach. Take larger"
    ):
        fit_path(x, time, np.ones(40), lambdas=[0.1, 1e-12])


def test_path_ends_where_hazards_leave_the_range_of_numbers(monkeypatch):
    x, time, event = cohort(13)
    whole = fit_path(x, time, event)
    monkeypatch.setattr(lasso_cox, "SMALLEST_RISK", 2.0)
    path = fit_path(x, time, event)
    assert 2 < len(path.lambdas) < len(whole.lambdas)
    np.testing.assert_allclose(path.coefficients, whole.coefficients[: len(path.lambdas)], atol=1e-7)
