"""A finished run in small: every table that the report reads, made by hand."""

import itertools
from dataclasses import asdict

import pandas as pd
import pytest
import yaml

from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS, SCHEME_LABELS, TYPES
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.workflow.config import ROOT
from scripts.workflow.papers import resolve_parameters

COHORT = ["label", "slices", "patients", "slices_a_patient", "with_mask", "tumour_share"]
PARTS = ["scheme", "repeat", "fold", "part", "slices", "patients", "shared"]
TRUTH = {"bayes_accuracy": 0.908, "bayes_these_slices": 0.9, "patient_share": 0.6, "n_subjects": 33}
ACCURACY = {"patient": 0.80, "slice": 0.95}


def performance(scheme):
    rows = []
    for model in MODEL_LABELS:
        value = ACCURACY[scheme]
        for measure in ("accuracy", "auc_hand_till", "brier", "calibration_error"):
            rows.append((model, measure, "all", value))
        for of in ("macro", *TYPES):
            for measure in ("accuracy", "precision", "sensitivity", "specificity", "f1", "auc"):
                rows.append((model, measure, of, value))
    table = pd.DataFrame(rows, columns=["model", "measure", "class", "estimate"])
    return table.assign(lower=table["estimate"] - 0.04, upper=table["estimate"] + 0.04)


def comparisons():
    rows = []
    for a, b in itertools.combinations(MODEL_LABELS, 2):
        for test in ("bootstrap", "mcnemar_clustered"):
            p = 0.03 if test == "mcnemar_clustered" else float("nan")
            rows.append((a, b, "accuracy", "all", test, 0.1, 0.02, 0.18, p, 3 * p))
    names = [
        "model_a",
        "model_b",
        "measure",
        "class",
        "test",
        "difference",
        "lower",
        "upper",
        "p_value",
        "p_holm",
    ]
    return pd.DataFrame(rows, columns=names)


def confusion():
    rows = [
        (m, a, b, 30.0 if a == b else 3.0, 0.83 if a == b else 0.085)
        for m in MODEL_LABELS
        for a in TYPES
        for b in TYPES
    ]
    return pd.DataFrame(rows, columns=["model", "truth", "called", "n", "share"])


def history():
    return pd.DataFrame(
        {"epoch": [1, 2], "training_loss": [1.0, 0.5], "validation_loss": [1.1, 0.7], "training_accuracy": [0.5, 0.9],
         "validation_accuracy": [0.5, 0.8], "training_grey_error": [0.2, 0.1], "validation_grey_error": [0.2, 0.1]}
    )  # fmt: skip


def gap():
    row = {"gap": 0.15, "gap_lower": 0.10, "gap_upper": 0.20}
    for scheme, value in ACCURACY.items():
        row |= {
            f"accuracy_{scheme}": value,
            f"lower_{scheme}": value - 0.05,
            f"upper_{scheme}": value + 0.04,
            f"n_{scheme}": 99,
        }
    return pd.DataFrame([{"model": model, **row} for model in MODEL_LABELS])


def saliency():
    rows = []
    for model in MODEL_LABELS:
        for method in METHOD_LABELS:
            if method != "unet" or model == "encoder":
                rows.append((model, method, 60, 30, 0.5, 0.4, 0.6, 0.2, 0.15, 0.25, 0.08, 0.1))
    limits = [f"{name}{end}" for name in ("hit", "inside") for end in ("", "_lower", "_upper")]
    names = ["model", "method", "n", "n_patients", *limits, "by_chance", "centre"]
    return pd.DataFrame(rows, columns=names)


def tables(known=True):
    cohort = [(word, 33, 11, 3.0, 33, 0.04) for word in TYPES] + [("all", 99, 33, 3.0, 99, 0.04)]
    parts = [
        (s, 1, f, p, 33, 11, 9 if s == "slice" else 0)
        for s in SCHEME_LABELS
        for f in (1, 2)
        for p in ("train", "validation", "test")
    ]
    grouping = {"slices": 99, "runs": 20, "slices_a_run": 4.95, "longest_run": 8, "cuts": 17,
                "known_patients": 33 if known else 0, "kept_together": 0.8 if known else float("nan")}  # fmt: skip
    recovery = pd.DataFrame(
        {"quantity": ["Accuracy, split by patient"], "group": ["Six-convolution CNN"],
         "planted": [0.908], "found": [0.8],
         "lower": [0.75], "upper": [0.84], "ok": [True], "rule": ["at least 0.55"]}
    )  # fmt: skip
    exclusions = ["patient", "cohort", "step", "cause", "log", "excluded_from"]
    return {
        "cohort": pd.DataFrame(cohort, columns=COHORT),
        "flow": pd.DataFrame({"step": ["in the sheet", "admitted", "prepared", "with a mask"], "n": [99, 99, 99, 99]}),
        "parts": pd.DataFrame(parts, columns=PARTS),
        "exclusions": pd.DataFrame(columns=exclusions),
        "grouping": pd.DataFrame({"quantity": list(grouping), "value": list(grouping.values())}),
        "gap": gap(),
        "saliency": saliency(),
        **{f"performance_{scheme}": performance(scheme) for scheme in SCHEME_LABELS},
        **{f"comparisons_{scheme}": comparisons() for scheme in SCHEME_LABELS},
        **{f"confusion_{scheme}": confusion() for scheme in SCHEME_LABELS},
        **{f"{name}_history": history() for name in (*MODEL_LABELS, "unet")},
        "recovery": recovery,
    }  # fmt: skip


@pytest.fixture
def make_run():
    """make_run(simulated=True, known=True): a run on the built-in cohort, or on a user's with or without patients."""

    def make(simulated=True, known=True):
        made = tables(known)
        if not simulated:
            made.pop("recovery")
        facts = {"start": "random weights", "device": "cpu", "precision": "32", "n_parameters": 1234567,
                 "n_trained_parameters": 1234, "epochs": 16, "best_epoch": 16, "batch_size": 8,
                 "accumulation": 1}  # fmt: skip
        return Run(
            tables=made,
            reported=yaml.safe_load((ROOT / "resources/reported/brain_tumor_types.yaml").read_text()),
            card=yaml.safe_load((ROOT / "config/papers/brain_tumor_types.yaml").read_text()),
            parameters=[asdict(p) for p in resolve_parameters("brain_tumor_types", simulated).values()],
            training={model: facts for model in MODEL_LABELS},
            records=[{"step": "measure_gap_brain_tumor_types", "code": "abc", "versions": {"numpy": "2.4.6"}}],
            cohort="simulated" if simulated else "mine",
            simulated=simulated,
            seed=2020,
            sheet_digest="d" * 64,
            truth=TRUTH if simulated else {},
        )  # fmt: skip

    return make
