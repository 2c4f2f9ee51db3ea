"""What is planted: how the two groups of patients differ, and how they do not.

Findings are independent given the group. A segment holds lesion with a probability of its own, the same in both
groups; the logarithms of its volumes share a factor of the patient and are otherwise independent. One lobe's volumes
are multiplied in one group, one finding is commoner in one group; everything else is alike in truth. So of every
comparison it is known whether a difference is there to be found, and how well the groups can be told apart at best.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scripts.quantification.lung_regions import LOBE_OF, SEGMENTS

GROUPS = ("covid", "other")
# Chance of a finding in (covid, other); alike but for one, as the paper claims for all. Values near its Table 2.
FINDINGS = {
    "ground_glass": (0.72, 0.72),
    "patchy_infiltration": (0.59, 0.59),
    "patchy_consolidation": (0.33, 0.33),
    "pleural_effusion": (0.10, 0.10),
    "lymphadenopathy": (0.06, 0.06),
    "air_bronchogram": (0.15, 0.45),
    "pleural_thickening": (0.08, 0.08),
    "interstitial_change": (0.20, 0.20),
}
# Chance that a segment holds lesion, by lobe: more in the lower lobes.
PRESENT = {
    "right_upper": 0.45,
    "right_middle": 0.35,
    "right_lower": 0.70,
    "left_upper": 0.45,
    "left_lower": 0.70,
}
# Clinical values of Table 1 that are binary: chance in both groups. Values near the paper's.
BINARY = {
    "fever": 0.89,
    "fatigue": 0.85,
    "dry_cough": 0.60,
    "dyspnea": 0.32,
    "sore_throat": 0.58,
    "hypertension": 0.48,
    "heart_failure": 0.20,
    "diabetes": 0.26,
    "cerebrovascular": 0.21,
    "copd": 0.20,
    "kidney_disease": 0.09,
}
# Mean and SD of those that are numbers, the same in both groups but for the two of time.
NUMBERS = {
    "age": (47.5, 14.5),
    "wbc": (12.2, 3.5),
    "neutrophil_percent": (82.0, 6.0),
    "lymphocyte_percent": (14.0, 4.0),
    "crp": (101.0, 27.0),
    "lactate": (2.6, 0.6),
}
DURATION = {
    "covid": (5.6, 2.2),
    "other": (8.3, 1.8),
}  # days of illness: differs, as the paper's own numbers do
ONSET_SHARE = 0.8  # of the course that had passed at the CT
SHARE_FEMALE = 0.45


@dataclass(frozen=True)
class LesionModel:
    """Lesion volumes of the segments.

    Attributes
    ----------
    median_ml : median volume of a lesion, before the patient's factor.
    patient_log_sd, segment_log_sd : SD of the logarithm, shared by a patient's segments and of each segment.
    lobe, factor : in `other`, volumes of that lobe are `factor` times those of `covid`.
    most : largest share of a segment that lesions may fill; where a volume is cut to it the truth says so.
    """

    median_ml: float = 6.0
    patient_log_sd: float = 0.60
    segment_log_sd: float = 0.80
    lobe: str = "left_lower"
    factor: float = 2.0
    most: float = 0.6
    # Shares of a lesion by window of CT numbers: below -750, to -300, to 50, above
    window_shares: tuple[float, ...] = (0.06, 0.62, 0.28, 0.04)
    window_hu: tuple[float, ...] = (-790.0, -530.0, -80.0, 110.0)
    findings: dict[str, tuple[float, float]] = field(default_factory=lambda: dict(FINDINGS))


def draw_segments(group: str, n: int, model: LesionModel, random: np.random.Generator) -> np.ndarray:
    """(n, 18) lesion volumes in ml in the order of SEGMENTS; 0 where a segment has none."""
    present = random.random((n, len(SEGMENTS))) < [PRESENT[LOBE_OF[name]] for name in SEGMENTS]
    logs = np.log(model.median_ml) + model.patient_log_sd * random.standard_normal((n, 1))
    logs = logs + model.segment_log_sd * random.standard_normal((n, len(SEGMENTS)))
    logs = logs + (group == "other") * np.log(model.factor) * _shifted(model)
    return np.where(present, np.exp(logs), 0.0)


def draw_findings(group: str, n: int, model: LesionModel, random: np.random.Generator) -> np.ndarray:
    """(n, 8) 0 or 1 in the order of the model's findings."""
    chances = [pair[GROUPS.index(group)] for pair in model.findings.values()]
    return (random.random((n, len(chances))) < chances).astype(np.int8)


