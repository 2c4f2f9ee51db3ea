"""Marginals against the counts of the paper's Table 1 (low-risk and high-risk columns added)."""

import numpy as np
import pandas as pd
import pytest
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import LATENTS, Hazard, latent_correlation, weighted_sum
from scripts.simulation.crc_nomogram.hospitals import HOSPITALS, find_hospital
from scripts.simulation.crc_nomogram.patients import NORMALS, clinical_table, draw_outcomes, patient_normals

N = 40_000
HAZARD = Hazard()
TABLE_1 = {
    "primary": {
        "tnm_stage": {1: 9 + 8, 2: 23 + 68, 3: 32 + 54, 4: 9 + 39},
        "sex": {"F": 46 + 61, "M": 27 + 108},
        "differentiation": {"high": 18 + 45, "moderate": 50 + 82, "low": 4 + 17},
        "cea": {"low": 52 + 110, "high": 21 + 59},
        "lymph_node": {"no": 34 + 82, "yes": 39 + 87},
    },
    "validation": {
        "tnm_stage": {1: 9 + 7, 2: 14 + 33, 3: 10 + 34, 4: 2 + 28},
        "sex": {"F": 19 + 40, "M": 16 + 64},
        "differentiation": {"high": 10 + 27, "moderate": 19 + 46, "low": 6 + 26},
        "cea": {"low": 27 + 59, "high": 7 + 44},
        "lymph_node": {"no": 23 + 48, "yes": 12 + 56},
    },
}
AGES = {"primary": (69.6, 14.4), "validation": (64.3, 13.2)}
MISSING = {
    "primary": {"differentiation": 26 / 242},
    "validation": {"differentiation": 5 / 139, "cea": 2 / 139},
}


@pytest.fixture(scope="module")
def drawn():
    found = {}
    for cohort, mix in HOSPITALS["development"].cohorts.items():
        normals = generator(1, cohort).standard_normal((N, len(NORMALS)))
        outcomes = draw_outcomes(normals, mix, {}, HAZARD)
        found[cohort] = outcomes, clinical_table(outcomes, normals, mix)
    return found


@pytest.mark.parametrize("cohort", TABLE_1)
@pytest.mark.parametrize("variable", TABLE_1["primary"])
def test_marginals_are_those_of_table_1(drawn, cohort, variable):
    counts = pd.Series(TABLE_1[cohort][variable], dtype=float)
    found = drawn[cohort][1][variable].value_counts(normalize=True)
    for level, expected in (counts / counts.sum()).items():
        assert found[level] == pytest.approx(expected, abs=0.012), level


@pytest.mark.parametrize("cohort", AGES)
def test_ages_have_the_mean_and_sd_of_table_1(drawn, cohort):
    age = drawn[cohort][1]["age"]
    assert (age.mean(), age.std()) == pytest.approx(AGES[cohort], abs=0.25)
    assert age.between(20, 97).all()


@pytest.mark.parametrize("cohort", MISSING)
def test_values_are_missing_as_often_as_in_table_1(drawn, cohort):
    for variable, share in MISSING[cohort].items():
        assert drawn[cohort][1][variable].isna().mean() == pytest.approx(share, abs=0.006)
    assert drawn[cohort][1]["recurrence"].isna().sum() == 1
    assert drawn[cohort][1]["dfs_months"].isna().sum() == 1


def test_nodes_agree_with_the_stage(drawn):
    outcomes, table = drawn["primary"]
    positive = pd.Series(table["lymph_node"] == "yes").groupby(outcomes.tnm_stage).mean()
    assert positive[1] == positive[2] == 0
    assert positive[3] == 1
    assert 0.7 < positive[4] < 0.95


def test_what_goes_with_the_stage_and_with_size(drawn):
    outcomes, table = drawn["primary"]
    assert np.corrcoef(outcomes.image_part, outcomes.tnm_stage)[0, 1] == pytest.approx(0.23, abs=0.04)
    high = (table["cea"] == "high").groupby(outcomes.tnm_stage).mean()
    assert high.is_monotonic_increasing
    assert high[4] > high[1] + 0.25
    size = pd.Series(outcomes.latents[:, LATENTS.index("size")])
    assert size[table["sex"] == "M"].mean() > size[table["sex"] == "F"].mean() + 0.2


def test_latent_factors_have_the_stated_correlation(drawn):
    latents = drawn["primary"][0].latents
    np.testing.assert_allclose(np.corrcoef(latents, rowvar=False), latent_correlation(), atol=0.02)
    np.testing.assert_allclose(latents.mean(0), 0, atol=0.02)
    np.testing.assert_allclose(latents.std(0), 1, atol=0.02)


