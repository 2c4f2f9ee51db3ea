"""Marginals against the counts of the paper's Table 2."""

import numpy as np
import pytest

from scripts.simulation.nact_response.patients import (
    LIMIT,
    NORMALS,
    clinical_table,
    draw_outcomes,
    patient_normals,
    propensity_distribution,
)
from scripts.simulation.nact_response.response import LATENTS, SUBTYPES, ResponseModel
from scripts.simulation.nact_response.scanners import HOSPITALS

N = 6000
MODEL = ResponseModel()
COHORTS = HOSPITALS["development"]
TABLE_2 = {
    "development": {
        "miller_payne": (6, 10, 24, 5, 16), "subtypes": (9, 30, 13, 9),
        "pre": 23, "family": 16, "n": 61, "age": (49, 27, 66),
    },
    "testing": {
        "miller_payne": (3, 11, 16, 5, 18), "subtypes": (3, 28, 11, 11),
        "pre": 23, "family": 11, "n": 53, "age": (47, 29, 79),
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def normals():
    return np.random.default_rng(5).standard_normal((N, len(NORMALS)))


@pytest.mark.parametrize("cohort", TABLE_2)
def test_marginals_are_those_of_table_2(cohort, normals):
    printed, outcomes = TABLE_2[cohort], draw_outcomes(normals, COHORTS[cohort], MODEL)
    table = clinical_table(outcomes, normals, COHORTS[cohort])
    grades = np.bincount(outcomes.miller_payne, minlength=6)[1:] / N
    np.testing.assert_allclose(grades, np.array(printed["miller_payne"]) / printed["n"], atol=0.025)
    subtypes = np.bincount(outcomes.subtype, minlength=4) / N
    np.testing.assert_allclose(subtypes, np.array(printed["subtypes"]) / printed["n"], atol=0.025)
    assert (table["menopausal_status"] == "pre").mean() == pytest.approx(
        printed["pre"] / printed["n"], abs=0.025
    )
    assert (table["family_history"] == "yes").mean() == pytest.approx(
        printed["family"] / printed["n"], abs=0.025
    )
    mean, low, high = printed["age"]
    assert table["age"].mean() == pytest.approx(mean, abs=0.5)
    assert table["age"].between(low, high).all()
    assert (outcomes.response == (outcomes.miller_payne >= 4)).all()


def test_the_papers_rule_gives_the_subtype_back(normals):
    outcomes = draw_outcomes(normals, COHORTS["development"], MODEL)
    table = clinical_table(outcomes, normals, COHORTS["development"])
    found = []
    for row in table.itertuples():
        hormone = "positive" in (row.er, row.pr)
        if not hormone:
            found.append("her2_enriched" if row.her2 == "positive" else "basal_like")
        else:
            found.append("luminal_b" if row.her2 == "positive" or row.ki67 > 14 else "luminal_a")
    assert found == [SUBTYPES[k] for k in outcomes.subtype]
    assert table["ki67"].between(0, 100).all()
    luminal = np.isin(outcomes.subtype, (0, 1))
    assert 0.9 < (table.loc[luminal, "er"] == "positive").mean() < 0.99  # some are PR-positive alone
    b = outcomes.subtype == 1
    assert (table.loc[b, "her2"] == "positive").mean() == pytest.approx(0.4, abs=0.04)


def test_the_distribution_of_the_propensity(normals):
    mix = COHORTS["testing"]
    propensity = draw_outcomes(normals, mix, MODEL).propensity
    for value in (-2.0, 0.0, 1.0):
        assert propensity_distribution(value, mix, MODEL) == pytest.approx(
            (propensity <= value).mean(), abs=0.02
        )


def test_subtypes_change_the_chance_of_response(normals):
    outcomes = draw_outcomes(normals, COHORTS["development"], MODEL)
    rates = [outcomes.response[outcomes.subtype == k].mean() for k in range(4)]
    assert rates[0] < rates[1] < rates[2] < rates[3]
    without = ResponseModel(subtype=dict.fromkeys(SUBTYPES, 0.0))
    flat = draw_outcomes(normals, COHORTS["development"], without)
    assert np.ptp([flat.response[flat.subtype == k].mean() for k in range(4)]) < 0.06


def test_factors_are_drawn_in(normals):
    wild = normals.copy()
    wild[0, :] = 7.0
    outcomes = draw_outcomes(wild, COHORTS["development"], MODEL)
    assert np.abs(outcomes.latents).max() == LIMIT == 2.5
    assert outcomes.latents.shape == (N, len(LATENTS))


def test_dates_sides_and_ages(normals):
    outcomes = draw_outcomes(normals, COHORTS["development"], MODEL)
    table = clinical_table(outcomes, normals, COHORTS["development"])
    wait = (
        table["follow_up_date"].astype("datetime64[s]") - table["baseline_date"].astype("datetime64[s]")
    ).dt.days
    assert wait.between(38, 55).all()
    assert set(table["side"]) == {"left", "right"}
    means = table.groupby("menopausal_status")["age"].mean()
    assert means["post"] > means["pre"] + 6


def test_a_patient_depends_on_its_id_and_the_seed_alone():
    many = patient_normals(["A", "B", "C"], 3)
    np.testing.assert_array_equal(patient_normals(["C", "A"], 3), many[[2, 0]])
    assert not np.isclose(patient_normals(["A"], 4), many[0]).any()