def draw_clinical(group: str, random: np.random.Generator) -> dict[str, object]:
    """One patient's clinical values, by the columns of the sheet."""
    found: dict[str, object] = {"sex": "F" if random.random() < SHARE_FEMALE else "M"}
    found |= {name: "yes" if random.random() < chance else "no" for name, chance in BINARY.items()}
    found |= {
        name: round(float(max(0.3, mean + sd * random.standard_normal())), 1)
        for name, (mean, sd) in NUMBERS.items()
    }
    found["age"] = float(np.clip(round(found["age"]), 18, 95))
    mean, sd = DURATION[group]
    found["course_days"] = round(float(max(1.0, mean + sd * random.standard_normal())), 1)
    found["onset_to_ct_days"] = round(ONSET_SHARE * found["course_days"], 1)
    return found


def log_odds(volumes: np.ndarray, findings: np.ndarray, model: LesionModel) -> np.ndarray:
    """(n,) log likelihood ratio of covid to other, given everything that is planted: the best possible score.

    The logarithms of the k volumes that are present are normal with covariance s^2 I + t^2 J in both groups, whose
    inverse is (I - t^2 J / (s^2 + k t^2)) / s^2, and the means differ by log(factor) in the segments of one lobe.
    """
    chances = np.array(list(model.findings.values()))
    p, q = chances[:, 0], chances[:, 1]
    score = findings @ np.log(p / q) + (1 - findings) @ np.log((1 - p) / (1 - q))
    present = volumes > 0
    logs = np.where(present, np.log(np.where(present, volumes, 1.0)) - np.log(model.median_ml), 0.0)
    shift = present * np.log(model.factor) * _shifted(model)
    s2, t2 = model.segment_log_sd**2, model.patient_log_sd**2
    k = present.sum(axis=1)

    def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return ((x * y).sum(1) - t2 / (s2 + k * t2) * x.sum(1) * y.sum(1)) / s2

    return score - product(shift, logs) + product(shift, shift) / 2


def best_area(model: LesionModel, draws: int, random: np.random.Generator) -> dict[str, float]:
    """Area under the curve of the best possible score in the population, and its standard error from `draws` a
    group.
    """
    from scripts.statistics.roc import area_interval

    scores = [
        log_odds(draw_segments(g, draws, model, random), draw_findings(g, draws, model, random), model)
        for g in GROUPS
    ]
    found = area_interval(np.repeat([1, 0], draws), np.concatenate(scores))
    return {"auc": found.estimate, "standard_error": found.standard_error}


def lobe_superiority(model: LesionModel, draws: int, random: np.random.Generator) -> dict[str, float]:
    """Lobe -> probability that a covid patient's lesion volume there exceeds another's, ties a half, in the
    population.
    """
    from scripts.statistics.roc import area

    drawn = {g: draw_segments(g, draws, model, random) for g in GROUPS}
    y = np.repeat([1, 0], draws)
    found = {}
    for lobe in PRESENT:
        members = [LOBE_OF[name] == lobe for name in SEGMENTS]
        found[lobe] = area(y, np.concatenate([drawn[g][:, members].sum(1) for g in GROUPS]))
    return found


def draw_all(patients: list[str], groups: list[str], seed: int, model: LesionModel) -> pd.DataFrame:
    """A row a patient, each from a stream of its own: group, clinical values, findings (yes or no), `ml_<segment>`."""
    from scripts.seeds import generator

    rows = []
    for patient, group in zip(patients, groups, strict=True):
        random = generator(seed, "covid_ct", "patient", patient)
        volumes = draw_segments(group, 1, model, random)[0]
        findings = draw_findings(group, 1, model, random)[0]
        answers = np.where(findings == 1, "yes", "no")
        rows.append(
            {"patient": patient, "group": group}
            | draw_clinical(group, random)
            | dict(zip(model.findings, answers.tolist(), strict=True))
            | {f"ml_{name}": float(v) for name, v in zip(SEGMENTS, volumes, strict=True)}
        )
    return pd.DataFrame(rows)


def _shifted(model: LesionModel) -> np.ndarray:
    return np.array([LOBE_OF[name] == model.lobe for name in SEGMENTS], dtype=float)
