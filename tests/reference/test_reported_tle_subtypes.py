"""The study's printed numbers against one another: gains, F1-scores, shares of positive samples, head counts.

Where they disagree it stands in `checks` or `disagreements` of resources/reported/tle_subtypes.yaml.
"""

import pytest
import yaml

from scripts.reported.plausibility import findings
from scripts.reported.printed import read_reported
from scripts.workflow.config import ROOT

PATH = ROOT / "resources/reported/tle_subtypes.yaml"
REPORTED = yaml.safe_load(PATH.read_text(encoding="utf-8"))
VALUES = {key: entry["value"] for key, entry in REPORTED["values"].items()}
ROWS = {row["model"]: row for row in (*REPORTED["table_1"], *REPORTED["table_2"])}
MEASURES = ("accuracy", "recall", "precision", "f1")


def test_every_value_says_where_it_is_printed():
    assert all(set(entry) == {"value", "where"} and entry["where"] for entry in REPORTED["values"].values())
    assert all(set(entry) == {"where", "printed", "found"} for entry in REPORTED["disagreements"])


@pytest.mark.parametrize("other", ["cnn", "svm", "forest", "attn_1", "attn_2"])
@pytest.mark.parametrize("measure", MEASURES)
def test_gains_in_the_text_are_those_of_the_tables(other, measure):
    gain = 100 * (ROWS["msam"][measure] - ROWS[other][measure])
    assert VALUES[f"gain_over_{other}"][measure] == pytest.approx(gain, abs=0.051)


@pytest.mark.parametrize(
    ("model", "f1"),
    [
        ("cnn", 0.899),
        ("svm", 0.241),
        ("forest", 0.731),
        ("msam", 0.908),
        ("attn_1", 0.859),
        ("attn_2", 0.852),
    ],
)
def test_no_printed_f1_is_that_of_precision_and_recall(model, f1):
    row = ROWS[model]
    assert 2 / (1 / row["precision"] + 1 / row["recall"]) == pytest.approx(f1, abs=0.0006)
    assert abs(row["f1"] - f1) > 0.015
    assert (row["f1"] > max(row["precision"], row["recall"])) == (model in ("svm", "forest"))


def test_the_plausibility_check_finds_every_f1_and_nothing_else():
    found = findings(read_reported(PATH))
    assert [f.where for f in found] == ["Table 1"] * 4 + ["Table 2"] * 3
    assert sum("never above both" in f.found for f in found) == 2


@pytest.mark.parametrize(
    ("model", "share"),
    [("cnn", 0.83), ("svm", 0.46), ("forest", 0.34), ("msam", 0.89), ("attn_1", 0.62), ("attn_2", 0.60)],
)
def test_the_share_of_positive_samples_that_each_row_needs(model, share):
    """By counts: of 100,000 samples so many positive give the printed accuracy with the printed recall and
    precision."""
    row, n = ROWS[model], 100_000
    best = min(range(0, n, 100), key=lambda positive: abs(accuracy_of(row, positive, n) - row["accuracy"]))
    assert best / n == pytest.approx(share, abs=0.006)


def accuracy_of(row, positive, n):
    true_positive = row["recall"] * positive
    false_positive = true_positive / row["precision"] - true_positive
    return (true_positive + n - positive - false_positive) / n


def test_no_share_of_32_patients_is_the_printed_accuracy():
    assert all(round(k / 32, 3) != 0.836 for k in range(33))
    assert (26 / 32, round(27 / 32, 3)) == (0.8125, 0.844)


def test_heads_divide_the_last_dense_layer():
    assert all(VALUES["hidden"][-1] % heads == 0 for heads in VALUES["heads_tried"])


def test_minutes_add_up():
    assert (
        VALUES["recordings_of_a_patient"] * VALUES["minutes_of_a_recording"] == VALUES["minutes_of_a_patient"]
    )


def test_a_percentage_of_the_world_is_not_70_million():
    world = 7.8e9  # in 2020
    low, high = (share / 100 * world for share in VALUES["occurrence_percent"])
    assert 490e6 < low < high < 600e6
    assert VALUES["people_with_epilepsy"] < low / 7
