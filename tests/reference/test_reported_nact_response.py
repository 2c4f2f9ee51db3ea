"""The study's printed numbers against one another: Table 2 rebuilt from its counts, Table 3 from 23 and 30 patients.

Where they disagree, the exception stands here and in `checks` or `disagreements` of
resources/reported/nact_response.yaml.
"""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import yaml

from scripts.radiomics.features import FEATURE_NAMES
from scripts.statistics.baseline_table import compare_counts

REPORTED = yaml.safe_load(
    (Path(__file__).parents[2] / "resources" / "reported" / "nact_response.yaml").read_text(encoding="utf-8")
)
VALUES = {key: entry["value"] for key, entry in REPORTED["values"].items()}
COHORTS = ("development", "testing")
# column, variable, level: the printed percentage is not the count's, rounded
ROUNDED_OTHERWISE = {
    ("development", "Miller Payne", "3"),
    ("all", "Molecular subtypes", "Luminal A"),
    ("testing", "Molecular subtypes", "Luminal A"),
}
CATEGORICAL = ("Menopausal status", "Family history", "Miller Payne", "Molecular subtypes")


def rows_of(variable):
    return [row for row in REPORTED["table_2"] if row["variable"] == variable]


def counts_of(variable):
    return np.array([[row[cohort][0] for cohort in COHORTS] for row in rows_of(variable)])


def test_every_value_says_where_it_is_printed():
    assert all(set(entry) == {"value", "where"} and entry["where"] for entry in REPORTED["values"].values())
    assert all(set(entry) == {"where", "printed", "found"} for entry in REPORTED["disagreements"])


def test_the_flow_of_figure_2_adds_up():
    for cohort in COHORTS:
        lost = sum(value for key, value in VALUES.items() if key.startswith(f"n_excluded.{cohort}."))
        assert VALUES[f"n_collected.{cohort}"] - lost == VALUES[f"n_patients.{cohort}"]
    for kind in ("n_collected", "n_patients"):
        assert sum(VALUES[f"{kind}.{cohort}"] for cohort in COHORTS) == VALUES[f"{kind}.all"]


def test_responders_are_the_miller_payne_grades_4_and_5():
    counts = counts_of("Miller Payne")
    assert counts[3:].sum() == VALUES["n_responders.all"] == 44
    assert counts[:3].sum() == VALUES["n_nonresponders.all"] == 70
    assert counts[3:].sum(axis=0).tolist() == [21, 23]


@pytest.mark.parametrize("variable", CATEGORICAL)
def test_table_2_counts_and_percentages(variable):
    for row in rows_of(variable):
        assert sum(row[cohort][0] for cohort in COHORTS) == row["all"][0]
        for column, size in (("all", 114), ("development", 61), ("testing", 53)):
            count, percent = row[column]
            rounded = math.floor(100 * count / size + 0.5)
            assert (percent != rounded) == ((column, variable, row["level"]) in ROUNDED_OTHERWISE)
    assert counts_of(variable).sum(axis=0).tolist() == [61, 53]


@pytest.mark.parametrize("variable", CATEGORICAL)
def test_table_2_p_values_come_out_of_its_counts(variable):
    found = compare_counts(counts_of(variable), "fisher_when_sparse", seed=1).p_value
    tolerance = 0.005 if variable == "Miller Payne" else 0.0005  # Fisher's from drawn tables
    assert found == pytest.approx(float(rows_of(variable)[0]["p"]), abs=tolerance)


def test_feature_classes_are_pyradiomics_without_ngtdm():
    classes = [name.split("_")[1] for name in FEATURE_NAMES]
    printed = {
        key.removeprefix("n_features."): n for key, n in VALUES.items() if key.startswith("n_features.")
    }
    assert printed.pop("all") == sum(printed.values()) == sum(c != "ngtdm" for c in classes) == 102
    assert printed == {c: classes.count(c) for c in classes if c != "ngtdm"}


@pytest.mark.parametrize("row", REPORTED["table_3"], ids=lambda row: row["model"])
def test_table_3_is_of_23_responders_and_30_nonresponders(row):
    true_positive, true_negative = round(23 * row["sensitivity"]), round(30 * row["specificity"])
    false_positive, false_negative = 30 - true_negative, 23 - true_positive
    expected = {
        "sensitivity": true_positive / 23,
        "specificity": true_negative / 30,
        "ppv": true_positive / (true_positive + false_positive),
        "npv": true_negative / (true_negative + false_negative),
    }
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=0.00051)


@pytest.mark.parametrize("row", REPORTED["table_3"], ids=lambda row: row["model"])
def test_table_3_calls_the_standard_error_sd_and_the_half_width_se(row):
    reach = [1.96 * (row["sd"] + sign * 0.0005) for sign in (-1, 1)]
    assert reach[0] - 0.0005 <= row["se"] <= reach[1] + 0.0005
    area = row["auc"]  # Hanley and McNeil 1982, equation 1
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + 22 * (q1 - area**2) + 29 * (q2 - area**2)) / (23 * 30)
    assert math.sqrt(variance) == pytest.approx(row["sd"], abs=0.005)


@pytest.mark.parametrize("row", REPORTED["table_3"][:-1], ids=lambda row: row["model"])
def test_table_3_p_values_are_possible_against_the_full_model(row):
    """The standard error that P implies lies between those of fully correlated and opposed areas."""
    from scipy.stats import norm

    full = REPORTED["table_3"][-1]
    implied = (full["auc"] - row["auc"]) / norm.isf(float(row["p"]) / 2)
    assert abs(full["sd"] - row["sd"]) <= implied <= full["sd"] + row["sd"]
    assert full["p"] == ""


def test_where_the_text_contradicts_table_3():
    differs = {
        row["model"] for row in REPORTED["table_3"] if VALUES[f"auc_text.{row['model']}"] != row["auc"]
    }
    assert differs == {"follow_up", "delta", "jacobian"}


def test_in_plane_resolution_is_the_field_of_view_over_the_matrix():
    table = {row["parameter"]: row for row in REPORTED["table_1"]}
    for cohort, axis in product(COHORTS, (0, 1)):
        pixel = table["field_of_view_mm"][cohort][axis] / table["matrix"][cohort][axis]
        assert table["in_plane_mm"][cohort][axis] == pytest.approx(pixel, abs=5e-5)


def test_the_examples_of_figure_6_fall_the_other_way():
    before, after = VALUES["example.autocorrelation.responder"]
    other_before, other_after = VALUES["example.autocorrelation.nonresponder"]
    assert round(100 * (before - after) / before) == 35
    assert round(100 * (other_before - other_after) / other_before) == 73
