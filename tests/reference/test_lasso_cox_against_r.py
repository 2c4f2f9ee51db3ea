"""`scripts.survival.lasso_cox` against glmnet, family "cox", converged to 1e-19 (its default is 1e-7).

Tolerances. glmnet takes the step of its lambda sequence from 1/99 in single precision, which moves the far
end of the path by up to 9e-9: lambdas 1e-8 relative, and the coefficients of the default path 1e-6 per
standard deviation. At glmnet's own lambdas coefficients agree to 1e-7 per standard deviation: what its
coordinate descent leaves (the optimality conditions hold to 4e-8 of lambda in its answer, to 1e-9 in ours).
Cross-validation interpolates between both sequences.
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
        "options": {
            "standardize": not request.param.endswith("as_given"),
            "min_ratio": expected.get("min_ratio"),
        },
        "expected": expected,
    }


def test_default_path(case, agree):
    path = fit_path(case["x"], case["time"], case["event"], **case["options"])
    expected = case["expected"]["path"]
    assert len(path.lambdas) == len(expected["lambda"]), "the path stops at another lambda than glmnet's"
    agree("lasso: lambda of the path", path.lambdas, expected["lambda"], relative=1e-8)
    scale = case["x"].std(axis=0)
    coefficients, in_r = path.coefficients * scale, np.array(expected["beta"]) * scale
    agree("lasso: default path, coefficients per sd", coefficients, in_r, relative=0, absolute=1e-6)
    agree(
        "lasso: default path, deviance ratio", path.deviance_ratio, expected["deviance_ratio"], absolute=1e-7
    )


def test_at_the_lambdas_of_glmnet(case, agree):
    expected = case["expected"]["path"]
    standardize = case["options"]["standardize"]
    path = fit_path(
        case["x"], case["time"], case["event"], lambdas=expected["lambda"], standardize=standardize
    )
    scale = case["x"].std(axis=0)
    coefficients, in_r = path.coefficients * scale, np.array(expected["beta"]) * scale
    agree("lasso: given lambdas, coefficients per sd", coefficients, in_r, relative=0, absolute=1e-7)
    agree(
        "lasso: given lambdas, deviance ratio", path.deviance_ratio, expected["deviance_ratio"], absolute=1e-8
    )
    np.testing.assert_array_equal((path.coefficients != 0).sum(axis=1), (in_r != 0).sum(axis=1))


def test_cross_validation(case, agree):
    cv = cross_validate(case["x"], case["time"], case["event"], case["fold"], **case["options"])
    expected = case["expected"]["cv"]
    assert len(cv.lambdas) == len(expected["lambda"])
    agree("lasso: lambda of the cross-validation", cv.lambdas, expected["lambda"], relative=1e-8)
    agree("lasso: cross-validated deviance", cv.deviance, expected["cvm"], relative=1e-7)
    agree("lasso: its standard error", cv.standard_error, expected["cvsd"], relative=1e-7)
    np.testing.assert_array_equal(cv.n_nonzero, expected["nzero"])
    chosen = [expected["lambda_min"], expected["lambda_1se"]]
    agree("lasso: lambda.min, lambda.1se", [cv.lambda_min, cv.lambda_1se], chosen, relative=1e-8)
