"""The frozen normal region of a study: one readable JSON file that judges new cases by itself.

Layout: `config/schemas/bundle_gaussian.schema.json`. It holds a mean, a covariance and settings, and nobody's values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scripts.clustering.gaussian_region import GaussianRegion
from scripts.errors import InputError
from scripts.model.bundle_file import read_checked, refuse_faults, settings_differences
from scripts.tables import write_json

SCHEMA_PATH = Path(__file__).parents[2] / "config" / "schemas" / "bundle_gaussian.schema.json"

Bundle = dict[str, Any]


def build_gaussian_bundle(
    paper: str,
    region: GaussianRegion,
    variables: Sequence[str],
    unit: str,
    level: float,
    outward: Sequence[int],
    created_from: Mapping[str, Any],
    measurement: Mapping[str, Any],
    reading_error: Mapping[str, float],
    kind: str = "fitted",
    text: str = "Fitted on the samples of this run.",
) -> Bundle:
    """Freeze a region; arguments as the schema describes them.

    Raises
    ------
    InputError : parts that do not fit each other, each named.
    """
    bundle = {
        "schema_version": 1,
        "paper": paper,
        "source": {"kind": kind, "text": text},
        "created_from": dict(created_from),
        "variables": list(variables),
        "unit": unit,
        "mean": [float(value) for value in region.mean],
        "covariance": [[float(value) for value in row] for row in region.covariance],
        "level": float(level),
        "outward": [int(value) for value in outward],
        "measurement": dict(measurement),
        "reading_error": {name: float(value) for name, value in reading_error.items()},
    }
    refuse_faults(bundle, "model bundle", SCHEMA_PATH, _consistency_faults)
    return bundle


def write_gaussian_bundle(bundle: Bundle, path: str | Path) -> None:
    """Check `bundle` and write it; numbers come back bit for bit from `read_gaussian_bundle`."""
    refuse_faults(bundle, str(path), SCHEMA_PATH, _consistency_faults)
    write_json(bundle, path)


def read_gaussian_bundle(path: str | Path) -> Bundle:
    """Read and check a bundle; every fault is named in one InputError."""
    return read_checked(path, SCHEMA_PATH, _consistency_faults)


def region_of(bundle: Bundle) -> GaussianRegion:
    """The region of a bundle; `n` is the number of normal samples that it is from."""
    mean, covariance = np.array(bundle["mean"], float), np.array(bundle["covariance"], float)
    return GaussianRegion(mean, covariance, bundle["created_from"]["n_normal"])


def require_same_measurement(bundle: Bundle, used: Mapping[str, Any]) -> None:
    """InputError where the new cases were measured with other settings than the model's, each with both values."""
    if differences := settings_differences(bundle["measurement"], used):
        raise InputError(
            "settings of the measurement",
            "those of the model",
            "; ".join(differences),
            "Measure the films with the model's settings (parameters of the configuration).",
        )


def _consistency_faults(bundle: Bundle) -> Iterator[str]:
    n = len(bundle["variables"])
    for name in ("mean", "outward"):
        if len(bundle[name]) != n:
            yield f"{name}: {len(bundle[name])} values for {n} variables"
    rows = bundle["covariance"]
    if len(rows) != n or any(len(row) != n for row in rows):
        yield f"covariance: not {n} rows of {n} values"
        return
    covariance = np.array(rows, float)
    if not np.allclose(covariance, covariance.T, rtol=1e-9):
        yield "covariance: not symmetric"
    elif np.linalg.eigvalsh(covariance)[0] <= 0:
        yield "covariance: not positive definite"
    if bundle["created_from"]["n_normal"] > bundle["created_from"]["n_samples"]:
        yield "created_from: more normal samples than samples"
