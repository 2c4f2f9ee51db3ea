"""A made-up run of nact_response: every table that its figures and report are made of, drawn and not computed."""

import numpy as np
import pandas as pd
import pytest

from scripts.papers.nact_response.cohorts import COHORTS, IMAGE_LABELS, MODEL_LABELS
from scripts.papers.nact_response.delta import delta_features
from scripts.papers.nact_response.describe_cohort import acquisition, characteristics, flow, preparation
from scripts.papers.nact_response.evaluate_models import evaluate
from scripts.papers.nact_response.outcome import with_outcome
from scripts.papers.nact_response.test_features import feature_changes, feature_differences, shown_values
from scripts.papers.nact_response.test_null import null_summary
from scripts.radiomics.features import FEATURE_NAMES
from scripts.seeds import generator

NAMES = [name for name in FEATURE_NAMES if "_ngtdm_" not in name]
SIZES = {"development": 61, "testing": 53}
LIFT = {
    "baseline": 0.2,
    "follow_up": 1.0,
    "delta": 0.8,
    "jacobian": 0.5,
    "fusion": 1.1,
    "fusion_subtype": 1.3,
}


def made_up_patients(rng):
    """Clinical table and image features; responders have lower values at follow-up."""
    n = sum(SIZES.values())
    draw = {name: rng.choice(["positive", "negative"], n) for name in ("er", "pr", "her2")}
    clinical = pd.DataFrame(
        {
            "patient": [f"T-{i:03d}" for i in range(n)],
            "cohort": np.repeat(COHORTS, list(SIZES.values())),
            **draw,
            "ki67": rng.uniform(2, 60, n).round(1),
            "miller_payne": rng.choice(5, n, p=[0.08, 0.18, 0.35, 0.09, 0.3]) + 1,
            "age": rng.normal(48, 9, n).round(),
            "menopausal_status": rng.choice(["pre", "post"], n),
            "family_history": rng.choice(["no", "yes"], n, p=[0.76, 0.24]),
            "field_strength_t": np.repeat([3.0, 1.5], list(SIZES.values())),
        }
    )
    clinical.loc[3, "family_history"] = None
    clinical = with_outcome(clinical)
    responds = clinical["response"].to_numpy(float)[:, None]
    before = np.exp(rng.normal(3, 0.5, (n, len(NAMES))))
    after = before * np.exp(rng.normal(-0.2, 0.3, before.shape) - 0.25 * responds)
    jacobian = np.exp(rng.normal(-0.4, 0.3, before.shape) - 0.3 * responds)
    images = {
        image: pd.DataFrame(values, columns=NAMES).assign(patient=clinical["patient"])
        for image, values in (("baseline", before), ("follow_up", after), ("jacobian", jacobian))
    }
    images["delta"] = delta_features(images["baseline"], images["follow_up"])
    return clinical, images


def made_up_models(rng, clinical):
    """The tables of the classification."""
    response = clinical["response"].to_numpy(float)
    predictions = pd.concat(
        [
            clinical[["patient", "cohort", "response"]].assign(
                model=model, score=rng.normal(size=len(clinical)) + lift * response
            )
            for model, lift in LIFT.items()
        ]
    )
    tables = evaluate(predictions, dict.fromkeys(MODEL_LABELS, 0.5), "wilson")
    paths, ranking, validated = [], [], []
    for model in MODEL_LABELS:
        counts = np.arange(1, 16, 2)
        areas = 0.62 + 0.15 * np.sin(counts / 5) + rng.normal(0, 0.01, len(counts))
        path = {"model": model, "n_features": counts, "c": 4.0, "gamma": 0.125, "cv_auc": areas}
        paths.append(pd.DataFrame(path).assign(chosen=np.arange(len(counts)) == areas.argmax()))
        image = model if model in IMAGE_LABELS else "follow_up"
        ranked = [f"{image}.{NAMES[k]}" for k in rng.permutation(len(NAMES))[:40]]
        first = ["clinical.subtype_luminal_a"] if model == "fusion_subtype" else []
        ranked = [*first, *ranked]
        ranking.append(
            pd.DataFrame({"model": model, "rank": np.arange(1, len(ranked) + 1), "feature": ranked})
        )
        for order, auc in (("honest", 0.66), ("leaky", 0.86)):
            auc += rng.normal(0, 0.02)
            validated.append(
                {"model": model, "order": order, "auc": auc, "lower": auc - 0.12, "upper": auc + 0.1}
            )
    null = pd.DataFrame(
        [
            {"order": order, "permutation": k, "auc": float(np.clip(rng.normal(mean, 0.08), 0, 1))}
            for order, mean in (("honest", 0.5), ("leaky", 0.75))
            for k in range(1, 21)
        ]
    )
    rivals = [
        {"rival": rival, "combat": combat, "cohort": cohort, "auc": auc, "lower": auc - 0.1, "upper": auc + 0.1}
        for combat in ("none", "training", "own_values")
        for rival in ("svm_rfe", "lasso_logistic", "random_forest", "xgboost")
        for cohort in COHORTS
        for auc in [0.7 + rng.normal(0, 0.03)]
    ]  # fmt: skip
    return tables | {
        "predictions": predictions,
        "selection_path": pd.concat(paths, ignore_index=True),
        "ranking": pd.concat(ranking, ignore_index=True),
        "cross_validation": pd.DataFrame(validated),
        "null_cohort": null,
        "null_summary": null_summary(null),
        "rivals": pd.DataFrame(rivals),
    }


