"""Cox regression: closed forms of small cohorts, the 6-mercaptopurine trial, statsmodels, and invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from scripts.errors import InputError
from scripts.survival.cox import (
    baseline_survival,
    cox_coefficients,
    fit_cox,
    proportional_hazards_test,
    refit_and_predict,
    survival_at,
)

TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
TREATED_EVENT = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def cohort(seed: int, n: int = 150, tied: bool = True):
    generator = np.random.default_rng(seed)
    x = pd.DataFrame(
        {
            "score": generator.normal(2, 0.7, n),
            "stage": generator.integers(1, 5, n).astype(float),
            "age": generator.normal(65, 10, n),
        }
    )
    hazard = np.exp(0.8 * x["score"] + 0.5 * x["stage"] - 3)
    time, censored = generator.exponential(30 / hazard), generator.uniform(5, 80, n)
    event = (time <= censored).astype(int)
    time = np.minimum(time, censored)
    return x, np.ceil(time / 4) * 4 if tied else time + 1e-3, event


def table_of(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"x": np.array(values, dtype=float)})


def test_three_recurrences_in_closed_form():
    # L = r/(2r + 1) * 1/(1 + r), r = exp(beta); its maximum is r = 1/sqrt(2)
    fit = fit_cox(table_of(1, 0, 1), [1, 2, 3], [1, 1, 1])
    r = 1 / np.sqrt(2)
    assert fit.coefficients[0] == pytest.approx(np.log(r), rel=1e-10)
    assert fit.covariance[0, 0] == pytest.approx(1 / (2 * r / (2 * r + 1) ** 2 + r / (1 + r) ** 2), rel=1e-9)
    assert fit.log_likelihood == pytest.approx(np.log(r / (2 * r + 1) / (1 + r)), rel=1e-12)
    assert fit.null_log_likelihood == pytest.approx(-np.log(6))
    assert (fit.n, fit.n_events, fit.means.tolist()) == (3, 3, [2 / 3])


@pytest.mark.parametrize(("ties", "r"), [("efron", 1 / np.sqrt(6)), ("breslow", 0.5)])
def test_two_tied_recurrences_in_closed_form(ties, r):
    # Efron: r / ((2r + 1)(2r + 1 - (r + 1)/2)); Breslow: r / (2r + 1)^2
    fit = fit_cox(table_of(1, 0, 1), [4, 4, 9], [1, 1, 0], ties=ties)
    assert fit.coefficients[0] == pytest.approx(np.log(r), rel=1e-10)


@pytest.mark.parametrize(("ties", "coefficient"), [("efron", 1.5721), ("breslow", 1.5092)])
def test_mercaptopurine_trial(ties, coefficient):
    # coefficients of placebo as Therneau and Grambsch, and the manuals of R and SAS, print them
    x = table_of(*[0] * 21, *[1] * 21)
    fit = fit_cox(x, TREATED + PLACEBO, TREATED_EVENT + [1] * 21, ties=ties)
    assert fit.coefficients[0] == pytest.approx(coefficient, abs=6e-5)


@pytest.mark.parametrize("tied", [True, False])
def test_agrees_with_statsmodels(tied):
    x, time, event = cohort(1, tied=tied)
    theirs = sm.PHReg(time, x, status=event, ties="efron").fit()
    fit = fit_cox(x, time, event)
    table = fit.table()
    np.testing.assert_allclose(fit.coefficients, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(table["standard_error"], theirs.bse, rtol=1e-9)
    np.testing.assert_allclose(table["p_value"], theirs.pvalues, rtol=1e-7)
    np.testing.assert_allclose(np.log(table[["ci_low", "ci_high"]]), theirs.conf_int(), rtol=1e-7)
    np.testing.assert_allclose(fit.log_likelihood, theirs.llf, rtol=1e-12)
    np.testing.assert_allclose(table["hazard_ratio"], np.exp(theirs.params), rtol=1e-9)


def test_invariances():
    x, time, event = cohort(2)
    fit = fit_cox(x, time, event)
    order = np.random.default_rng(0).permutation(len(x))
    permuted = fit_cox(x.iloc[order].reset_index(drop=True), time[order], event[order])
    np.testing.assert_allclose(permuted.coefficients, fit.coefficients, rtol=1e-10)
    rescaled = fit_cox(x * [10.0, 1.0, -0.01] + [5.0, -3.0, 1.0], time, event)
    np.testing.assert_allclose(rescaled.coefficients * [10.0, 1.0, -0.01], fit.coefficients, rtol=1e-9)
    later = fit_cox(x, time**2, event)
    np.testing.assert_allclose(later.coefficients, fit.coefficients, rtol=1e-10)
    np.testing.assert_allclose(cox_coefficients(x.to_numpy(), time, event), fit.coefficients, rtol=1e-12)
    shuffled = fit_cox(x[["age", "score", "stage"]], time, event)
    np.testing.assert_allclose(shuffled.linear_predictor(x), fit.linear_predictor(x), rtol=1e-9)


def test_higher_risk_means_a_positive_coefficient():
    assert fit_cox(table_of(3, 1, 2, 0), [1, 2, 3, 4], [1, 1, 1, 0]).coefficients[0] > 0


def test_baseline_survival_by_hand():
    # at 4 months two of three recur, hazards r, 1, r: Efron's hazard is 1/(2r + 1) + 1/(2r + 1 - (r + 1)/2)
    x = table_of(1, 0, 1)
    fit = fit_cox(x, [4, 4, 9], [1, 1, 0])
    r = 1 / np.sqrt(6)
    baseline = baseline_survival(fit, x, [4, 4, 9], [1, 1, 0])
    assert baseline["months"].tolist() == [0, 4, 9]
    s = np.exp(-1 / (2 * r + 1) - 1 / (1.5 * r + 0.5))
    np.testing.assert_allclose(baseline["survival"], [1, s, s], rtol=1e-9)
    for months, expected in ((3.9, 1.0), (4, s), (9, s)):
        np.testing.assert_allclose(survival_at(baseline, [0.0], months), expected)
    np.testing.assert_allclose(survival_at(baseline, np.array([0, np.log(2)]), 5), [s, s**2])
    with pytest.raises(InputError, match="within the follow-up of 9 months, found 10 months"):
        survival_at(baseline, [0.0], 10)


def test_predictions_do_not_depend_on_the_origin_of_covariates():
    x, time, event = cohort(3)
    predicted = []
    for shift in (0.0, 4.0):
        moved = x.assign(score=x["score"] + shift)
        fit = fit_cox(moved, time, event)
        baseline = baseline_survival(fit, moved, time, event)
        predicted.append(survival_at(baseline, fit.linear_predictor(moved), 40))
    np.testing.assert_allclose(predicted[0], predicted[1], rtol=1e-8)
    again = refit_and_predict(x.to_numpy(), time, event, x.to_numpy(), 40)
    np.testing.assert_allclose(again, predicted[0], rtol=1e-9)
    far = x.assign(score=x["score"] + 100)
    with pytest.raises(InputError, match="within 20 of linear predictor 0"):
        baseline_survival(fit_cox(far, time, event), far, time, event)


def extended_log_likelihood(theta, x, time, event, g):
    """Efron's log-likelihood with hazard exp(x b + x g(t) c), theta = (b, c), by loops."""
    p = x.shape[1]
    total = 0.0
    for t in np.unique(time[event == 1]):
        dying = np.flatnonzero((time == t) & (event == 1))
        eta = x @ theta[:p] + g[dying[0]] * (x @ theta[p:])
        at_risk, own = np.exp(eta[time >= t]).sum(), np.exp(eta[dying]).sum()
        for step in range(dying.size):
            total += eta[dying[step]] - np.log(at_risk - step / dying.size * own)
    return total


