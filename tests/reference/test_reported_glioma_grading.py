"""The study's printed numbers against one another: what they can be shares of, and what folds of 13 patients can give.

Where they disagree it stands in `checks` or `disagreements` of resources/reported/glioma_grading.yaml.
"""

import itertools
from pathlib import Path

import numpy as np
import pytest
import yaml

REPORTED = yaml.safe_load(
    (Path(__file__).parents[2] / "resources" / "reported" / "glioma_grading.yaml").read_text(encoding="utf-8")
)
VALUES = {key: entry["value"] for key, entry in REPORTED["values"].items()}
COUNTS = {g: VALUES[f"n_patients.grade_{g}"] for g in (2, 3, 4)}
TOTAL = VALUES["n_patients.all"]


def can_be(share, n, digits=3):
    """Whether a share as printed is k of n for a whole k."""
    return any(round(k / n, digits) == share for k in range(n + 1))


def test_every_value_says_where_it_is_printed():
    for entry in REPORTED["values"].values():
        assert {"value", "where"} <= set(entry) <= {"value", "where", "sd"}
        assert entry["where"]
    assert all(set(entry) == {"where", "printed", "found"} for entry in REPORTED["disagreements"])


def test_the_counts_add_up():
    assert sum(COUNTS.values()) == TOTAL
    assert VALUES["n_operations"] + 1 == VALUES["expansion"]
    # 'therefore contained over 1000 images in each class'
    assert {g: 57 * n for g, n in COUNTS.items()} == {2: 1710, 3: 2451, 4: 3249}


def test_the_printed_sensitivities_are_no_shares_of_patients_but_may_be_of_their_augmented_images():
    for row in REPORTED["by_grade"]:
        n = COUNTS[row["grade"]]
        assert not can_be(row["sensitivity"], n)
        assert can_be(row["sensitivity"], 57 * n)
        assert not can_be(row["accuracy"], TOTAL)
        assert can_be(row["accuracy"], 57 * TOTAL)
        assert can_be(row["specificity"], 57 * (TOTAL - n))


def test_what_the_disagreements_say_of_the_nearest_shares_is_so():
    assert round(29 / 30, 3) == 0.967
    assert [round(k / 43, 3) for k in (41, 42)] == [0.953, 0.977]
    assert round(56 / 57, 3) == 0.982
    assert round(128 / 130, 3) == 0.985


def test_accuracy_sensitivity_and_specificity_of_a_grade_agree_with_one_another():
    for row in REPORTED["by_grade"]:
        n = COUNTS[row["grade"]]
        accuracy = (row["sensitivity"] * n + row["specificity"] * (TOTAL - n)) / TOTAL
        assert accuracy == pytest.approx(row["accuracy"], abs=0.001)


def test_the_sensitivities_give_the_overall_accuracy():
    right = sum(row["sensitivity"] * COUNTS[row["grade"]] for row in REPORTED["by_grade"])
    assert right / TOTAL == pytest.approx(VALUES["accuracy.transferred"], abs=0.001)


def test_ten_folds_of_13_patients_with_a_mean_near_the_printed_one_have_an_sd_of_3_5_percent_at_least():
    spreads = []
    for errors in itertools.combinations_with_replacement(range(4), 10):
        accuracy = 1 - np.array(errors) / 13
        if abs(accuracy.mean() - VALUES["accuracy.transferred"]) < 0.004:
            spreads.append(accuracy.std(ddof=0))
    assert len(spreads) == 3  # three errors in three folds, two, or one
    assert min(spreads) == pytest.approx(0.035, abs=0.0005)
    assert min(spreads) / np.sqrt(10) == pytest.approx(0.011, abs=0.0005)
    assert min(spreads) > 3 * REPORTED["values"]["accuracy.transferred"]["sd"]


def test_always_naming_the_commonest_grade_is_right_in_44_percent():
    assert max(COUNTS.values()) / TOTAL == pytest.approx(0.438, abs=0.0005)
    assert VALUES["accuracy.unaugmented"] > 0.438
