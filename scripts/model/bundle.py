"""The frozen model: one readable JSON file that scores new patients without the training data.

Layout and units: `config/schemas/bundle_crc_nomogram.schema.json`. Coefficients are per SD of a feature;
survival is S(t | x) = S0(t) ** exp(linear predictor), with the linear predictor uncentred and S0 at linear
predictor 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.model.bundle_file import read_checked, refuse_faults, settings_differences
from scripts.survival.cox import CoxFit, survival_at
from scripts.survival.nomogram_covariates import covariate_values
from scripts.survival.rad_score import RadScore
from scripts.survival.signature import Signature
from scripts.tables import write_json

SCHEMA_PATH = Path(__file__).parents[2] / "config" / "schemas" / "bundle_crc_nomogram.schema.json"

Bundle = dict[str, Any]


def build_bundle(
    signature: Signature,
    nomogram: CoxFit,
    baseline: pd.DataFrame,
    horizons: list[float],
    created_from: Mapping[str, Any],
    radiomics: Mapping[str, Any] | None,
    text: str = "Fitted on the training patients of this run.",
    kind: str = "fitted",
) -> Bundle:
    """Freeze a fitted signature and nomogram.

    Parameters
    ----------
    nomogram : Cox model of the training patients on covariates named as in `scripts.survival.nomogram_covariates`.
    baseline : DataFrame[months, survival], survival at linear predictor 0.
    horizons : months at which survival will be predicted.
    created_from : n, events, training_digest, code, seed.
    text, kind : where the model comes from, in words and as 'fitted' or 'simulated' (from patients who do not exist).
    radiomics : settings that the features were extracted with, and must be when the model is applied.
    """
    score = signature.rad_score
    honest = score.centre is not None
    bundle: Bundle = {
        "schema_version": 1,
        "paper": "crc_nomogram",
        "source": {"kind": kind, "text": text},
        "created_from": dict(created_from),
        "radiomics": None if radiomics is None else dict(radiomics),
        "signature": {
            "features": [
                {
                    "name": name,
                    "coefficient": float(score.coefficients[j]),
                    "mean": float(score.centre[j]) if honest else None,
                    "sd": float(score.scale[j]) if honest else None,
                }
                for j, name in enumerate(score.features)
            ],
            "scaling": score.scaling,
            "ddof": score.ddof,
            "cutoff": {
                "value": float(score.cutoff),
                "months": float(signature.settings.cutoff.months),
                "method": signature.settings.cutoff.method,
                "rule": signature.settings.cutoff.rule,
            },
            "score_range": [float(signature.training_score.min()), float(signature.training_score.max())],
            "settings": signature.settings.to_dict()
            | {"lambda_used": signature.lambda_value, "lambda_chosen_by": signature.lambda_rule},
        },
        "nomogram": {
            "covariates": list(nomogram.covariates),
            "coefficients": np.asarray(nomogram.coefficients).tolist(),
            "covariance": np.asarray(nomogram.covariance).tolist(),
            "means": np.asarray(nomogram.means).tolist(),
            "n": int(nomogram.n),
            "n_events": int(nomogram.n_events),
            "log_likelihood": float(nomogram.log_likelihood),
            "null_log_likelihood": float(nomogram.null_log_likelihood),
            "baseline_survival": baseline[["months", "survival"]].to_numpy(dtype=float).tolist(),
            "horizons": [float(m) for m in horizons],
        },
    }
    _refuse_faults(bundle, "model bundle")
    return bundle


def write_bundle(bundle: Bundle, path: str | Path) -> None:
    """Check `bundle` and write it; numbers come back bit for bit from `read_bundle`."""
    _refuse_faults(bundle, str(path))
    write_json(bundle, path)


def read_bundle(path: str | Path) -> Bundle:
    """Read and check a bundle; every fault is named in one InputError."""
    return read_checked(path, SCHEMA_PATH, _consistency_faults)


def _refuse_faults(bundle: Any, where: str) -> None:
    refuse_faults(bundle, where, SCHEMA_PATH, _consistency_faults)


def _consistency_faults(bundle: Bundle) -> Iterator[str]:
    signature, nomogram = bundle["signature"], bundle["nomogram"]
    names = [feature["name"] for feature in signature["features"]]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield f"signature/features: '{name}' stands {names.count(name)} times"
    for feature in signature["features"]:
        has = [feature["mean"] is not None, feature["sd"] is not None]
        if signature["scaling"] == "training" and not all(has):
            yield f"signature/features: '{feature['name']}' has no mean or sd, which scaling 'training' needs"
        if signature["scaling"] == "each_cohort" and any(has):
            yield f"signature/features: '{feature['name']}' has a mean or sd, which each_cohort does not take"
    if nomogram is None:
        return
    p = len(nomogram["covariates"])
    for key in ("coefficients", "means", "covariance"):
        if len(nomogram[key]) != p:
            yield f"nomogram/{key}: {len(nomogram[key])} entries for {p} covariates"
    covariance = nomogram["covariance"]
    if any(len(row) != len(covariance) for row in covariance):
        yield "nomogram/covariance: not square"
    elif not np.allclose(covariance, np.transpose(covariance), rtol=1e-6):
        yield "nomogram/covariance: not symmetric"
    baseline = np.asarray(nomogram["baseline_survival"] or [[0.0, 1.0]])
    if np.any(np.diff(baseline[:, 0]) <= 0):
        yield "nomogram/baseline_survival: months do not increase"
    if np.any(np.diff(baseline[:, 1]) > 0):
        yield "nomogram/baseline_survival: survival rises"


def rad_score(bundle: Bundle) -> RadScore:
    """The bundle's score, ready to be computed."""
    signature = bundle["signature"]
    features = signature["features"]
    honest = signature["scaling"] == "training"
    return RadScore(
        features=tuple(f["name"] for f in features),
        coefficients=np.array([f["coefficient"] for f in features]),
        scaling=signature["scaling"],
        centre=np.array([f["mean"] for f in features]) if honest else None,
        scale=np.array([f["sd"] for f in features]) if honest else None,
        ddof=signature["ddof"],
        cutoff=signature["cutoff"]["value"],
    )


