"""A frozen logistic score: one readable JSON file that scores new patients by itself.

Layout: `config/schemas/bundle_logistic.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.classification.ridge_logistic import probability, ridge_score
from scripts.errors import InputError, nearest
from scripts.model.bundle_file import read_checked, refuse_faults, settings_differences
from scripts.tables import write_json

SCHEMA_PATH = Path(__file__).parents[2] / "config" / "schemas" / "bundle_logistic.schema.json"
TRANSFORMS = {"none": lambda x: x, "log1p": np.log1p}

Bundle = dict[str, Any]


def write_logistic_bundle(bundle: Bundle, path: str | Path) -> None:
    """Check `bundle` and write it; numbers come back bit for bit from `read_logistic_bundle`."""
    refuse_faults(bundle, str(path), SCHEMA_PATH, _consistency_faults)
    write_json(bundle, path)


def read_logistic_bundle(path: str | Path) -> Bundle:
    """Read and check a bundle; every fault is named in one InputError."""
    return read_checked(path, SCHEMA_PATH, _consistency_faults)


def _consistency_faults(bundle: Bundle) -> Iterator[str]:
    names = [feature["name"] for feature in bundle["features"]]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"features: '{name}' stands {names.count(name)} times"
    if bundle["created_from"]["n_positive"] >= bundle["created_from"]["n"]:
        yield "created_from: no training case of the other class"
    if bundle["validation"]["ci_low"] > bundle["validation"]["ci_high"]:
        yield "validation: ci_low is above ci_high"


def transformed(values: pd.DataFrame, features: list[Mapping[str, Any]]) -> np.ndarray:
    """(n, p) values as the score takes them; NaN where missing.

    Parameters
    ----------
    values : a column for each feature's name. features : with `name` and `transform`.

    Raises
    ------
    InputError : no column of a name, an infinite value, or one that log1p does not take (-1 or less).
    """
    names = [feature["name"] for feature in features]
    if absent := [name for name in names if name not in values]:
        raise InputError(
            "values of the score", "a column for each feature of the model",
            f"none for {', '.join(absent[:5])}", nearest(absent[0], values.columns).strip(),
        )  # fmt: skip
    columns = []
    for feature in features:
        x = values[feature["name"]].to_numpy(dtype=float)
        if np.isinf(x).any() or (feature["transform"] == "log1p" and (x <= -1).any()):
            raise InputError(
                f"values of the score, {feature['name']}", "finite values that the transform takes", "others"
            )
        columns.append(TRANSFORMS[feature["transform"]](x))
    return np.stack(columns, axis=1)


def apply_logistic_bundle(
    bundle: Bundle, values: pd.DataFrame, preparation: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Score patients.

    Parameters
    ----------
    values : patient and a column for each feature; NaN counts as the training mean.
    preparation : settings that led to `values`; compared with the bundle's where given.

    Returns
    -------
    DataFrame[patient, score, probability, predicted, n_missing], in the order of `values`; n_missing features of the
    score were missing and stood at their training mean.

    Raises
    ------
    InputError : settings differ, a patient stands twice, or as `transformed`.
    """
    if preparation is not None and (differences := settings_differences(bundle["preparation"], preparation)):
        raise InputError(
            "settings of the features", "those of the model", "; ".join(differences),
            "Measure with the model's settings.",
        )  # fmt: skip
    if values["patient"].duplicated().any():
        twice = values.loc[values["patient"].duplicated(), "patient"].unique()
        raise InputError("values of the score", "one row a patient", f"several of {', '.join(twice[:5])}")
    features = bundle["features"]
    x = transformed(values, features)
    parts = (np.array([f[part] for f in features]) for part in ("mean", "sd", "coefficient"))
    scores = ridge_score(x, *parts, bundle["intercept"])
    return pd.DataFrame(
        {
            "patient": values["patient"].to_numpy(),
            "score": scores,
            "probability": probability(scores),
            "predicted": (scores >= bundle["cutoff"]["value"]).astype(int),
            "n_missing": np.isnan(x).sum(axis=1),
        }
    )
