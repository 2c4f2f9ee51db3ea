"""A made-up run of nmosd_ms: every table that its figures and report are made of, from drawn predictions."""

import numpy as np
import pandas as pd
import pytest

from scripts.evaluation.curves import learning_curves
from scripts.evaluation.evaluate_classifiers import evaluate_classifiers
from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.papers.nmosd_ms.assess_recovery import COLUMNS, diagnosis_rows, image_rows
from scripts.papers.nmosd_ms.describe_cohort import characteristics, flow, lesion_views, numbers
from scripts.papers.nmosd_ms.names import MODEL_LABELS, NETWORKS, SCHEME

LIFT = {model: 0.4 + 0.12 * place for place, model in enumerate(reversed(MODEL_LABELS))}
BAYES = {
    "number_and_places": {"accuracy": 0.89, "auc": 0.96},
    "volume": {"accuracy": 0.69, "auc": 0.75},
}
WMH = {"ms": [9.0, 8.8], "nmosd": [3.5, 4.8]}


def made_up_patients(rng, n=40):
    disease = np.where(np.arange(n) % 2 == 0, "ms", "nmosd")
    return pd.DataFrame(
        {
            "patient": [f"T-{k:03d}" for k in range(n)],
            "sample": [f"T-{k:03d}" for k in range(n)],
            "label": disease,
            "disease": disease,
            "age": rng.normal(42, 11, n).round(),
            "sex": rng.choice(["F", "M"], n, p=[0.7, 0.3]),
            "duration_months": rng.gamma(1, 40, n),
            "edss": rng.normal(4, 2, n).round(1),
            "icv_ml": rng.normal(1400, 150, n),
            "lesion_ml": rng.gamma(1, 9, n) / np.where(disease == "ms", 1, 2.5),
            "n_lesions": rng.integers(1, 30, n),
        }
    ).assign(resized_ml=lambda t: 1.01 * t["lesion_ml"])


def made_up_predictions(rng, patients):
    folds = []
    for model in MODEL_LABELS:
        for repeat in (1, 2):
            fold = rng.permutation(np.arange(len(patients)) % 2) + 1
            for number in (1, 2):
                part = patients[fold == number]
                score = LIFT[model] * np.where(part["label"] == "nmosd", 1, -1) + rng.normal(0, 1, len(part))
                p = 1 / (1 + np.exp(-score))
                table = part[["sample", "patient", "label"]].assign(part="test", p_ms=1 - p, p_nmosd=p)
                folds.append((FoldPlace(model, SCHEME, repeat, number), table))
        rng = np.random.default_rng(5)  # every model on the same folds
    return predictions_of(folds)


def made_up_curves(rng):
    histories = []
    for model in NETWORKS:
        for fold in (1, 2):
            epoch = np.arange(1, 7)
            history = pd.DataFrame({"epoch": epoch, "training_accuracy": 0.5 + 0.08 * epoch})
            history["held_out_accuracy"] = 0.5 + 0.03 * epoch + rng.normal(0, 0.02, 6)
            histories.append((FoldPlace(model, SCHEME, 1, fold), history))
    return learning_curves(histories)


@pytest.fixture(scope="session")
def made_up_tables():
    rng = np.random.default_rng(3)
    patients = made_up_patients(rng)
    models = made_up_predictions(np.random.default_rng(5), patients)
    tables = evaluate_classifiers(models, [], {"n_bootstrap": 60, "calibration_bins": 5}, 1)
    tables.pop("learning_curves")
    images = {p: (255 * (rng.random((1, 6, 6, 6)) > 0.9)).astype(np.uint8) for p in patients["patient"]}
    ledger = pd.DataFrame(
        {"patient": ["T-900"], "cohort": "all", "step": "check_cases", "cause": "lesions: an empty mask", "log": "",
         "excluded_from": "all"}
    )  # fmt: skip
    rows = [
        *image_rows(patients, WMH),
        *diagnosis_rows(tables["performance"], BAYES, "accuracy", "all", "Accuracy", 0.6),
        *diagnosis_rows(tables["performance"], BAYES, "auc", "nmosd", "AUC", 0.5),
    ]
    counts = {"ResNet-18 (ours)": 11475330, "ResNet-34 (ours)": 21583490, "3D ResNet-18": 33161986,
              "3D ResNet-34": 63471618}  # fmt: skip
    table3 = pd.DataFrame(
        [
            {"network": name, "model": "two_view_18", "printed": n, "published": n + 6464 * ("ours" in name),
             "difference": 6464 * ("ours" in name), "matching": n, "ran": n // 16, "printed_seconds": 5,
             "seconds": 1.25}
            for name, n in counts.items()
        ]
    )  # fmt: skip
    trainings = pd.DataFrame(
        [
            {"model": model, "repeat": 1, "fold": fold, "n_parameters": 9, "epochs": 6, "batch_size": 8,
             "accumulation": 1, "device": "cpu", "precision": "32", "start": "random weights",
             "stopped": "all 6 epochs"}
            for model in NETWORKS
            for fold in (1, 2)
        ]
    )  # fmt: skip
    return {
        **tables,
        "table1": characteristics(patients),
        "table1_numbers": numbers(patients),
        "lesion_views": lesion_views(images, dict(zip(patients["patient"], patients["label"], strict=True))),
        "patient_flow": flow(ledger, patients),
        "exclusions": ledger,
        "table3": table3,
        "trainings": trainings,
        "accuracy_by_epoch": made_up_curves(rng),
        "recovery": pd.DataFrame(rows, columns=list(COLUMNS)),
    }
