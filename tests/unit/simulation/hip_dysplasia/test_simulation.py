"""Simulated hips have exactly the angles that were drawn, whatever the tool; more patients change no earlier one."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from scripts.errors import InputError
from scripts.landmarks.annotation_file import read_annotation
from scripts.landmarks.landmark_table import Drawn, Wanted, read_film
from scripts.papers.hip_dysplasia.angles import signed_angles
from scripts.papers.hip_dysplasia.hip_points import hips_of
from scripts.papers.hip_dysplasia.neck_shaft import femoral_axes
from scripts.simulation.hip_dysplasia.annotation_writers import WRITERS
from scripts.simulation.hip_dysplasia.draw_patients import describe_truth, draw_patient, sample_sheet
from scripts.simulation.hip_dysplasia.hips import CLASSES, HipModel
from scripts.simulation.hip_dysplasia.identifiers import (
    HEIGHT,
    TOOLS,
    WIDTH,
    case_files,
    patient_ids,
    tool_of,
)
from scripts.simulation.hip_dysplasia.readers import Hand
from scripts.simulation.hip_dysplasia.render_cases import drawing_of, render_batch, sides_of

MODEL = HipModel()
STEADY = Hand(0, 0, 0, 0, 0)
NAMES = {name: [] for name in ("acetabulum", "femoral_head", "femur", "weight_bearing_edge")}


def patients(n, seed=5):
    rows = [row for patient in patient_ids(n, "HIP") for row in draw_patient(patient, seed, MODEL)]
    return pd.DataFrame(rows)


def test_a_steady_hand_draws_exactly_the_planted_angles():
    for _, hips in patients(60).groupby("patient"):
        hips = hips.assign(oval=0.0)
        drawing = drawing_of(sides_of(hips), hips.iloc[0].to_dict(), STEADY, np.random.default_rng(0))
        contours = {key: Drawn(points) for key, (_, points) in drawing.items()}
        frame, found = hips_of(contours, centre="least_squares")
        angles = signed_angles({side: hip.points for side, hip in found.items()})
        for row in hips.to_dict("records"):
            side, hip = row["side"], found[row["side"]]
            for angle in ("ce", "sharp", "tonnis"):
                assert angles[side][angle] == pytest.approx(row[angle], abs=1e-6)
            axes = femoral_axes(
                contours[side, "femur"], hip.points["a"], hip.radius, frame.outside[side], frame.up
            )
            assert axes.ccd == pytest.approx(row["ccd"], abs=0.1)
            np.testing.assert_allclose(hip.points["a"], [row["centre_x"], row["centre_y"]], atol=1e-6)
            assert hip.radius == pytest.approx(row["radius"])


def test_the_classes_have_their_means_and_covariance():
    random = np.random.default_rng(0)
    hips = pd.DataFrame([hip for _ in range(6000) for hip in MODEL.draw(random)])
    shares = hips["hip_class"].value_counts(normalize=True)
    for name, share in zip(CLASSES, MODEL.shares, strict=True):
        assert shares[name] == pytest.approx(share, abs=0.015)
        values = hips.loc[hips["hip_class"] == name, ["ce", "sharp", "tonnis"]].to_numpy()
        np.testing.assert_allclose(values.mean(axis=0), MODEL.classes[name].mean, atol=0.6)
        np.testing.assert_allclose(np.cov(values.T), MODEL.classes[name].covariance, atol=3.5)
    normal = hips["hip_class"].to_numpy().reshape(-1, 2) == "normal"
    ce = hips["ce"].to_numpy().reshape(-1, 2)[normal.all(axis=1)]
    assert np.corrcoef(ce.T)[0, 1] == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("tool", list(TOOLS))
def test_every_tool_gives_back_what_was_drawn(tool, tmp_path):
    hips = patients(1)
    drawing = drawing_of(sides_of(hips), hips.iloc[0].to_dict(), Hand(), np.random.default_rng(1))
    path = tmp_path / f"drawn{TOOLS[tool]}"
    WRITERS[tool](drawing, "film.png", (WIDTH, HEIGHT), path)
    _, shapes = read_film(str(path), "film.png", (WIDTH, HEIGHT), Wanted(NAMES, tuple(NAMES)))
    assert len(shapes) == len(drawing) == 8
    for entry in shapes:
        np.testing.assert_allclose(entry.shape.points, drawing[entry.side, entry.structure][1], atol=1e-3)


def test_files_and_sheet(tmp_path):
    latents = patients(6)
    ids = list(dict.fromkeys(latents["patient"]))
    render_batch(latents, ids[:2], tmp_path / "b0", 5, 2)
    for patient in ids[:2]:
        files = case_files(str(tmp_path), "b0", patient)
        with Image.open(files["film"]) as film:
            assert (film.size, film.mode) == ((WIDTH, HEIGHT), "L")
        for column in ("annotation", "annotation_2"):
            assert len(read_annotation(files[column], f"{patient}.png").shapes) == 8
    assert case_files("f", "b", "HIP-001", 1)["annotation_2"] == ""
    assert {tool_of(patient) for patient in ids} == set(TOOLS)
    with pytest.raises(InputError, match="none for HIP-099"):
        render_batch(latents, ["HIP-099"], tmp_path / "b1", 5, 2)
    sheet = sample_sheet(latents, 2, "images", {"b0": ids})
    assert len(sheet) == 6
    assert sheet["ce_left"].notna().all()


def test_a_larger_cohort_begins_with_the_smaller_one():
    pd.testing.assert_frame_equal(patients(8)[:6], patients(3))
    assert not patients(3, seed=6).equals(patients(3))


def test_the_truth_is_written_down():
    truth = describe_truth(patients(20), MODEL, Hand())
    assert sum(truth["counts"].values()) == 40
    assert truth["classes"]["normal"]["mean"] == (32.0, 38.0, 5.0)
    assert truth["hand"]["edge"] == 0.9
    assert np.array(truth["normal_covariance"])[0, 0] == pytest.approx(5.5**2)
