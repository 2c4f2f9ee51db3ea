"""Fit the six models on the development set, judge their selection by nested cross-validation, freeze them.

Source: Statistical Analysis and Machine Learning Methods: SVM with a Gaussian kernel, SVM-RFE, sequential inclusion,
grid search within 10-fold cross-validation, the final model on all development samples.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scripts.classification.cross_validation import FoldAreas, nested_validation
from scripts.classification.inclusion import SvmSettings
from scripts.classification.selection import SvmRfe, fit_classifier, leaky_validation
from scripts.model.svm_bundle import build_svm_bundle, model_entry, write_svm_bundle
from scripts.papers.nact_response.feature_sets import MODELS, Patients, columns_of, patients_of
from scripts.parallel import map_cases
from scripts.seeds import generator
from scripts.statistics.roc import youden_cutoff
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job
from scripts.workflow.provenance import table_digest

VISIT_IMAGES = ("baseline", "follow_up", "jacobian")
# What the features of a patient depend on, from the phase to the feature: frozen with the models.
PREPARATION = (
    "phases", "bias_field", "resampling", "intensity", "segmentation", "registration", "radiomics",
    "jacobian_radiomics", "delta", "outcome",
)  # fmt: skip
CUTOFF_RULE = "largest sensitivity + specificity of the cross-validated scores of the development set"
POSITIVE = "response to neoadjuvant chemotherapy (Miller-Payne grade 4 or 5)"


def read_patients(job: Job) -> Patients:
    """The wide table from a job's inputs baseline, follow_up, jacobian and clinical."""
    images = {image: read_table(job.input[image]) for image in VISIT_IMAGES}
    return patients_of(
        images,
        read_table(job.input.clinical),
        job.settings["delta"]["zero_denominator"],
        job.settings["outcome"]["ki67_threshold"],
    )


def read_settings(settings: dict[str, Any]) -> tuple[SvmSettings, str]:
    """Branch svm of the parameters: the classifier's settings, and how the subtype enters."""
    branch = dict(settings["svm"])
    subtype = branch.pop("subtype", "always")
    return SvmSettings.from_dict(branch), subtype


@threadpool_limits.wrap(limits=1)
def fit_model(
    model: str, development: Patients, settings: SvmSettings, subtype: str, seed: int
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """One model: its entry in the bundle, the path of its selection, and its ranking.

    Parameters
    ----------
    development : patients with a known response. subtype : see `columns_of`.

    Returns
    -------
    entry : for the bundle. path : DataFrame[model, n_features, c, gamma, cv_auc, chosen].
    ranking : DataFrame[model, rank, feature], features that are always in first.
    """
    names, always = columns_of(model, development.values, subtype)
    x, y = development.values[names].to_numpy(dtype=float), development.response
    classifier, selection = fit_classifier(x, y, settings, generator(seed, "fit_model", model), always)
    chosen = selection.path[selection.path["chosen"]].iloc[0]
    entry = model_entry(
        classifier,
        [names[j] for j in classifier.columns],
        youden_cutoff(y, selection.held_out),
        CUTOFF_RULE,
        chosen["cv_auc"],
        settings.to_dict() | {"subtype": subtype, "folds_used": selection.n_folds},
    )
    order = [*np.flatnonzero(always), *selection.ranking]
    ranking = pd.DataFrame(
        {"model": model, "rank": np.arange(1, len(order) + 1), "feature": [names[j] for j in order]}
    )
    return entry, selection.path.assign(model=model)[["model", *selection.path.columns]], ranking


def cross_validate_model(
    task: tuple[str, str], development: Patients, settings: SvmSettings, subtype: str, seed: int
) -> dict[str, Any]:
    """One row of the table cross_validation: a model with its selection inside the folds (honest) or before (leaky)."""
    model, order = task
    names, always = columns_of(model, development.values, subtype)
    areas = areas_in_order(
        order, development.values[names].to_numpy(dtype=float), development.response, settings, always,
        generator(seed, "cross_validation", model, order),
    )  # fmt: skip
    auc, lower, upper = areas.interval()
    return {"model": model, "order": order, "auc": auc, "lower": lower, "upper": upper}


@threadpool_limits.wrap(limits=1)
def areas_in_order(
    order: str,
    x: np.ndarray,
    y: np.ndarray,
    settings: SvmSettings,
    always: np.ndarray,
    stream: np.random.Generator,
) -> FoldAreas:
    """Cross-validated areas with the selection inside the outer folds ('honest') or before all folds ('leaky')."""
    if order == "leaky":
        return leaky_validation(x, y, settings, stream, always)
    model = SvmRfe(settings, always)
    return nested_validation([model], x, y, settings.outer_folds, settings.outer_repeats, stream)[0]


def main(job: Job) -> None:
    """Rule fit_models: features of three images and the clinical table in, the bundle and four tables out."""
    development = read_patients(job).known("development")
    settings, subtype = read_settings(job.settings)
    shared = {"development": development, "settings": settings, "subtype": subtype, "seed": job.seed}
    fitted = map_cases(partial(fit_model, **shared), MODELS, job.threads)
    orders = [(model, order) for model in MODELS for order in ("honest", "leaky")]
    validated = map_cases(partial(cross_validate_model, **shared), orders, job.threads)
    simulated = job.settings["simulated"]
    bundle = build_svm_bundle(
        "nact_response",
        {model: entry for model, (entry, _, _) in zip(MODELS, fitted, strict=True)},
        {
            "n": len(development.clinical),
            "n_positive": int(development.response.sum()),
            "training_digest": table_digest(development.values.assign(response=development.response)),
            "code": job.code,
            "seed": job.seed,
        },
        {branch: job.settings[branch] for branch in PREPARATION if branch in job.settings},
        POSITIVE,
        "Fitted on simulated patients: for trying the software, not for people."
        if simulated
        else "Fitted on the development set of this run.",
        kind="simulated" if simulated else "fitted",
    )
    write_svm_bundle(bundle, job.output.model)
    write_both(pd.concat([path for _, path, _ in fitted], ignore_index=True), job.output.selection_path)
    write_both(pd.concat([ranking for _, _, ranking in fitted], ignore_index=True), job.output.ranking)
    write_both(pd.DataFrame(validated), job.output.cross_validation)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
