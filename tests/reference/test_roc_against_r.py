"""`scripts.statistics.roc` against R's pROC, and Clopper-Pearson intervals against binom.test.

Closed formulae: 1e-9 relative.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.statistics.intervals import clopper_pearson_interval
from scripts.statistics.roc import area, area_difference, area_interval, roc_curve, youden_cutoff

SCORES = ["marker", "coarse", "feature", "tnm", "down"]
COHORTS = ["primary", "first_thirty", "validation"]


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("roc")


@pytest.fixture(scope="module")
def cohorts(read_input):
    tables = {name: read_input(name) for name in ("primary", "validation")}
    tables["first_thirty"] = tables["primary"].iloc[:30]
    return {name: (t["event"].to_numpy(), scores_of(t)) for name, t in tables.items()}


def scores_of(table):
    columns = {"marker": "marker", "coarse": "marker_coarse", "feature": "f03", "tnm": "tnm"}
    scores = {name: table[column].to_numpy(dtype=float) for name, column in columns.items()}
    return scores | {"down": -scores["marker"]}


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("score", SCORES)
def test_area_and_its_interval(cohort, score, cohorts, expected, agree):
    y, scores = cohorts[cohort]
    in_r = expected[cohort]["areas"][score]
    obtained = area_interval(y, scores[score])
    assert area(y, scores[score]) == obtained.estimate
    agree("ROC: area", obtained.estimate, in_r["auc"], relative=1e-9)
    agree("ROC: DeLong variance", obtained.standard_error**2, in_r["variance"], relative=1e-9)
    agree(
        "ROC: interval", [obtained.ci_low, obtained.ci_high], [in_r["ci_low"], in_r["ci_high"]], relative=1e-9
    )


@pytest.mark.parametrize("score", SCORES)
def test_curve(score, cohorts, expected, agree):
    y, scores = cohorts["first_thirty"]
    in_r = expected["first_thirty"]["areas"][score]
    curve = roc_curve(y, scores[score]).iloc[1:-1]
    agree("ROC: thresholds", curve["threshold"], in_r["thresholds"], relative=1e-9)
    agree("ROC: sensitivity", curve["true_positive_rate"], in_r["sensitivities"], relative=1e-9)
    agree("ROC: specificity", 1 - curve["false_positive_rate"], in_r["specificities"], relative=1e-9)


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("score", SCORES[:-1])
def test_youden(cohort, score, cohorts, expected, agree):
    y, scores = cohorts[cohort]
    in_r = expected[cohort]["areas"][score]
    cutoff = youden_cutoff(y, scores[score])
    if in_r["youden"] is None:  # infinite in R: no threshold is better than calling nobody; ours stays finite
        assert cutoff == (scores[score].min() + scores[score].max()) / 2
        return
    agree("ROC: Youden's cut-off", cutoff, in_r["youden"], relative=1e-9)
    called = scores[score] >= cutoff
    agree("ROC: sensitivity at it", called[y == 1].mean(), in_r["sensitivity"], relative=1e-9)
    agree("ROC: specificity at it", (~called[y == 0]).mean(), in_r["specificity"], relative=1e-9)


@pytest.mark.parametrize("cohort", COHORTS)
def test_paired_comparison(cohort, cohorts, expected, agree):
    y, scores = cohorts[cohort]
    for test in expected[cohort]["tests"]:
        obtained = area_difference(y, scores[test["a"]], scores[test["b"]])
        agree("DeLong test: z", obtained.z, test["z"], relative=1e-9)
        agree("DeLong test: p-value", obtained.p_value, test["p_value"], relative=1e-9)
        limits = [test["ci_low"], test["ci_high"]]
        agree("DeLong test: interval", [obtained.ci_low, obtained.ci_high], limits, relative=1e-9)


def test_clopper_pearson(expected, agree):
    for case in expected["clopper_pearson"]:
        found = clopper_pearson_interval(case["successes"], case["n"])
        limits = [case["ci_low"], case["ci_high"]]
        agree("Clopper-Pearson: interval", np.array([found.ci_low, found.ci_high]), limits, 1e-9, 1e-12)
