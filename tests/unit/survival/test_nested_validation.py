"""Nested cross-validation: nothing of a held-out patient reaches a fit; intervals by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.survival import nested_validation
from scripts.survival.concordance import concordance_difference, harrell_concordance
from scripts.survival.nested_validation import compare_rivals
from scripts.survival.rivals import ClinicalCox, SurvivalData, default_rivals, tnm_only
from scripts.survival.signature import SignatureSettings

SETTINGS = SignatureSettings(n_folds=4)
FOREST = {
    "n_trees": 20,
    "grid": (
        {"min_samples_leaf": 8, "max_features": "sqrt"},
        {"min_samples_leaf": 20, "max_features": "sqrt"},
    ),
    "inner_folds": 2,
}
BOOSTING = {"rounds": (15, 40), "grid": ({"max_depth": 2, "eta": 0.1},), "inner_folds": 2}


def patients(n=130, seed=1):
    """n patients: feature 0 (log hazard 1.5 per SD) and TNM stage (0.3 per stage) drive recurrence."""
    rng = generator(seed, "test_nested_validation")
    z = rng.normal(size=(n, 6))
    index = pd.Index([f"S{seed}-{i}" for i in range(n)], name="patient")
    stage = rng.integers(1, 5, n)
    clinical = pd.DataFrame({"tnm_stage": stage, "age": rng.normal(65, 10, n)}, index=index)
    for name, words in {
        "sex": "F M",
        "cea": "low high",
        "differentiation": "high moderate low",
        "lymph_node": "no yes",
    }.items():
        clinical[name] = rng.choice(words.split(), n)
    recurrence = rng.exponential(1 / (0.004 * np.exp(1.5 * z[:, 0] + 0.3 * stage)))
    censoring = rng.uniform(20, 100, n)
    features = pd.DataFrame(10 + z, columns=[f"f{j}" for j in range(6)], index=index)
    return SurvivalData(
        features, clinical, np.minimum(recurrence, censoring), (recurrence <= censoring).astype(int)
    )


@dataclasses.dataclass(frozen=True)
class Probe:
    """A rival whose fit is asked about fixed patients whenever it is used."""

    rival: object
    probe: SurvivalData
    record: list

    name = property(lambda self: self.rival.name)
    label = property(lambda self: self.rival.label)

    def fit(self, training, rng):
        predict = self.rival.fit(training, rng)
        self.record.append(predict(self.probe))
        return predict


def poisoned(data, rows):
    """`data` with the features, clinical values and outcomes of `rows` turned to nonsense."""
    features, clinical = data.features.copy(), data.clinical.copy()
    features.iloc[rows] = 1e6 * (1 + np.arange(len(rows)))[:, None]
    clinical.iloc[rows, clinical.columns.get_loc("tnm_stage")] = 4
    clinical.iloc[rows, clinical.columns.get_loc("age")] = 1e4
    clinical.iloc[rows, clinical.columns.get_loc("cea")] = None
    months, recurrence = data.months.copy(), data.recurrence.copy()
    months[rows] = 0.5 + np.arange(len(rows)) / 100
    recurrence[rows] = 1
    return SurvivalData(features, clinical, months, recurrence)


def test_held_out_patients_reach_no_fit():
    data, probe = patients(), patients(n=30, seed=9)
    in_training = np.arange(len(data)) % 4 != 0

    def risks(primary):
        record = []
        rivals = [Probe(rival, probe, record) for rival in default_rivals(SETTINGS, FOREST, BOOSTING)]
        nested_validation._outer_fold((in_training, generator(1)), rivals, primary)
        return record

    clean = risks(data)
    assert len(clean) == 6
    for before, after in zip(clean, risks(poisoned(data, np.flatnonzero(~in_training))), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)  # BLAS: the last bits may differ
    # the control: the same nonsense in training patients reaches every fit
    for before, after in zip(clean, risks(poisoned(data, np.flatnonzero(in_training)[:25])), strict=True):
        assert not np.allclose(before, after, rtol=1e-4, atol=1e-4)


@pytest.fixture(scope="module")
def comparison():
    rivals = default_rivals(SETTINGS, FOREST, BOOSTING)
    return compare_rivals(rivals, patients(), patients(n=110, seed=2), generator(1), 4, 2, 60.0, 50)


def test_the_table_has_a_row_a_model_and_no_gap_but_the_reference(comparison):
    assert comparison["model"].tolist() == [
        "nomogram", "rad_score", "tnm", "clinical_cox", "random_survival_forest", "xgboost_cox",
    ]  # fmt: skip
    reference = comparison["model"] == "tnm"
    differences = [c for c in comparison.columns if "difference" in c]
    assert comparison.loc[reference, differences].isna().all().all()
    assert comparison.loc[~reference].notna().all().all()
    assert comparison.drop(columns=differences).notna().all().all()
    assert (comparison["failed_fits"] == 0).all()


def test_intervals_hold_their_estimates_and_planted_order(comparison):
    table = comparison.set_index("model")
    for name in ("cv_c_index", "validation_c_index", "validation_auc"):
        low = "cv_ci_low" if name == "cv_c_index" else f"{name}_low"
        high = "cv_ci_high" if name == "cv_c_index" else f"{name}_high"
        assert (table[low] < table[name]).all()
        assert (table[name] < table[high]).all()
    assert table.loc["nomogram", "cv_c_index"] > table.loc["tnm", "cv_c_index"] + 0.1
    assert table.loc["nomogram", "validation_difference_low"] > 0
    assert table.loc["nomogram", "cv_difference_p"] < 0.05
    expected = table["cv_c_index"] - table.loc["tnm", "cv_c_index"]
    np.testing.assert_allclose(table["cv_difference"].drop("tnm"), expected.drop("tnm"), atol=1e-12)


def test_validation_figures_are_those_of_the_risks(comparison):
    primary, validation = patients(), patients(n=110, seed=2)
    tnm, cox = (rival.fit(primary, generator(1))(validation) for rival in (tnm_only(), ClinicalCox()))
    table = comparison.set_index("model")
    c = harrell_concordance(validation.months, validation.recurrence, cox)
    row = table.loc[
        "clinical_cox", ["validation_c_index", "validation_c_index_low", "validation_c_index_high"]
    ]
    assert row.tolist() == pytest.approx([c.estimate, c.ci_low, c.ci_high])
    d = concordance_difference(validation.months, validation.recurrence, cox, tnm)
    assert table.loc["clinical_cox", "validation_difference"] == pytest.approx(d["difference"])
    assert table.loc["clinical_cox", "validation_difference_p"] == pytest.approx(d["p_value"])


def test_the_validation_cohort_does_not_reach_the_cross_validation(comparison):
    rivals = [
        r for r in default_rivals(SETTINGS, FOREST, BOOSTING) if r.name in ("nomogram", "tnm", "clinical_cox")
    ]
    validation = patients(n=110, seed=2)
    clean, spoilt = (
        compare_rivals(rivals, patients(), v, generator(1), 4, 2, 60.0, 20)
        for v in (validation, poisoned(validation, np.arange(0, 110, 2)))
    )
    ours = [c for c in clean.columns if not c.startswith("validation")]
    pd.testing.assert_frame_equal(clean[ours], spoilt[ours])
    assert clean["validation_c_index"].ne(spoilt["validation_c_index"]).all()


def test_processes_do_not_change_the_result():
    rivals = default_rivals(SETTINGS, FOREST, BOOSTING)
    one, two = (compare_rivals(rivals, patients(n=90), None, generator(3), 3, 1, threads=t) for t in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert not any(column.startswith("validation") for column in one.columns)


@dataclasses.dataclass(frozen=True)
class Broken:
    name: str = "broken"
    label: str = "Never converges"

    def fit(self, training, rng):
        raise InputError("Cox model", "convergence", "none")


def test_a_model_that_cannot_be_fitted_scores_one_half_and_is_counted():
    table = compare_rivals(
        [tnm_only(), Broken()], patients(), patients(n=110, seed=2), generator(1), 4, 2, 60.0, 20
    )
    row = table.set_index("model").loc["broken"]
    assert (row["cv_c_index"], row["failed_fits"]) == (0.5, 8)
    assert np.isnan(row["validation_c_index"])


def test_a_validation_cohort_followed_too_briefly_has_no_auc():
    validation = patients(n=80, seed=2)
    brief = SurvivalData(
        validation.features,
        validation.clinical,
        np.minimum(validation.months, 40.0),
        np.where(validation.months > 40, 0, validation.recurrence),
    )
    table = compare_rivals([tnm_only(), ClinicalCox()], patients(), brief, generator(1), 4, 1, 60.0, 20)
    assert table["validation_auc"].isna().all()
    assert table["validation_c_index"].notna().all()


def test_faults_are_named():
    data = patients(n=60)
    with pytest.raises(InputError, match=r"the reference 'tnm' among the models, found clinical_cox"):
        compare_rivals([ClinicalCox()], data, None, generator(1))
    with pytest.raises(InputError, match=r"expected distinct names, found tnm, tnm"):
        compare_rivals([tnm_only(), tnm_only()], data, None, generator(1))
    wrong = SurvivalData(data.features, data.clinical.assign(cea="raised"), data.months, data.recurrence)
    with pytest.raises(InputError, match=r"clinical table, cea: expected one of low, high, found raised"):
        compare_rivals([tnm_only()], wrong, None, generator(1))
