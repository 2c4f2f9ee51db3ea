"""Score every patient with the frozen models."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.model.svm_bundle import apply_svm_bundle, read_svm_bundle
from scripts.papers.nact_response.feature_sets import MODELS, Patients
from scripts.papers.nact_response.fit_models import PREPARATION, read_patients
from scripts.tables import write_both
from scripts.workflow.job import Job


def predictions_of(bundle: dict, patients: Patients, preparation: dict | None = None) -> pd.DataFrame:
    """A row a patient and model: patient, cohort, response (missing where unknown), model, score, predicted.

    Models in the paper's order; higher score = response. Raises as `apply_svm_bundle`.
    """
    scores = apply_svm_bundle(bundle, patients.values, preparation)
    scores["model"] = pd.Categorical(scores["model"], [m for m in MODELS if m in bundle["models"]])
    scores = scores.sort_values("model", kind="stable").astype({"model": object})
    known = patients.clinical[["cohort", "response"]].reset_index()
    table = scores.merge(known, on="patient", how="left", validate="many_to_one", sort=False)
    columns = ["patient", "cohort", "response", "model", "score", "predicted"]
    return table[columns].astype({"response": float})


def main(job: Job) -> None:
    """Rules apply_model and predict: bundle, features and clinical table in, predictions out."""
    preparation = {branch: job.settings[branch] for branch in PREPARATION if branch in job.settings}
    table = predictions_of(read_svm_bundle(job.input.model), read_patients(job), preparation)
    write_both(table, job.output.predictions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
