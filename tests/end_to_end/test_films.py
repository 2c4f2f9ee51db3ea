"""From a folder of films and annotations to angles with the README's commands alone; a wrong drawing stops the run."""

import json

import numpy as np
import pandas as pd
import pytest

from scripts.landmarks.import_annotations import main as import_annotations
from scripts.simulation.hip_dysplasia.draw_patients import draw_patient
from scripts.simulation.hip_dysplasia.hips import HipModel
from scripts.simulation.hip_dysplasia.identifiers import TOOLS, patient_ids, tool_of
from scripts.simulation.hip_dysplasia.render_cases import render_batch
from tests.end_to_end.runs import snakemake

ANGLES = "results/hip_dysplasia/hips/mine/hips.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Films in one folder, what five tools wrote in another, by the film's name; a configuration of two lines."""
    folder = tmp_path_factory.mktemp("films")
    ids = patient_ids(5, "HIP")
    latents = pd.DataFrame([row for patient in ids for row in draw_patient(patient, 3, HipModel())])
    render_batch(latents, ids, folder / "made", 3, 1)
    for name in ("films", "drawn"):
        (folder / "data" / name).mkdir(parents=True)
    for patient in ids:
        (folder / "made" / f"{patient}.png").rename(folder / "data" / "films" / f"{patient}.png")
        ending = TOOLS[tool_of(patient)]
        plain = {"_coco.json": ".json", "_slicer": ""}.get(ending, ending)
        (folder / "made" / f"{patient}{ending}").rename(folder / "data" / "drawn" / f"{patient}{plain}")
    sheet = folder / "data" / "hips.csv"
    import_annotations(
        [str(folder / "data/films"), "--annotations", str(folder / "data/drawn"), "--sheet", str(sheet)]
    )
    (folder / "hips.yaml").write_text(
        "cohorts: {mine: {sheet: data/hips.csv}}\npapers: {hip_dysplasia: {cohort: mine}}\n"
    )
    return folder, latents


def test_a_folder_of_annotations_becomes_angles(folder):
    place, latents = folder
    done = snakemake(place, ANGLES, "--configfile", "hips.yaml")
    assert done.status == 0, done.ending
    found = pd.read_csv(place / ANGLES).merge(latents, on=["patient", "side"], suffixes=("", "_true"))
    assert len(found) == 10
    assert found["tool"].nunique() == 5
    for angle, most in {"ce": 4, "sharp": 4, "tonnis": 8, "ccd": 3}.items():
        assert np.abs(found[angle] - found[f"{angle}_true"]).max() < most


def test_a_drawing_without_a_head_stops_before_anything_is_computed_and_says_whose(folder):
    place, _ = folder
    path = place / "data" / "drawn" / "HIP-001.json"
    whole = path.read_text()
    content = json.loads(whole)
    content["shapes"] = [shape for shape in content["shapes"] if shape["label"] != "femoral_head_left"]
    path.write_text(json.dumps(content))
    try:
        done = snakemake(place, "cache/hip_dysplasia/mine/admitted.json", "--configfile", "hips.yaml")
    finally:
        path.write_text(whole)
    assert done.status != 0
    assert (
        "annotation, line 2: expected every structure on both sides, found no left femoral_head" in done.said
    )
    assert "Traceback" not in done.said
