import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sksurv.metrics import concordance_index_censored

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import Hazard
from scripts.simulation.crc_nomogram.draw_patients import draw_patients
from scripts.simulation.crc_nomogram.hospitals import HOSPITALS
from scripts.simulation.crc_nomogram.patients import NORMALS, draw_outcomes
from scripts.simulation.crc_nomogram.truth import describe_truth, population_concordance

DEVELOPMENT = HOSPITALS["development"]


@pytest.fixture(scope="module")
def truth():
    clinical, _, true_patients = draw_patients(60, 40, 10, "SIM", DEVELOPMENT, 4)
    return describe_truth(clinical, true_patients, DEVELOPMENT, Hazard(), 4), clinical, true_patients


def test_concordance_of_a_normal_risk_is_an_integral():
    # With lp ~ N(0, s^2) and proportional hazards P(first event is j's | lp) = 1 / (1 + exp(-(lp_j - lp_i))),
    # so that C = E[1 / (1 + exp(-|D|))] with D ~ N(0, 2 s^2). Stage is given no effect here.
    hazard = Hazard(tnm_stage=0.0)
    found = population_concordance(DEVELOPMENT.cohorts["primary"], {}, hazard, generator(1, "c"), 200_000)
    sd = np.sqrt(2) * hazard.image_part_sd
    expected = quad(lambda d: 2 * norm.pdf(d, scale=sd) / (1 + np.exp(-d)), 0, 12)[0]
    for score in ("linear_predictor", "image_part"):
        oracle = found["uncensored"][score]
        assert oracle["n_pairs"] == 100_000
        assert oracle["standard_error"] == pytest.approx(np.sqrt(expected * (1 - expected) / 1e5), rel=0.01)
        assert oracle["estimate"] == pytest.approx(expected, abs=4 * oracle["standard_error"])


def test_the_stage_alone_says_what_its_levels_say():
    # Image without effect: of stages a < b, the patient of stage b is first with probability
    # 1 / (1 + exp(-beta (b - a))); equal stages count one half.
    hazard = Hazard(latents=dict.fromkeys(Hazard().latents, 0.0))
    weights = np.array([17, 91, 86, 48]) / 242
    steps = np.subtract.outer(np.arange(4), np.arange(4))
    share = np.where(steps == 0, 0.5, 1 / (1 + np.exp(-0.82 * np.abs(steps))))
    expected = float(weights @ share @ weights)
    found = population_concordance(DEVELOPMENT.cohorts["primary"], {}, hazard, generator(1, "s"), 200_000)
    for score in ("tnm_stage", "linear_predictor"):
        stage = found["uncensored"][score]
        assert stage["estimate"] == pytest.approx(expected, abs=4 * stage["standard_error"])
    assert found["uncensored"]["image_part"]["estimate"] == 0.5  # all tied


def test_the_population_is_followed_as_the_cohort_is():
    mix = DEVELOPMENT.cohorts["primary"]
    found = population_concordance(mix, {}, Hazard(), generator(1, "f"), 200_000)
    sample = draw_outcomes(generator(2, "f").standard_normal((4000, len(NORMALS))), mix, {}, Hazard())
    expected, *counts, _ = concordance_index_censored(
        sample.event == 1, sample.months, sample.linear_predictor
    )
    oracle = found["as_followed"]["linear_predictor"]
    assert oracle["estimate"] == pytest.approx(expected, abs=0.02)
    assert oracle["n_pairs"] / 100_000 == pytest.approx(sum(counts) / (4000 * 3999 / 2), abs=0.02)
    assert found["recurrence"] == pytest.approx(sample.event.mean(), abs=0.03)


def test_the_oracle_is_good_enough_for_the_papers_nomogram_and_not_perfect(truth):
    for cohort in ("primary", "validation"):
        population = truth[0]["cohorts"][cohort]["c_index"]["population"]
        views = [
            population["as_followed"][s]["estimate"] for s in ("linear_predictor", "image_part", "tnm_stage")
        ]
        assert 0.77 < views[0] < 0.84
        assert views[0] > views[1] > views[2] > 0.65
        assert population["as_followed"]["linear_predictor"]["standard_error"] < 0.003


def test_a_reader_of_the_truth_can_compute_every_patients_risk(truth):
    found, _, _ = truth
    _, latents, _ = draw_patients(60, 40, 10, "SIM", DEVELOPMENT, 4)
    planted, patients = found["hazard"]["coefficients"], found["patients"]
    image = sum(planted[name] * latents[name] for name in found["latents"]["names"])
    stage = np.array(patients["tnm_stage"]) - found["hazard"]["stage_centre"]
    np.testing.assert_allclose(patients["image_part"], image)
    np.testing.assert_allclose(patients["linear_predictor"], image + planted["tnm_stage"] * stage)


def test_true_survival_by_hand(truth):
    found = truth[0]
    shape, scale = (found["hazard"]["baseline"][key] for key in ("shape", "scale_months"))
    for months in (36, 60):
        relative = np.exp(found["patients"]["linear_predictor"][7])
        expected = np.exp(-((months / scale) ** shape) * relative)
        assert found["patients"][f"survival_{months}m"][7] == pytest.approx(expected)


def test_hazard_ratios_are_those_of_the_coefficients(truth):
    found = truth[0]
    assert found["hazard_ratios"]["tnm_stage_per_stage"] == pytest.approx(np.exp(0.82))
    assert found["hazard_ratios"]["size_per_sd"] == pytest.approx(np.exp(0.42))
    weights = np.array([found["hazard"]["coefficients"][name] for name in found["latents"]["names"]])
    variance = weights @ np.array(found["latents"]["correlation"]) @ weights
    assert found["hazard_ratios"]["image_part_per_sd"] == pytest.approx(np.exp(np.sqrt(variance)))


def test_follow_up_is_counted(truth):
    found, clinical, _ = truth
    primary = clinical[clinical["cohort"] == "primary"]
    follow_up = found["cohorts"]["primary"]["follow_up"]
    assert follow_up["n_patients"] == 60
    assert follow_up["n_with_outcome"] == 59
    assert follow_up["n_events"] == int(primary["recurrence"].sum())
    assert follow_up["without_follow_up"] == primary.loc[primary["recurrence"].isna(), "patient"].tolist()
    assert 36 < follow_up["median_follow_up_months"] < 96


def test_planted_and_other_hallmarks_are_told_apart(truth):
    expression = truth[0]["expression"]
    assert len(expression["planted"]) == 5
    assert len(expression["others"]) == 45
    assert expression["planted"]["HALLMARK_GLYCOLYSIS"] == {"latent": "size", "correlation": 0.75}
    assert expression["n_patients"] == 10
