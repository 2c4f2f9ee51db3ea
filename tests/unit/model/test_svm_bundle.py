"""The frozen support vector machines: the very same scores after a round trip, every fault at once."""

import json

import numpy as np
import pandas as pd
import pytest

from scripts.classification.inclusion import SvmSettings
from scripts.classification.selection import fit_classifier
from scripts.errors import InputError
from scripts.model import svm_bundle as frozen

SETTINGS = SvmSettings(n_folds=3, c_grid=(1.0, 8.0), gamma_grid=(1.0,), max_features=4, step=0.2)
PREPARATION = {"radiomics": {"bin_count": 32}, "resampling": {"spacing_mm": [1.0, 1.0, 1.0]}}


@pytest.fixture(scope="module")
def patients():
    """40 patients, 12 features of two images; the first of each shifts in responders."""
    rng = np.random.default_rng(6)
    y = (np.arange(40) % 3 == 0).astype(int)
    names = [f"{image}.original_{j}" for image in ("baseline", "jacobian") for j in range(6)]
    values = pd.DataFrame(
        100 * rng.normal(size=(40, 12)), columns=names, index=[f"P{i:02d}" for i in range(40)]
    )
    values.iloc[:, [0, 6]] += 150 * y[:, None]
    return values.rename_axis("patient"), y


@pytest.fixture(scope="module")
def fitted(patients):
    values, y = patients
    return fit_classifier(values.to_numpy(), y, SETTINGS, np.random.default_rng(2))[0]


@pytest.fixture
def bundle(patients, fitted):
    names = [patients[0].columns[j] for j in fitted.columns]
    entry = frozen.model_entry(fitted, names, 0.25, "by hand", 0.8, SETTINGS.to_dict())
    created = {"n": 40, "n_positive": 14, "training_digest": None, "code": None, "seed": 2}
    return frozen.build_svm_bundle(
        "nact_response", {"fusion": entry, "again": entry}, created, PREPARATION, "response"
    )


def test_the_very_same_scores_after_a_round_trip(patients, fitted, bundle, tmp_path):
    values = patients[0]
    frozen.write_svm_bundle(bundle, tmp_path / "model.json")
    scores = frozen.apply_svm_bundle(frozen.read_svm_bundle(tmp_path / "model.json"), values, PREPARATION)
    fusion = scores[scores["model"] == "fusion"]
    np.testing.assert_array_equal(fusion["score"], fitted.score(values.to_numpy()[:, fitted.columns]))
    assert fusion["patient"].tolist() == values.index.tolist()
    np.testing.assert_array_equal(fusion["predicted"], fusion["score"] >= 0.25)
    assert 0 < fusion["predicted"].sum() < 40


def test_the_formula_of_the_schema_by_hand(patients, bundle):
    """intercept + sum_i a_i exp(-gamma |z - s_i|^2), from nothing but the JSON."""
    entry, patient = json.loads(json.dumps(bundle))["models"]["fusion"], patients[0].iloc[5]
    z = [(patient[f"{f['image']}.{f['name']}"] - f["mean"]) / f["sd"] for f in entry["features"]]
    total = entry["intercept"]
    for coefficient, vector in zip(entry["coefficients"], entry["support_vectors"], strict=True):
        distance = sum((a - b) ** 2 for a, b in zip(z, vector, strict=True))
        total += coefficient * np.exp(-entry["gamma"] * distance)
    score = frozen.apply_svm_bundle(bundle, patients[0].iloc[5:6])["score"].iloc[0]
    assert score == pytest.approx(total, rel=1e-12)


def test_a_patient_is_scored_alike_with_and_without_the_others_and_in_any_order_of_columns(patients, bundle):
    values = patients[0]
    everybody = frozen.apply_svm_bundle(bundle, values).set_index(["model", "patient"])["score"]
    alone = frozen.apply_svm_bundle(bundle, values.iloc[[7]][values.columns[::-1]])
    assert alone["score"].tolist() == [everybody["fusion", "P07"], everybody["again", "P07"]]


def test_a_missing_value_is_the_training_mean(patients, fitted, bundle):
    values = patients[0].iloc[:1].copy()
    name = patients[0].columns[fitted.columns[0]]
    missing, mean = values.assign(**{name: np.nan}), values.assign(**{name: fitted.mean[0]})
    assert frozen.apply_svm_bundle(bundle, missing).equals(frozen.apply_svm_bundle(bundle, mean))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda m: m["features"].append(dict(m["features"][0])), r"stands 2 times"),
        (lambda m: m["support_vectors"][0].append(1.0), r"a row has not \d values, one for each feature"),
        (lambda m: m["coefficients"].pop(), r"coefficients: \d+ for \d+ support vectors"),
        (lambda m: m["coefficients"].__setitem__(0, 1e6), r"one is larger than c"),
        (
            lambda m: m.update(gamma=-1.0),
            r"models/fusion/gamma: -1.0 is less than or equal to the minimum of 0",
        ),
        (lambda m: m.update(intercept=float("inf")), r"intercept: inf is not a finite number"),
        (lambda m: m.update(gama=m["gamma"]), r"'gama' was unexpected\).* Did you mean 'gamma'"),
        (lambda m: m.pop("cutoff"), r"'cutoff' is a required property"),
    ],
)
def test_a_damaged_bundle_is_refused(bundle, tmp_path, damage, message):
    broken = json.loads(json.dumps(bundle))
    damage(broken["models"]["fusion"])
    (tmp_path / "model.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match=message):
        frozen.read_svm_bundle(tmp_path / "model.json")


def test_other_settings_of_the_features_are_refused(patients, bundle):
    used = {**PREPARATION, "radiomics": {"bin_count": 64}}
    with pytest.raises(InputError, match=r"radiomics\.bin_count: model 32, features 64"):
        frozen.apply_svm_bundle(bundle, patients[0], used)


def test_faults_of_the_table(patients, bundle):
    values = patients[0]
    absent = frozen.feature_names(bundle["models"]["fusion"])[0]
    with pytest.raises(InputError, match=rf"a column for each feature of the model, found none for {absent}"):
        frozen.apply_svm_bundle(bundle, values.drop(columns=absent))
    with pytest.raises(InputError, match=r"one row a patient, found several of P00"):
        frozen.apply_svm_bundle(bundle, pd.concat([values, values.iloc[:1]]))
    with pytest.raises(InputError, match=r"finite or missing values, found infinite ones"):
        frozen.apply_svm_bundle(bundle, values.replace(values[absent].iloc[0], np.inf))
