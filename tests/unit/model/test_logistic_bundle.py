"""The frozen logistic score: what it refuses, and that it comes back bit for bit."""

import json

import pandas as pd
import pytest

from scripts.errors import FaultList, InputError
from scripts.model.logistic_bundle import (
    apply_logistic_bundle,
    read_logistic_bundle,
    transformed,
    write_logistic_bundle,
)


@pytest.fixture
def bundle():
    return {
        "schema_version": 1,
        "paper": "made_up",
        "source": {"kind": "fitted", "text": "Fitted."},
        "created_from": {"n": 20, "n_positive": 8, "training_digest": None, "code": None, "seed": 1},
        "positive": "disease",
        "preparation": {"measurement": {"edges_hu": [-750, 50]}},
        "features": [
            {"name": "a", "transform": "none", "mean": 0.1, "sd": 1 / 3, "coefficient": 0.7},
            {"name": "b", "transform": "log1p", "mean": 2.0, "sd": 1.0, "coefficient": -0.25},
        ],
        "intercept": -0.1,
        "c": 0.1,
        "cutoff": {"value": 0.2, "rule": "Youden"},
        "validation": {"auc": 0.7, "ci_low": 0.6, "ci_high": 0.8, "p_permutation": 0.01},
    }


def test_it_comes_back_as_it_went(bundle, tmp_path):
    write_logistic_bundle(bundle, tmp_path / "model.json")
    assert read_logistic_bundle(tmp_path / "model.json") == bundle


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b["features"].append(b["features"][0]), "features: 'a' stands 2 times"),
        (lambda b: b["features"][0].update(sd=0), "features/0/sd"),
        (lambda b: b["features"][0].update(transform="log"), "features/0/transform"),
        (lambda b: b.update(cutof=1), "Did you mean 'cutoff'"),
        (lambda b: b["created_from"].update(n_positive=20), "no training case of the other class"),
        (lambda b: b["validation"].update(ci_low=0.9), "ci_low is above ci_high"),
        (lambda b: b.update(features=[]), "features"),
    ],
)
def test_every_fault_is_named(change, message, bundle, tmp_path):
    change(bundle)
    (tmp_path / "model.json").write_text(json.dumps(bundle))
    with pytest.raises(FaultList, match=message.replace("(", r"\(")):
        read_logistic_bundle(tmp_path / "model.json")


def test_patients_that_cannot_be_scored(bundle):
    values = pd.DataFrame({"patient": ["A"], "a": [1.0], "b": [0.0]})
    assert len(apply_logistic_bundle(bundle, values, bundle["preparation"])) == 1
    with pytest.raises(InputError, match="edges_hu: model"):
        apply_logistic_bundle(bundle, values, {"measurement": {"edges_hu": [-700, 50]}})
    with pytest.raises(InputError, match="none for b"):
        apply_logistic_bundle(bundle, values.drop(columns="b"))
    with pytest.raises(InputError, match="several of A"):
        apply_logistic_bundle(bundle, pd.concat([values, values]))
    for bad in (-1.0, float("inf")):
        with pytest.raises(InputError, match="values of the score, b"):
            transformed(values.assign(b=bad), bundle["features"])
