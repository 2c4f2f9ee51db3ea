"""The frozen support vector machines of a study: one readable JSON file that scores new patients by itself.

Layout: `config/schemas/bundle_svm.schema.json`. A feature's full name, as tables have it, is `<image>.<name>`. The file
holds scaled feature values of training patients (the support vectors), without their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.classification.selection import Classifier
from scripts.errors import InputError, nearest
from scripts.model.bundle_file import read_checked, refuse_faults, settings_differences
from scripts.tables import write_json

SCHEMA_PATH = Path(__file__).parents[2] / "config" / "schemas" / "bundle_svm.schema.json"

Bundle = dict[str, Any]


def model_entry(
    classifier: Classifier,
    names: list[str],
    cutoff: float,
    cutoff_rule: str,
    cv_auc: float,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """One model of a bundle.

    Parameters
    ----------
    names : full names of the classifier's features, in its order.
    cutoff, cutoff_rule : a score from `cutoff` up is called positive, and how it was found, in words.
    cv_auc, settings : the area by which the model was chosen, and the settings of its fit.
    """
    features = [
        {"image": image, "name": name, "mean": float(mean), "sd": float(sd)}
        for (image, name), mean, sd in zip(
            (full.split(".", 1) for full in names), classifier.mean, classifier.sd, strict=True
        )
    ]
    return {
        "features": features,
        "support_vectors": classifier.support_vectors.tolist(),
        "coefficients": classifier.coefficients.tolist(),
        "intercept": float(classifier.intercept),
        "gamma": float(classifier.gamma),
        "c": float(classifier.c),
        "cutoff": {"value": float(cutoff), "rule": cutoff_rule},
        "cv_auc": float(cv_auc),
        "settings": dict(settings),
    }


def build_svm_bundle(
    paper: str,
    models: Mapping[str, Mapping[str, Any]],
    created_from: Mapping[str, Any],
    preparation: Mapping[str, Any],
    positive: str,
    text: str = "Fitted on the training patients of this run.",
    kind: str = "fitted",
) -> Bundle:
    """Freeze the fitted models of a study.

    Parameters
    ----------
    models : name -> what `model_entry` gives.
    created_from : n, n_positive, training_digest, code, seed.
    preparation : settings of the steps that lead to the features, and must be the same when the models are applied.
    positive : what a high score means, in words.
    text, kind : where the models come from, in words and as 'fitted' or 'simulated' (from patients who do not exist).
    """
    bundle = {
        "schema_version": 1,
        "paper": paper,
        "source": {"kind": kind, "text": text},
        "created_from": dict(created_from),
        "positive": positive,
        "preparation": dict(preparation),
        "models": {name: dict(model) for name, model in models.items()},
    }
    refuse_faults(bundle, "model bundle", SCHEMA_PATH, _consistency_faults)
    return bundle


def write_svm_bundle(bundle: Bundle, path: str | Path) -> None:
    """Check `bundle` and write it; numbers come back bit for bit from `read_svm_bundle`."""
    refuse_faults(bundle, str(path), SCHEMA_PATH, _consistency_faults)
    write_json(bundle, path)


def read_svm_bundle(path: str | Path) -> Bundle:
    """Read and check a bundle; every fault is named in one InputError."""
    return read_checked(path, SCHEMA_PATH, _consistency_faults)


def _consistency_faults(bundle: Bundle) -> Iterator[str]:
    for model, entry in bundle["models"].items():
        names = feature_names(entry)
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"models/{model}/features: '{name}' stands {names.count(name)} times"
        if any(len(row) != len(names) for row in entry["support_vectors"]):
            yield f"models/{model}/support_vectors: a row has not {len(names)} values, one for each feature"
        if len(entry["coefficients"]) != len(entry["support_vectors"]):
            yield (
                f"models/{model}/coefficients: {len(entry['coefficients'])} for "
                f"{len(entry['support_vectors'])} support vectors"
            )
        if any(abs(a) > entry["c"] * (1 + 1e-9) for a in entry["coefficients"]):
            yield f"models/{model}/coefficients: one is larger than c, {entry['c']}"


def feature_names(entry: Mapping[str, Any]) -> list[str]:
    """Full names of one model's features, in its order."""
    return [f"{feature['image']}.{feature['name']}" for feature in entry["features"]]


def classifier_of(entry: Mapping[str, Any]) -> Classifier:
    """One model of a bundle, ready to score values in the order of its features."""
    return Classifier(
        columns=np.arange(len(entry["features"])),
        mean=np.array([feature["mean"] for feature in entry["features"]]),
        sd=np.array([feature["sd"] for feature in entry["features"]]),
        support_vectors=np.array(entry["support_vectors"], dtype=float),
        coefficients=np.array(entry["coefficients"], dtype=float),
        intercept=entry["intercept"],
        gamma=entry["gamma"],
        c=entry["c"],
    )


def apply_svm_bundle(
    bundle: Bundle, values: pd.DataFrame, preparation: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Score patients with every model of a bundle.

    Parameters
    ----------
    values : index patient, columns full names of features; NaN counts as the training mean.
    preparation : settings that led to `values`; compared with the bundle's where given.

    Returns
    -------
    DataFrame[patient, model, score, predicted]: models in the bundle's order (alphabetical in a file), patients in that
    of `values`; predicted 1 from the model's cut-off up, else 0.

    Raises
    ------
    InputError : settings differ, a feature has no column, a patient stands twice, or a value is infinite.
    """
    if preparation is not None and (differences := settings_differences(bundle["preparation"], preparation)):
        raise InputError(
            "settings of the features", "those of the model", "; ".join(differences),
            "Prepare the images with the model's settings.",
        )  # fmt: skip
    if values.index.has_duplicates:
        twice = values.index[values.index.duplicated()].unique()
        raise InputError("feature table", "one row a patient", f"several of {', '.join(map(str, twice[:5]))}")
    parts = []
    for model, entry in bundle["models"].items():
        names = feature_names(entry)
        if absent := [name for name in names if name not in values]:
            raise InputError(
                f"feature table, model {model}", "a column for each feature of the model",
                f"none for {', '.join(absent[:5])}", nearest(absent[0], values.columns).strip(),
            )  # fmt: skip
        x = values[names].to_numpy(dtype=float)
        if np.isinf(x).any():
            raise InputError(f"feature table, model {model}", "finite or missing values", "infinite ones")
        score = classifier_of(entry).score(x)
        called = (score >= entry["cutoff"]["value"]).astype(int)
        parts.append(
            pd.DataFrame({"patient": values.index, "model": model, "score": score, "predicted": called})
        )
    return pd.concat(parts, ignore_index=True)
