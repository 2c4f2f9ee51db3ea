"""Real CT: one lung with its mask, and a lung tumour whose volume IBSI agreed on; skipped without REAL_DATA."""

import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.cohort.masks import read_mask
from scripts.cohort.volume_files import read_volume_file
from scripts.quantification.hounsfield import air_level
from scripts.quantification.lesions import LesionSettings, dice, threshold_lesions
from scripts.quantification.lung_mask import LungMaskSettings, lung_mask
from scripts.quantification.lung_regions import LOBES
from scripts.quantification.measure_lesions import complete_settings, measure_case
from scripts.volumes import Volume, from_sitk
from scripts.workflow.papers import pick, resolve_parameters

REAL = Path(os.environ.get("REAL_DATA", ""))
pytestmark = pytest.mark.skipif("REAL_DATA" not in os.environ, reason="REAL_DATA is not set")
SETTINGS = complete_settings(pick(resolve_parameters("covid_ct", False), "measurement")["measurement"])


@pytest.fixture(scope="module")
def lung():
    """CT of a right lung at 2.7 x 2.7 x 5 mm and its mask on the same grid.

    The image ends in the mediastinum, where the lung touches its border: four voxels of tissue are put there.
    """
    image = sitk.ReadImage(str(REAL / "registration/elastix/3DCT_lung_baseline_small.mha"))
    mask = sitk.ReadImage(str(REAL / "registration/elastix/3DCT_lung_baseline_mask.mha"))
    on_grid = from_sitk(sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor))
    ct = from_sitk(image)
    pad = ((0, 0), (0, 0), (0, 4))
    return (
        Volume(np.pad(ct.array, pad, constant_values=40), ct.spacing),
        np.pad(on_grid.array, pad) > 0,
    )


@pytest.mark.parametrize(
    "path",
    [
        "registration/elastix/3DCT_lung_baseline_small.mha",
        "volumes/nnunet_example_ct/example_ct_sm.nii.gz",
        "ibsi/ibsi_1_ct_radiomics_phantom/nifti/image/phantom.nii.gz",
        "ibsi/sts_validation/full/STS_008/CT_image.nii.gz",
        "ibsi/sts_validation/full/STS_019/CT_image.nii.gz",
    ],
)
def test_air_of_real_scanners_lies_within_the_tolerance(path):
    air = air_level(read_volume_file(REAL / path).array)
    assert abs(air + 1000) <= SETTINGS["air_tolerance_hu"]


def test_the_lung_mask_is_the_given_one(lung):
    image, given = lung
    found = lung_mask(image, LungMaskSettings())
    assert dice(found, given) > 0.95
    assert found.sum() == pytest.approx(given.sum(), rel=0.06)


def test_a_healthy_lung_is_mostly_no_lesion(lung):
    image, given = lung
    ml = image.voxel_volume_mm3 / 1000
    share = threshold_lesions(image, given, LesionSettings()).sum() / given.sum()
    loose = threshold_lesions(image, given, LesionSettings(opening_mm=0, smallest_ml=0)).sum() / given.sum()
    assert share < loose
    assert (
        share * given.sum() * ml > 0
    )  # vessels at the hilum, at voxels of 2.7 mm: a threshold is no trained system
    assert share < 0.12


def test_a_tumour_has_the_volume_that_ibsi_agreed_on():
    # IBSI 1, chest phantom, configuration A: approximate (voxel counting) volume 359,000 mm3 within 5,000
    folder = REAL / "ibsi/ibsi_1_ct_radiomics_phantom"
    image = read_volume_file(folder / "nifti/image/phantom.nii.gz")
    mask = read_mask(folder / "nifti/mask/mask.nii.gz", image)
    lobes = np.zeros(image.array.shape, np.int32)  # five slabs from below, as if they were lobes
    for k, part in enumerate(np.array_split(np.arange(len(lobes)), 5), start=1):
        lobes[part] = k
    row = measure_case(image, mask, {"lobes": image.with_array(lobes)}, SETTINGS)
    assert row["lesion_ml|lung"] == pytest.approx(359.0, abs=5.0)
    assert sum(row[f"lesion_ml|{lobe}"] for lobe in LOBES) == pytest.approx(row["lesion_ml|lung"])
    assert sum(row[f"lesion_ml|lung|w{w}"] for w in range(4)) == pytest.approx(row["lesion_ml|lung"])
    inside = image.array[mask.array > 0]
    assert row["lesion_ml|lung|w2"] == pytest.approx(
        ((inside >= -300) & (inside < 50)).sum() * image.voxel_volume_mm3 / 1000
    )
