"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), each patient's grade and traits (`latents`) and the truth
(`truth`): what the best rule reaches in the population and in these patients. A patient's numbers depend on the
seed and the patient's id; the grades are dealt out over the ids in the cohort's own proportions.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.simulation.glioma_grading.glioma import tumour_traits
from scripts.simulation.glioma_grading.grades import (
    DIRECTION,
    GRADES,
    MEANS,
    TRAITS,
    bayes_performance,
    best_grades,
    log_posterior,
    shares_of,
)
from scripts.simulation.glioma_grading.identifiers import case_files, patient_ids
from scripts.tables import write_json, write_table
from scripts.workflow.job import Job

SHEET_COLUMNS = ("patient", "image", "mask", "grade", "age", "sex")
AGE = {2: (41, 12), 3: (47, 13), 4: (59, 12)}  # mean and SD in years, by grade; for Table 1 alone
ROMAN = {2: "II", 3: "III", 4: "IV"}


def deal_grades(counts: Mapping[int, int]) -> list[int]:
    """The grade of each id in turn: at every point of the list each grade is as near to its share as can be."""
    total, dealt, order = sum(counts.values()), dict.fromkeys(GRADES, 0), []
    for place in range(1, total + 1):
        behind = {g: counts[g] * place / total - dealt[g] for g in GRADES}
        grade = max(GRADES, key=lambda g: (behind[g], -g))
        dealt[grade] += 1
        order.append(grade)
    return order


def draw_patients(counts: Mapping[int, int], prefix: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clinical table (patient, grade, age, sex) and latents (patient, grade, TRAITS) of a cohort.

    Raises
    ------
    InputError : no patients of a grade.
    """
    if missing := [str(g) for g in GRADES if counts.get(g, 0) < 1]:
        raise InputError(
            "n_grade_<2, 3, 4>", "at least one patient of each grade", f"none of grade {missing[0]}"
        )
    grades = deal_grades(counts)
    patients = patient_ids(len(grades), prefix)
    clinical, latents = [], []
    for patient, grade in zip(patients, grades, strict=True):
        random = generator(seed, "glioma_grading", "draw_patients", patient)
        traits = MEANS[grade] * DIRECTION + random.standard_normal(len(TRAITS))
        mean, sd = AGE[grade]
        age = int(np.clip(np.rint(mean + sd * random.standard_normal()), 18, 89))
        sex = "F" if random.random() < 0.42 else "M"
        clinical.append({"patient": patient, "grade": grade, "age": age, "sex": sex})
        latents.append({"patient": patient, "grade": grade, **dict(zip(TRAITS, traits, strict=True))})
    return pd.DataFrame(clinical), pd.DataFrame(latents)


def sample_sheet(
    clinical: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The clinical table as a user's sheet, grades as Roman numbers, with the paths of image and mask.

    Raises
    ------
    InputError : a patient who is in no batch.
    """
    batch_of = {patient: batch for batch, members in batches.items() for patient in members}
    homeless = [patient for patient in clinical["patient"] if patient not in batch_of]
    if homeless:
        raise InputError(
            "batches", "every patient in a batch", f"{len(homeless)} in none, first {homeless[0]}"
        )
    files = pd.DataFrame([case_files(image_folder, batch_of[p], p) for p in clinical["patient"]])
    table = clinical.assign(grade=clinical["grade"].map(ROMAN))
    return table.join(files)[list(SHEET_COLUMNS)]


def describe_truth(latents: pd.DataFrame) -> dict[str, Any]:
    """What is planted and what the best rule reaches, ready for JSON.

    Returns
    -------
    dict with
        means, direction : of the traits by grade.
        bayes : `grades.bayes_performance` in the population with this cohort's shares of the grades.
        bayes_accuracy_here : share of these patients that the best rule grades rightly.
        patients : columns patient, grade, TRAITS, what they make of the tumour, best (grade), p_<grade>.
    """
    shares = shares_of(latents["grade"].value_counts().to_dict())
    traits = latents[list(TRAITS)].to_numpy(float)
    best = best_grades(traits, shares)
    drawn = pd.DataFrame([vars(tumour_traits(row)) for row in latents.to_dict("records")]).add_prefix("true_")
    posterior = pd.DataFrame(np.exp(log_posterior(traits, shares)), columns=[f"p_{g}" for g in GRADES])
    table = latents.join(drawn).assign(best=best).join(posterior)
    return {
        "means": {str(g): MEANS[g] for g in GRADES},
        "direction": dict(zip(TRAITS, DIRECTION.tolist(), strict=True)),
        "shares": {str(g): share for g, share in shares.items()},
        "bayes": bayes_performance(shares),
        "bayes_accuracy_here": float(np.mean(best == latents["grade"].to_numpy())),
        "patients": {name: table[name].tolist() for name in table},
    }


def main(job: Job) -> None:
    """Settings: prefix, n_grade_2, n_grade_3, n_grade_4, image_folder, batches."""
    settings = job.settings
    counts = {g: settings[f"n_grade_{g}"] for g in GRADES}
    clinical, latents = draw_patients(counts, settings["prefix"], job.seed)
    write_table(sample_sheet(clinical, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(latents, job.output.latents)
    write_json({"seed": job.seed, **describe_truth(latents)}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
