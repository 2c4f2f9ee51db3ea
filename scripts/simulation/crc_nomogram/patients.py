"""Simulated patients: latent factors, stage and outcome, clinical table.

Every patient has standard normal numbers of its own, from a generator that knows the run's seed and the
patient's id alone; everything else is a function of them and of the hospital. A larger cohort therefore
begins with the patients of the smaller one. Clinical variables are cut from propensities that share a part
with what they depend on (a Gaussian copula), so their marginals are the hospital's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtr

from scripts.seeds import generator
from scripts.simulation.crc_nomogram.biology import LATENTS, Hazard, latent_correlation, weighted_sum
from scripts.simulation.crc_nomogram.hospitals import CaseMix
from scripts.simulation.survival_times import exponential_times, months_between, observe, weibull_times

# One standard normal number of each name a patient; new names go last, so that the numbers of the others
# stay.
NORMALS = (
    *LATENTS,
    "tnm_stage",
    "event",
    "loss",
    "admission_date",
    "sex",
    "age",
    "differentiation",
    "cea",
    "lymph_node",
    "scanner",
    "missing_tnm_stage",
    "missing_differentiation",
    "missing_cea",
    "without_follow_up",
    "expression",
)

# What a variable's propensity shares with its driver, as a correlation: in Table 1 stage, CEA and the share
# of males were higher among patients of high rad-score.
IMAGE_TO_STAGE = 0.25
SIZE_TO_MALE = 0.25
STAGE_TO_CEA = 0.40
STAGE_TO_GRADE = 0.20

AGE_RANGE = (20.0, 97.0)  # years; ages follow a beta distribution between them
SEX = np.array(["F", "M"])
GRADE = np.array(["high", "moderate", "low"])
CEA = np.array(["low", "high"])
LYMPH_NODE = np.array(["no", "yes"])


def patient_normals(patients: Sequence[str], seed: int) -> np.ndarray:
    """(n, len(NORMALS)) standard normal numbers; a patient's row depends on the seed and its id alone."""
    return np.array([generator(seed, "draw_patients", p).standard_normal(len(NORMALS)) for p in patients])


def column(normals: np.ndarray, name: str) -> np.ndarray:
    """(n,) the numbers of one name."""
    return normals[:, NORMALS.index(name)]


def mean_latents(latent_mean: Mapping[str, float]) -> np.ndarray:
    """(5,) means of a hospital's latent factors, in SD of the reference; 0 where it says nothing."""
    return np.array([latent_mean.get(name, 0.0) for name in LATENTS])


def propensity(driver: np.ndarray, correlation: float, noise: np.ndarray) -> np.ndarray:
    """(n,) standard normal with the given correlation with a standard normal driver."""
    return correlation * driver + np.sqrt(1 - correlation**2) * noise