@pytest.mark.parametrize("transform", ["km", "identity", "rank", "log"])
def test_proportional_hazards_test_is_the_score_test_of_a_time_varying_effect(transform):
    x, time, event = cohort(4, n=60)
    x = x[["score", "stage"]]
    fit = fit_cox(x, time, event)
    moments = np.unique(time[event == 1])
    kept = np.array([1 - ((time == s) & (event == 1)).sum() / (time >= s).sum() for s in moments])
    survival = np.array([kept[moments < t].prod() for t in time])
    rank = np.array([(time < t).sum() + ((time == t).sum() + 1) / 2 for t in time])
    g = {"km": 1 - survival, "identity": time, "rank": rank, "log": np.log(time)}[transform]
    g = (g - g[event == 1].mean()) / g.std()
    values, theta, h = x.to_numpy(), np.append(fit.coefficients, [0.0, 0.0]), 5e-4

    def f(delta):
        return extended_log_likelihood(theta + delta, values, time, event, g)

    unit = np.eye(4) * h
    score = np.array([(f(u) - f(-u)) / (2 * h) for u in unit])
    information = np.empty((4, 4))
    for i, j in itertools.product(range(4), repeat=2):
        u, v = unit[i], unit[j]
        information[i, j] = -(f(u + v) - f(u - v) - f(v - u) + f(-u - v)) / (4 * h * h)
    expected = []
    for tested in ([2], [3], [2, 3]):
        rows = [0, 1, *tested]
        s = np.where(np.array(rows) < 2, 0.0, score[rows])
        expected.append(s @ np.linalg.solve(information[np.ix_(rows, rows)], s))
    table = proportional_hazards_test(fit, x, time, event, transform=transform)
    assert table["covariate"].tolist() == ["score", "stage", "GLOBAL"]
    assert table["df"].tolist() == [1, 1, 2]
    np.testing.assert_allclose(table["chi_square"], expected, rtol=2e-5)


