"""A hospital with two visits of breast DCE-MRI a patient: simulated patients as a user's cohort, in several formats."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import SimpleITK as sitk

from scripts.simulation.nact_response.draw_patients import draw_patients, sample_sheet
from scripts.simulation.nact_response.render_cases import render_batch
from scripts.simulation.nact_response.response import ResponseModel
from scripts.simulation.nact_response.scanners import find_hospital
from tests.end_to_end.runs import write_config, write_sheet

PAPER = "nact_response"
TARGET = f"results/{PAPER}.pdf"
TABLES = f"results/{PAPER}/tables"
PREDICTION = f"results/{PAPER}/predict/new_patients/fitted"  # of patients without a known response
OWN_PREDICTION = f"results/{PAPER}/predict/clinic/fitted"
ALL_TARGETS = (TARGET, f"{PREDICTION}.pdf", f"{OWN_PREDICTION}.pdf")
N_DEVELOPMENT, N_TESTING = 18, 10
PREFIX, SEED = "NAC", 7
BROKEN = "NAC-0003"  # the follow-up ends in the middle
WITHOUT_MASKS = "NAC-0004"
PARAMETERS = {
    "resampling": {"spacing_mm": 2.5},
    "bias_field": {"levels": 2, "iterations_per_level": 10},
    "registration": {"levels": 2, "iterations": 4, "control_spacing_mm": 10.0},
    "svm": {
        "n_folds": 3, "c_grid": [1.0, 8.0], "gamma_grid": [1.0], "max_features": 5, "inclusion_step": 2, "step": 0.3,
        "outer_folds": 3,
    },
    "rivals": {"repeats": 1, "lasso": {"inner_folds": 3}, "forest": {"n_trees": 20}, "xgboost": {"rounds": [25]}},
    "null": {"n_permutations": 2},
}  # fmt: skip


def as_one_file(phases: Path) -> str:
    """Join the phase files of a folder into a 4-D NIfTI beside it; its name."""
    images = [sitk.ReadImage(str(path)) for path in sorted(phases.iterdir())]
    name = f"{phases.name}.nii.gz"
    sitk.WriteImage(sitk.JoinSeries(images, 0.0, 1.0), str(phases.parent / name))
    shutil.rmtree(phases)
    return name


def write_visits(folder: Path) -> Path:
    """Images, sheet.csv, new.csv (three patients, without outcome and cohort) and mine.yaml; the last one's path."""
    clinical, latents, _ = draw_patients(
        N_DEVELOPMENT, N_TESTING, PREFIX, find_hospital("development"), SEED, ResponseModel()
    )
    patients = clinical["patient"].tolist()
    images = folder / "data" / "images"
    render_batch(latents, patients, images, SEED)
    sheet = sample_sheet(clinical, "data", {"images": patients}).astype("string").fillna("")
    sheet = sheet.set_index("patient", drop=False)
    for visit in ("baseline", "follow_up"):
        name = as_one_file(folder / sheet.loc[patients[0], visit])
        sheet.loc[patients[0], visit] = f"data/images/{name}"
        sheet.loc[WITHOUT_MASKS, f"{visit}_mask"] = ""
    last = sorted((folder / sheet.loc[BROKEN, "follow_up"]).iterdir())[-1]
    last.write_bytes(last.read_bytes()[:2000])
    write_sheet(sheet, folder / "sheet.csv")
    new = sheet.loc[patients[4:7]].drop(columns=["miller_payne", "cohort"])
    write_sheet(new, folder / "new.csv")
    cohorts = {
        name: {"sheet": f"{file}.csv", "paper": PAPER, "max_failed_cases": 1}
        for name, file in (("clinic", "sheet"), ("new_patients", "new"))
    }
    return write_config(
        folder / "mine.yaml",
        cases_per_job=16,
        cohorts=cohorts,
        papers={PAPER: {"cohort": "clinic", "parameters": PARAMETERS}},
    )


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Name -> result table of a run."""
    return {path.stem: pd.read_parquet(path) for path in (folder / TABLES).glob("*.parquet")}
