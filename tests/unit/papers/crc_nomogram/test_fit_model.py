"""Everything is fitted on patients of the primary cohort with follow-up, and on nobody else."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.model.bundle import apply_bundle, build_bundle
from scripts.papers.crc_nomogram.cohorts import coded, followed, join_features, training_cohort, with_features
from scripts.papers.crc_nomogram.draw_figures import nomogram_of
from scripts.papers.crc_nomogram.fit_model import (
    cross_validation_table,
    fit_nomogram,
    fit_signature_of,
    path_table,
)
from scripts.survival.signature import SignatureSettings


def fit(features, clinical, settings):
    training = training_cohort(clinical, features)
    signature = fit_signature_of(features, training, SignatureSettings.from_dict(settings["signature"]), 3)
    nomogram, baseline = fit_nomogram(signature, features, training, settings["nomogram"])
    made = {"n": len(training), "events": 1, "training_digest": "", "code": "", "seed": 3}
    return signature, build_bundle(signature, nomogram, baseline, [36.0, 60.0], made, {"bin_width": 25.0})


@pytest.fixture(scope="module")
def fitted(study, settings):
    return fit(*study, settings)


def test_the_training_cohort_is_primary_with_follow_up_and_features(study):
    features, clinical = study
    training = training_cohort(clinical, features.drop(index=[0, 1]))
    assert set(training["cohort"]) == {"primary"}
    assert len(training) == 160 - 1 - 2
    assert training["dfs_months"].notna().all()


def test_nonsense_in_the_validation_cohort_changes_no_fitted_number(study, settings, fitted):
    features, clinical = (table.copy() for table in study)
    poisoned = clinical["cohort"] == "validation"
    features.loc[poisoned.to_numpy(), features.columns[1:]] *= -1e6
    clinical.loc[poisoned, "dfs_months"] = 1.0
    clinical.loc[poisoned, "recurrence"] = 1.0
    clinical.loc[poisoned, "tnm_stage"] = 4.0
    assert fit(features, clinical, settings)[1] == fitted[1]


def test_nonsense_in_the_primary_cohort_does_change_it(study, settings, fitted):
    features, clinical = (table.copy() for table in study)
    features.loc[:40, features.columns[1:]] *= -3
    assert fit(features, clinical, settings)[1] != fitted[1]


def test_the_planted_features_are_selected_with_their_sign(fitted, study):
    signature, _ = fitted
    names = list(study[0].columns[1:])
    coefficients = dict(zip(signature.features, signature.coefficients, strict=True))
    assert coefficients[names[3]] > 0
    assert coefficients[names[20]] < 0
    assert coefficients[names[60]] > 0


def test_patients_without_a_stage_are_scored_but_get_no_probability(fitted, study):
    features, clinical = study
    scores = apply_bundle(fitted[1], features, clinical).set_index("patient")
    assert np.isfinite(scores["rad_score"]).all()
    assert scores.index[scores["survival_60m"].isna()].tolist() == ["T-210"]


def test_the_tables_of_figure_1_name_the_chosen_lambda_and_features(fitted):
    signature, _ = fitted
    curve, path = cross_validation_table(signature), path_table(signature)
    assert curve[["is_min", "is_1se", "is_used"]].sum().tolist() == [1, 1, 1]
    assert curve.loc[curve["is_used"], "n_nonzero"].item() == len(signature.features)
    assert set(path.loc[path["chosen"], "feature"]) == set(signature.features)


def test_a_patient_without_features_is_named(study):
    features, clinical = study
    with pytest.raises(InputError, match="expected a row for each patient, found none for T-000"):
        join_features(features.iloc[1:], clinical)
    assert "T-000" not in set(with_features(clinical, features.iloc[1:])["patient"])


def test_clinical_values_as_numbers():
    table = pd.DataFrame(
        {
            "sex": ["F", "M", None],
            "differentiation": ["high", "moderate", "low"],
            "risk_group": ["low", "high", "high"],
            "age": [50, 60, None],
        }
    )
    assert coded(table, "sex").tolist()[:2] == [0, 1]
    assert np.isnan(coded(table, "sex")[2])
    assert np.diff(coded(table, "differentiation")).tolist() == [1, 1]
    assert coded(table, "risk_group").tolist() == [0, 1, 1]
    assert coded(table, "age").tolist()[:2] == [50, 60]


def test_followed_needs_both_time_and_event():
    table = pd.DataFrame({"dfs_months": [1.0, np.nan, 2.0], "recurrence": [1.0, 1.0, np.nan]})
    assert len(followed(table)) == 1


@pytest.mark.parametrize("rad_score", ["continuous", "group"])
@pytest.mark.parametrize("tnm_stage", ["ordinal", "categorical"])
def test_every_form_of_the_nomogram_is_fitted_frozen_applied_and_drawn(study, settings, rad_score, tnm_stage):
    """The points of a patient, read off the drawn scales, give the probability that the bundle gives."""
    features, clinical = study
    chosen = {
        **settings,
        "nomogram": {**settings["nomogram"], "rad_score": rad_score, "tnm_stage": tnm_stage},
    }
    _, bundle = fit(features, clinical, chosen)
    scores = apply_bundle(bundle, features, clinical).set_index("patient")
    drawn = nomogram_of(bundle, [36.0, 60.0])
    assert len(drawn.axes) == 2
    assert max(max(axis.points) for axis in drawn.axes) == pytest.approx(100)
    patient = clinical.iloc[7]
    score = scores.loc["T-007", "rad_score"]
    first = score if rad_score == "continuous" else float(scores.loc["T-007", "risk_group"] == "high")
    total = drawn.points(drawn.axes[0].name, first) + drawn.points("tnm_stage", patient["tnm_stage"])
    assert drawn.survival(total, 60.0).item() == pytest.approx(scores.loc["T-007", "survival_60m"], rel=1e-9)


def test_the_papers_scaling_is_a_parameter_and_depends_on_the_cohort_scored(study, settings):
    features, clinical = study
    chosen = {**settings, "signature": {**settings["signature"], "scaling": "each_cohort"}}
    signature, bundle = fit(features, clinical, chosen)
    assert all(feature["mean"] is None for feature in bundle["signature"]["features"])
    shifted = features.copy()
    late = (clinical["cohort"] == "validation").to_numpy()
    shifted.loc[late, features.columns[1:]] += 3.0
    scores = [apply_bundle(bundle, table, clinical)["rad_score"].to_numpy() for table in (features, shifted)]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-9, atol=1e-9)
    honest = fit(features, clinical, settings)[1]
    moved = [
        apply_bundle(honest, table, clinical)["rad_score"].to_numpy()[late].mean()
        for table in (features, shifted)
    ]
    assert abs(moved[1] - moved[0]) > 0.05
