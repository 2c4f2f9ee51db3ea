"""What a perfect analysis of a simulated cohort would find: the AUC of each image's best score, true changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import rankdata

from scripts.simulation.nact_response.patients import Outcomes, grade_limits, weighted_sum
from scripts.simulation.nact_response.response import (
    FORETOLD,
    IMAGES,
    LATENTS,
    MODELS,
    SUBTYPES,
    ResponseModel,
    score_weights,
)
from scripts.simulation.nact_response.scanners import CaseMix

GRID = 4001  # points of the quadrature
REACH = 9.0  # in SD of the score


def bayes_scores(outcomes: Outcomes, model: ResponseModel) -> pd.DataFrame:
    """(n, 6) the best score that each model's images allow, a column of MODELS each; higher = rather a responder."""
    scores = {image: weighted_sum(outcomes.latents, score_weights(image, model)) for image in IMAGES}
    scores["fusion_subtype"] = scores["fusion"] + model.subtype_effects(outcomes.subtype)
    return pd.DataFrame(scores)[list(MODELS)]


def population_auc(name: str, mix: CaseMix, model: ResponseModel) -> float:
    """AUC of a model's best score in the population that a cohort is a sample of, by quadrature.

    Given an image's score s ~ N(0, sd^2) the propensity is a mixture over subtypes of normal distributions around s +
    effect with the variance that the image does not explain, so that P(response | s) is a sum of normal
    distribution functions; AUC = integral of f(s | responder) F(s | nonresponder) ds. With the subtype the score
    itself is the mixture, and what is left is the noise.
    """
    limit = grade_limits(mix, model)[2]  # between grades 3 and 4
    shares = np.array(mix.subtypes) / np.sum(mix.subtypes)
    effects = model.subtype_effects(np.arange(len(SUBTYPES)))
    with_subtype = name == "fusion_subtype"
    weights = score_weights("fusion" if with_subtype else name, model)
    variance = float(np.sum(weights**2))
    sd = np.sqrt(variance)
    rest = np.sqrt(1 + float(np.sum(model.weights**2)) - variance)
    reach = REACH * sd + (np.abs(effects).max() if with_subtype else 0.0)
    s = np.linspace(-reach, reach, GRID)
    if with_subtype:
        density = np.sum(shares * np.exp(-(((s[:, None] - effects) / sd) ** 2) / 2), axis=1)
        responds = ndtr((s - limit) / rest)
    else:
        density = np.exp(-((s / sd) ** 2) / 2)
        responds = np.sum(shares * ndtr((s[:, None] + effects - limit) / rest), axis=1)
    responder, other = density * responds, density * (1 - responds)
    below = np.cumsum(other) - other / 2
    return float(np.sum(responder * below) / (responder.sum() * other.sum()))


def sample_auc(scores: np.ndarray, response: np.ndarray) -> float | None:
    """Share of pairs of a responder and a nonresponder in the right order, ties by half; None without either."""
    n_responders = int(np.sum(response == 1))
    n_others = len(response) - n_responders
    if not n_responders or not n_others:
        return None
    ranks = rankdata(scores)[response == 1].sum()
    return float((ranks - n_responders * (n_responders + 1) / 2) / (n_responders * n_others))


def describe_truth(
    cohorts: Mapping[str, tuple[list[str], Outcomes]],
    hospital: Mapping[str, CaseMix],
    model: ResponseModel,
    changes: pd.DataFrame,
) -> dict[str, Any]:
    """Everything planted, ready for JSON.

    Parameters
    ----------
    cohorts : cohort -> patients and their outcomes.
    changes : patient and true quantities of each patient, in the order of the cohorts.

    Returns
    -------
    dict with
        model : weights of the latent factors, effects of the subtypes, share of a level that the baseline foretells.
        auc : cohort -> model -> population (Bayes) and patients (of these patients; None without both classes).
        patients : columns patient, cohort, response, miller_payne, subtype, those of `changes`, score_<model>.
    """
    rows, auc = [], {}
    for cohort, (patients, outcomes) in cohorts.items():
        scores = bayes_scores(outcomes, model)
        auc[cohort] = {
            name: {
                "population": population_auc(name, hospital[cohort], model),
                "patients": sample_auc(scores[name].to_numpy(), outcomes.response),
            }
            for name in MODELS
        }
        identity = pd.DataFrame(
            {
                "patient": patients,
                "cohort": cohort,
                "response": outcomes.response,
                "miller_payne": outcomes.miller_payne,
                "subtype": np.array(SUBTYPES)[outcomes.subtype],
            }
        )
        rows.append(identity.join(scores.add_prefix("score_")))
    table = pd.concat(rows, ignore_index=True).merge(changes, on="patient", validate="one_to_one")
    return {
        "model": {
            "latents": dict(zip(LATENTS, model.weights.tolist(), strict=True)),
            "subtypes": dict(model.subtype),
            "foretold": FORETOLD,
        },
        "auc": auc,
        "patients": {name: table[name].tolist() for name in table},
    }
