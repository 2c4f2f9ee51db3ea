"""Draw the patients of a built-in cohort, and write down the truth behind them.

Writes the sample sheet that a user would write (`sheet`), the latent factors with each patient's scanner and side
(`latents`) and the truth (`truth`). What a patient is depends on the seed and the patient's id: a larger cohort begins
with the patients of the smaller one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence

import pandas as pd

from scripts.errors import InputError
from scripts.simulation.nact_response.identifiers import case_files, patient_ids
from scripts.simulation.nact_response.patients import (
    Outcomes,
    clinical_table,
    draw_outcomes,
    patient_normals,
)
from scripts.simulation.nact_response.response import LATENTS, ResponseModel
from scripts.simulation.nact_response.scanners import SCANNERS, CaseMix, find_hospital
from scripts.simulation.nact_response.truth import describe_truth
from scripts.simulation.nact_response.tumour import tumour_traits
from scripts.tables import write_json, write_table

COHORTS = ("development", "testing")
SHEET_COLUMNS = (
    "patient",
    "cohort",
    "baseline",
    "baseline_mask",
    "baseline_date",
    "follow_up",
    "follow_up_mask",
    "follow_up_date",
    "side",
    "miller_payne",
    "er",
    "pr",
    "her2",
    "ki67",
    "age",
    "menopausal_status",
    "family_history",
    "field_strength_t",
)


def draw_patients(
    n_development: int,
    n_testing: int,
    prefix: str,
    hospital: Mapping[str, CaseMix],
    seed: int,
    model: ResponseModel | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple[list[str], Outcomes]]]:
    """Draw a hospital's patients: the first `n_development` ids are the development cohort, the others testing.

    Returns
    -------
    clinical : patient, cohort, the columns of `patients.clinical_table`, field_strength_t.
    latents : patient, the eight latent factors, scanner, side.
    outcomes : cohort -> patients and what becomes of them.

    Raises
    ------
    InputError : no patients; a cohort that the hospital does not have.
    """
    n = n_development + n_testing
    if n < 1:
        raise InputError("n_development, n_testing", "at least one patient", "none")
    model = model or ResponseModel()
    patients = patient_ids(n, prefix)
    normals = patient_normals(patients, seed)
    clinical, latents, drawn = [], [], {}
    for cohort, members in zip(COHORTS, (slice(0, n_development), slice(n_development, n)), strict=True):
        size = members.stop - members.start
        if size == 0:
            continue
        if cohort not in hospital:
            known = ", ".join(hospital)
            raise InputError(f"n_{cohort}", f"0, for the hospital has only a {known} cohort", str(size))
        mix = hospital[cohort]
        outcomes = draw_outcomes(normals[members], mix, model)
        identity = pd.DataFrame({"patient": patients[members], "cohort": cohort})
        table = identity.join(clinical_table(outcomes, normals[members], mix))
        clinical.append(table.assign(field_strength_t=SCANNERS[mix.scanner].field_strength_t))
        factors = pd.DataFrame(outcomes.latents, columns=list(LATENTS))
        factors.insert(0, "patient", patients[members])
        latents.append(factors.assign(scanner=mix.scanner, side=table["side"]))
        drawn[cohort] = (patients[members], outcomes)
    return pd.concat(clinical, ignore_index=True), pd.concat(latents, ignore_index=True), drawn


def true_changes(latents: pd.DataFrame) -> pd.DataFrame:
    """patient, volume_ml (baseline), volume_ratio, and heterogeneity and enhancement of both visits, as planted."""
    rows = []
    for row in latents.to_dict("records"):
        traits = tumour_traits(row)
        rows.append(
            {
                "patient": row["patient"],
                "volume_ml": traits.volume_ml,
                "volume_ratio": traits.volume_ratio,
                "heterogeneity_baseline": traits.heterogeneity[0],
                "heterogeneity_follow_up": traits.heterogeneity[1],
                "enhancement_baseline": traits.enhancement[0],
                "enhancement_follow_up": traits.enhancement[1],
            }
        )
    return pd.DataFrame(rows)


def sample_sheet(
    clinical: pd.DataFrame, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The clinical table as a user's sheet, with the paths of both visits' phases and masks.

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
    return clinical.join(files)[list(SHEET_COLUMNS)]


def main(job) -> None:
    """Settings: prefix, hospital, n_development, n_testing, image_folder, batches."""
    settings = job.settings
    hospital, model = find_hospital(settings["hospital"]), ResponseModel()
    counts = (settings["n_development"], settings["n_testing"])
    clinical, latents, drawn = draw_patients(*counts, settings["prefix"], hospital, job.seed, model)
    write_table(sample_sheet(clinical, settings["image_folder"], settings["batches"]), job.output.sheet)
    write_table(latents, job.output.latents)
    truth = describe_truth(drawn, hospital, model, true_changes(latents))
    write_json({"hospital": settings["hospital"], "seed": job.seed, **truth}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
