"""The combined score: its values, its performance on known groups, and recovery of what was planted."""

import numpy as np
import pandas as pd
import pytest

from scripts.model.logistic_bundle import apply_logistic_bundle
from scripts.papers.covid_ct.apply_score import performance_of
from scripts.papers.covid_ct.assess_recovery import comparison_rows, measurement_rows, score_rows
from scripts.papers.covid_ct.combined_score import candidate_features, feature_values, known_features
from scripts.quantification.lung_regions import SEGMENTS
from tests.unit.papers.covid_ct.conftest import made_up_measures


def test_values_are_findings_and_volumes(drawn):
    features = candidate_features(4)
    assert len(features) == 8 + 5 + 4
    values = feature_values(drawn.merge(made_up_measures(drawn), on="patient"), features)
    assert values["air_bronchogram"].tolist() == (drawn["air_bronchogram"] == "yes").astype(float).tolist()
    assert values["lesion_ml|left_lower"].tolist() == pytest.approx(
        drawn[["ml_left_6", "ml_left_7_8", "ml_left_9", "ml_left_10"]].sum(axis=1).tolist()
    )
    without = feature_values(drawn.merge(made_up_measures(drawn, lobes=False), on="patient"), features)
    assert len(known_features(without, features)) == 12
    assert feature_values(drawn[["patient"]], features).isna().sum().sum() == 17 * len(drawn)


def test_a_score_by_hand(bundle):
    values = pd.DataFrame(
        {"patient": ["A", "B"], "air_bronchogram": [1.0, np.nan], "lesion_ml|left_lower": [np.e - 1, 0.0],
         "lesion_ml|lung|w1": [5.0, np.nan]}
    )  # fmt: skip
    found = apply_logistic_bundle(bundle, values)
    # A: -0.4 - 0.5 (1 - 0.3) / 0.5 - 0.25 (1 - 2) / 1 = -0.85; B: the finding counts as its mean, -0.4 + 0.25 x 2 = 0.1
    assert found["score"].tolist() == pytest.approx([-0.85, 0.1])
    assert found["probability"].tolist() == pytest.approx([1 / (1 + np.exp(0.85)), 1 / (1 + np.exp(-0.1))])
    assert found["predicted"].tolist() == [0, 1]
    assert found["n_missing"].tolist() == [0, 2]


def test_performance_by_counting():
    table = pd.DataFrame(
        {"group": ["covid", "covid", "covid", "other", "other", None], "score": [2.0, 1, -1, 0, -2, 5],
         "probability": [0.9, 0.7, 0.3, 0.5, 0.1, 0.99], "predicted": [1, 1, 0, 1, 0, 1]}
    )  # fmt: skip
    found = performance_of(table).set_index("measure")
    assert found.loc["auc", "estimate"] == pytest.approx(5 / 6)
    assert found.loc["sensitivity", "estimate"] == pytest.approx(2 / 3)
    assert found.loc["specificity", "estimate"] == pytest.approx(1 / 2)
    assert found.loc["accuracy", "estimate"] == pytest.approx(3 / 5)
    assert found.loc["mean_probability", "estimate"] == pytest.approx(0.5)
    assert not len(performance_of(table.assign(group="covid")))
    assert not len(performance_of(table.assign(group=None)))


def test_a_broken_measurement_is_seen_in_the_recovery(drawn, made_up_tables):
    truths = [
        {"patient": r["patient"], "drawn_ml": {s: r[f"ml_{s}"] for s in SEGMENTS},
         "windows_ml": {s: [0.06 * r[f"ml_{s}"], 0.62 * r[f"ml_{s}"], 0.28 * r[f"ml_{s}"], 0.04 * r[f"ml_{s}"]] for s
         in SEGMENTS}}
        for r in drawn.to_dict("records")
    ]  # fmt: skip
    good = measurement_rows(made_up_tables["volumes"], made_up_tables["how"], truths)
    assert all(row["ok"] for row in good)
    volumes = made_up_tables["volumes"].copy()
    volumes.loc[5, "lesion_ml|right_1"] += 0.5
    broken = {row["quantity"]: row["ok"] for row in measurement_rows(volumes, made_up_tables["how"], truths)}
    assert not broken["Lesion of a segment, ml"]
    how = made_up_tables["how"].assign(air_hu=-980.0, threshold_dice=0.5, lung_mask_dice=0.9)
    broken = {row["quantity"]: row["ok"] for row in measurement_rows(made_up_tables["volumes"], how, truths)}
    assert sum(not ok for ok in broken.values()) == 3


def test_rules_of_the_comparisons(made_up_tables, truth):
    comparisons = made_up_tables["comparisons"]
    for p_holm, ok in ((0.001, True), (0.5, False)):
        rows = {r["quantity"]: r for r in comparison_rows(comparisons.assign(p_holm=p_holm), truth, 0.05)}
        assert rows["Air bronchogram, planted different: P (Holm)"]["ok"] == ok
        assert rows["Left lower lobe, planted different: P (Holm)"]["ok"] == ok
    swapped = comparisons.copy()
    swapped["effect"], swapped["ci_low"], swapped["ci_high"] = (
        -comparisons["effect"], -comparisons["ci_high"], -comparisons["ci_low"],
    )  # fmt: skip
    assert not {r["quantity"]: r for r in comparison_rows(swapped, truth, 0.05)}["Air bronchogram"]["ok"]
    everything = comparisons.assign(p_holm=0.001)
    found = {r["quantity"]: r for r in comparison_rows(everything, truth, 0.05)}
    assert not found["Lobes planted alike that are called different (Holm)"]["ok"]


def test_a_score_above_the_best_possible_or_far_below_it_is_not_recovered(truth):
    def ok(**changes):
        found = {"auc": 0.76, "ci_low": 0.66, "ci_high": 0.86, "p_permutation": 0.01} | changes
        return [row["ok"] for row in score_rows(pd.DataFrame([found]), truth)]

    assert ok() == [True, True]
    assert ok(auc=0.95, ci_low=0.9) == [False, True]
    assert ok(auc=0.60) == [False, True]
    assert ok(p_permutation=0.2) == [True, False]
