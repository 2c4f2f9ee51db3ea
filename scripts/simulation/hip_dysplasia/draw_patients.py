"""Draw the patients of a built-in cohort, the angles of both hips, and write down the truth behind them.

What a patient is depends on the seed and the patient's id: a larger cohort begins with the patients of a smaller one.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from scripts.seeds import generator
from scripts.simulation.hip_dysplasia.hips import ANGLES, CLASSES, HipModel
from scripts.simulation.hip_dysplasia.identifiers import HEIGHT, WIDTH, case_files, patient_ids
from scripts.simulation.hip_dysplasia.pelvis import SIDES, on_film
from scripts.simulation.hip_dysplasia.readers import Hand
from scripts.tables import write_json, write_table

PIXEL_MM = 0.68
# A radiologist's own measurements, beside the truth: SD in degrees
BY_HAND = {"ce": 2.0, "sharp": 1.5, "tonnis": 2.0}
SHEET_COLUMNS = ("patient", "age", "sex", "film", "annotation", "annotation_2", "pixel_spacing_mm")


def draw_patient(patient: str, seed: int, model: HipModel) -> list[dict[str, Any]]:
    """Two rows, right and left: hip_class, ce, sharp, tonnis, ccd (degrees), age, sex, and how the film lies.

    The film: x, y of the middle between the heads and `radius` of a head in pixels, `turn` in degrees; of each
    hip `tilt` of the shaft, `oval` and `oval_at`, how far the head is from round; by_hand_<angle>, what a
    radiologist measured; centre_x and centre_y of the head in pixels.
    """
    random = generator(seed, "hip_dysplasia", "draw_patients", patient)
    place = {
        "x": WIDTH / 2 + random.normal(0, 8),
        "y": 0.42 * HEIGHT + random.normal(0, 8),
        "radius": float(np.clip(random.normal(36, 2), 31, 41)),
        "turn": random.normal(0, 1.5),
        "age": int(np.clip(random.normal(45, 14), 18, 85)),
        "sex": "F" if random.random() < 0.62 else "M",
    }
    rows = []
    for side, hip in zip(SIDES, model.draw(random), strict=True):
        shape = {
            "tilt": random.normal(6, 1.5),
            "oval": abs(random.normal(0, 0.012)),
            "oval_at": random.uniform(0, 2 * np.pi),
        }
        by_hand = {f"by_hand_{angle}": hip[angle] + random.normal(0, BY_HAND[angle]) for angle in ANGLES}
        centre = on_film(np.zeros((1, 2)), side, place)[0]
        where = {"centre_x": float(centre[0]), "centre_y": float(centre[1])}
        rows.append({"patient": patient, "side": side, **hip, **shape, **by_hand, **place, **where})
    return rows


def sample_sheet(
    latents: pd.DataFrame, readers: int, image_folder: str, batches: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """The patients as a user's sheet: files, age, sex, size of a pixel, the radiologist's angles of each side."""
    batch_of = {patient: batch for batch, members in batches.items() for patient in members}
    rows = []
    for patient, hips in latents.groupby("patient", sort=False):
        first = hips.iloc[0]
        row = {"patient": patient, "age": first["age"], "sex": first["sex"], "pixel_spacing_mm": PIXEL_MM}
        row |= case_files(image_folder, batch_of[patient], str(patient), readers)
        for hip in hips.itertuples():
            row |= {f"{angle}_{hip.side}": round(getattr(hip, f"by_hand_{angle}"), 1) for angle in ANGLES}
        rows.append(row)
    by_hand = [f"{angle}_{side}" for side in SIDES for angle in ANGLES]
    return pd.DataFrame(rows)[[*SHEET_COLUMNS, *by_hand]]


def describe_truth(latents: pd.DataFrame, model: HipModel, hand: Hand) -> dict[str, Any]:
    """The planted truth: the model, the errors of the readers' hands in pixels, the counts that came of it."""
    return {
        "shares": dict(zip(CLASSES, model.shares, strict=True)),
        "classes": {name: asdict(of_class) for name, of_class in model.classes.items()},
        "normal_covariance": model.classes["normal"].covariance.tolist(),
        "hand": asdict(hand),
        "by_hand_sd": BY_HAND,
        "counts": {name: int((latents["hip_class"] == name).sum()) for name in CLASSES},
        "mean_radius": float(latents["radius"].mean()),
    }


def main(job) -> None:
    """Settings: prefix, n_patients, readers, image_folder, batches."""
    settings, model = job.settings, HipModel()
    ids = patient_ids(settings["n_patients"], settings["prefix"])
    latents = pd.DataFrame([row for patient in ids for row in draw_patient(patient, job.seed, model)])
    sheet = sample_sheet(latents, settings["readers"], settings["image_folder"], settings["batches"])
    write_table(sheet, job.output.sheet)
    write_table(latents, job.output.latents)
    write_json({"seed": job.seed, **describe_truth(latents, model, Hand())}, job.output.truth)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