def test_proportional_hazards_test_sees_a_reversal():
    generator = np.random.default_rng(5)
    group = np.repeat([0.0, 1.0], 150)
    time = np.where(group == 1, generator.uniform(1, 20, 300), generator.uniform(20, 60, 300))
    time[:40], time[-40:] = generator.uniform(1, 10, 40), generator.uniform(60, 90, 40)
    x = table_of(*group)
    event = np.ones(300)
    assert proportional_hazards_test(fit_cox(x, time, event), x, time, event)["p_value"].max() < 1e-6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, e: x.assign(same=1.0), "covariates that vary, found the same value everywhere in 'same'"),
        (lambda x, e: x.assign(twice=2 * x["age"] + 1), "no information on 'age' and 'twice'"),
        (lambda x, e: x.assign(sure=e.astype(float)), "one without bound for 'sure'"),
        (lambda x, e: x.assign(age=x["age"].where(x.index > 2)), "'age' without gaps, found 3 missing"),
        (lambda x, e: x.assign(age="old"), "numbers in covariate 'age'"),
        (lambda x, e: x.iloc[:5], "expected 5 times"),
        (lambda x, e: x[[]], "at least one covariate"),
        (lambda x, e: x.to_numpy(), "a table of covariates, found ndarray"),
    ],
)
def test_refusals(change, message):
    x, time, event = cohort(6)
    with pytest.raises(InputError, match=message):
        fit_cox(change(x, event), time, event)


def test_more_refusals():
    x, time, event = cohort(7)
    with pytest.raises(InputError, match="at least 1 event"):
        fit_cox(x, time, np.zeros(len(x)))
    with pytest.raises(InputError, match="ties 'efron' or 'breslow', found 'exact'"):
        fit_cox(x, time, event, ties="exact")
    fit = fit_cox(x, time, event)
    with pytest.raises(InputError, match="covariate 'score', found none so named. Did you mean 'scores'"):
        fit.linear_predictor(x.rename(columns={"score": "scores"}))
    with pytest.raises(
        InputError, match="transform one of km, rank, identity, log, found 'ranks'. Did you mean 'rank'"
    ):
        proportional_hazards_test(fit, x, time, event, transform="ranks")
    with pytest.raises(InputError, match="a matrix of finite covariates"):
        cox_coefficients(x.to_numpy() * np.nan, time, event)
    with pytest.raises(InputError, match="patients followed for 1000 months"):
        refit_and_predict(x.to_numpy(), time, event, x.to_numpy(), 1000)
