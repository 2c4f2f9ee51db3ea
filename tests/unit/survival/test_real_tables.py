"""The survival stage on real tables, against what R's package survival prints in its own example output.

Needs the environment variable REAL_DATA; the printed numbers are in survival/R_survival there
(R_reference_output_survival-Ex.Rout.save.gz), those of `lung` in R's help page of coxph.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.survival.calibration import bootstrap_calibration, calibration_slope
from scripts.survival.concordance import concordance_difference, harrell_concordance, uno_concordance
from scripts.survival.cox import baseline_survival, fit_cox, proportional_hazards_test, survival_at
from scripts.survival.decision_curve import decision_curve
from scripts.survival.kaplan_meier import kaplan_meier, log_rank
from scripts.survival.lasso_cox import assign_folds, cross_validate
from scripts.survival.nomogram import build_nomogram
from scripts.survival.time_roc import ipcw_auc, time_dependent_roc

REAL_DATA = os.environ.get("REAL_DATA", "")
pytestmark = pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(Path(REAL_DATA) / "survival" / "R_survival" / f"{name}.csv")


@pytest.fixture(scope="module")
def lung():
    columns = ["age", "sex", "ph.ecog", "time", "status"]
    found = table("lung")[columns].dropna().reset_index(drop=True)
    return (
        found[columns[:3]],
        found["time"].to_numpy() / 30.4375,
        (found["status"] == 2).to_numpy().astype(int),
    )


def test_proportional_hazards_of_ovarian_cancer():
    ovarian = table("ovarian")
    x, time, event = ovarian[["age", "ecog.ps"]], ovarian["futime"], ovarian["fustat"]
    test = proportional_hazards_test(fit_cox(x, time, event), x, time, event)
    np.testing.assert_allclose(test["chi_square"], [0.698, 2.371, 3.633], atol=5e-4)
    np.testing.assert_allclose(test["p_value"], [0.40, 0.12, 0.16], atol=5e-3)


def test_log_rank_of_ovarian_cancer():
    ovarian = table("ovarian")
    assert log_rank(ovarian["futime"], ovarian["fustat"], ovarian["rx"]).chi_square == pytest.approx(
        1.063, abs=5e-4
    )


def test_cox_model_of_lung_cancer(lung):
    fit = fit_cox(*lung)
    assert (fit.n, fit.n_events) == (227, 164)
    np.testing.assert_allclose(fit.coefficients, [0.011067, -0.552612, 0.463728], atol=1e-6)
    np.testing.assert_allclose(fit.table()["standard_error"], [0.009267, 0.167739, 0.113577], atol=1e-6)


def test_uno_of_monoclonal_gammopathy():
    found = table("mgus2")[["age", "sex", "mspike", "ptime", "pstat"]].dropna().reset_index(drop=True)
    x = found[["age", "mspike"]].assign(male=(found["sex"] == "M").astype(float))
    predictor = fit_cox(x, found["ptime"], found["pstat"]).linear_predictor(x)
    last = found["ptime"].max()
    uno = uno_concordance(found["ptime"], found["pstat"], predictor, last, 0, np.random.default_rng(1))
    assert uno["estimate"] == pytest.approx(0.6132, abs=5e-5)


def test_all_steps_on_lung_cancer(lung):
    x, time, event = lung
    fit = fit_cox(x, time, event)
    predictor = fit.linear_predictor(x)
    baseline = baseline_survival(fit, x, time, event)
    survival = survival_at(baseline, predictor, 12)
    assert kaplan_meier(time, event)["survival"].is_monotonic_decreasing
    assert harrell_concordance(time, event, predictor).estimate == pytest.approx(0.637, abs=1e-3)  # R: 0.637
    assert concordance_difference(time, event, predictor, x["age"])["p_value"] < 0.05
    assert uno_concordance(time, event, predictor, 24, 20, np.random.default_rng(1))["ci_low"] > 0.5
    curves = [time_dependent_roc(time, event, predictor, 12, method) for method in ("KM", "NNE")]
    assert curves[0].auc == pytest.approx(curves[1].auc, abs=0.03)
    assert ipcw_auc(time, event, predictor, [12], 0, np.random.default_rng(1))["auc"][0] == pytest.approx(
        curves[0].auc, abs=0.03
    )
    assert calibration_slope(time, event, predictor)["slope"] == pytest.approx(1, abs=1e-8)
    curve = bootstrap_calibration(x, time, event, 12, 3, 40, np.random.default_rng(1))
    assert (curve["observed"] - curve["predicted"]).abs().max() < 0.12
    benefit = decision_curve(time, event, {"model": 1 - survival}, 12, [0.5, 0.6])
    assert benefit["net_benefit"].notna().all()
    axes = {
        "age": [(40.0, "40"), (80.0, "80")],
        "sex": [(1.0, "male"), (2.0, "female")],
        "ph.ecog": [(float(grade), str(grade)) for grade in range(4)],
    }
    nomogram = build_nomogram(fit, baseline, axes, {}, [12, 24])
    np.testing.assert_allclose(nomogram.survival(nomogram.total_points(x), 12), survival, rtol=1e-10)


def test_lasso_on_clinical_values_of_biliary_cirrhosis():
    pbc = table("pbc")
    numbers = (
        pbc.drop(columns=["id", "time", "status"])
        .select_dtypes("number")
        .join(pbc[["time", "status"]])
        .dropna()
    )
    x, event = numbers.drop(columns=["time", "status"]), (numbers["status"] == 2).to_numpy().astype(int)
    folds = assign_folds(event, 10, np.random.default_rng(1))
    cv = cross_validate(x.to_numpy(float), numbers["time"] / 30.4375, event, folds)
    chosen = x.columns[cv.path.coefficients[cv.lambdas == cv.lambda_1se][0] != 0]
    assert {"bili", "albumin", "age"} <= set(chosen)  # of the Mayo score
