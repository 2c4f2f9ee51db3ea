"""The rival models: coding and imputation by hand, planted effects found, equal seeds give equal risks."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.survival.clinical_coding import ClinicalCoding, code_clinical
from scripts.survival.concordance import harrell_concordance
from scripts.survival.cox import cox_coefficients
from scripts.survival.rivals import (
    ClinicalCox,
    RadScoreCox,
    RandomSurvivalForest,
    SurvivalData,
    XGBoostCox,
    default_rivals,
    tnm_only,
    tune,
)
from scripts.survival.signature import SignatureSettings, fit_signature, for_resampling

FOREST = {"n_trees": 25, "grid": ({"min_samples_leaf": 8, "max_features": "sqrt"},)}
BOOSTING = {"rounds": (20, 60), "grid": ({"max_depth": 2, "eta": 0.1},)}
SETTINGS = for_resampling(SignatureSettings(n_folds=5))


def patients(n=150, seed=1, radiomic=1.0, stage_effect=0.6, prefix="P"):
    """n patients: feature 0 and TNM stage drive recurrence, the rest does not."""
    rng = generator(seed, "test_rivals")
    z = rng.normal(size=(n, 10))
    index = pd.Index([f"{prefix}{i}" for i in range(n)], name="patient")
    stage = rng.integers(1, 5, n)
    clinical = pd.DataFrame(
        {
            "tnm_stage": stage,
            "age": rng.normal(65, 10, n),
            "sex": rng.choice(["F", "M"], n),
            "cea": rng.choice(["low", "high"], n),
            "differentiation": rng.choice(["high", "moderate", "low"], n),
            "lymph_node": rng.choice(["no", "yes"], n),
        },
        index=index,
    )
    recurrence = rng.exponential(1 / (0.003 * np.exp(radiomic * z[:, 0] + stage_effect * stage)))
    censoring = rng.uniform(15, 100, n)
    features = pd.DataFrame(100 + 10 * z, columns=[f"f{j}" for j in range(10)], index=index)
    return SurvivalData(
        features, clinical, np.minimum(recurrence, censoring), (recurrence <= censoring).astype(int)
    )


def c_index(data, risk):
    return harrell_concordance(data.months, data.recurrence, risk).estimate


def test_clinical_words_become_the_documented_numbers():
    table = pd.DataFrame(
        {
            "sex": ["F", "M", None],
            "differentiation": ["high", "moderate", "low"],
            "cea": ["low", "high", "low"],
        }
    )
    coded = code_clinical(table, ("sex", "differentiation", "cea"))
    np.testing.assert_array_equal(coded["sex"], [0, 1, np.nan])
    assert coded["differentiation"].tolist() == [0, 1, 2]
    assert coded["cea"].tolist() == [0, 1, 0]


def test_clinical_faults_are_named():
    with pytest.raises(InputError, match=r"clinical table, cea: expected one of low, high, found raised"):
        code_clinical(pd.DataFrame({"cea": ["low", "raised"]}), ("cea",))
    with pytest.raises(InputError, match=r"a column lymph_node, found none\. Did you mean 'lymph_nodes'"):
        code_clinical(pd.DataFrame({"lymph_nodes": ["no"]}), ("lymph_node",))
    with pytest.raises(
        InputError, match=r"clinical table, cea: expected a value in some training patient, found none"
    ):
        ClinicalCoding.learn(pd.DataFrame({"cea": [None, None]}), np.array([0, 1]), ("cea",))


def test_gaps_are_filled_by_the_training_patients_and_marked_where_frequent():
    n = 40
    training = pd.DataFrame(
        {
            "tnm_stage": [3] * 20 + [2] * 18 + [np.nan] * 2,
            "age": [50.0] * 10 + [60.0] * 10 + [90.0] * 10 + [np.nan] * 10,
        }
    )
    event = np.arange(n) % 2
    coding = ClinicalCoding.learn(training, event, ("tnm_stage", "age"))
    assert coding.fill == {"tnm_stage": 3.0, "age": 60.0}
    assert coding.indicators == ("age",)
    held_out = pd.DataFrame({"tnm_stage": [np.nan, 1, 1], "age": [np.nan, 90.0, np.nan]})
    applied = coding.apply(held_out)
    assert applied.columns.tolist() == ["tnm_stage", "age", "age_missing"]
    assert applied.to_numpy().tolist() == [[3, 60, 1], [1, 90, 0], [1, 60, 1]]


def test_a_covariate_that_no_training_patient_has_is_left_out():
    training = pd.DataFrame({"cea": [None, None], "age": [50.0, 60.0]})
    coding = ClinicalCoding.learn(training, np.array([0, 1]), ("cea", "age"))
    assert coding.apply(pd.DataFrame({"cea": ["low"], "age": [70.0]})).to_dict("records") == [{"age": 70.0}]


def test_absence_that_only_one_outcome_has_gets_no_covariate():
    training = pd.DataFrame({"age": [60.0] * 20 + [np.nan] * 10})
    assert ClinicalCoding.learn(training, np.array([1] * 20 + [0] * 10), ("age",)).indicators == ()


def test_nullable_integers_are_read():
    coded = code_clinical(pd.DataFrame({"tnm_stage": pd.array([1, None, 4], dtype="Int64")}), ("tnm_stage",))
    np.testing.assert_array_equal(coded["tnm_stage"], [1, np.nan, 4])


def test_tnm_alone_orders_by_stage():
    data = patients()
    risk = tnm_only().fit(data, generator(1))(data)
    assert np.corrcoef(risk, data.clinical["tnm_stage"])[0, 1] == pytest.approx(1.0)


def test_clinical_cox_is_cox_on_the_coded_table():
    data = patients()
    x = code_clinical(data.clinical).to_numpy()
    expected = x @ cox_coefficients(x, data.months, data.recurrence)
    np.testing.assert_allclose(ClinicalCox().fit(data, generator(1))(data), expected, rtol=1e-8)


def test_clinical_cox_leaves_out_what_is_constant():
    data = patients()
    same = SurvivalData(data.features, data.clinical.assign(sex="F"), data.months, data.recurrence)
    assert np.isfinite(ClinicalCox().fit(same, generator(1))(data)).all()


def test_values_missing_in_the_same_patients_get_one_covariate():
    data = patients()
    gaps = data.clinical.copy()
    gaps.loc[gaps.index[::7], ["cea", "lymph_node"]] = None
    risk = ClinicalCox().fit(SurvivalData(data.features, gaps, data.months, data.recurrence), generator(1))(
        data
    )
    assert np.isfinite(risk).all()


def test_the_nomogram_is_cox_on_score_and_stage():
    data = patients()
    risk = RadScoreCox(SETTINGS).fit(data, generator(1))(data)
    signature = fit_signature(data.features, data.months, data.recurrence, SETTINGS, generator(1))
    x = np.column_stack([signature.training_score, data.clinical["tnm_stage"]])
    np.testing.assert_allclose(risk, x @ cox_coefficients(x, data.months, data.recurrence), rtol=1e-8)
    alone = RadScoreCox(SETTINGS, ()).fit(data, generator(1))(data)
    np.testing.assert_array_equal(alone, signature.training_score)


def test_a_nomogram_of_risk_groups():
    data = patients()
    risk = RadScoreCox(SETTINGS, ("high_risk",)).fit(data, generator(1))(data)
    assert len(np.unique(risk)) == 2


@pytest.mark.parametrize("covariates", [(), ("rad_score", "tnm_stage")])
def test_a_held_out_patient_without_a_feature_gets_the_training_mean(covariates):
    data, other = patients(), patients(seed=2)
    predict = RadScoreCox(SETTINGS, covariates).fit(data, generator(1))
    gap = SurvivalData(other.features.assign(f0=np.nan), other.clinical, other.months, other.recurrence)
    mean = SurvivalData(
        other.features.assign(f0=data.features["f0"].mean()), other.clinical, other.months, other.recurrence
    )
    np.testing.assert_allclose(predict(gap), predict(mean), atol=1e-12)


@pytest.mark.parametrize(
    "rival", [RandomSurvivalForest(**FOREST), XGBoostCox(**BOOSTING)], ids=lambda rival: rival.name
)
def test_tree_models_find_the_planted_effects_in_other_patients(rival):
    risk = rival.fit(patients(n=250), generator(1))(test := patients(n=250, seed=2))
    assert c_index(test, risk) > 0.68
    assert c_index(test, -risk) < 0.32  # higher risk = earlier recurrence


@pytest.mark.parametrize(
    "rival", [RandomSurvivalForest(**FOREST), XGBoostCox(**BOOSTING)], ids=lambda rival: rival.name
)
def test_tree_models_repeat_themselves(rival):
    data = patients(n=100)
    first, second, other = (rival.fit(data, generator(seed))(data) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_xgboost_takes_censoring_for_no_event():
    """Half of the patients are censored at once, the others recur late: leaving early is no sign of risk."""
    n = 120
    leaves = np.arange(n) % 2 == 0
    index = pd.RangeIndex(n)
    features = pd.DataFrame({"f0": leaves.astype(float)}, index=index)
    months = np.where(leaves, 5.0, 60.0) + np.arange(n) / n
    clinical = patients(n).clinical.set_axis(index)
    data = SurvivalData(features, clinical, months, (~leaves).astype(int))
    risk = XGBoostCox(grid=({"max_depth": 1, "eta": 0.1, "colsample_bynode": 1.0},), rounds=(50,)).fit(
        data, generator(1)
    )(data)
    assert abs(risk[leaves].mean() - risk[~leaves].mean()) < 0.2


def test_tuning_takes_the_candidate_with_the_most_concordant_pairs():
    data = patients()
    stage = data.clinical["tnm_stage"].to_numpy(float)
    calls = []

    def risks(fit_rows, held_out, stream):
        calls.append((fit_rows, held_out))
        return [-stage[held_out], stage[held_out], stage[held_out]]

    assert tune(["against", "with", "again"], risks, data, 3, generator(1)) == "with"
    assert len(calls) == 3
    assert sorted(np.concatenate([held_out for _, held_out in calls])) == list(range(len(data)))
    for fit_rows, held_out in calls:
        assert not set(fit_rows) & set(held_out)


def test_the_six_models_and_their_parameters():
    rivals = default_rivals(SETTINGS, {"n_trees": 30}, {"rounds": [10, 20]})
    assert [rival.name for rival in rivals] == [
        "nomogram", "rad_score", "tnm", "clinical_cox", "random_survival_forest", "xgboost_cox",
    ]  # fmt: skip
    assert rivals[4].n_trees == 30
    assert rivals[5].rounds == (10, 20)


def test_tables_of_different_patients_are_refused():
    data, other = patients(), patients(prefix="Q")
    with pytest.raises(InputError, match="expected the same patients in the same order in both tables"):
        SurvivalData(data.features, other.clinical, data.months, data.recurrence)