def cut_levels(propensities: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """(n,) level 0, 1, ... of standard normal propensities, with the levels' weights as marginals."""
    return np.searchsorted(np.cumsum(weights)[:-1] / np.sum(weights), ndtr(propensities))


def ages(normal: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """(n,) whole years from a beta distribution on AGE_RANGE with the given mean and SD."""
    low, high = AGE_RANGE
    centre, variance = (mean - low) / (high - low), (sd / (high - low)) ** 2
    size = centre * (1 - centre) / variance - 1
    return np.rint(low + (high - low) * betaincinv(centre * size, (1 - centre) * size, ndtr(normal))).astype(
        int
    )


@dataclass(frozen=True)
class Outcomes:
    """What happens to the n patients of one cohort.

    Attributes
    ----------
    latents : (n, 5) in the order of LATENTS.
    image_part, linear_predictor : (n,) log hazard against the baseline; higher = higher risk.
    stage_propensity : (n,) what the stage is cut from; tnm_stage : (n,) 1-4.
    event_months : (n,) had nobody been censored.
    admission : (n,) datetime64[D].
    months, event : (n,) as followed; 1 event, 0 censored.
    """

    latents: np.ndarray
    image_part: np.ndarray
    linear_predictor: np.ndarray
    stage_propensity: np.ndarray
    tnm_stage: np.ndarray
    event_months: np.ndarray
    admission: np.ndarray
    months: np.ndarray
    event: np.ndarray


def draw_outcomes(
    normals: np.ndarray, mix: CaseMix, latent_mean: Mapping[str, float], hazard: Hazard
) -> Outcomes:
    """Turn standard normals (n, len(NORMALS)) into tumours, stages and times.

    Stage goes with the image part's departure from the hospital's mean, so that its marginals are those of
    `mix`. Where the hazard gives the image no effect, stage and image are independent.
    """
    root = np.linalg.cholesky(latent_correlation())
    centred = np.column_stack([weighted_sum(normals[:, : len(LATENTS)], weights) for weights in root])
    latents = centred + mean_latents(latent_mean)
    stage_propensity = column(normals, "tnm_stage")
    if hazard.image_part_sd > 0:
        image_risk = hazard.image_part(centred) / hazard.image_part_sd
        stage_propensity = propensity(image_risk, IMAGE_TO_STAGE, stage_propensity)
    stage = cut_levels(stage_propensity, mix.tnm_stage) + 1
    image_part = hazard.image_part(latents)
    linear_predictor = image_part + hazard.stage_part(stage)
    event_months = weibull_times(ndtr(column(normals, "event")), linear_predictor, hazard.baseline)

    first, last = (np.datetime64(day, "D") for day in mix.admission)
    days = np.floor(ndtr(column(normals, "admission_date")) * ((last - first).astype(int) + 1)).astype(int)
    loss = exponential_times(ndtr(column(normals, "loss")), mix.median_months_to_loss)
    months, event = observe(
        event_months, np.minimum(months_between(first + days, mix.end_of_follow_up), loss)
    )
    return Outcomes(
        latents,
        image_part,
        linear_predictor,
        stage_propensity,
        stage,
        event_months,
        first + days,
        months,
        event,
    )


def clinical_table(outcomes: Outcomes, normals: np.ndarray, mix: CaseMix) -> pd.DataFrame:
    """What the archive holds of a cohort, with its missing values.

    Returns
    -------
    DataFrame : dfs_months, recurrence (1 event, 0 censored), tnm_stage (1-4), sex, age (years),
        differentiation, cea, lymph_node, admission_date (ISO). Exactly `mix.without_follow_up` patients have
        no outcome.
    """
    stage, stage_propensity = outcomes.tnm_stage, outcomes.stage_propensity
    male = propensity(column(normals, "size"), SIZE_TO_MALE, column(normals, "sex"))
    grade = propensity(stage_propensity, STAGE_TO_GRADE, column(normals, "differentiation"))
    cea = propensity(stage_propensity, STAGE_TO_CEA, column(normals, "cea"))
    stage_iv_positive = ndtr(column(normals, "lymph_node")) < mix.node_positive_in_stage_iv
    table = pd.DataFrame(
        {
            "dfs_months": pd.array(outcomes.months, "Float64"),
            "recurrence": pd.array(outcomes.event, "Int64"),
            "tnm_stage": pd.array(stage, "Int64"),
            "sex": SEX[cut_levels(male, (1 - mix.male, mix.male))],
            "age": ages(column(normals, "age"), *mix.age),
            "differentiation": GRADE[cut_levels(grade, mix.differentiation)],
            "cea": CEA[cut_levels(cea, (1 - mix.cea_high, mix.cea_high))],
            "lymph_node": LYMPH_NODE[((stage == 3) | ((stage == 4) & stage_iv_positive)).astype(int)],
            "admission_date": np.datetime_as_string(outcomes.admission, unit="D"),
        }
    )
    for name, probability in mix.missing.items():
        table.loc[ndtr(column(normals, f"missing_{name}")) < probability, name] = None
    lost = np.argsort(column(normals, "without_follow_up"), kind="stable")[: mix.without_follow_up]
    table.loc[lost, ["dfs_months", "recurrence"]] = None
    return table
