"""The paper's own tests on its own counts, corrections by hand, and what a comparison says of groups that it knows."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.papers.covid_ct.compare_groups import flow, measured_patients
from scripts.papers.covid_ct.comparisons import (
    COLUMNS,
    compare_columns,
    compare_numbers,
    compare_proportion,
    compare_volumes,
    corrected,
    has_it,
)
from scripts.papers.covid_ct.names import VOLUME_FAMILIES
from tests.unit.papers.covid_ct.conftest import made_up_measures, tables_of


def test_ground_glass_of_table_2(settings):
    # 38 of 52 against 57 of 80; R: chisq.test(correct = FALSE) 0.8194, fisher.test 0.8457, odds ratio 1.094
    # (tests/reference)
    row = compare_proportion((38, 57), (52, 80), settings)
    assert row["p_value"] == pytest.approx(0.81937815738636)
    assert row["p_beside"] == pytest.approx(0.84565258587131)
    assert row["further"] == pytest.approx(1.09446241269258, rel=1e-4)
    assert row["effect"] == pytest.approx(38 / 52 - 57 / 80)
    assert row["verdict"] == "alike"
    assert (row["margin_low"], row["margin_high"]) == (-0.2, 0.2)


def test_a_small_group_leaves_it_open(settings):
    assert compare_proportion((5, 6), (10, 12), settings)["verdict"] == "open"
    assert compare_proportion((45, 20), (50, 50), settings)["verdict"] == "different"


def test_normal_values_go_to_student_and_skewed_ones_to_mann_whitney(settings):
    random = np.random.default_rng(4)
    normal = compare_numbers(random.normal(0, 1, 60), random.normal(0, 1, 60), settings)
    assert normal["test"] == "student"
    assert normal["beside"] == "mann_whitney"
    assert normal["alike_scale"] == "difference of means"
    skewed = compare_numbers(np.exp(random.normal(0, 1, 60)), np.exp(random.normal(1.5, 1, 60)), settings)
    assert (skewed["test"], skewed["alike_scale"]) == ("mann_whitney", "probability of superiority")
    assert skewed["verdict"] == "different"
    assert skewed["effect"] < 0.5  # less in the first group


def test_missing_values_take_no_part(settings):
    row = compare_numbers(np.array([1.0, np.nan, 3]), np.array([2.0, 5, 8, np.nan]), settings)
    assert (row["n_covid"], row["n_other"]) == (2, 3)
    assert (row["median_covid"], row["median_other"]) == (2, 5)
    clinical = pd.DataFrame(
        {"group": ["covid", "covid", "other", "other"], "fever": ["yes", None, "no", "yes"]}
    )
    (row,) = compare_columns(clinical, ["fever", "age"], "characteristics", settings)
    assert (row["x_covid"], row["n_covid"], row["x_other"], row["n_other"]) == (1, 1, 1, 2)
    assert has_it(clinical, "fever").isna().tolist() == [False, True, False, False]
    assert has_it(pd.DataFrame({"sex": ["F", "M"]}), "sex").tolist() == [1.0, 0.0]


def test_corrections_are_within_a_family():
    rows = [{"family": "a", "quantity": str(k), "p_value": p} for k, p in enumerate([0.01, 0.04, 0.03])]
    rows += [
        {"family": "b", "quantity": "x", "p_value": 0.04},
        {"family": "b", "quantity": "y", "p_value": np.nan},
    ]
    table = corrected(rows)
    assert list(table) == list(COLUMNS)
    # Holm: 3 x 0.01, 2 x 0.03, then max(0.06, 0.04); Benjamini-Hochberg: 0.03, 0.04, min(0.04, 0.045)
    assert table["p_holm"].tolist()[:4] == pytest.approx([0.03, 0.06, 0.06, 0.04])
    assert table["q_value"].tolist()[:4] == pytest.approx([0.03, 0.04, 0.04, 0.04])
    assert np.isnan(table["p_holm"].iloc[4])


def test_every_volume_is_compared_and_regions_that_nobody_has_are_not(drawn, settings):
    measures, group = made_up_measures(drawn), drawn["group"]
    rows = corrected(compare_volumes(measures, group, 4, settings))
    counts = rows.groupby("family").size().to_dict()
    assert counts == {
        "lobe_volume": 5, "lobe_percent": 5, "segment_volume": 18, "segment_percent": 18, "whole_volume": 1,
        "whole_percent": 1, "window_volume": 4, "window_percent": 4, "lobe_window_volume": 20, "lobe_window_percent":
        20,
    }  # fmt: skip
    assert set(counts) == set(VOLUME_FAMILIES)
    without = corrected(compare_volumes(made_up_measures(drawn, lobes=False), group, 4, settings))
    assert set(without["family"]) == {"whole_volume", "whole_percent", "window_volume", "window_percent"}


def test_the_planted_lobe_differs(made_up_tables):
    table = made_up_tables["comparisons"].set_index("quantity")
    assert table.loc["lesion_ml|left_lower", "effect"] < 0.4
    assert table.loc["lesion_ml|left_lower", "p_holm"] < 0.05


def test_only_measured_patients_of_a_known_group_are_compared(drawn):
    clinical = drawn[["patient", "group"]].copy()
    clinical.loc[0, "group"] = None
    table = measured_patients(clinical, made_up_measures(drawn).iloc[:100])
    assert len(table) == 99
    with pytest.raises(
        InputError, match="expected measured patients of both groups, found 51 covid, 0 other"
    ):
        measured_patients(clinical, made_up_measures(drawn).iloc[:52])


def test_flow_counts_who_failed_before_and_after_admission(drawn):
    clinical = drawn[["patient", "group"]].iloc[:10].assign(group=["covid"] * 4 + ["other"] * 6)
    ledger = pd.DataFrame({"patient": ["X", "T-003"], "cause": ["", ""], "excluded_from": ["all", "all"]})
    table = clinical[clinical["patient"] != "T-003"]
    found = flow(ledger, clinical, table)
    assert found.set_index(["step", "group"])["n"].to_dict() == {
        ("in the sheet", "all"): 11, ("excluded", "all"): 2, ("measured", "all"): 9,
        ("compared", "covid"): 3, ("compared", "other"): 6,
    }  # fmt: skip


def test_tables_without_maps_of_lobes(drawn, settings, reported):
    tables = tables_of(drawn, settings, reported, lobes=False)
    assert not tables["comparisons"]["quantity"].str.contains("right_|left_").any()
