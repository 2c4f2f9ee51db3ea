"""The evaluation tables of one cohort: who is in them, what enters Table 2, what is left out and said so."""

import numpy as np
import pandas as pd
import pytest

from scripts.papers.crc_nomogram import evaluation
from scripts.papers.crc_nomogram.describe_cohort import WITH_SURVIVAL, baseline_table, flow_table
from scripts.papers.crc_nomogram.evaluate_model import stage_only_risk


@pytest.fixture(scope="module")
def table(study):
    """Outcome table of the primary cohort; the score is a planted feature."""
    features, clinical = study
    score = features.iloc[:, 4] - 5
    scores = pd.DataFrame(
        {
            "patient": features["patient"],
            "cohort": clinical["cohort"],
            "rad_score": score,
            "risk_group": np.where(score > 0, "high", "low"),
            "linear_predictor": 0.8 * score + 0.7 * clinical["tnm_stage"],
        }
    )
    everybody = evaluation.outcome_table(clinical, scores)
    return everybody[everybody["cohort"] == "primary"].reset_index(drop=True)


def test_the_outcome_table_holds_patients_with_follow_up(table):
    assert len(table) == 159
    assert set(table["recurrence"]) == {0, 1}


def test_groups_are_counted_and_high_risk_has_the_higher_hazard(table):
    row = evaluation.risk_group_table(table).iloc[0]
    assert row["n_low"] + row["n_high"] == 159
    assert row["events_low"] + row["events_high"] == table["recurrence"].sum()
    assert row["hazard_ratio"] > row["ci_low"] > 1
    # swapping the names of the groups turns the ratio over
    swapped = table.assign(risk_group=table["risk_group"].map({"low": "high", "high": "low"}))
    assert evaluation.risk_group_table(swapped).iloc[0]["hazard_ratio"] == pytest.approx(
        1 / row["hazard_ratio"]
    )


def test_one_empty_group_gives_counts_and_no_ratio(table):
    row = evaluation.risk_group_table(table.assign(risk_group="low")).iloc[0]
    assert row["n_high"] == 0
    assert "hazard_ratio" not in row
    assert "chi_square" not in row


def test_a_group_without_events_gets_a_test_and_no_ratio(table):
    kept = table[(table["risk_group"] == "high") | (table["recurrence"] == 0)]
    row = evaluation.risk_group_table(kept).iloc[0]
    assert row["events_low"] == 0
    assert "hazard_ratio" not in row
    assert row["log_rank_p_value"] < 0.05


def test_table_2_enters_what_is_significant_alone_or_everything(table):
    significant = evaluation.cox_table(table, 0.05, "significant")
    alone = significant[significant["analysis"] == "univariable"].set_index("covariate")
    together = significant[significant["analysis"] == "multivariable"]
    assert set(together["covariate"]) == set(alone.index[alone["p_value"] < 0.05])
    assert "risk_group" in set(together["covariate"])
    everything = evaluation.cox_table(table, 0.05, "all")
    assert set(everything.loc[everything["analysis"] == "multivariable", "covariate"]) == set(alone.index)


def test_table_2_counts_complete_cases(table):
    rows = evaluation.cox_table(table, 0.05, "all").set_index(["analysis", "covariate"])
    assert rows.loc[("univariable", "differentiation"), "n"] == 157
    assert rows.loc[("univariable", "age"), "n"] == 159
    assert (rows.loc["multivariable", "n"] == 157).all()


def test_a_covariate_that_cannot_be_fitted_keeps_its_row_with_the_cause(table):
    rows = evaluation.cox_table(table.assign(sex="F"), 0.05, "significant").set_index(
        ["analysis", "covariate"]
    )
    assert rows.loc[("univariable", "sex"), "cause"] != ""
    assert np.isnan(rows.loc[("univariable", "sex"), "hazard_ratio"])


def test_models_are_compared_on_the_same_staged_patients(study):
    _, clinical = study
    table = evaluation.followed(clinical)
    assert evaluation.staged(table)["patient"].tolist() == [p for p in table["patient"] if p != "T-210"]


def test_a_model_with_a_missing_score_is_not_compared(table):
    assert set(evaluation.models_of(table)) == {"nomogram", "rad_score", "tnm_stage"}
    assert set(evaluation.models_of(table.assign(linear_predictor=np.nan))) == {"rad_score", "tnm_stage"}


def test_stage_alone_ranks_risks_by_stage(table):
    risk = stage_only_risk(table, table, 60.0)
    by_stage = pd.Series(risk).groupby(table["tnm_stage"]).mean()
    assert by_stage.is_monotonic_increasing
    assert ((risk > 0) & (risk < 1)).all()


def test_table_1_and_the_flow_count_everybody_once(study, table):
    features, clinical = study
    scores = pd.DataFrame({"patient": clinical["patient"][3:], "risk_group": ["low", "high"] * 123 + ["low"]})
    ledger = pd.DataFrame(
        {
            "patient": ["T-000", "T-001", "T-002", "T-005", "T-200"],
            "cohort": ["primary"] * 4 + ["validation"],
            "excluded_from": ["all"] * 3 + ["survival"] * 2,
        }
    )
    flow = flow_table(ledger, clinical, scores).set_index(["cohort", "step"])["n"]
    assert flow["primary"].to_dict() | {"recurrences": 0} == {
        "in the sheet": 160, "excluded": 3, "scored": 157, "without follow-up": 1, "with follow-up": 156,
        "with follow-up and TNM stage": 156, "recurrences": 0,
    }  # fmt: skip
    assert flow["validation", "with follow-up and TNM stage"] == 88
    described = baseline_table(clinical[3:], scores).set_index(["cohort", "variable", "level"])
    counted = described.loc[("primary", "n", ""), ["low", "high"]].astype(int).sum()
    assert counted == 157
    assert described.loc[("primary", WITH_SURVIVAL, ""), ["low", "high"]].astype(int).sum() == 156
