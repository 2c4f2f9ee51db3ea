"""A real pair of visits through N4, spacing, registration and its picture; REAL_DATA names the folder of real data.

openMS longitudinal patient 12: FLAIR of two visits with the published affine transforms of each to a common space.
"""

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.cohort.images import read_image
from scripts.cohort.phases import PhaseSeries
from scripts.preprocess.correct_bias import correct_visit
from scripts.preprocess.deformation import points
from scripts.preprocess.files import save_volume
from scripts.preprocess.picture_registration import FOLDERS, picture_case
from scripts.preprocess.region import body_of
from scripts.preprocess.register_visits import register_pair
from scripts.preprocess.registration import RegistrationSettings
from scripts.preprocess.standardise_images import standardise_visit

FOLDER = Path(os.environ.get("REAL_DATA", "")) / "volumes" / "openMS_longitudinal_patient12"
pytestmark = pytest.mark.skipif(
    "REAL_DATA" not in os.environ or not FOLDER.is_dir(),
    reason="REAL_DATA has no openMS_longitudinal_patient12",
)


def visit(study):
    flair = read_image(FOLDER / f"{study}_FLAIR.nii.gz")
    settings = {"phases": {"chosen": 1}, "bias_field": {"shrink_factor": 8, "levels": 2}}
    corrected = correct_visit(PhaseSeries((flair, flair)), None, settings).volumes
    settings = {"resampling": {"spacing_mm": 3.0}, "intensity": {"method": "z_score"}}
    images = standardise_visit(corrected["precontrast"], corrected["postcontrast"], None, settings).volumes
    grid = images["precontrast"]
    middle = points(grid).reshape(-1, 3).mean(axis=0)
    ball = np.linalg.norm(points(grid) - middle, axis=-1) < 25  # stands for a tumour: a part of the brain
    return images, grid.with_array(ball.astype(np.uint8))


def published():
    """Common space -> each study, in mm of the patient."""
    return [sitk.ReadTransform(str(FOLDER / f"study{k}_FLAIR_to_common_space.txt")) for k in (1, 2)]


def test_two_visits_of_a_brain_lie_on_each_other_and_keep_their_volume(tmp_path):
    (fixed, fixed_mask), (moving, moving_mask) = visit("study1"), visit("study2")
    settings = RegistrationSettings(smoothing=2.5, keep_displacement=True)
    done = register_pair(fixed, fixed_mask, moving, moving_mask, "precontrast", settings)
    measures = done.measures
    assert measures["n_nonpositive"] == 0
    assert measures["similarity_after"] > measures["similarity_rigid"] > 2 * measures["similarity_before"]
    assert measures["jacobian_in_tumour"] == pytest.approx(
        1, abs=0.04
    )  # a brain from one year to the next, at 3 mm
    brain = np.argwhere(fixed_mask.array > 0)[::50]
    first, second = published()
    errors = []
    for z, y, x in brain:
        place = points(fixed_mask)[z, y, x]
        theirs = second.TransformPoint(first.GetInverse().TransformPoint(place))
        errors.append(np.linalg.norm(place + done.displacement[z, y, x] - theirs))
    print("mm from the published map:", np.mean(errors), np.max(errors))
    assert np.mean(errors) < 1.0
    volumes = {"registered": done.volumes, "fixed": fixed, "moving": moving}
    volumes |= {"fixed_masks": {"mask": fixed_mask}, "moving_masks": {"mask": moving_mask}}
    for name in FOLDERS:
        for what, volume in volumes[name].items():
            save_volume(volume, tmp_path / name, "12", what)
    picture_case(
        {"patient": "12", **measures}, {n: str(tmp_path / n) for n in FOLDERS}, str(tmp_path / "pictures")
    )
    (picture,) = (tmp_path / "pictures").iterdir()
    assert picture.read_text().count("<image") == 6
    assert body_of(fixed["precontrast"]).mean() > 0.1
