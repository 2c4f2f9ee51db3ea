"""A made-up run of glioma_grading: every table that its figures and report are made of, from drawn predictions."""

import numpy as np
import pandas as pd
import pytest

from scripts.evaluation.evaluate_classifiers import evaluate_classifiers
from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.papers.glioma_grading.assess_recovery import accuracy_rows, order_rows, trait_rows
from scripts.papers.glioma_grading.compare_orders import compare
from scripts.papers.glioma_grading.describe_cohort import characteristics, flow
from scripts.papers.glioma_grading.describe_network import network_layers
from scripts.papers.glioma_grading.names import (
    LABELS,
    LEAKY_MODEL,
    LEAKY_SCHEME,
    NETWORKS,
    RIVALS,
    SCHEME,
    copy_name,
)
from scripts.seeds import generator
from scripts.simulation.glioma_grading.draw_patients import describe_truth, draw_patients
from scripts.simulation.glioma_grading.grades import TRAITS
from scripts.workflow.papers import pick, resolve_parameters

CLASSES = tuple(LABELS.values())
LIFT = {
    "transferred": 1.6,
    "scratch": 0.9,
    "unaugmented": 0.2,
    "repeated": 1.1,
    "logistic": 1.8,
    "small_network": 1.7,
}
COUNTS = {2: 12, 3: 17, 4: 23}
FOLDS = 3
COPIES = 4


def predicted(samples, lift, rng):
    """samples with p_<class>; the larger `lift`, the more often right."""
    score = rng.normal(size=(len(samples), 3))
    score[np.arange(len(samples)), samples["label"].map({c: k for k, c in enumerate(CLASSES)})] += lift
    p = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    return samples.assign(**{f"p_{c}": p[:, k] for k, c in enumerate(CLASSES)})


def history(epochs):
    """The history of a training that learns."""
    epoch = np.arange(1, epochs + 1)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "training_loss": 1.1 * np.exp(-epoch / 3),
            "training_accuracy": 1 - 0.6 * np.exp(-epoch / 3),
            "validation_loss": 0.7 + 0.3 * np.exp(-epoch / 2),
            "validation_accuracy": 0.75 - 0.3 * np.exp(-epoch / 2),
            "learning_rate": 0.001,
        }
    )


@pytest.fixture(scope="session")
def made_up_tables():
    """Name -> table, as the rules of glioma_grading give them to the figures and the report."""
    rng = generator(6, "glioma_grading tests")
    clinical, latents = draw_patients(COUNTS, "SIM", 6)
    truth = describe_truth(latents)
    samples = pd.DataFrame(
        {
            "sample": clinical["patient"],
            "patient": clinical["patient"],
            "label": clinical["grade"].map(LABELS),
        }
    )
    samples["fold"] = 1 + np.arange(len(samples)) % FOLDS
    folds, histories, trainings = [], [], []
    for model in (*NETWORKS, *RIVALS, LEAKY_MODEL):
        scheme = LEAKY_SCHEME if model == LEAKY_MODEL else SCHEME
        for fold in range(1, FOLDS + 1):
            place = FoldPlace(model, scheme, 1, fold)
            if scheme == SCHEME:
                rows = samples[samples["fold"] == fold].drop(columns="fold").assign(part="test")
                folds.append((place, predicted(rows, LIFT[model], rng)))
                histories += [(place, history(5 + fold))] if model in NETWORKS else []
            if model not in RIVALS:
                trainings.append(
                    vars(place)
                    | {"start": "random weights" if model == "scratch" else "trained on fractals", "epochs": 5 + fold,
                       "best_epoch": 4, "batch_size": 32, "stopped": "no smaller loss", "device": "cpu",
                       "precision": "32",
                       "n_parameters": 57_016_131, "classes": ", ".join(CLASSES)}
                )  # fmt: skip
    models = predictions_of(folds)
    evaluated = evaluate_classifiers(models, histories, {"n_bootstrap": 60, "calibration_bins": 5}, 1)
    expanded = samples.loc[samples.index.repeat(COPIES)].reset_index(drop=True)
    expanded["sample"] = [copy_name(s, k % COPIES) for k, s in enumerate(expanded["sample"])]
    expanded = expanded.assign(repeat=1, part="test")
    honest = pd.concat([t.assign(repeat=1, fold=p.fold) for p, t in folds if p.model == "transferred"])
    shuffled = expanded.assign(fold=1 + rng.integers(FOLDS, size=len(expanded)))
    orders = compare(honest, predicted(expanded, 1.4, rng), predicted(shuffled, 4.0, rng), 60, 1)
    planted = latents.set_index("patient")
    shown = planted[list(TRAITS)] + rng.normal(0, 0.3, (len(planted), len(TRAITS)))
    learnt = {"true traits": (0.86, 0.75, 0.93)}
    recovery = [
        *trait_rows(shown, planted),
        *accuracy_rows(evaluated["performance"], truth, learnt),
        *order_rows(orders, truth),
    ]
    measured = samples.assign(
        area_mm2=rng.uniform(500, 2000, len(samples)),
        enhancing_mm2=rng.uniform(100, 400, len(samples)),
        pixel_x_mm=0.9,
    )
    ledger = pd.DataFrame(
        {
            "patient": ["X-1"],
            "cohort": ["all"],
            "step": ["prepare_images"],
            "cause": ["the tumour mask is empty"],
            "log": ["logs/x.log"],
            "excluded_from": ["all"],
        }
    )
    model = pick(resolve_parameters("glioma_grading", True), "models")["models"]["transferred"]
    return {
        **evaluated,
        "orders": orders,
        "leak": pd.DataFrame([{"n_images": 69.3, "leaking": 0.98, "copies": 2.4}]),
        "table1": characteristics(measured, clinical.assign(age=clinical["age"].where(clinical.index != 3))),
        "patient_flow": flow(measured, ledger),
        "exclusions": ledger,
        "network_layers": network_layers(model, 64),
        "trainings": pd.DataFrame(trainings),
        "recovery": pd.DataFrame(recovery),
    }
