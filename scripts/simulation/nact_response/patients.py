"""Simulated patients: latent factors, subtype, response, clinical table.

Every patient has standard normal numbers of its own, from a generator that knows the run's seed and the patient's id
alone; everything else is a function of them and of the cohort. A larger cohort therefore begins with the patients of
the smaller one. The shares of grades and subtypes are the cohort's own (Table 2 of the paper).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import betaincinv, ndtr

from scripts.seeds import generator
from scripts.simulation.nact_response.response import LATENTS, SUBTYPES, ResponseModel
from scripts.simulation.nact_response.scanners import CaseMix

# One standard normal number of each name a patient; new names go last, so that the numbers of the others stay.
NORMALS = (
    *LATENTS,
    "subtype",
    "response",
    "age",
    "menopause",
    "family_history",
    "side",
    "date",
    "interval",
    "er",
    "pr",
    "luminal_kind",
    "ki67",
    "scanner",
)

LIMIT = 2.5  # latent factors beyond this many SD are drawn in: no tumour leaves the breast
AGE_TO_MENOPAUSE = 0.75  # correlation of age with the propensity to be past menopause
LUMINAL_B_BY_HER2 = (
    0.40  # share of luminal B tumours that are HER2-positive; the others have a Ki-67 above 14 %
)
KI67_THRESHOLD = 14
# Ki-67 in percent: lowest, highest and shape of a beta distribution
KI67 = {
    "luminal_a": (1, KI67_THRESHOLD, (2.0, 1.4)),
    "luminal_b": (KI67_THRESHOLD + 1, 80, (1.2, 2.6)),
    "luminal_b_her2": (5, 80, (1.5, 2.6)),
    "her2_enriched": (10, 85, (1.8, 2.4)),
    "basal_like": (15, 95, (2.4, 1.6)),
}
DAYS_BETWEEN_VISITS = (38, 55)  # two cycles of three weeks, and the days until the next scan


def patient_normals(patients: Sequence[str], seed: int) -> np.ndarray:
    """(n, len(NORMALS)) standard normal numbers; a patient's row depends on the seed and its id alone."""
    return np.array(
        [generator(seed, "nact_response", "draw_patients", p).standard_normal(len(NORMALS)) for p in patients]
    )


def column(normals: np.ndarray, name: str) -> np.ndarray:
    """(n,) the numbers of one name."""
    return normals[:, NORMALS.index(name)]


def weighted_sum(columns: np.ndarray, weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n,) columns (n, k) times weights (k,), column by column: a row's sum does not depend on the number of rows."""
    total = np.zeros(len(columns))
    for k, weight in enumerate(weights):
        total += columns[:, k] * weight
    return total


