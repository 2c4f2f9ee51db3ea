"""Bias field, resampling, phases and tumour of a real breast DCE-MRI; REAL_DATA names the folder of real data.

UCSF-BR-06 of TCIA's Breast-MRI-NACT-Pilot: sagittal, 0.7 x 0.7 x 2 mm, one precontrast and two postcontrast phases; its
map of the signal enhancement ratio (SER) is above 0 in what the study's own software took for tumour.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from scripts.cohort.images import read_image
from scripts.errors import CaseError
from scripts.preprocess.bias_field import correct_bias, field_of, without_field
from scripts.preprocess.enhancement import chosen_phase, subtraction
from scripts.preprocess.intensity import intensity_map
from scripts.preprocess.region import body_of
from scripts.preprocess.resampling import resample_image, resample_mask
from scripts.preprocess.tumour_mask import dice, segment_tumour
from scripts.volumes import Volume, compare_geometry

ROOT = Path(os.environ.get("REAL_DATA", ""))
pytestmark = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")


def breast(name: str) -> Volume:
    path = ROOT / "volumes" / "breast_DCE_UCSF-BR-06" / f"{name}.nii.gz"
    if not path.exists():
        pytest.skip("REAL_DATA has no breast_DCE_UCSF-BR-06")
    return read_image(path)


@pytest.fixture(scope="module")
def phases() -> list[Volume]:
    return [breast(f"phase{k}") for k in range(3)]


@pytest.fixture(scope="module")
def corrected(phases) -> tuple[Volume, Volume]:
    return correct_bias(phases[0])


def test_a_planted_field_is_recovered_over_the_own_one(phases, corrected):
    """The image has a field of its own: what counts is the quotient of the fields with and without the planted one.

    In the same voxels it is recovered to 0.98. Where the planted field also moves the edge of what stands out from air,
    the two fields are fitted to other voxels: 0.88.
    """
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in phases[0].array.shape), indexing="ij")
    planted = 0.1 * x - 0.15 * y + 0.08 * z + 0.1 * np.cos(2 * y + 0.5)
    spoilt = phases[0].with_array((phases[0].array * np.exp(planted)).astype(np.float32))
    inside = body_of(phases[0])
    for mask, least, left in ((spoilt.with_array(inside), 0.97, 0.25), (None, 0.85, 0.65)):
        recovered = np.log(field_of(spoilt, mask=mask).array / corrected[1].array)[inside]
        assert np.corrcoef(recovered, planted[inside])[0, 1] > least
        assert (planted[inside] - recovered).std() < left * planted[inside].std()


def test_the_tumour_is_where_the_study_saw_it(phases, corrected):
    enhancement = subtraction(without_field(phases[1], corrected[1]), corrected[0])
    found = segment_tumour(enhancement)
    labels, _ = ndimage.label(breast("SER").array > 0)
    tumour = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    assert dice(found, enhancement.with_array(tumour)) > 0.85


def test_two_postcontrast_phases_have_no_third(phases):
    assert chosen_phase(phases, "highest_enhancement") in (1, 2)
    with pytest.raises(CaseError, match="expected at least 3 postcontrast"):
        chosen_phase(phases, "third_postcontrast")


def test_on_a_common_spacing_and_scale(phases):
    mask = breast("breast_mask")
    volumes = [resample_image(phase, {"spacing_mm": 1.5}) for phase in phases]
    inside = resample_mask(mask, {"spacing_mm": 1.5})
    assert all(compare_geometry(volumes[0], other) == [] for other in (*volumes[1:], inside))
    assert volumes[0].size == (72, 57, 64)  # 54 x 2, 120 x 0.703125 and 136 x 0.703125 mm, left-right first
    before = (mask.array > 0).sum() * mask.voxel_volume_mm3
    assert (inside.array > 0).sum() * inside.voxel_volume_mm3 == pytest.approx(before, rel=0.05)
    scale = intensity_map(volumes[0], {"method": "z_score"})
    body = body_of(volumes[0])
    assert scale.apply(volumes[0]).array[body].mean(dtype=float) == pytest.approx(0, abs=1e-4)
    enhancement = subtraction(scale.apply(volumes[1]), scale.apply(volumes[0])).array
    assert enhancement[inside.array > 0].mean() > enhancement[inside.array == 0].mean()