def test_a_cox_model_of_the_true_times_finds_the_planted_coefficients(drawn):
    outcomes = drawn["primary"][0]
    rows = slice(0, 12_000)
    x = np.column_stack([outcomes.latents, outcomes.tnm_stage])[rows]
    fit = CoxPHSurvivalAnalysis().fit(x, Surv.from_arrays(np.ones(12_000, bool), outcomes.event_months[rows]))
    planted = [*(HAZARD.latents[name] for name in LATENTS), HAZARD.tnm_stage]
    np.testing.assert_allclose(
        fit.coef_, planted, atol=4 / np.sqrt(12_000)
    )  # SE of a unit-variance covariate


@pytest.mark.parametrize(("cohort", "groups", "hr", "interval"), [
    ("primary", (73, 169), 5.65, (2.26, 14.13)),
    ("validation", (35, 104), 8.49, (2.05, 35.17)),
])  # fmt: skip
def test_as_many_events_as_the_width_of_the_papers_interval_implies(drawn, cohort, groups, hr, interval):
    # se(log HR)^2 is about 1 / d_low + 1 / d_high, cumulative hazards of the groups in the ratio HR
    variance = (np.log(interval[1] / interval[0]) / 3.92) ** 2
    low = np.arange(0.5, 20, 0.01)
    high = groups[1] * (1 - (1 - low / groups[0]) ** hr)
    best = np.argmin(np.abs(1 / low + 1 / high - variance))
    expected = (low[best] + high[best]) / sum(groups)
    assert drawn[cohort][0].event.mean() == pytest.approx(expected, abs=0.03)


def test_admission_and_follow_up_lie_within_the_cohorts_years(drawn):
    for cohort, years in (("primary", (2007, 2011)), ("validation", (2012, 2015))):
        outcomes, table = drawn[cohort]
        found = table["admission_date"].str[:4].astype(int)
        assert (found.min(), found.max()) == years
        end = np.datetime64(HOSPITALS["development"].cohorts[cohort].end_of_follow_up)
        longest = (end - outcomes.admission).astype(int) / 30.4375
        assert (outcomes.months <= longest + 0.1).all()
        assert outcomes.months.min() > 0
        assert set(np.unique(outcomes.event)) == {0, 1}


def test_observed_time_never_exceeds_the_true_time(drawn):
    outcomes = drawn["validation"][0]
    happened = outcomes.event == 1
    assert (np.abs(outcomes.months - outcomes.event_months)[happened] <= 0.1 + 1e-9).all()
    assert (outcomes.months[~happened] <= outcomes.event_months[~happened] + 0.1).all()


def test_the_external_hospital_is_milder_and_keeps_its_marginals():
    place = HOSPITALS["external"]
    mix = place.cohorts["validation"]
    outcomes = draw_outcomes(
        generator(1, "external").standard_normal((N, len(NORMALS))), mix, place.latent_mean, HAZARD
    )
    means = dict(zip(LATENTS, outcomes.latents.mean(0), strict=True))
    assert means["size"] == pytest.approx(-0.30, abs=0.02)
    assert means["heterogeneity"] == pytest.approx(0.0, abs=0.02)
    stages = np.bincount(outcomes.tnm_stage, minlength=5)[1:] / N
    np.testing.assert_allclose(stages, np.array(mix.tnm_stage) / sum(mix.tnm_stage), atol=0.01)
    # the same biology: the hazard of a patient does not know the hospital
    by_hand = outcomes.latents @ [HAZARD.latents[n] for n in LATENTS] + 0.82 * (outcomes.tnm_stage - 2.5)
    np.testing.assert_allclose(outcomes.linear_predictor, by_hand)


def test_a_patients_numbers_depend_on_seed_and_id_alone():
    alone = patient_normals(["SIM-0002"], 5)[0]
    np.testing.assert_array_equal(alone, patient_normals(["SIM-0001", "SIM-0002"], 5)[1])
    assert not np.allclose(alone, patient_normals(["SIM-0002"], 6)[0])


def test_weighted_sum_is_the_matrix_product():
    columns = generator(1).standard_normal((7, 3))
    np.testing.assert_allclose(weighted_sum(columns, [1.0, -2.0, 0.5]), columns @ [1.0, -2.0, 0.5])


def test_unknown_hospital_names_the_nearest():
    from scripts.errors import InputError

    with pytest.raises(
        InputError, match="hospital: expected one of development, external, found 'extern'.*'external'"
    ):
        find_hospital("extern")
