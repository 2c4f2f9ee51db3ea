"""The committed inputs are what the recipe writes, and every expected value was made from them."""

from __future__ import annotations

import hashlib
import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOPICS = (
    "calibration", "concordance", "cox", "decision_curve", "group_tests", "hypothesis_tests", "kaplan_meier",
    "lasso_cox", "nomogram", "roc", "svm", "time_roc",
)  # fmt: skip


def test_the_recipe_writes_the_committed_inputs(tmp_path):
    spec = spec_from_file_location("make_reference_inputs", HERE / "make_inputs.py")
    recipe = module_from_spec(spec)
    spec.loader.exec_module(recipe)
    recipe.main(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(made) == {
        "primary.csv", "validation.csv", "wide.csv",
        "folds_primary.csv", "folds_wide.csv", "resamples_primary.csv",
    }  # fmt: skip
    for name, text in made.items():
        assert text == (HERE / "inputs" / name).read_text(), name


@pytest.mark.parametrize("topic", TOPICS)
def test_expected_values_come_from_the_committed_inputs(topic):
    assert (HERE / f"{topic}.R").exists()
    made_with = json.loads((HERE / "expected" / f"{topic}.json").read_text())["made_with"]
    assert made_with["R"]
    assert made_with["packages"]
    for name, digest in made_with["inputs_md5"].items():
        assert hashlib.md5((HERE / "inputs" / name).read_bytes()).hexdigest() == digest, (
            f"{topic}.json was made from another {name}: run the recipes again (README.md)"
        )
