"""What a perfect reader of a simulated cohort would reach: Bayes accuracy of number, places and volume of lesions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from scripts.simulation.nmosd_ms.diseases import (
    DISEASES,
    REGIONS,
    LesionModel,
    draw_counts,
    draw_volumes,
    log_odds,
)

DRAWS = 100_000  # of each disease, from a stream of their own: the accuracy has a standard error of 0.001
EVIDENCE = {
    "number_and_places": {"number": True, "places": True},
    "places": {"number": False, "places": True},
    "number": {"number": True, "places": False},
}


def area(positive: np.ndarray, negative: np.ndarray) -> float:
    """Share of pairs whose positive has the higher score, ties by half."""
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)].sum()
    n = len(positive)
    return float((ranks - n * (n + 1) / 2) / (n * len(negative)))


def accuracy_of_rule(says_nmosd: dict[str, np.ndarray], model: LesionModel) -> dict[str, float]:
    """Accuracy, sensitivity and specificity (NMOSD positive) of calls on drawn patients of each disease, and the
    accuracy's standard error."""
    right = np.array([1 - says_nmosd["ms"].mean(), says_nmosd["nmosd"].mean()])
    n = np.array([len(says_nmosd[d]) for d in DISEASES])
    return {
        "accuracy": float(model.prior @ right),
        "standard_error": float(np.sqrt(np.sum(model.prior**2 * right * (1 - right) / n))),
        "sensitivity": float(right[1]),
        "specificity": float(right[0]),
    }


def bayes_performance(
    model: LesionModel, random: np.random.Generator, draws: int = DRAWS
) -> dict[str, dict[str, float]]:
    """Performance of the best rule for each kind of evidence, in the population.

    Returns
    -------
    evidence -> accuracy, standard_error (of the draws), sensitivity, specificity, auc. `number_and_places` is the Bayes
    accuracy: no classifier of images is better in the long run, for the images depend on the disease through these
    numbers alone. `volume` is the best threshold on the lesion volume, to which any monotone model of it comes down.
    """
    counts = {disease: draw_counts(disease, draws, model, random) for disease in DISEASES}
    found = {}
    for evidence, used in EVIDENCE.items():
        odds = {disease: log_odds(counts[disease], model, **used) for disease in DISEASES}
        rule = accuracy_of_rule({disease: odds[disease] > 0 for disease in DISEASES}, model)
        found[evidence] = {**rule, "auc": area(odds["nmosd"], odds["ms"])}
    volumes = {disease: total_volumes(counts[disease].sum(axis=1), random) for disease in DISEASES}
    cut = best_threshold(volumes["nmosd"], volumes["ms"], model)
    rule = accuracy_of_rule({disease: volumes[disease] < cut for disease in DISEASES}, model)
    found["volume"] = {**rule, "auc": area(-volumes["nmosd"], -volumes["ms"]), "threshold_ml": cut}
    return found


def total_volumes(numbers: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(n,) total lesion volume in ml of patients with so many lesions."""
    owner = np.repeat(np.arange(len(numbers)), numbers)
    return np.bincount(owner, weights=draw_volumes(len(owner), random), minlength=len(numbers))


def best_threshold(nmosd: np.ndarray, ms: np.ndarray, model: LesionModel) -> float:
    """The volume below which calling NMOSD is right most often."""
    cuts = np.quantile(np.concatenate([nmosd, ms]), np.linspace(0.005, 0.995, 397))
    below = [np.searchsorted(np.sort(v), cuts) / len(v) for v in (ms, nmosd)]
    return float(cuts[np.argmax(model.prior[0] * (1 - below[0]) + model.prior[1] * below[1])])


def describe_truth(latents: pd.DataFrame, model: LesionModel, random: np.random.Generator) -> dict[str, Any]:
    """Everything planted, ready for JSON.

    Parameters
    ----------
    latents : patient, disease, n_<region>.

    Returns
    -------
    dict with
        model : shares, concentration, mean and SD of the lesion volume, share of NMOSD.
        bayes : see `bayes_performance`.
        sample : accuracy and AUC (None without both diseases) of the best score in these patients.
        patients : columns patient, disease, log_odds, n_<region>.
    """
    counts = latents[[f"n_{region}" for region in REGIONS]]
    odds, nmosd = log_odds(counts.to_numpy(), model), (latents["disease"] == "nmosd").to_numpy()
    both = 0 < nmosd.sum() < len(nmosd)
    table = latents[["patient", "disease"]].assign(log_odds=odds).join(counts)
    return {
        "model": {
            "regions": list(REGIONS),
            "shares": {disease: list(model.shares[disease]) for disease in DISEASES},
            "concentration": model.concentration,
            "wmh_ml": {disease: list(model.wmh_ml[disease]) for disease in DISEASES},
            "share_of_nmosd": model.share_of_nmosd,
        },
        "bayes": bayes_performance(model, random),
        "sample": {
            "n": len(latents),
            "accuracy": float(np.mean((odds > 0) == nmosd)),
            "auc": area(odds[nmosd], odds[~nmosd]) if both else None,
        },
        "patients": {name: table[name].tolist() for name in table},
    }
