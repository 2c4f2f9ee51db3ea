"""The quadrature against a simulation and scikit-learn's AUC."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scripts.simulation.nact_response.draw_patients import draw_patients, true_changes
from scripts.simulation.nact_response.patients import NORMALS, draw_outcomes
from scripts.simulation.nact_response.response import MODELS, SUBTYPES, ResponseModel
from scripts.simulation.nact_response.scanners import HOSPITALS
from scripts.simulation.nact_response.truth import bayes_scores, describe_truth, population_auc, sample_auc

MODEL = ResponseModel()
PLACE = HOSPITALS["development"]


@pytest.fixture(scope="module")
def population():
    normals = np.random.default_rng(8).standard_normal((200_000, len(NORMALS)))
    outcomes = draw_outcomes(normals, PLACE["development"], MODEL)
    return outcomes, bayes_scores(outcomes, MODEL)


@pytest.mark.parametrize("name", MODELS)
def test_the_auc_of_the_population_by_simulation(name, population):
    outcomes, scores = population
    found = roc_auc_score(outcomes.response, scores[name])
    assert population_auc(name, PLACE["development"], MODEL) == pytest.approx(found, abs=0.004)


def test_truth_has_the_order_of_table_3():
    for mix in PLACE.values():
        auc = {name: population_auc(name, mix, MODEL) for name in MODELS}
        assert 0.55 < auc["baseline"] < auc["jacobian"] - 0.05
        assert auc["jacobian"] < auc["delta"] - 0.05
        assert auc["delta"] < auc["follow_up"] < auc["fusion"] < auc["fusion_subtype"] < 0.93


def test_nothing_planted_is_a_half():
    nothing = ResponseModel(
        residual={"heterogeneity": 1e-9, "enhancement": 0.0},
        shrinkage=1e-9,
        patchiness=0.0,
        subtype=dict.fromkeys(SUBTYPES, 0.0),
    )
    for name in ("baseline", "jacobian", "fusion", "fusion_subtype"):
        assert population_auc(name, PLACE["testing"], nothing) == pytest.approx(0.5, abs=1e-6)


def test_auc_of_a_sample_with_ties():
    random = np.random.default_rng(1)
    response, scores = random.integers(0, 2, 80), random.integers(0, 9, 80)
    assert sample_auc(scores, response) == pytest.approx(roc_auc_score(response, scores))
    assert sample_auc(scores, np.ones(80, int)) is None


def test_the_record_of_the_truth():
    clinical, latents, drawn = draw_patients(30, 20, "SIM", PLACE, 4)
    truth = describe_truth(drawn, PLACE, MODEL, true_changes(latents))
    patients = truth["patients"]
    assert patients["patient"] == clinical["patient"].tolist()
    assert patients["response"] == (clinical["miller_payne"] > 3).astype(int).tolist()
    rows = np.array(patients["cohort"]) == "testing"
    found = roc_auc_score(np.array(patients["response"])[rows], np.array(patients["score_delta"])[rows])
    assert truth["auc"]["testing"]["delta"]["patients"] == pytest.approx(found)
    first = latents.iloc[0]
    assert patients["volume_ratio"][0] == pytest.approx(0.58 * np.exp(-0.30 * first["shrinkage"]))
    assert patients["volume_ml"][0] == pytest.approx(8.5 * np.exp(0.33 * first["size"]))
