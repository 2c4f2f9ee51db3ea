"""What a perfect analysis of a simulated cohort would find: hazard ratios, concordance, true survival."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import LATENTS, Hazard, latent_correlation
from scripts.simulation.crc_nomogram.expression import HALLMARKS, describe_planted
from scripts.simulation.crc_nomogram.hospitals import CaseMix, Hospital
from scripts.simulation.crc_nomogram.patients import NORMALS, draw_outcomes
from scripts.simulation.survival_times import (
    PairCount,
    count_all_pairs,
    count_pairs,
    median_follow_up,
    weibull_survival,
)

# Paired once each: 100,000 independent pairs, a standard error of 0.001 to 0.002.
MONTE_CARLO_PATIENTS = 200_000
CHUNK = 50_000
HORIZONS_MONTHS = (36, 60)
SCORES = ("linear_predictor", "image_part", "tnm_stage")


def population_concordance(
    mix: CaseMix,
    latent_mean: Mapping[str, float],
    hazard: Hazard,
    random: np.random.Generator,
    n_patients: int = MONTE_CARLO_PATIENTS,
) -> dict[str, Any]:
    """Harrell's C of the true scores in the population that a cohort is a sample of, by Monte Carlo.

    Patients are drawn as the cohort's are and compared in disjoint, hence independent, pairs.

    Returns
    -------
    dict : `uncensored` and `as_followed` -> score -> estimate, standard_error (of the Monte Carlo), n_pairs;
        and `recurrence`, the share of patients with an observed event. Scores are `linear_predictor` (the
        oracle), `image_part` and `tnm_stage`, each alone.
    """
    counts = {(view, score): np.zeros(3, int) for view in ("uncensored", "as_followed") for score in SCORES}
    events = 0
    half = CHUNK // 2
    n_chunks = max(1, n_patients // CHUNK)
    for _ in range(n_chunks):
        drawn = draw_outcomes(random.standard_normal((CHUNK, len(NORMALS))), mix, latent_mean, hazard)
        events += int(drawn.event.sum())
        for view, months, event in (
            ("uncensored", drawn.event_months, np.ones(CHUNK, int)),
            ("as_followed", drawn.months, drawn.event),
        ):
            for score in SCORES:
                pairs = count_pairs(
                    months, event, getattr(drawn, score), np.arange(half), np.arange(half, 2 * half)
                )
                counts[view, score] += (pairs.concordant, pairs.discordant, pairs.tied_risk)
    result: dict[str, Any] = {"recurrence": events / (n_chunks * CHUNK), "uncensored": {}, "as_followed": {}}
    for (view, score), (concordant, discordant, tied) in counts.items():
        pairs = PairCount(int(concordant), int(discordant), int(tied))
        result[view][score] = {
            "estimate": pairs.concordance,
            "standard_error": pairs.standard_error,
            "n_pairs": pairs.n_pairs,
        }
    return result


def cohort_concordance(
    clinical: pd.DataFrame, true_patients: pd.DataFrame
) -> dict[str, dict[str, float | None]]:
    """Harrell's C of the true scores among a cohort's own patients.

    Returns
    -------
    dict : `uncensored` (true event times of all patients) and `as_followed` (patients with an outcome) ->
        score -> C; None where no pair is comparable.
    """
    followed = clinical["recurrence"].notna().to_numpy()
    months = clinical["dfs_months"].to_numpy(float, na_value=np.nan)
    event = clinical["recurrence"].to_numpy(float, na_value=np.nan)
    views = {
        "uncensored": (
            true_patients["event_months"].to_numpy(),
            np.ones(len(clinical)),
            np.full(len(clinical), True),
        ),
        "as_followed": (months, event, followed),
    }
    found: dict[str, dict[str, float | None]] = {}
    for view, (time, observed, rows) in views.items():
        found[view] = {}
        for score in SCORES:
            pairs = count_all_pairs(time[rows], observed[rows], true_patients[score].to_numpy(float)[rows])
            found[view][score] = pairs.concordance if pairs.n_pairs else None
    return found


def describe_follow_up(clinical: pd.DataFrame) -> dict[str, Any]:
    """Patients, events and reverse Kaplan-Meier median follow-up in months of one cohort."""
    outcome = clinical.dropna(subset=["recurrence"])
    median = median_follow_up(outcome["dfs_months"].to_numpy(float), outcome["recurrence"].to_numpy(int))
    return {
        "n_patients": len(clinical),
        "n_with_outcome": len(outcome),
        "n_events": int(outcome["recurrence"].sum()),
        "median_follow_up_months": None if np.isnan(median) else median,
        "without_follow_up": clinical.loc[clinical["recurrence"].isna(), "patient"].tolist(),
    }


def describe_truth(
    clinical: pd.DataFrame, true_patients: pd.DataFrame, hospital: Hospital, hazard: Hazard, seed: int
) -> dict[str, Any]:
    """Everything planted in a cohort, ready for JSON.

    Returns
    -------
    dict with
        hazard : baseline, coefficients, centre of the stage.
        hazard_ratios : per SD of the image part (given the stage), per stage (given the image), per SD of
            each latent factor (given the others).
        latents : names, means, correlation.
        cohorts : cohort -> follow_up, c_index {population, patients}.
        expression : planted sets and the others.
        patients : columns patient, cohort, image_part, linear_predictor, tnm_stage, event_months,
            survival_36m, survival_60m, has_expression.
    """
    patients = true_patients.copy()
    for months in HORIZONS_MONTHS:
        patients[f"survival_{months}m"] = weibull_survival(
            months, patients["linear_predictor"], hazard.baseline
        )
    cohorts = {}
    for cohort in clinical["cohort"].unique():
        rows = clinical["cohort"] == cohort
        random = generator(seed, "truth", cohort)
        cohorts[cohort] = {
            "follow_up": describe_follow_up(clinical[rows]),
            "c_index": {
                "population": population_concordance(
                    hospital.cohorts[cohort], hospital.latent_mean, hazard, random
                ),
                "patients": cohort_concordance(clinical[rows], true_patients[rows]),
            },
        }
    planted = describe_planted()
    others = [f"HALLMARK_{name}" for name in HALLMARKS if f"HALLMARK_{name}" not in planted]
    return {
        "hazard": {
            "baseline": {
                "family": "weibull",
                "shape": hazard.baseline.shape,
                "scale_months": hazard.baseline.scale_months,
            },
            "coefficients": {**hazard.latents, "tnm_stage": hazard.tnm_stage},
            "stage_centre": hazard.stage_centre,
            "image_part_sd": hazard.image_part_sd,
        },
        "hazard_ratios": {
            "image_part_per_sd": float(np.exp(hazard.image_part_sd)),
            "tnm_stage_per_stage": float(np.exp(hazard.tnm_stage)),
            **{f"{name}_per_sd": float(np.exp(beta)) for name, beta in hazard.latents.items()},
        },
        "latents": {
            "names": list(LATENTS),
            "mean": {name: hospital.latent_mean.get(name, 0.0) for name in LATENTS},
            "correlation": latent_correlation().tolist(),
        },
        "cohorts": cohorts,
        "expression": {
            "planted": planted,
            "others": others,
            "n_patients": int(patients["has_expression"].sum()),
        },
        "patients": {name: patients[name].tolist() for name in patients},
    }
