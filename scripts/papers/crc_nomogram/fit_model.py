"""Fit the rad-score, its cut-off and the nomogram on the primary cohort, and freeze them in one bundle.

Source: Methods, Model Construction; Results, Features Selection and Model Construction; Figure 1; Figure 3A.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.model.bundle import build_bundle, write_bundle
from scripts.papers.crc_nomogram.cohorts import join_features, training_cohort
from scripts.seeds import generator
from scripts.survival.cox import CoxFit, baseline_survival, fit_cox
from scripts.survival.nomogram_covariates import covariate_names, covariate_values
from scripts.survival.signature import Signature, SignatureSettings, fit_signature
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job
from scripts.workflow.provenance import table_digest


def fit_signature_of(
    features: pd.DataFrame, training: pd.DataFrame, settings: SignatureSettings, seed: int
) -> Signature:
    """The rad-score of the training patients: the same for the same seed, whichever step asks.

    Parameters
    ----------
    features : column patient and the radiomic features. training : clinical rows of the training patients.
    """
    return fit_signature(
        join_features(features, training),
        training["dfs_months"],
        training["recurrence"],
        settings,
        generator(seed, "fit_signature"),
    )


def fit_nomogram(
    signature: Signature, features: pd.DataFrame, training: pd.DataFrame, settings: dict
) -> tuple[CoxFit, pd.DataFrame]:
    """Cox model (Efron) of rad-score and TNM stage on training patients with a stage, and its baseline survival.

    Parameters
    ----------
    settings : branch nomogram of the paper's parameters.
    """
    training = training[training["tnm_stage"].notna()]
    time, event = training["dfs_months"].to_numpy(), training["recurrence"].to_numpy()
    score = signature.score(join_features(features, training))
    covariates = covariate_values(
        covariate_names(settings), score, signature.group(score), training["tnm_stage"]
    )
    nomogram = fit_cox(covariates, time, event)
    return nomogram, baseline_survival(nomogram, covariates, time, event)


def path_table(signature: Signature) -> pd.DataFrame:
    """LASSO coefficients along the path, long: lambda, feature, coefficient, chosen (non-zero at the lambda taken)."""
    path = signature.cross_validation.path
    entered = np.flatnonzero(np.any(path.coefficients != 0, axis=0))
    kept = signature.kept
    return pd.DataFrame(
        [
            {
                "lambda": float(lam),
                "feature": kept[j],
                "coefficient": float(path.coefficients[i, j]),
                "chosen": kept[j] in signature.features,
            }
            for j in entered
            for i, lam in enumerate(path.lambdas)
        ],
        columns=["lambda", "feature", "coefficient", "chosen"],
    )


def cross_validation_table(signature: Signature) -> pd.DataFrame:
    """Cross-validated deviance: lambda, deviance, standard_error, n_nonzero, which lambda is min, 1se and used."""
    curve = signature.cross_validation
    return pd.DataFrame(
        {
            "lambda": curve.lambdas,
            "deviance": curve.deviance,
            "standard_error": curve.standard_error,
            "n_nonzero": curve.n_nonzero,
            "is_min": curve.lambdas == curve.lambda_min,
            "is_1se": curve.lambdas == curve.lambda_1se,
            "is_used": curve.lambdas == signature.lambda_value,
        }
    )


def roc_table(signature: Signature) -> pd.DataFrame:
    """The time-dependent ROC that set the cut-off: cutoff, false_positive, true_positive, auc."""
    roc = signature.roc
    return pd.DataFrame(
        {
            "cutoff": roc.cutoffs,
            "false_positive": roc.false_positive,
            "true_positive": roc.true_positive,
            "auc": roc.auc,
        }
    )


def main(job: Job) -> None:
    """Rule fit_model: features and clinical table in, bundle and the tables of Figure 1 out."""
    features, clinical = read_table(job.input.features), read_table(job.input.clinical)
    training = training_cohort(clinical, features)
    signature = fit_signature_of(
        features, training, SignatureSettings.from_dict(job.settings["signature"]), job.seed
    )
    nomogram, baseline = fit_nomogram(signature, features, training, job.settings["nomogram"])
    simulated = job.settings["simulated"]
    bundle = build_bundle(
        signature,
        nomogram,
        baseline,
        [float(months) for months in job.settings["nomogram"]["months"]],
        {
            "n": len(training),
            "events": int(training["recurrence"].sum()),
            "training_digest": table_digest(
                join_features(features, training).join(training.set_index("patient"))
            ),
            "code": job.code,
            "seed": job.seed,
        },
        job.settings["radiomics"],
        "Fitted on simulated patients: for trying the software, not for people."
        if simulated
        else "Fitted on the primary cohort of this run.",
        kind="simulated" if simulated else "fitted",
    )
    write_bundle(bundle, job.output.model)
    write_both(cross_validation_table(signature), job.output.lasso_cross_validation)
    write_both(path_table(signature), job.output.lasso_path)
    write_both(signature.filtering, job.output.feature_filter)
    write_both(roc_table(signature), job.output.cutoff_roc)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
