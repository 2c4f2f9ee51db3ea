"""Simulated patients of tle_subtypes: subtype, slow activity, and what else their recordings are drawn with.

A patient is a function of the run's seed and its own id: a larger cohort begins with the patients of the smaller one.

The planted truth: the logarithm of the amplitude of slow (2 to 4 Hz) activity over frontal and parietal sensors is
normal with the same SD in both subtypes, and its means are `separation` SDs apart. It is one number a patient, not an
epoch: more epochs tell it better, and no classifier of other patients can be right more often than a threshold on it
(`bayes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from scripts.seeds import generator
from scripts.simulation.tle_subtypes.identifiers import N_RECORDINGS

SUBTYPES = ("cps", "sps")
AGES = (20, 32)  # MEG Data: 'The age range of these patients varies from 20 to 32'
MOVEMENT_MM = (0.4, 4.6)  # of a recording that is kept
TOO_FAR_MM = (5.5, 9.0)
SHARE_TOO_FAR = 0.08  # of the recordings after the first


@dataclass(frozen=True)
class SubtypeModel:
    """What is planted.

    Attributes
    ----------
    separation : distance of the subtypes' means of the logarithm of the slow amplitude, in its SD.
    log_sd : that SD. own_log_sd : SD over patients and sensors of the logarithm of a patient's own sensitivity of
        each sensor: what makes the epochs of a patient alike, and has nothing to do with the subtype.
    """

    separation: float = 2.0
    log_sd: float = 0.5
    own_log_sd: float = 0.25

    @property
    def bayes(self) -> dict[str, float]:
        """Accuracy of the best threshold, and the area under its ROC curve, for patients half of either subtype."""
        accuracy, area = norm.cdf(self.separation / 2), norm.cdf(self.separation / np.sqrt(2))
        return {"accuracy": float(accuracy), "auc": float(area)}


def subtype_of(number: int, seed: int) -> str:
    """The subtype of patient `number` (from 1): one of each pair of patients has each, in a random order."""
    first = int(generator(seed, "tle_subtypes", "pair", (number - 1) // 2).random() < 0.5)
    return SUBTYPES[(first + number) % 2]


def draw_patient(number: int, patient: str, seed: int, model: SubtypeModel) -> dict[str, Any]:
    """patient, subtype, slow_z (standardised log amplitude of the slow activity; 0 is half way), side of the spikes
    (L, R), alpha_hz, movement_<k> of each recording in mm, age, sex."""
    random = generator(seed, "tle_subtypes", "draw_patients", patient)
    subtype = subtype_of(number, seed)
    sign = 1.0 if subtype == "cps" else -1.0
    movement = {}
    for k in range(1, N_RECORDINGS + 1):
        far = k > 1 and random.random() < SHARE_TOO_FAR
        movement[f"movement_{k}"] = round(float(random.uniform(*(TOO_FAR_MM if far else MOVEMENT_MM))), 2)
    return {
        "patient": patient,
        "subtype": subtype,
        "slow_z": float(sign * model.separation / 2 + random.standard_normal()),
        "side": "LR"[int(random.random() < 0.5)],
        "alpha_hz": round(float(np.clip(random.normal(10.0, 0.9), 8.0, 12.5)), 2),
        **movement,
        "age": int(random.integers(AGES[0], AGES[1] + 1)),
        "sex": "FM"[(number // 2) % 2],
    }


def draw_all(patients: Sequence[str], seed: int, model: SubtypeModel | None = None) -> pd.DataFrame:
    """A row for each patient, in their order; see `draw_patient`."""
    model = model or SubtypeModel()
    return pd.DataFrame(
        [draw_patient(k, patient, seed, model) for k, patient in enumerate(patients, start=1)]
    )
