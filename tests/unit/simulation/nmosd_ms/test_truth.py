import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from scripts.simulation.nmosd_ms.diseases import DISEASES, LesionModel, lesion_number
from scripts.simulation.nmosd_ms.identifiers import patient_ids
from scripts.simulation.nmosd_ms.patients import draw_all
from scripts.simulation.nmosd_ms.truth import (
    accuracy_of_rule,
    area,
    bayes_performance,
    best_threshold,
    describe_truth,
)
from tests.unit.simulation.nmosd_ms.test_diseases import SMALL, _probability

PRIOR = {"ms": 47 / 88, "nmosd": 41 / 88}


def test_the_bayes_accuracy_is_the_sum_over_all_outcomes():
    exact = sum(
        max(PRIOR[d] * _probability((i, n - i), d, SMALL) for d in DISEASES)
        for n in range(1, 80)
        for i in range(n + 1)
    )
    found = bayes_performance(SMALL, np.random.default_rng(2), draws=60_000)["number_and_places"]
    assert found["accuracy"] == pytest.approx(exact, abs=4 * found["standard_error"])
    assert found["standard_error"] == pytest.approx(np.sqrt(exact * (1 - exact) / 120_000), rel=0.1)


def test_the_number_alone_reaches_what_its_distributions_allow():
    model, n = LesionModel(), np.arange(1, 2000)
    pmf = {}
    for disease in DISEASES:
        mean, k = lesion_number(*model.wmh_ml[disease])
        pmf[disease] = stats.nbinom.pmf(n - 1, k, k / (k + mean - 1))
    exact = np.maximum(*(PRIOR[d] * pmf[d] for d in DISEASES)).sum()
    found = bayes_performance(model, np.random.default_rng(4), draws=30_000)
    assert found["number"]["accuracy"] == pytest.approx(exact, abs=4 * found["number"]["standard_error"])
    order = ["volume", "number", "places", "number_and_places"]
    assert [found[name]["auc"] for name in order] == sorted(found[name]["auc"] for name in order)


def test_two_normal_volumes_are_parted_where_their_densities_cross():
    random = np.random.default_rng(0)
    ms, nmosd = random.normal(2, 1, 200_000), random.normal(0, 1, 200_000)
    even = LesionModel(share_of_nmosd=0.5)
    cut = best_threshold(nmosd, ms, even)
    assert cut == pytest.approx(1.0, abs=0.06)
    rare = best_threshold(nmosd, ms, LesionModel(share_of_nmosd=0.2))
    assert rare == pytest.approx(1 + np.log(0.2 / 0.8) / 2, abs=0.08)
    rule = accuracy_of_rule({"ms": ms < cut, "nmosd": nmosd < cut}, even)
    assert rule["accuracy"] == pytest.approx(stats.norm.cdf(1), abs=0.003)
    assert area(-nmosd, -ms) == pytest.approx(stats.norm.cdf(np.sqrt(2)), abs=0.003)


def test_area_counts_pairs_and_ties():
    assert area(np.array([3.0, 1.0]), np.array([1.0, 0.0])) == pytest.approx((2 + 1.5) / 4)


def test_the_truth_is_json_and_scores_the_patients():
    drawn = draw_all(patient_ids(30, "T"), 5)
    truth = json.loads(json.dumps(describe_truth(drawn, LesionModel(), np.random.default_rng(1))))
    patients = pd.DataFrame(truth["patients"])
    right = (patients["log_odds"] > 0) == (patients["disease"] == "nmosd")
    assert truth["sample"] == {"n": 30, "accuracy": pytest.approx(right.mean()), "auc": pytest.approx(
        area(*(patients.loc[patients["disease"] == d, "log_odds"].to_numpy() for d in ("nmosd", "ms"))))}  # fmt: skip
    one = describe_truth(drawn[drawn["disease"] == "ms"], LesionModel(), np.random.default_rng(1))
    assert one["sample"]["auc"] is None
