"""How much of what was planted in a simulated cohort the features hold, and how much of it the models find.

The AUC of the best score of the images (Bayes) is no fair aim: nobody who learns from some sixty patients reaches it,
even with the true factors before him. Three questions are asked instead, in patients whom nothing was fitted on.

1. Do the features hold what the images show? The planted score of an image is regressed on its features (ridge) in the
   development set, and correlated with what the regression says of the others. With a correlation r an AUC
   Phi(d / sqrt 2) falls to Phi(r d / sqrt 2): at READ, .83 to .78, less than the standard error of an AUC in 53.
2. Does a model lose by having features for factors? The same classifier, with the same settings, folds and patients,
   is fitted on the true factors; the difference of the AUCs has a paired interval (DeLong), at a level at which all
   models together keep it in LEVEL of the cohorts. It is the interval of the fitted models: what another division of
   the development set into folds would do (an SD of the AUC of up to 0.06) is not in it.
3. Are the models better where more was planted? The slope of the models' AUCs on the Bayes AUCs, with DeLong's
   interval of that weighted sum of areas. Where features tell nothing the slope is 0. A rank correlation would count
   models that are planted nearly alike as much as the best against the worst: with the true factors themselves,
   Kendall's tau stayed below 0.6 in more than a quarter of 60 other simulated cohorts of this size.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from threadpoolctl import threadpool_limits

from scripts.classification.inclusion import SvmSettings
from scripts.classification.scaling import Scaling
from scripts.classification.selection import fit_classifier
from scripts.papers.nact_response.cohorts import IMAGE_LABELS, MODEL_LABELS
from scripts.papers.nact_response.feature_sets import MODELS, SUBTYPES, Patients
from scripts.papers.nact_response.fit_models import read_patients, read_settings
from scripts.papers.nact_response.recovery_rows import COLUMNS, group_label, recovery_row
from scripts.seeds import generator
from scripts.simulation.nact_response.response import LATENTS, visible
from scripts.statistics.correlation import correlate
from scripts.statistics.roc import area, area_contrast, area_difference
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

LEVEL = 0.95  # of the intervals of one question, all of them together
READ = 0.80
PENALTIES = np.logspace(0, 5, 16)  # of the ridge, for scaled features; leave-one-out chooses


def true_factors(model: str, latents: pd.DataFrame, patients: Patients, subtype: str):
    """What a model would read if it saw the patients' factors instead of features.

    Parameters
    ----------
    latents : LATENTS by patient. subtype : how it enters, see `feature_sets.columns_of`.

    Returns
    -------
    x : (n, k) what the model's images show (`response.visible`), and the indicators of the subtype where it has them.
    always : (k,) bool, columns in every machine.
    """
    image = "fusion" if model == "fusion_subtype" else model
    factors = latents.loc[patients.values.index, list(LATENTS)].to_numpy(dtype=float)
    x = factors @ visible(image).T
    always = np.zeros(x.shape[1], dtype=bool)
    if model == "fusion_subtype":
        x = np.hstack([x, patients.values[list(SUBTYPES)].to_numpy(dtype=float)])
        always = np.append(always, [subtype == "always"] * len(SUBTYPES))
    return x, always


@threadpool_limits.wrap(limits=1)
def scores_with_true_factors(
    model: str, patients: Patients, latents: pd.DataFrame, settings: SvmSettings, subtype: str, seed: int
) -> np.ndarray:
    """(n,) scores of all patients by the paper's classifier, fitted on the true factors of the development set.

    The seed gives the folds that `fit_models.fit_model` divides the same patients into.
    """
    x, always = true_factors(model, latents, patients, subtype)
    own = (patients.clinical["cohort"] == "development").to_numpy()
    stream = generator(seed, "fit_model", model)
    classifier, _ = fit_classifier(x[own], patients.response[own], settings, stream, always)
    return classifier.score(x[:, classifier.columns])


@threadpool_limits.wrap(limits=1)
def read_off(features: np.ndarray, planted: np.ndarray, development: np.ndarray) -> np.ndarray:
    """(n,) an image's planted score as its features tell it: a ridge regression learnt from the development set.

    Parameters
    ----------
    features : (n, p), NaN where missing. planted : (n,). development : (n,) bool.
    """
    scaled = Scaling.learn(features[development]).apply(features)
    return RidgeCV(PENALTIES).fit(scaled[development], planted[development]).predict(scaled)


def feature_rows(patients: Patients, planted: pd.DataFrame) -> list[dict[str, Any]]:
    """Question 1: a line for each image and cohort outside the development set.

    Parameters
    ----------
    planted : score_<image> by patient.
    """
    cohort = patients.clinical["cohort"].to_numpy()
    rows = []
    for image, label in IMAGE_LABELS.items():
        names = [name for name in patients.values if name.startswith(f"{image}.")]
        score = planted.loc[patients.values.index, f"score_{image}"].to_numpy(dtype=float)
        told = read_off(patients.values[names].to_numpy(dtype=float), score, cohort == "development")
        for name in _others(cohort):
            link = correlate(told[cohort == name], score[cohort == name])
            rule = f"at least {READ:g}: less loss of AUC than its standard error"
            found = (link["r"], link["ci_low"], link["ci_high"])
            quantity = f"Planted score read from the features, {label} (correlation)"
            rows.append(recovery_row(quantity, group_label(name), 1.0, found, link["r"] >= READ, rule))
    return rows


def model_rows(
    y: np.ndarray,
    found: Mapping[str, np.ndarray],
    attainable: Mapping[str, np.ndarray],
    bayes: Mapping[str, float],
    group: str,
) -> list[dict[str, Any]]:
    """Question 2: a line for each model.

    Parameters
    ----------
    y : (n,) 0 or 1. found, attainable : model -> (n,) scores from features, and from the true factors.
    bayes : model -> AUC of the best score in the population.
    """
    level = 1 - (1 - LEVEL) / max(len(found), 1)
    rule = (
        "interval (paired, all models together) of the difference to the same classifier with the true factors "
        "reaches 0 or lies above"
    )
    rows = []
    for model, scores in found.items():
        aim = area(y, attainable[model])
        loss = area_difference(y, scores, attainable[model], level)
        limits = (aim + loss.difference, aim + loss.ci_low, aim + loss.ci_high)
        label = f"AUC, {MODEL_LABELS.get(model, model)}"
        rows.append(recovery_row(label, group, aim, limits, loss.ci_high >= 0, rule, bayes[model]))
    return rows


def slope_row(
    y: np.ndarray, found: Mapping[str, np.ndarray], bayes: Mapping[str, float], group: str
) -> dict[str, Any]:
    """Question 3; parameters as in `model_rows`, at least two models of different Bayes AUC."""
    planted = np.array([bayes[model] for model in found])
    centred = planted - planted.mean()
    slope = area_contrast(y, list(found.values()), centred / np.sum(centred**2), LEVEL)
    limits = (slope.difference, slope.ci_low, slope.ci_high)
    quantity = "Slope of the models' AUCs on the Bayes AUCs"
    return recovery_row(quantity, group, 1.0, limits, slope.ci_low > 0, "the interval lies above 0")


def assess(
    patients: Patients,
    predictions: pd.DataFrame,
    truth: Mapping[str, Any],
    latents: pd.DataFrame,
    settings: SvmSettings,
    subtype: str,
    seed: int,
) -> pd.DataFrame:
    """All lines; a cohort without both classes has none of the models.

    Parameters
    ----------
    patients : those with a known response. predictions : patient, model, score.
    truth : the simulation's JSON. latents : patient and LATENTS.
    """
    latents = latents.set_index("patient")
    rows = feature_rows(patients, pd.DataFrame(truth["patients"]).set_index("patient"))
    scores = predictions.pivot(index="patient", columns="model", values="score").loc[patients.values.index]
    models = [model for model in MODELS if model in scores]
    attainable = {m: scores_with_true_factors(m, patients, latents, settings, subtype, seed) for m in models}
    cohort = patients.clinical["cohort"].to_numpy()
    for name in _others(cohort):
        members = cohort == name
        y, group = patients.response[members], group_label(name)
        if not 0 < y.sum() < len(y):
            continue
        found = {m: scores[m].to_numpy()[members] for m in models}
        bayes = {m: float(truth["auc"][name][m]["population"]) for m in models}
        rows += model_rows(y, found, {m: attainable[m][members] for m in models}, bayes, group)
        if len(models) > 1:
            rows.append(slope_row(y, found, bayes, group))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _others(cohort: np.ndarray) -> list[str]:
    return [str(name) for name in dict.fromkeys(cohort) if name != "development"]


def main(job: Job) -> None:
    """Rule assess_models. Inputs: truth, latents, predictions, clinical; features of baseline, follow_up, jacobian."""
    settings, subtype = read_settings(job.settings)
    rows = assess(
        read_patients(job).known(),
        read_table(job.input.predictions),
        read_json(job.input.truth),
        read_table(job.input.latents),
        settings,
        subtype,
        job.seed,
    )
    write_both(rows, job.output.model_recovery)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
