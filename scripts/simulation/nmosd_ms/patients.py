"""Simulated patients of nmosd_ms: disease, lesions by region, brain size, clinical values of the paper's Table 1.

A patient is a function of the run's seed and its own id: a larger cohort begins with the patients of the smaller one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scripts.seeds import generator
from scripts.simulation.nmosd_ms.diseases import DISEASES, REGIONS, LesionModel, draw_counts

# Table 1: mean and SD; share of men
AGE = {"ms": (40.0, 11.1), "nmosd": (44.0, 13.0)}
MEN = {"ms": 14 / 47, "nmosd": 8 / 41}
DURATION_MONTHS = {"ms": (57.1, 73.4), "nmosd": (35.0, 42.9)}
EDSS = {"ms": (3.6, 1.8), "nmosd": (4.2, 2.4)}
ICV_ML = {"ms": (1407.2, 171.2), "nmosd": (1367.3, 120.3)}
ICV_LIMITS_ML = (1000.0, 1850.0)
AGE_LIMITS = (18, 75)
EDSS_LIMITS = (0.0, 9.0)
PLANES = ("axial", "sagittal")  # MRI Acquisition: 'images were acquired axially or sagittally'
SHARE_SAGITTAL = 0.3


def gamma_of(mean: float, sd: float, random: np.random.Generator) -> float:
    """A positive number with the given mean and SD."""
    return float(random.gamma((mean / sd) ** 2, sd**2 / mean))


def draw_patient(patient: str, seed: int, model: LesionModel) -> dict[str, Any]:
    """patient, disease, n_<region>, icv_ml, plane, and the clinical values: age, sex, duration_months, edss."""
    random = generator(seed, "nmosd_ms", "draw_patients", patient)
    disease = DISEASES[int(random.random() < model.share_of_nmosd)]
    counts = draw_counts(disease, 1, model, random)[0]
    icv = float(np.clip(random.normal(*ICV_ML[disease]), *ICV_LIMITS_ML))
    return {
        "patient": patient,
        "disease": disease,
        **{f"n_{region}": int(count) for region, count in zip(REGIONS, counts, strict=True)},
        "icv_ml": round(icv, 1),
        "plane": PLANES[int(random.random() < SHARE_SAGITTAL)],
        "age": int(np.clip(np.rint(random.normal(*AGE[disease])), *AGE_LIMITS)),
        "sex": "M" if random.random() < MEN[disease] else "F",
        "duration_months": round(gamma_of(*DURATION_MONTHS[disease], random), 1),
        "edss": float(np.clip(np.rint(2 * random.normal(*EDSS[disease])) / 2, *EDSS_LIMITS)),
    }


def draw_all(patients: Sequence[str], seed: int, model: LesionModel | None = None) -> pd.DataFrame:
    """A row for each patient, in their order; see `draw_patient`."""
    model = model or LesionModel()
    return pd.DataFrame([draw_patient(patient, seed, model) for patient in patients])
