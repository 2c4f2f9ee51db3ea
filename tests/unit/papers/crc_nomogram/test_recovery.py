"""Planted against found: rows by hand."""

import numpy as np
import pandas as pd
import pytest

from scripts.papers.crc_nomogram.assess_recovery import factor_table, hallmark_recovery, survival_recovery
from scripts.papers.crc_nomogram.correlate_hallmarks import hallmark_correlation

TRUTH = {"expression": {"planted": {"A": {}, "B": {}}, "others": ["C", "D", "E"]}}


def test_hallmark_shares_and_their_chance_by_hand():
    table = pd.DataFrame(
        {
            "hallmark": list("AABBCCDDEE"),
            "feature": ["f", "g"] * 5,
            "displayed": [True, True, False, False, True, True, False, False, False, False],
        }
    )
    planted, others = hallmark_recovery(table, TRUTH, 0.05)
    assert (planted["planted"], planted["estimate"]) == (1.0, 0.5)
    assert others["estimate"] == pytest.approx(1 / 3)
    assert others["planted"] == pytest.approx(1 - 0.95**2)  # one P < 0.05 among two features


def test_a_hallmark_is_displayed_for_one_significant_feature():
    rng = np.random.default_rng(4)
    driver = rng.normal(size=53)
    scores = pd.DataFrame({"A": driver + 0.1 * rng.normal(size=53), "C": rng.normal(size=53)})
    features = pd.DataFrame({"f": driver, "g": rng.normal(size=53)})
    table = hallmark_correlation(scores, features, 0.001)
    assert table.set_index(["hallmark", "feature"])["significant"].to_dict()[("A", "f")]
    assert set(table.loc[table["displayed"], "hallmark"]) == {"A"}
    assert (table.groupby("hallmark")["displayed"].nunique() == 1).all()


def test_mean_survival_is_compared_with_the_truth_at_the_same_time():
    n = 40
    training = pd.DataFrame({"dfs_months": np.arange(1.0, n + 1), "recurrence": [1, 0] * (n // 2)})
    table = pd.DataFrame({"survival_36m": np.full(n, 0.7), "true_survival_36m": np.full(n, 0.6)})
    (row,) = survival_recovery(table, training, "validation", [36.0, 60.0])
    assert (row["planted"], row["estimate"]) == pytest.approx((0.6, 0.7))
    assert row["ci_low"] < 0.7 < row["ci_high"]
    assert "0.100" in row["note"]


def test_the_factor_that_a_feature_follows_is_marked_once():
    rng = np.random.default_rng(5)
    latents = pd.DataFrame(rng.normal(size=(30, 2)), columns=["size", "necrosis"])
    latents.insert(0, "patient", [f"P{i}" for i in range(30)])
    latents["scanner"] = "one"
    features = pd.DataFrame(
        {"patient": latents["patient"], "x": -latents["size"] + 0.2 * rng.normal(size=30)}
    )
    table = factor_table(features, latents, ["x"])
    assert table.loc[table["strongest"], "factor"].tolist() == ["size"]
    assert table.loc[table["strongest"], "r"].item() < -0.9
    assert set(table["factor"]) == {"size", "necrosis"}
