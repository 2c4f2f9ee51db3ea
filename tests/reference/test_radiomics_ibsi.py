"""Features against the Image Biomarker Standardisation Initiative (IBSI 1).

The digital phantom (5 x 4 x 4 voxels of 2 mm, one region) was designed by Alex Zwanenburg and is published by
the IBSI under CC BY 4.0 (github.com/theibsi/data_sets); its voxels are written out below. The consensus
values in expected/ibsi_digital_phantom.csv are those of the IBSI reference manual, as printed (three
significant digits), with their tolerances: 3-D features, textures by the mean over directions ('3D_avg'),
which is how pyradiomics has them.

With REAL_DATA also configuration A (no interpolation, -500 to 400 HU, bins of 25 HU) of the CT radiomics
phantom.

What pyradiomics defines otherwise than the IBSI, and all of it:
- kurtosis is not in excess of the normal distribution's (IBSI + 3);
- the lengths of the principal axes divide by the number of voxels, IBSI's by one less: short by sqrt((n - 1)
/ n); - no counterpart: the three 2-D diameters, total energy, and the maximal correlation coefficient of the
GLCM; - resampling (configurations C and D, not tested): pyradiomics aligns the corners of the grids, the IBSI
their centres,
  and interpolates the mask by nearest neighbour. Without resampling nothing of this matters.
"""

import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from scripts.radiomics.features import FEATURE_NAMES, extract_features
from scripts.volumes import Volume, from_sitk

REAL_DATA = os.environ.get("REAL_DATA")
real_data = pytest.mark.skipif(not REAL_DATA, reason="the environment variable REAL_DATA is not set")

# four slices side by side, rows y and columns x, as published; OUTSIDE: voxels (z, y, x) that the mask leaves
# out
PHANTOM = """
1 4 4 1 1   1 4 4 1 1   1 4 4 1 1   1 4 4 1 1
1 4 6 1 1   1 1 6 1 1   1 1 1 1 1   1 1 1 1 1
4 1 6 4 1   1 1 3 1 1   1 1 9 1 1   1 1 1 1 1
4 4 6 4 1   4 4 6 1 1   1 1 6 1 1   1 1 6 1 1
"""
OUTSIDE = [(1, 2, 0), (2, 0, 3), (2, 0, 4), (2, 2, 2), (3, 0, 3), (3, 0, 4)]
NO_COUNTERPART = {
    "original_shape_Maximum2DDiameterColumn",
    "original_shape_Maximum2DDiameterRow",
    "original_shape_Maximum2DDiameterSlice",
    "original_firstorder_TotalEnergy",
    "original_glcm_MCC",
}
KURTOSIS = "original_firstorder_Kurtosis"
AXES = {f"original_shape_{name}AxisLength" for name in ("Major", "Minor", "Least")}


def consensus() -> dict[str, tuple[str, float, float]]:
    """feature -> (IBSI tag, value, tolerance)."""
    path = Path(__file__).parent / "expected" / "ibsi_digital_phantom.csv"
    with path.open(encoding="utf-8") as stream:
        return {
            row["feature"]: (row["ibsi_tag"], float(row["consensus"]), float(row["tolerance"]))
            for row in csv.DictReader(stream)
        }


def within(obtained: float, value: float, tolerance: float) -> bool:
    """Inside the tolerance, or equal once rounded to the three digits printed."""
    last_digit = 10.0 ** (math.floor(math.log10(abs(value))) - 2) if value else 0.01
    return abs(obtained - value) <= tolerance + 0.5 * last_digit * (1 + 1e-9)


def phantom() -> tuple[Volume, Volume]:
    rows = [list(map(int, line.split())) for line in PHANTOM.strip().splitlines()]
    array = np.array(rows, dtype=np.int16).reshape(4, 4, 5).transpose(1, 0, 2)  # slices stand side by side
    mask = np.ones_like(array, dtype=np.uint8)
    mask[tuple(zip(*OUTSIDE, strict=True))] = 0
    return Volume(array, (2.0, 2.0, 2.0)), Volume(mask, (2.0, 2.0, 2.0))


@pytest.fixture(scope="module")
def features():
    return extract_features(*phantom(), {"bin_width": 1})


@real_data
def test_the_phantom_is_copied_right():
    folder = Path(REAL_DATA) / "ibsi" / "ibsi_1_digital_phantom" / "nifti"
    for volume, path in zip(phantom(), ("image/phantom.nii.gz", "mask/mask.nii.gz"), strict=True):
        published = from_sitk(sitk.ReadImage(str(folder / path)))
        np.testing.assert_array_equal(volume.array, published.array)
        assert volume.spacing == published.spacing


@real_data
def test_the_consensus_values_are_copied_right():
    published = published_values("ibsi_1_dig_phantom")
    for tag, value, tolerance in consensus().values():
        assert published[tag] == (value, tolerance)


def test_every_feature_is_compared_or_has_no_counterpart():
    assert set(consensus()) | NO_COUNTERPART == set(FEATURE_NAMES)
    assert len(consensus()) == 102


@pytest.mark.parametrize("name", sorted(set(consensus()) - AXES - {KURTOSIS}))
def test_the_digital_phantom_has_the_consensus_value(features, name):
    _, value, tolerance = consensus()[name]
    assert within(features[name], value, tolerance), f"{features[name]} against {value} +- {tolerance}"


def test_kurtosis_is_three_above_the_consensus(features):
    _, value, tolerance = consensus()[KURTOSIS]
    assert not within(features[KURTOSIS], value, tolerance)
    assert within(features[KURTOSIS] - 3, value, tolerance)


@pytest.mark.parametrize("name", sorted(AXES))
def test_principal_axes_divide_by_the_number_of_voxels(features, name):
    _, value, _ = consensus()[name]
    voxels = 74
    assert within(features[name] * math.sqrt(voxels / (voxels - 1)), value, 0.0)
    assert not within(features[name], value, 0.0)


def published_values(table: str) -> dict[str, tuple[float, float]]:
    path = Path(REAL_DATA) / "ibsi" / "ibsi_1_reference_values" / f"{table}.csv"
    with path.open(encoding="utf-8") as stream:
        rows = csv.DictReader(stream, delimiter=";")
        return {
            row["tag"]: (float(row["reference value"]), float(row["tolerance"]))
            for row in rows
            if row["reference value"]
        }


@real_data
def test_configuration_a_of_the_ct_phantom():
    """Real CT of a lung tumour: shape and first order in 3-D, textures in slices ('2_5D_avg': in_plane)."""
    folder = Path(REAL_DATA) / "ibsi" / "ibsi_1_ct_radiomics_phantom" / "nifti"
    image = from_sitk(sitk.ReadImage(str(folder / "image" / "phantom.nii.gz")))
    mask = from_sitk(sitk.ReadImage(str(folder / "mask" / "mask.nii.gz")))
    settings = {"bin_width": 25, "resegment_range": [-500, 400], "in_plane": True}
    obtained = extract_features(image, mask, settings)
    published = published_values("ibsi_1_chest_config_a")
    outside = [
        name
        for name, (tag, _, _) in consensus().items()
        if not within(obtained[name], *published[tag.replace("_3D", "_2_5D")])
    ]
    assert outside == [KURTOSIS]
    assert within(obtained[KURTOSIS] - 3, *published["stat_kurt"])