def made_up_preparation(rng, clinical):
    """Tables of the check, of the image stages and of the registrations."""
    n = len(clinical)
    corrected, segmented, cases = {}, {}, []
    size = np.where(clinical["cohort"] == "development", 56, 52)
    for visit in ("baseline", "follow_up"):
        corrected[visit] = clinical[["patient"]].assign(
            n_phases=5, chosen_phase=3, time_s=np.where(size == 56, 177.0, 371.0),
            field_lowest=rng.uniform(0.7, 0.9, n), field_highest=rng.uniform(1.1, 1.4, n),
        )  # fmt: skip
        volume = rng.uniform(2, 30, n)
        segmented[visit] = clinical[["patient"]].assign(
            mask_source="given", volume_ml=volume, fuzzy_volume_ml=volume * 1.1,
            dice_fuzzy_given=rng.uniform(0.7, 0.95, n),
        )  # fmt: skip
        cases.append(
            clinical[["patient"]].assign(
                image=visit, phases=5, size_x=size, size_y=56, size_z=44, spacing_x_mm=2.0, spacing_y_mm=2.0,
                spacing_z_mm=2.2,
            )
        )  # fmt: skip
    registrations = clinical[["patient"]].assign(
        rank=np.arange(1, n + 1), n_nonpositive=0, n_nonpositive_unrepaired=rng.choice([0, 0, 0, 3], n), n_repairs=0,
        n_iterations=20, similarity_before=0.3, similarity_rigid=0.5, similarity_after=np.linspace(0.4, 0.9, n),
        smallest_jacobian=0.3, largest_jacobian=2.1, jacobian_in_tumour=rng.uniform(0.3, 1.2, n), rotation_degrees=1.2,
        translation_mm=2.4, largest_displacement_mm=7.0, fixed_ml=12.0, moving_ml=8.0, dice_before=0.5,
        dice_after=np.linspace(0.6, 0.95, n), picture="picture.svg",
    )  # fmt: skip
    return {
        "table1": acquisition(pd.concat(cases, ignore_index=True), clinical),
        "preparation": preparation(corrected, segmented, clinical),
        "registrations": registrations,
    }


@pytest.fixture(scope="session")
def made_up_tables():
    """Name -> table, as the rules of nact_response give them to the figures and the report."""
    rng = generator(5, "nact_response tests")
    clinical, images = made_up_patients(rng)
    ledger = pd.DataFrame(
        {
            "patient": ["X-1"],
            "cohort": ["testing"],
            "step": ["register_visits"],
            "cause": ["the images do not overlap"],
            "log": ["logs/x.log"],
            "excluded_from": ["all"],
        }
    )
    tests = pd.concat(
        [feature_differences(images[i], clinical, "mann_whitney").assign(image=i) for i in IMAGE_LABELS],
        ignore_index=True,
    )
    recovery = pd.DataFrame(
        [
            {"quantity": q, "group": g, "planted": p, "found": f, "lower": f - 0.05, "upper": f + 0.05,
             "bayes": 0.86 if "AUC" in q else np.nan, "ok": abs(p - f) < 0.1,
             "rule": "mean of the patients within 0.1 of the planted one"}
            for q, g, p, f in (
                ("Mean Jacobian in the tumour", "All patients", 0.72, 0.74),
                ("Error of the log-Jacobian", "All patients", 0.0, 0.12),
                ("AUC, follow-up image", "Testing set", 0.80, 0.77),
            )
        ]
    )  # fmt: skip
    return {
        **made_up_models(rng, clinical),
        **made_up_preparation(rng, clinical),
        "table2": characteristics(clinical),
        "patient_flow": flow(ledger, clinical, set(clinical["patient"])),
        "exclusions": ledger,
        "feature_tests": tests,
        "feature_changes": feature_changes(images["baseline"], images["follow_up"], clinical, "wilcoxon"),
        "shown_values": shown_values(images, clinical),
        "recovery": recovery,
    }
