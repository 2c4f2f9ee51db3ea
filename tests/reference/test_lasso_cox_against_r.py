"""`scripts.survival.lasso_cox` against glmnet 4.1-6, family "cox", thresh 1e-14.

Tolerances: glmnet takes the step of its lambda sequence from 1/99 in single precision, which moves the far end of the
path by 5e-9 (1e-8 relative). Its coordinate descent
stops at 1e-14 of the null deviance, and the deviance is flat at its minimum, so a coefficient is good to about the
square root, 1e-6 per standard deviation of its column; the deviances themselves to 1e-8 relative.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.survival.lasso_cox import cross_validate, fit_path

CASES = ["primary_standardized", "primary_as_given", "wide_standardized", "wide_as_given", "primary_tied"]


@pytest.fixture(params=CASES)
def case(request, read_input, read_expected, half_years):
    expected = read_expected("lasso_cox")[request.param]
    name = request.param.split("_")[0]
    table = read_input(name)
    time = half_years(table["time"]) if request.param.endswith("tied") else table["time"].to_numpy()
    return {
        "name": request.param,
        "x": table[expected["columns"]].to_numpy(float),
        "time": time,
        "event": table["event"].to_numpy(),
        "fold": read_input(f"folds_{name}")["fold"].to_numpy(),
        "options": {"standardize": not request.param.endswith("as_given"), "min_ratio": expected.get("min_ratio")},
        "expected": expected,
    }


def test_path(case, agree):
    path = fit_path(case["x"], case["time"], case["event"], **case["options"])
    expected = case["expected"]["path"]
    assert len(path.lambdas) == len(expected["lambda"]), "the path stops at another lambda than glmnet's"
    agree("lasso: lambda of the path", path.lambdas, expected["lambda"], relative=1e-8)
    scale = case["x"].std(axis=0)
    agree(
        "lasso: coefficients per standard deviation",
        path.coefficients * scale, np.array(expected["beta"]) * scale, relative=0, absolute=2e-6,
    )  # fmt: skip
    agree("lasso: deviance ratio", path.deviance_ratio, expected["deviance_ratio"], relative=1e-8, absolute=1e-10)


def test_given_lambdas_give_the_same_coefficients(case, agree):
    expected = case["expected"]["path"]
    chosen = np.array(expected["lambda"])[[0, 10, 25, 40]]
    path = fit_path(case["x"], case["time"], case["event"], lambdas=chosen, standardize=case["options"]["standardize"])
    scale = case["x"].std(axis=0)
    agree(
        "lasso: coefficients at given lambdas, per sd",
        path.coefficients * scale, np.array(expected["beta"])[[0, 10, 25, 40]] * scale, relative=0, absolute=2e-6,
    )  # fmt: skip


def test_cross_validation(case, agree):
    cv = cross_validate(case["x"], case["time"], case["event"], case["fold"], **case["options"])
    expected = case["expected"]["cv"]
    assert len(cv.lambdas) == len(expected["lambda"])
    agree("lasso: lambda of the cross-validation", cv.lambdas, expected["lambda"], relative=1e-8)
    agree("lasso: cross-validated deviance", cv.deviance, expected["cvm"], relative=1e-6)
    agree("lasso: its standard error", cv.standard_error, expected["cvsd"], relative=1e-5)
    np.testing.assert_array_equal(cv.n_nonzero, expected["nzero"])
    agree("lasso: lambda.min, lambda.1se", [cv.lambda_min, cv.lambda_1se], [expected["lambda_min"], expected["lambda_1se"]],
          relative=1e-8)  # fmt: skip