def cut_levels(uniform: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """(n,) level 0, 1, ... of uniform numbers, with the levels' weights as marginals."""
    return np.searchsorted(np.cumsum(weights)[:-1] / np.sum(weights), uniform)


def propensity_distribution(value: float, mix: CaseMix, model: ResponseModel) -> float:
    """Share of a cohort's population whose propensity to respond is at most `value`: a mixture over subtypes."""
    shares = np.array(mix.subtypes) / np.sum(mix.subtypes)
    sd = np.sqrt(1 + np.sum(model.weights**2))
    return float(np.sum(shares * ndtr((value - model.subtype_effects(np.arange(len(SUBTYPES)))) / sd)))


def grade_limits(mix: CaseMix, model: ResponseModel) -> np.ndarray:
    """(4,) propensities between the Miller-Payne grades 1|2, 2|3, 3|4, 4|5 that give the cohort's shares."""
    shares = np.cumsum(mix.miller_payne)[:-1] / np.sum(mix.miller_payne)
    return np.array(
        [brentq(lambda v, s=s: propensity_distribution(v, mix, model) - s, -20, 20) for s in shares]
    )


@dataclass(frozen=True)
class Outcomes:
    """What becomes of the n patients of one cohort.

    Attributes
    ----------
    latents : (n, 8) in the order of LATENTS, within LIMIT.
    subtype : (n,) place in SUBTYPES.
    propensity : (n,) to respond; miller_payne : (n,) 1-5; response : (n,) 1 for grades 4 and 5.
    """

    latents: np.ndarray
    subtype: np.ndarray
    propensity: np.ndarray
    miller_payne: np.ndarray
    response: np.ndarray


def draw_outcomes(normals: np.ndarray, mix: CaseMix, model: ResponseModel) -> Outcomes:
    """Turn standard normals (n, len(NORMALS)) into latent factors, subtypes and Miller-Payne grades."""
    latents = np.clip(normals[:, : len(LATENTS)], -LIMIT, LIMIT)
    subtype = cut_levels(ndtr(column(normals, "subtype")), mix.subtypes)
    propensity = weighted_sum(latents, model.weights) + model.subtype_effects(subtype)
    propensity = propensity + column(normals, "response")
    grade = np.searchsorted(grade_limits(mix, model), propensity) + 1
    return Outcomes(latents, subtype, propensity, grade, (grade >= 4).astype(int))


def ages(normal: np.ndarray, mean: float, sd: float, low: float, high: float) -> np.ndarray:
    """(n,) whole years from a beta distribution on [low, high] with the given mean and SD."""
    centre, variance = (mean - low) / (high - low), (sd / (high - low)) ** 2
    size = centre * (1 - centre) / variance - 1
    return np.rint(low + (high - low) * betaincinv(centre * size, (1 - centre) * size, ndtr(normal))).astype(
        int
    )


def receptors(subtype: np.ndarray, normals: np.ndarray) -> pd.DataFrame:
    """er, pr, her2 ('positive', 'negative') and ki67 (whole percent) of the given subtypes.

    By the paper's rule (Patient Selection) they give the subtype back: luminal tumours are ER- or PR-positive; HER2,
    or a Ki-67 above 14 %, makes a luminal one luminal B.
    """
    kind = np.array(SUBTYPES)[subtype]
    luminal = np.isin(kind, ("luminal_a", "luminal_b"))
    er = luminal & (ndtr(column(normals, "er")) < 0.95)
    pr = luminal & ((ndtr(column(normals, "pr")) < 0.75) | ~er)  # one of the two at least
    by_her2 = (kind == "luminal_b") & (ndtr(column(normals, "luminal_kind")) < LUMINAL_B_BY_HER2)
    her2 = by_her2 | (kind == "her2_enriched")
    ki67 = np.zeros(len(kind), int)
    share = ndtr(column(normals, "ki67"))
    for name, (low, high, (a, b)) in KI67.items():
        rows = by_her2 if name == "luminal_b_her2" else (kind == name) & ~by_her2
        ki67[rows] = np.rint(low + (high - low) * betaincinv(a, b, share[rows])).astype(int)
    words = np.array(["negative", "positive"])
    return pd.DataFrame(
        {
            "er": words[er.astype(int)],
            "pr": words[pr.astype(int)],
            "her2": words[her2.astype(int)],
            "ki67": ki67,
        }
    )


def clinical_table(outcomes: Outcomes, normals: np.ndarray, mix: CaseMix) -> pd.DataFrame:
    """What the archive holds of a cohort.

    Returns
    -------
    DataFrame : baseline_date, follow_up_date (ISO), side, miller_payne, er, pr, her2, ki67 (percent), age (years),
        menopausal_status, family_history.
    """
    first, last = (np.datetime64(day, "D") for day in mix.admission)
    days = np.floor(ndtr(column(normals, "date")) * ((last - first).astype(int) + 1)).astype(int)
    low, high = DAYS_BETWEEN_VISITS
    wait = low + np.floor(ndtr(column(normals, "interval")) * (high - low + 1)).astype(int)
    age = column(normals, "age")
    menopause = AGE_TO_MENOPAUSE * age + np.sqrt(1 - AGE_TO_MENOPAUSE**2) * column(normals, "menopause")
    table = pd.DataFrame(
        {
            "baseline_date": np.datetime_as_string(first + days, unit="D"),
            "follow_up_date": np.datetime_as_string(first + days + wait, unit="D"),
            "side": np.array(["left", "right"])[(column(normals, "side") > 0).astype(int)],
            "miller_payne": outcomes.miller_payne,
        }
    )
    table = table.join(receptors(outcomes.subtype, normals))
    table["age"] = ages(age, *mix.age)
    table["menopausal_status"] = np.array(["pre", "post"])[
        cut_levels(ndtr(menopause), (mix.premenopausal, 1 - mix.premenopausal))
    ]
    table["family_history"] = np.array(["no", "yes"])[
        cut_levels(ndtr(column(normals, "family_history")), (1 - mix.family_history, mix.family_history))
    ]
    return table
