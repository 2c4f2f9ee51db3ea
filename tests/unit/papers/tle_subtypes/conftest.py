"""A made-up run of tle_subtypes: every table that its figures and report are made of, from drawn predictions."""

import numpy as np
import pandas as pd
import pytest

from scripts.evaluation.curves import learning_curves
from scripts.evaluation.evaluate_classifiers import evaluate_classifiers
from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.papers.tle_subtypes.assess_recovery import COLUMNS, accuracy_rows, location_rows, shuffled_rows
from scripts.papers.tle_subtypes.compare_splits import gap_table, patient_calls
from scripts.papers.tle_subtypes.describe_cohort import characteristics, flow
from scripts.papers.tle_subtypes.describe_networks import layer_table
from scripts.papers.tle_subtypes.names import BY_EPOCH, BY_PATIENT, MODEL_LABELS, NETWORKS, SCHEMES

N_PATIENTS, N_EPOCHS = 14, 4
SENSORS = ("MLF11", "MLT11", "MRF11", "MRT11")
MODEL = {"network": "msam", "heads": 4, "self_attention": True, "sizes": {"hidden": [16, 8, 8, 32]}}


def made_up_predictions(scheme, seed):
    """Epoch predictions of all models; by epoch they are better."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(N_PATIENTS), N_EPOCHS)
    label = np.where(patient % 2 == 0, "cps", "sps")
    fold = patient // 2 % 2 + 1 if scheme == BY_PATIENT else np.arange(len(patient)) % 2 + 1
    folds = []
    for place, model in enumerate(reversed(MODEL_LABELS)):
        lift = 0.3 + 0.08 * place + (0.5 if scheme == BY_EPOCH else 0.0)
        score = lift * np.where(label == "cps", 1, -1) + rng.normal(0, 1, len(patient))
        p = 1 / (1 + np.exp(-score))
        table = pd.DataFrame(
            {
                "sample": [
                    f"T{k:02d}_e{e:04d}" for k, e in zip(patient, np.arange(len(patient)), strict=True)
                ],
                "patient": [f"T{k:02d}" for k in patient],
                "label": label,
                "part": "test",
                "p_cps": p,
                "p_sps": 1 - p,
            }
        )
        folds += [(FoldPlace(model, scheme, 1, number), table[fold == number]) for number in (1, 2)]
    return predictions_of(folds)


def made_up_curves(scheme):
    epoch = np.arange(1, 6)
    histories = [
        (
            FoldPlace(model, scheme, 1, fold),
            pd.DataFrame(
                {"epoch": epoch, "training_loss": 0.7 / epoch, "training_accuracy": 0.5 + 0.08 * epoch}
            ),
        )
        for model in NETWORKS
        for fold in (1, 2)
    ]
    return learning_curves(histories)


@pytest.fixture(scope="session")
def made_up_tables():
    tables, models = {}, {}
    for scheme in SCHEMES:
        models[scheme] = made_up_predictions(scheme, 5)
        found = evaluate_classifiers(models[scheme], [], {"n_bootstrap": 60, "calibration_bins": 5}, 1)
        found["learning_curves"] = made_up_curves(scheme)
        tables |= {f"{name}_{scheme}": table for name, table in found.items() if name != "fold_performance"}
    rng = np.random.default_rng(3)
    patients = pd.DataFrame(
        {
            "patient": [f"T{k:02d}" for k in range(N_PATIENTS)],
            "label": ["cps" if k % 2 == 0 else "sps" for k in range(N_PATIENTS)],
            "recordings": 20,
            "moved": [1, *[0] * (N_PATIENTS - 1)],
            "movement_unknown": 0,
            "cut": 1200,
            "scale": 1e-13 * np.exp(0.1 * rng.standard_normal(N_PATIENTS)),
            "epochs": N_EPOCHS,
        }
    )
    clinical = pd.DataFrame(
        {"patient": patients["patient"], "age": rng.integers(20, 33, N_PATIENTS).astype(float),
         "sex": ["F", "M"] * (N_PATIENTS // 2)}
    )  # fmt: skip
    ledger = pd.DataFrame(
        {"patient": ["T90"], "cohort": "all", "step": "prepare_images", "log": "", "excluded_from": "all",
         "cause": "expected a recording with a head movement of at most 5 mm, found 6 mm or more in all 20"}
    )  # fmt: skip
    traces = [
        {"subtype": subtype, "patient": patient, "sample": f"{patient}_e0001", "sensor": k, "second": s / 20,
         "value": np.sin(s + k)}
        for subtype, patient in (("cps", "T00"), ("sps", "T01"))
        for k in range(len(SENSORS))
        for s in range(20)
    ]  # fmt: skip
    bands = [
        {"subtype": subtype, "low_hz": low, "high_hz": high, "mean": -low / 10 + shift, "sd": 0.3, "n": 7}
        for subtype, shift in (("cps", 0.2), ("sps", 0.0))
        for low, high in ((1.0, 4.0), (4.0, 8.0), (8.0, 13.0))
    ]
    locations = [
        (1, fold, name, x, y, share, loss, moved)
        for fold in (1, 2)
        for name, x, y, share, loss, moved in zip(
            SENSORS,
            (-0.3, -0.9, 0.3, 0.9),
            (0.6, 0.2, 0.6, 0.2),
            (0.3, 0.2, 0.3, 0.2),
            (0.2, 0.0, 0.1, -0.1),
            (0.4, 0.1, 0.3, 0.0),
            strict=True,
        )
    ]
    names = ["repeat", "fold", "sensor", "x", "y", "attention", "loss", "moved"]
    shuffled = pd.DataFrame(
        [
            (k, scheme, 0.9 - 0.01 * k if scheme == BY_EPOCH else 0.45, 0.5)
            for k in (1, 2)
            for scheme in SCHEMES
        ],
        columns=["permutation", "scheme", "accuracy", "chance"],
    )
    trainings = [
        {"model": model, "scheme": scheme, "repeat": 1, "fold": fold, "device": "cpu", "precision": "32",
         "n_parameters": 99, "epochs": 5, "start": "random weights"}
        for model in NETWORKS
        for scheme in SCHEMES
        for fold in (1, 2)
    ]  # fmt: skip
    tables |= {
        "table1": characteristics(patients, clinical),
        "patient_flow": flow(patients, ledger),
        "exclusions": ledger,
        "recordings": patients,
        "traces": pd.DataFrame(traces),
        "spectra": pd.DataFrame(bands),
        "gap": gap_table(*(models[s] for s in SCHEMES), 60, 5, np.random.default_rng(1)),
        "patient_calls": pd.concat([patient_calls(models[s], s) for s in SCHEMES], ignore_index=True),
        "shuffled": shuffled,
        "locations": pd.DataFrame(locations, columns=names),
        "trainings": pd.DataFrame(trainings),
        "layers": pd.concat(
            [layer_table(MODEL, (1, 4, n), size) for size, n in (("published", 50), ("run", 20))]
        ),
    }
    rows = [
        *accuracy_rows({s: tables[f"performance_{s}"] for s in SCHEMES}, 0.841),
        *shuffled_rows(shuffled),
        *location_rows(tables["locations"], ["MLF11", "MRF11"]),
    ]
    tables["recovery"] = pd.DataFrame(rows, columns=list(COLUMNS))
    return tables
