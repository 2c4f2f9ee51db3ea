"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), the latent factors with each patient's scanner
(`latents`), the truth (`truth`), the expression table (`expression`, without rows where no patient has any)
and the gene sets (`gene_sets`). What a patient is depends on the seed and the patient's id: a larger cohort
begins with the patients of the smaller one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr

from scripts.errors import InputError
from scripts.simulation.crc_nomogram.biology import LATENTS, Hazard
from scripts.simulation.crc_nomogram.expression import gene_sets, simulate_expression, write_gene_sets
from scripts.simulation.crc_nomogram.hospitals import Hospital, find_hospital
from scripts.simulation.crc_nomogram.identifiers import image_paths, patient_ids
from scripts.simulation.crc_nomogram.patients import clinical_table, column, draw_outcomes, patient_normals
from scripts.simulation.crc_nomogram.truth import describe_truth
from scripts.tables import write_json, write_table

STAGE_NAMES = {1: "I", 2: "II", 3: "III", 4: "IV"}
SHEET_COLUMNS = (
    "patient",
    "cohort",
    "image",
    "mask",
    "dfs_months",
    "recurrence",
    "tnm_stage",
    "sex",
    "age",
    "differentiation",
    "cea",
    "lymph_node",
    "admission_date",
)


def draw_patients(
    n_primary: int,
    n_validation: int,
    n_expression: int,
    prefix: str,
    hospital: Hospital,
    seed: int,
    hazard: Hazard | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw a hospital's patients: the first `n_primary` ids are the primary cohort, the others validation.

    Returns
    -------
    clinical : patient, cohort, dfs_months, recurrence (1 event, 0 censored), tnm_stage (1-4), sex, age
        (years), differentiation, cea, lymph_node, admission_date; missing values are missing.
    latents : patient, the five latent factors, scanner.
    true_patients : patient, cohort, image_part, linear_predictor, tnm_stage (1-4, never missing),
        event_months (had nobody been censored), has_expression.

    Raises
    ------
    InputError : no patients, more patients with expression than patients, a cohort that the hospital does not
        have.
    """
    n = n_primary + n_validation
    if n < 1:
        raise InputError("n_primary, n_validation", "at least one patient", "none")
    if n_expression > n:
        raise InputError("n_expression", f"at most the {n} patients drawn", str(n_expression))
    hazard = hazard or Hazard()
    patients = patient_ids(n, prefix)
    normals = patient_normals(patients, seed)
    clinical, latents, truths = [], [], []
    for cohort, members in (("primary", slice(0, n_primary)), ("validation", slice(n_primary, n))):
        size = members.stop - members.start
        if size == 0:
            continue
        if cohort not in hospital.cohorts:
            known = ", ".join(hospital.cohorts)
            raise InputError(f"n_{cohort}", f"0, for the hospital has only a {known} cohort", str(size))
        mix = hospital.cohorts[cohort]
        outcomes = draw_outcomes(normals[members], mix, hospital.latent_mean, hazard)
        identity = pd.DataFrame({"patient": patients[members], "cohort": cohort})
        clinical.append(identity.join(clinical_table(outcomes, normals[members], mix)))
        latents.append(outcomes.latents)
        truths.append(
            identity.assign(
                image_part=outcomes.image_part,
                linear_predictor=outcomes.linear_predictor,
                tnm_stage=outcomes.tnm_stage,
                event_months=outcomes.event_months,
            )
        )
    latent_table = pd.DataFrame(np.concatenate(latents), columns=list(LATENTS))
    latent_table.insert(0, "patient", patients)
    scanner = np.floor(ndtr(column(normals, "scanner")) * len(hospital.scanners)).astype(int)
    latent_table["scanner"] = [hospital.scanners[k].name for k in scanner]
    true_patients = pd.concat(truths, ignore_index=True)
    enrolled = np.argsort(column(normals, "expression"), kind="stable")[:n_expression]
    true_patients["has_expression"] = np.isin(np.arange(n), enrolled)
    return pd.concat(clinical, ignore_index=True), latent_table, true_patients


def sample_sheet(
    clinical: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The clinical table as a user's sheet: paths of image and mask, stage in Roman numerals.

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
    paths = [image_paths(image_folder, batch_of[patient], patient) for patient in clinical["patient"]]
    sheet = clinical.assign(
        image=[image for image, _ in paths],
        mask=[mask for _, mask in paths],
        tnm_stage=clinical["tnm_stage"].map(STAGE_NAMES, na_action="ignore"),
    )
    return sheet[list(SHEET_COLUMNS)]


def main(job) -> None:
    """Settings: prefix, hospital, n_primary, n_validation, n_expression, image_folder, batches."""
    settings = job.settings
    hospital = find_hospital(settings["hospital"])
    hazard = Hazard()
    counts = [settings[name] for name in ("n_primary", "n_validation", "n_expression")]
    clinical, latents, true_patients = draw_patients(*counts, settings["prefix"], hospital, job.seed, hazard)
    write_table(sample_sheet(clinical, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(latents, job.output.latents)
    truth = describe_truth(clinical, true_patients, hospital, hazard, job.seed)
    write_json({"hospital": settings["hospital"], "seed": job.seed, **truth}, job.output.truth)
    enrolled = latents[true_patients["has_expression"].to_numpy()]
    write_table(simulate_expression(enrolled, job.seed), job.output.expression)
    write_gene_sets(gene_sets(), job.output.gene_sets)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
