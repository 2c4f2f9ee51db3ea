"""`scripts.survival.cox` against R's survival (coxph, cox.zph, basehaz).

Newton's iterations of both sides end at their rounding errors: 1e-8 relative. Numbers that may be zero (the
linear predictor, a chi-square of 8e-10) get an absolute tolerance too.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.cox import (
    baseline_survival,
    cox_coefficients,
    fit_cox,
    proportional_hazards_test,
    survival_at,
)

CASES = ["one", "clinical", "many", "clinical_tied", "validation"]


@pytest.fixture(params=CASES)
def case(request, read_input, read_expected, half_years):
    expected = read_expected("cox")[request.param]
    table = read_input("validation" if request.param == "validation" else "primary")
    columns = expected["columns"]
    expected["columns"] = columns = [columns] if isinstance(columns, str) else columns
    time = half_years(table["time"]) if request.param.endswith("tied") else table["time"].to_numpy()
    return table[columns].astype(float), time, table["event"].to_numpy(), expected


def one_or_more(value):
    """R writes a vector of one as a number."""
    return np.atleast_1d(value)


def test_fit(case, agree):
    x, time, event, expected = case
    fit = fit_cox(x, time, event)
    assert fit.covariates == list(x.columns)
    assert (fit.n, fit.n_events) == (expected["n"], expected["n_events"])
    agree("cox: coefficients", fit.coefficients, one_or_more(expected["coefficients"]))
    agree("cox: covariance", fit.covariance, np.atleast_2d(expected["covariance"]), absolute=1e-14)
    agree("cox: log-likelihood", fit.log_likelihood, expected["log_likelihood"], relative=1e-12)
    agree(
        "cox: null log-likelihood", fit.null_log_likelihood, expected["null_log_likelihood"], relative=1e-12
    )
    agree("cox: linear predictor", fit.linear_predictor(x), expected["linear_predictor"], absolute=1e-8)


def test_table(case, agree):
    x, time, event, expected = case
    table = fit_cox(x, time, event).table()
    assert list(table["covariate"]) == list(x.columns)
    for column in ("standard_error", "hazard_ratio", "ci_low", "ci_high", "z", "p_value"):
        agree(f"cox: {column}", table[column], one_or_more(expected[column]))


def test_fast_coefficients(case, agree):
    x, time, event, expected = case
    fast = cox_coefficients(x.to_numpy(), time, event)
    agree("cox: coefficients for resampling", fast, one_or_more(expected["coefficients"]), relative=1e-6)


def test_baseline_survival(case, agree):
    x, time, event, expected = case
    fit = fit_cox(x, time, event)
    baseline = baseline_survival(fit, x, time, event)
    months = np.array(expected["baseline"]["months"])
    for linear_predictor in (0.0, 0.7):
        obtained = [survival_at(baseline, np.array([linear_predictor]), m)[0] for m in months]
        in_r = np.array(expected["baseline"]["survival"]) ** np.exp(linear_predictor)
        agree("cox: survival at a linear predictor", obtained, in_r, relative=1e-7, absolute=1e-12)


def test_proportional_hazards(case, agree):
    x, time, event, expected = case
    fit = fit_cox(x, time, event)
    table = proportional_hazards_test(fit, x, time, event, transform="km").set_index("covariate")
    expected = expected["zph"]
    table = table.loc[expected["term"]]
    agree("cox.zph: chi-square", table["chi_square"], expected["chi_square"], relative=1e-7, absolute=1e-12)
    np.testing.assert_array_equal(table["df"], expected["df"])
    agree("cox.zph: p-value", table["p_value"], expected["p_value"], relative=1e-7)
