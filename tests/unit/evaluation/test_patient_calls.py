"""Calls of patients by the mean of their samples: by hand."""

import pandas as pd
import pytest

from scripts.evaluation.patient_calls import calls_by_patient


def test_a_patient_is_called_by_the_mean_of_its_samples():
    """P1: (0.9 + 0.3 + 0.45) / 3 = 0.55, though two of three samples are called b; P3: a tie is the first class's."""
    table = pd.DataFrame(
        {"patient": ["P2", "P1", "P1", "P1", "P3"], "label": [None, "a", None, "a", "b"],
         "p_a": [0.1, 0.9, 0.3, 0.45, 0.5], "p_b": [0.9, 0.1, 0.7, 0.55, 0.5]}
    )  # fmt: skip
    found = calls_by_patient(table, ("a", "b")).set_index("patient")
    assert list(found.index) == ["P1", "P2", "P3"]
    assert found["samples"].tolist() == [3, 1, 1]
    assert found["p_a"].tolist() == pytest.approx([0.55, 0.1, 0.5])
    assert found["p_b"].tolist() == pytest.approx([0.45, 0.9, 0.5])
    assert found["predicted"].tolist() == ["a", "b", "a"]
    assert found["label"].isna().tolist() == [False, True, False]
    assert found.loc["P1", "label"] == "a"


def test_a_patient_with_samples_of_two_classes_has_no_class():
    table = pd.DataFrame({"patient": ["P1", "P1"], "label": ["a", "b"], "p_a": [0.2, 0.4], "p_b": [0.8, 0.6]})
    assert calls_by_patient(table, ("a", "b"))["label"].tolist() == ["several"]