def nomogram_fit(bundle: Bundle) -> CoxFit | None:
    """The nomogram's Cox model, or None where the source prints none."""
    if bundle["nomogram"] is None:
        return None
    n = bundle["nomogram"]
    return CoxFit(
        covariates=list(n["covariates"]),
        coefficients=np.array(n["coefficients"]),
        covariance=np.array(n["covariance"]),
        log_likelihood=n["log_likelihood"],
        null_log_likelihood=n["null_log_likelihood"],
        n=n["n"],
        n_events=n["n_events"],
        means=np.array(n["means"]),
    )


def baseline_of(bundle: Bundle) -> pd.DataFrame | None:
    """DataFrame[months, survival] at linear predictor 0, or None."""
    if bundle["nomogram"] is None or bundle["nomogram"]["baseline_survival"] is None:
        return None
    return pd.DataFrame(bundle["nomogram"]["baseline_survival"], columns=["months", "survival"])


def unscorable(bundle: Bundle, features: pd.DataFrame) -> pd.DataFrame:
    """DataFrame[patient, cause]: rows of `features` that lack a finite value of a feature of the score."""
    names = [n for n in rad_score(bundle).features if n in features.columns]
    absent = ~np.isfinite(features[names].to_numpy(dtype=float))
    rows = np.flatnonzero(absent.any(axis=1))
    cause = ["no value of " + ", ".join(np.array(names)[absent[row]]) for row in rows]
    return pd.DataFrame({"patient": features["patient"].to_numpy()[rows], "cause": cause}, dtype=object)


def apply_bundle(
    bundle: Bundle,
    features: pd.DataFrame,
    clinical: pd.DataFrame,
    radiomics_settings: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Score patients with a frozen model.

    Parameters
    ----------
    features : column `patient` and the features; a row a patient to be scored.
    clinical : columns `patient`, `cohort`, and `tnm_stage` (1-4) where the bundle has a nomogram; patients
        without a row in `features` are left out (the ledger says why they have none).
    radiomics_settings : what `features` were extracted with; compared with the bundle's where both are known.

    Returns
    -------
    DataFrame[patient, cohort, rad_score, risk_group] in the order of `clinical`; with a nomogram also
    `linear_predictor`, and with a baseline `survival_<months>m` (missing where the stage is missing).

    Raises
    ------
    InputError : settings differ, a feature or column is missing, a patient stands twice or has no clinical
        row, or has no value of a feature (see `unscorable`).
    """
    if bundle["radiomics"] is not None and radiomics_settings is not None:
        differences = settings_differences(bundle["radiomics"], radiomics_settings)
        if differences:
            raise InputError(
                "radiomics settings", "those of the model", "; ".join(differences),
                "Extract the features with the model's settings.",
            )  # fmt: skip
    fit, baseline, score = nomogram_fit(bundle), baseline_of(bundle), rad_score(bundle)
    staged = fit is not None and any(name.startswith("tnm_stage") for name in fit.covariates)
    needed = {"patient", "cohort"} | ({"tnm_stage"} if staged else set())
    for table, name, columns in (
        (features, "feature table", {"patient"}),
        (clinical, "clinical table", needed),
    ):
        absent = sorted(columns - set(table.columns))
        if absent:
            raise InputError(name, f"the columns {', '.join(sorted(columns))}", f"no {', '.join(absent)}")
        twice = table["patient"][table["patient"].duplicated()].unique()
        if len(twice):
            raise InputError(name, "one row a patient", f"several rows of {', '.join(map(str, twice[:5]))}")
    strangers = sorted(set(features["patient"]) - set(clinical["patient"]), key=str)
    if strangers:
        raise InputError(
            "feature table", "patients of the clinical table", f"{', '.join(map(str, strangers[:5]))}"
        )

    patients = clinical.loc[clinical["patient"].isin(features["patient"])].set_index("patient")
    values = features.set_index("patient").loc[patients.index]
    scores = pd.DataFrame({"cohort": patients["cohort"]}, index=patients.index)
    scores["rad_score"] = score.score(values, patients["cohort"].to_numpy())
    scores["risk_group"] = score.group(scores["rad_score"])
    if fit is not None:
        stage = patients["tnm_stage"] if staged else None
        covariates = covariate_values(fit.covariates, scores["rad_score"], scores["risk_group"], stage)
        known = covariates.notna().all(axis=1).to_numpy()
        predictor = np.full(len(scores), np.nan)
        predictor[known] = fit.linear_predictor(covariates[known])
        scores["linear_predictor"] = predictor
        if baseline is not None:
            for months in bundle["nomogram"]["horizons"]:
                survival = np.full(len(scores), np.nan)
                survival[known] = survival_at(baseline, predictor[known], months)
                scores[f"survival_{months:g}m"] = survival
    return scores.reset_index()
