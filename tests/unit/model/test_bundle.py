"""The frozen model: bit-for-bit round trip, every fault at once, and the paper's own score by hand."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.model import bundle as frozen
from scripts.seeds import generator
from scripts.survival.cox import baseline_survival, fit_cox, survival_at
from scripts.survival.signature import SignatureSettings, fit_signature, for_resampling

PUBLISHED = Path(__file__).parents[3] / "resources" / "models" / "crc_nomogram_published.json"
RADIOMICS = {"bin_width": 25.0, "filters": {"original": True}}


@pytest.fixture(scope="module")
def patients():
    """60 + 40 patients, 8 features; the first drives recurrence, as TNM stage does."""
    rng = generator(3, "test_bundle")
    n = 100
    z = rng.normal(size=(n, 8))
    features = pd.DataFrame(50 + 10 * z, columns=[f"original_{j}" for j in range(8)])
    features.insert(0, "patient", [f"P{i:03d}" for i in range(n)])
    stage = rng.integers(1, 5, n)
    recurrence = rng.exponential(1 / (0.002 * np.exp(1.2 * z[:, 0] + 0.7 * stage)))
    censoring = rng.uniform(30, 110, n)
    clinical = pd.DataFrame(
        {
            "patient": features["patient"],
            "cohort": ["primary"] * 60 + ["validation"] * 40,
            "tnm_stage": stage,
            "dfs_months": np.minimum(recurrence, censoring),
            "recurrence": (recurrence <= censoring).astype(int),
        }
    )
    return features, clinical


@pytest.fixture(scope="module")
def fitted(patients):
    features, clinical = patients
    training = clinical.iloc[:60]
    time, event = training["dfs_months"].to_numpy(), training["recurrence"].to_numpy()
    values = features.iloc[:60].set_index("patient")
    signature = fit_signature(values, time, event, for_resampling(SignatureSettings()), generator(1))
    x = pd.DataFrame(
        {"rad_score": signature.training_score.to_numpy(), "tnm_stage": training["tnm_stage"].to_numpy(float)}
    )
    fit = fit_cox(x, time, event)
    return signature, fit, baseline_survival(fit, x, time, event)


@pytest.fixture
def bundle(fitted):
    signature, fit, baseline = fitted
    created = {"n": 60, "events": 30, "training_digest": "ab", "code": "cd", "seed": 1}
    return frozen.build_bundle(signature, fit, baseline, [36, 60], created, RADIOMICS)


def test_scores_are_those_of_the_fit_after_a_round_trip(patients, fitted, bundle, tmp_path):
    features, clinical = patients
    signature, fit, baseline = fitted
    frozen.write_bundle(bundle, tmp_path / "model.json")
    scores = frozen.apply_bundle(frozen.read_bundle(tmp_path / "model.json"), features, clinical, RADIOMICS)
    assert list(scores.columns) == [
        "patient", "cohort", "rad_score", "risk_group", "linear_predictor", "survival_36m", "survival_60m",
    ]  # fmt: skip
    assert scores["patient"].tolist() == clinical["patient"].tolist()
    direct = signature.score(features.set_index("patient"))
    assert scores["rad_score"].tolist() == direct.tolist()  # bit for bit: no patient can change group
    assert scores["risk_group"].tolist() == signature.group(direct).tolist()
    predictor = (
        direct.to_numpy() * fit.coefficients[0] + clinical["tnm_stage"].to_numpy() * fit.coefficients[1]
    )
    np.testing.assert_allclose(scores["linear_predictor"], predictor, rtol=1e-12)
    for months in (36, 60):
        at_zero = baseline.loc[baseline["months"] <= months, "survival"].iloc[-1]
        np.testing.assert_allclose(scores[f"survival_{months}m"], at_zero ** np.exp(predictor), rtol=1e-10)


def test_a_validation_patient_is_scored_alike_with_and_without_the_others(patients, bundle):
    features, clinical = patients
    everybody = frozen.apply_bundle(bundle, features, clinical)
    alone = frozen.apply_bundle(bundle, features.iloc[[77]], clinical.iloc[[77]])
    assert alone.iloc[0].tolist() == everybody.iloc[77].tolist()


def test_the_fit_comes_back_whole(fitted, bundle):
    _, fit, baseline = fitted
    again = frozen.nomogram_fit(bundle)
    np.testing.assert_array_equal(again.coefficients, fit.coefficients)
    np.testing.assert_array_equal(again.covariance, fit.covariance)
    assert (again.n, again.n_events, list(again.covariates)) == (fit.n, fit.n_events, list(fit.covariates))
    np.testing.assert_array_equal(frozen.baseline_of(bundle), baseline[["months", "survival"]])
    predicted = survival_at(frozen.baseline_of(bundle), np.array([0.3]), 60.0)
    np.testing.assert_array_equal(predicted, survival_at(baseline, np.array([0.3]), 60.0))


def test_a_missing_stage_leaves_the_score_and_takes_the_survival(patients, bundle):
    features, clinical = patients
    clinical = clinical.astype({"tnm_stage": "Int64"})
    clinical.loc[3, "tnm_stage"] = pd.NA
    scores = frozen.apply_bundle(bundle, features, clinical)
    assert np.isfinite(scores.loc[3, "rad_score"])
    assert scores.loc[3, ["linear_predictor", "survival_36m", "survival_60m"]].isna().all()
    assert scores.drop(index=3).notna().all().all()


def test_a_nomogram_of_groups_and_stage_levels(patients, fitted, tmp_path):
    features, clinical = patients
    signature = fitted[0]
    names = ["high_risk", "tnm_stage_2", "tnm_stage_3", "tnm_stage_4"]
    high = (signature.group(signature.training_score) == "high").to_numpy(float)
    training = clinical.iloc[:60]
    x = pd.DataFrame(
        {"high_risk": high}
        | {f"tnm_stage_{k}": (training["tnm_stage"] == k).to_numpy(float) for k in (2, 3, 4)}
    )
    time, event = training["dfs_months"].to_numpy(), training["recurrence"].to_numpy()
    fit = fit_cox(x, time, event)
    created = {"n": 60, "events": 30, "training_digest": None, "code": None, "seed": None}
    bundle = frozen.build_bundle(
        signature, fit, baseline_survival(fit, x, time, event), [60.0], created, None
    )
    scores = frozen.apply_bundle(bundle, features, clinical)
    np.testing.assert_allclose(scores["linear_predictor"].iloc[:60], x[names].to_numpy() @ fit.coefficients)


def test_the_published_score_by_hand():
    """Two feature values a and -a in equal halves have SD a * sqrt(n / (n - 1)): z = +-sqrt((n - 1) / n)."""
    model = frozen.read_bundle(PUBLISHED)
    names = list(frozen.rad_score(model).features)
    assert names == [
        "original_shape_Maximum2DDiameterRow",
        "original_firstorder_RobustMeanAbsoluteDeviation",
        "original_glrlm_LongRunLowGrayLevelEmphasis",
        "original_glrlm_RunVariance",
        "original_glszm_SizeZoneNonUniformityNormalized",
    ]
    n = 12
    signs = np.array([[1, 1, 1, 1, 1], [-1, -1, -1, -1, -1], [1, -1, 1, -1, 1], [-1, 1, -1, 1, -1]] * 3)
    features = pd.DataFrame(signs * [30.0, 20.0, 0.1, 5.0, 0.4] + [60.0, 40.0, 0.3, 9.0, 0.5], columns=names)
    features.insert(0, "patient", [f"P{i}" for i in range(n)])
    clinical = pd.DataFrame({"patient": features["patient"], "cohort": "validation"})
    scores = frozen.apply_bundle(model, features, clinical)
    # 0.075 - 0.070 + 0.029 + 0.028 + 0.116 = 0.178;  0.075 + 0.070 + 0.029 - 0.028 + 0.116 = 0.262
    expected = np.array([0.178, -0.178, 0.262, -0.262] * 3) * np.sqrt(11 / 12)
    np.testing.assert_allclose(scores["rad_score"], expected, rtol=1e-12)
    assert scores["risk_group"].tolist() == ["high", "low", "high", "low"] * 3  # cut-off -0.077
    assert list(scores.columns) == ["patient", "cohort", "rad_score", "risk_group"]  # no nomogram is printed


def test_the_order_of_the_feature_table_does_not_matter():
    """Each cohort is scaled by its own patients, whatever the order in which features arrive."""
    model = frozen.read_bundle(PUBLISHED)
    rng = generator(7, "order")
    features = pd.DataFrame(rng.normal(size=(40, 5)), columns=list(frozen.rad_score(model).features))
    features.insert(0, "patient", [f"P{i}" for i in range(40)])
    features.iloc[15:, 1:] += 10.0
    clinical = pd.DataFrame(
        {"patient": features["patient"], "cohort": ["primary"] * 15 + ["validation"] * 25}
    )
    scores = frozen.apply_bundle(model, features, clinical)
    shuffled = frozen.apply_bundle(model, features.sample(frac=1, random_state=1), clinical)
    pd.testing.assert_frame_equal(scores, shuffled)
    np.testing.assert_allclose(scores.groupby("cohort")["rad_score"].mean(), 0.0, atol=1e-12)


def test_the_published_cutoff_separates():
    score = frozen.rad_score(frozen.read_bundle(PUBLISHED))
    assert score.cutoff == -0.077
    assert score.group(pd.Series([-0.0771, -0.077, -0.0769])).tolist() == ["low", "low", "high"]


def test_all_faults_are_named_at_once(bundle, tmp_path):
    broken = json.loads(json.dumps(bundle))
    broken["signature"]["features"][0]["sd"] = 0
    broken["signature"]["cutof"] = broken["signature"].pop("cutoff")
    del broken["radiomics"]
    broken["created_from"]["n"] = "sixty"
    path = tmp_path / "model.json"
    path.write_text(json.dumps(broken))
    with pytest.raises(InputError) as caught:
        frozen.read_bundle(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: 5 faults\n")
    assert text.endswith("Its layout is in config/schemas/bundle_crc_nomogram.schema.json.")
    assert "created_from/n: 'sixty' is not of type 'integer'" in text
    assert "'cutof' was unexpected" in text
    assert "Did you mean 'cutoff'?" in text
    assert "'radiomics' is a required property" in text
    assert "signature/features/0/sd: 0 is less than or equal to the minimum of 0" in text


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b["nomogram"]["coefficients"].pop(), "nomogram/coefficients: 1 entries for 2 covariates"),
        (lambda b: b["nomogram"]["covariance"][0].append(1.0), "nomogram/covariance: not square"),
        (lambda b: b["nomogram"]["covariance"][0].__setitem__(1, 9.0), "nomogram/covariance: not symmetric"),
        (
            lambda b: b["nomogram"]["baseline_survival"].append([500.0, 1.0]),
            "baseline_survival: survival rises",
        ),
        (
            lambda b: b["nomogram"]["baseline_survival"].append([0.0, 0.0]),
            "baseline_survival: months do not increase",
        ),
        (
            lambda b: b["signature"]["features"][0].update(mean=None),
            "has no mean or sd, which scaling 'training' needs",
        ),
        (
            lambda b: b["signature"].update(scaling="each_cohort"),
            "has a mean or sd, which each_cohort does not take",
        ),
        (lambda b: b["signature"]["features"].append(b["signature"]["features"][0]), "stands 2 times"),
        (
            lambda b: b["signature"]["cutoff"].update(value=float("nan")),
            "signature/cutoff/value: nan is not a finite number",
        ),
    ],
)
def test_an_inconsistent_bundle_is_refused(bundle, tmp_path, damage, message):
    broken = json.loads(json.dumps(bundle))
    damage(broken)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(broken))
    with pytest.raises(InputError) as caught:
        frozen.read_bundle(path)
    assert message in str(caught.value)


def test_no_file_and_no_json(tmp_path):
    with pytest.raises(InputError, match=r"expected a model bundle \(JSON\), found no such file"):
        frozen.read_bundle(tmp_path / "absent.json")
    (tmp_path / "half.json").write_text('{"paper": ')
    with pytest.raises(InputError, match=r"half\.json: expected JSON text, found"):
        frozen.read_bundle(tmp_path / "half.json")


def test_other_radiomics_settings_are_refused(patients, bundle):
    features, clinical = patients
    used = {"bin_width": 10.0, "filters": {"original": True, "wavelet": True}}
    with pytest.raises(InputError) as caught:
        frozen.apply_bundle(bundle, features, clinical, used)
    assert "bin_width: model 25.0, features 10.0; filters.wavelet: only the features set it" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f, c: (f.drop(columns="original_0"), c),
            r"expected the columns? .*original_0.*found no such column",
        ),
        (
            lambda f, c: (pd.concat([f, f.iloc[:1]]), c),
            r"feature table: expected one row a patient, found several rows of P000",
        ),
        (lambda f, c: (f, c.iloc[1:]), r"expected patients of the clinical table, found P000"),
        (
            lambda f, c: (f, c.drop(columns="tnm_stage")),
            r"expected the columns cohort, patient, tnm_stage, found no tnm_stage",
        ),
    ],
)
def test_tables_that_cannot_be_scored(patients, bundle, change, message):
    features, clinical = change(*patients)
    with pytest.raises(InputError, match=message):
        frozen.apply_bundle(bundle, features, clinical)


def test_patients_without_features_are_left_out(patients, bundle):
    features, clinical = patients
    scores = frozen.apply_bundle(bundle, features.iloc[5:], clinical)
    assert scores["patient"].tolist() == clinical["patient"].tolist()[5:]


def test_unscorable_patients_are_listed_with_the_feature(patients, bundle):
    features, clinical = patients
    features = features.copy()
    features.loc[8, "original_0"] = np.nan
    assert frozen.unscorable(bundle, features).to_dict("records") == [
        {"patient": "P008", "cause": "no value of original_0"}
    ]
    with pytest.raises(InputError, match="patient P008: expected a finite value"):
        frozen.apply_bundle(bundle, features, clinical)
