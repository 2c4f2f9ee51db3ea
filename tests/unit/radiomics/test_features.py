"""Shapes by geometry, textures of a 2 x 2 checkerboard by hand, and the refusals.

pyradiomics' own baselines and the IBSI phantom stand in tests/reference.
"""

import itertools
import math
import warnings

import numpy as np
import pytest

from scripts.errors import CaseError, InputError
from scripts.radiomics.features import (
    FEATURE_NAMES,
    SETTINGS,
    complete_settings,
    extract_features,
)
from scripts.volumes import Volume, to_sitk


def volumes(array, mask, spacing=(1.0, 1.0, 1.0), **place):
    return Volume(np.asarray(array), spacing, **place), Volume(np.asarray(mask, np.uint8), spacing, **place)


def textured(shape=(9, 14, 16), seed=0):
    """Smooth random CT-like values and an off-centre ellipsoid."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=shape)
    smooth = sum(np.roll(noise, step, axis) for axis in range(3) for step in (-1, 0, 1))
    z, y, x = np.indices(shape)
    inside = ((z - 4) / 3) ** 2 + ((y - 7) / 4) ** 2 + ((x - 8) / 5.5) ** 2 < 1
    return 60 + 40 * smooth / smooth.std(), inside


def plain_pyradiomics(image, mask, **settings):
    """What pyradiomics says when it is handed the whole volumes."""
    import radiomics
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    radiomics.setVerbosity(60)
    found = RadiomicsFeatureExtractor(**settings).execute(to_sitk(image), to_sitk(mask))
    return {name: float(value) for name, value in found.items() if not name.startswith("diagnostics")}


def shape_features(mask, spacing):
    image, mask = volumes(np.arange(mask.size, dtype=float).reshape(mask.shape) % 50, mask, spacing)
    return {
        name.removeprefix("original_shape_"): value
        for name, value in extract_features(image, mask, {}).items()
        if name.startswith("original_shape_")
    }


def test_names_are_pyradiomics_own_in_its_order():
    array, inside = textured()
    assert tuple(plain_pyradiomics(*volumes(array, inside))) == FEATURE_NAMES
    assert len(FEATURE_NAMES) == 107
    assert list(extract_features(*volumes(array, inside))) == list(FEATURE_NAMES)


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.int32, np.float32, np.float64])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"bin_width": 10.0}, {"binWidth": 10.0}),
        ({"bin_count": 16}, {"binCount": 16}),
        ({"resegment_range": [0, 120]}, {"resegmentRange": [0, 120]}),
        (
            {"resampled_spacing_mm": [1.0, 1.0, 1.0]},
            {"resampledPixelSpacing": [1.0, 1.0, 1.0], "interpolator": "sitkBSpline"},
        ),
        (
            {"resampled_spacing_mm": [2, 2, 0], "interpolator": "sitkLinear", "pad_voxels": 2},
            {"resampledPixelSpacing": [2, 2, 0], "interpolator": "sitkLinear", "padDistance": 2},
        ),
        (
            {"normalize": True, "normalize_scale": 100, "outlier_sigma": 2},
            {"normalize": True, "normalizeScale": 100, "removeOutliers": 2},
        ),
    ],
)
def test_the_box_around_the_tumour_gives_the_same_bits_as_the_whole_image(kind, ours, theirs):
    array, inside = textured()
    place = {"origin": (-20.0, 5.5, 100.0), "direction": (0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)}
    image, mask = volumes(array.clip(0, 255).astype(kind), inside, (0.8, 0.7, 2.5), **place)
    whole = plain_pyradiomics(image, mask, **theirs)
    assert extract_features(image, mask, ours) == {name: whole[name] for name in FEATURE_NAMES}


def test_voxels_outside_the_tumour_play_no_part():
    array, inside = textured()
    elsewhere = np.where(inside, array, np.random.default_rng(5).normal(0, 900, array.shape))
    elsewhere[0, 0, 0] = np.nan
    assert extract_features(*volumes(array, inside)) == extract_features(*volumes(elsewhere, inside))


def test_another_label_is_another_tumour():
    array, inside = textured()
    labels = np.where(inside, 3, 0)
    labels[0] = 1
    image, mask = volumes(array, labels)
    assert extract_features(image, mask, {"label": 3}) == extract_features(*volumes(array, inside))
    assert extract_features(image, mask, {"label": 3}) != extract_features(image, mask)


BOX, BOX_SPACING = (6, 4, 3), (0.5, 2.0, 3.0)  # voxels and mm along x, y, z


def box_mask():
    mask = np.zeros((8, 9, 10), np.uint8)
    mask[2 : 2 + BOX[2], 3 : 3 + BOX[1], 1 : 1 + BOX[0]] = 1
    return mask


def test_volume_and_surface_of_a_box():
    """The mesh runs half a voxel outside the outer centres, with its edges and corners cut."""
    (a, b, c) = lengths = [(n - 1) * s for n, s in zip(BOX, BOX_SPACING, strict=True)]
    (p, q, r) = half = [s / 2 for s in BOX_SPACING]
    volume = a * b * c + 2 * (a * b * r + a * c * q + b * c * p)
    volume += 4 * (a * q * r + b * p * r + c * p * q) / 2 + 8 * p * q * r / 6
    corner = math.sqrt((p * q) ** 2 + (q * r) ** 2 + (r * p) ** 2) / 2
    surface = 2 * (a * b + a * c + b * c) + 8 * corner
    surface += 4 * sum(
        length * math.hypot(*(h for other, h in enumerate(half) if other != axis))
        for axis, length in enumerate(lengths)
    )
    found = shape_features(box_mask(), BOX_SPACING)
    assert found["VoxelVolume"] == pytest.approx(6 * 4 * 3 * 0.5 * 2 * 3, rel=1e-12)
    assert found["MeshVolume"] == pytest.approx(volume, rel=1e-6)
    assert found["SurfaceArea"] == pytest.approx(surface, rel=1e-6)
    assert found["SurfaceVolumeRatio"] == pytest.approx(surface / volume, rel=1e-6)
    assert found["Sphericity"] == pytest.approx((36 * math.pi * volume**2) ** (1 / 3) / surface, rel=1e-6)


def test_principal_axes_of_a_box():
    """n centres a distance s apart have the variance s^2 (n^2 - 1) / 12; an axis is 4 deviations long."""
    deviations = sorted(s * math.sqrt((n**2 - 1) / 12) for n, s in zip(BOX, BOX_SPACING, strict=True))
    least, minor, major = deviations
    found = shape_features(box_mask(), BOX_SPACING)
    assert found["MajorAxisLength"] == pytest.approx(4 * major, rel=1e-9)
    assert found["MinorAxisLength"] == pytest.approx(4 * minor, rel=1e-9)
    assert found["LeastAxisLength"] == pytest.approx(4 * least, rel=1e-9)
    assert found["Elongation"] == pytest.approx(minor / major, rel=1e-9)
    assert found["Flatness"] == pytest.approx(least / major, rel=1e-9)


def mesh_vertices(mask, spacing):
    """(vertices, 3) in mm (x, y, z): the middle of each grid edge from an inside to an outside voxel."""
    padded = np.pad(mask.astype(bool), 1)
    found = []
    for axis in range(3):
        step = np.moveaxis(padded, axis, 0)
        where = np.argwhere(step[1:] != step[:-1]).astype(float)
        where[:, 0] += 0.5
        order = [axis, *(other for other in range(3) if other != axis)]
        found.append(where[:, np.argsort(order)])
    return np.concatenate(found)[:, ::-1] * np.array(spacing)


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_diameters_join_the_furthest_vertices_of_the_mesh(seed):
    """Slice is the axial plane (one z), Column the coronal (one y), Row the sagittal (one x)."""
    mask, spacing = box_mask(), BOX_SPACING
    if seed:
        mask = (np.random.default_rng(seed).random((4, 6, 7)) < 0.4).astype(np.uint8)
        spacing = (0.7, 1.1, 2.0)
    vertices = mesh_vertices(mask, spacing)
    apart = vertices[:, None] - vertices[None, :]
    distance = np.linalg.norm(apart, axis=2)
    found = shape_features(mask, spacing)
    assert found["Maximum3DDiameter"] == pytest.approx(distance.max(), rel=1e-9)
    for name, axis in (("Row", 0), ("Column", 1), ("Slice", 2)):
        within = distance[np.abs(apart[:, :, axis]) < 1e-9].max()
        assert found[f"Maximum2DDiameter{name}"] == pytest.approx(within, rel=1e-9)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 2.0)])
def test_a_sphere_is_round(spacing):
    radius = 16.0
    counts = [int(2 * radius / s) + 5 for s in spacing]
    x, y, z = ((np.arange(n) - (n - 1) / 2) * s for n, s in zip(counts, spacing, strict=True))
    mask = (z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2) <= radius**2
    found = shape_features(mask, spacing)
    volume = 4 / 3 * math.pi * radius**3
    assert found["VoxelVolume"] == pytest.approx(volume, rel=0.01)
    assert found["MeshVolume"] == pytest.approx(volume, rel=0.01)
    assert found["Maximum3DDiameter"] == pytest.approx(2 * radius, abs=max(spacing))
    assert 0.85 < found["Sphericity"] < 1  # a staircase has more surface than a sphere
    assert found["Elongation"] == pytest.approx(1, abs=0.01)
    assert found["Flatness"] == pytest.approx(1, abs=0.01)
    # a full sphere has the variance r^2 / 5 along each axis
    assert found["MajorAxisLength"] == pytest.approx(4 * radius / math.sqrt(5), rel=0.01)


def test_lengths_scale_with_the_voxels():
    _, inside = textured()
    small, large = (shape_features(inside, (s, s, 2 * s)) for s in (1.0, 3.0))
    for name, power in (("MajorAxisLength", 1), ("SurfaceArea", 2), ("MeshVolume", 3), ("Sphericity", 0)):
        assert large[name] == pytest.approx(small[name] * 3**power, rel=1e-5)


def test_first_order_of_eight_values():
    """Values 1 to 8: mean 4.5, squares 204; quantiles at 0.7 and 6.3 of 0..7; bins {1}, {2,3}, ..., {8}."""
    image, mask = volumes(np.arange(1.0, 9.0).reshape(2, 2, 2), np.ones((2, 2, 2)), (1.0, 2.0, 0.5))
    found = extract_features(image, mask, {"bin_width": 2.0})
    expected = {
        "10Percentile": 1.7,
        "90Percentile": 7.3,
        "Energy": 204,
        "Entropy": 3 * 0.25 * 2 + 2 * 0.125 * 3,
        "InterquartileRange": 6.25 - 2.75,
        "Kurtosis": (2 * (3.5**4 + 2.5**4 + 1.5**4 + 0.5**4) / 8) / 5.25**2,
        "Maximum": 8,
        "MeanAbsoluteDeviation": 2,
        "Mean": 4.5,
        "Median": 4.5,
        "Minimum": 1,
        "Range": 7,
        "RobustMeanAbsoluteDeviation": 1.5,  # 2 to 7
        "RootMeanSquared": math.sqrt(204 / 8),
        "Skewness": 0,
        "TotalEnergy": 204,  # voxels of 1 mm3
        "Uniformity": 3 * 0.25**2 + 2 * 0.125**2,
        "Variance": 5.25,
    }
    assert {name: found[f"original_firstorder_{name}"] for name in expected} == pytest.approx(
        expected, abs=1e-9
    )


# The 2 x 2 checkerboard [[1, 2], [2, 1]] in one slice, bins of 1. Four directions lie in the slice: in the
# two along its sides every pair is (1, 2); one diagonal is a pair (1, 1), the other (2, 2). All by hand, a
# mean of directions.
CHECKERBOARD = {
    "glcm_Autocorrelation": (2 + 2 + 1 + 4) / 4,
    "glcm_Contrast": (1 + 1 + 0 + 0) / 4,
    "glcm_DifferenceAverage": 0.5,
    "glcm_JointEnergy": (0.5 + 0.5 + 1 + 1) / 4,
    "glcm_JointEntropy": (1 + 1 + 0 + 0) / 4,
    "glcm_JointAverage": (1.5 + 1.5 + 1 + 2) / 4,
    "glcm_Id": (0.5 + 0.5 + 1 + 1) / 4,
    "glcm_Idm": (0.5 + 0.5 + 1 + 1) / 4,
    "glcm_MaximumProbability": (0.5 + 0.5 + 1 + 1) / 4,
    "glcm_ClusterTendency": 0,
    "glcm_SumSquares": (0.25 + 0.25 + 0 + 0) / 4,
    # runs: along the sides four of length 1; on each diagonal one of length 2 and, of the other level, two of
    # 1
    "glrlm_RunVariance": (0 + 0 + 2 / 9 + 2 / 9) / 4,
    "glrlm_LongRunLowGrayLevelEmphasis": ((2 + 2 / 4) / 4 * 2 + (4 + 2 / 4) / 3 + (4 / 4 + 2) / 3) / 4,
    "glrlm_ShortRunEmphasis": (1 + 1 + 2 * (2 + 1 / 4) / 3) / 4,
    "glrlm_RunPercentage": (1 + 1 + 3 / 4 + 3 / 4) / 4,
    # zones touch at corners: one of 2 voxels for each level
    "glszm_SizeZoneNonUniformityNormalized": 1,
    "glszm_GrayLevelNonUniformityNormalized": 0.5,
    "glszm_SmallAreaEmphasis": 1 / 4,
    "glszm_LargeAreaEmphasis": 4,
    "glszm_ZonePercentage": 0.5,
    "glszm_LargeAreaLowGrayLevelEmphasis": (4 / 1 + 4 / 4) / 2,
    # each voxel depends on itself and its diagonal neighbour
    "gldm_DependenceNonUniformityNormalized": 1,
    "gldm_LargeDependenceEmphasis": 4,
    "gldm_SmallDependenceEmphasis": 1 / 4,
    "gldm_GrayLevelVariance": 0.25,
    # the mean of a 1's neighbours is 5/3, of a 2's 4/3: each differs by 2/3, s = 4/3 for both levels
    "ngtdm_Coarseness": 1 / (4 / 3),
    "ngtdm_Contrast": (0.5 * 0.5 * 2 / 2) * (8 / 3 / 4),
    "ngtdm_Busyness": (4 / 3) / (2 * 0.5),
    "ngtdm_Complexity": 2 * (4 / 3) / 4,
    "ngtdm_Strength": 2 / (8 / 3),
}


def test_textures_of_a_checkerboard():
    image, mask = volumes([[[1, 2], [2, 1]]], np.ones((1, 2, 2)))
    found = extract_features(image, mask, {"bin_width": 1})
    assert {name: found[f"original_{name}"] for name in CHECKERBOARD} == pytest.approx(CHECKERBOARD, abs=1e-9)


def test_bins_begin_at_a_multiple_of_their_width():
    """-30, -26 | -24, -1 | 0: three bins of 25 from -50, not two from -30."""
    image, mask = volumes(np.array([-30, -26, -24, -1, 0, 0]).reshape(1, 2, 3), np.ones((1, 2, 3)))
    found = extract_features(image, mask, {"bin_width": 25})
    assert found["original_firstorder_Uniformity"] == pytest.approx(3 * (1 / 3) ** 2)


def test_a_flat_tumour_has_its_values_and_no_warning():
    found = extract_features(*volumes(np.full((4, 4, 4), 40.0), np.ones((4, 4, 4))))
    assert found["original_firstorder_Variance"] == 0
    assert found["original_glcm_Contrast"] == 0
    assert found["original_ngtdm_Coarseness"] == 1e6  # pyradiomics' value for 1 / 0


def test_pyradiomics_says_nothing(capfd, caplog):
    array, inside = textured()
    extract_features(*volumes(array, inside), {"bin_count": 8})  # it warns of fixed bin counts
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_settings_stand_on_pyradiomics_defaults():
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    theirs = RadiomicsFeatureExtractor._getDefaultSettings()
    known = {SETTINGS[name].pyradiomics: value for name, value in complete_settings({}).items()}
    assert {name: known[name] for name in theirs if name in known} == {
        name: value for name, value in theirs.items() if name in known
    }
    assert known["binWidth"] == 25


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"binwidth": 25},
            r"radiomics settings, binwidth: expected one of bin_width, .*Did you mean 'bin_width'",
        ),
        ({"resample_spacing_mm": None}, r"Did you mean 'resampled_spacing_mm'"),
        ({"bin_width": 0}, r"bin_width: expected a number above 0 \(HU\), found 0"),
        ({"bin_width": True}, r"bin_width: expected a number above 0 \(HU\), found True"),
        ({"bin_width": float("nan")}, r"found nan"),
        ({"bin_count": 2.5}, r"expected null or a whole number from 1, found 2.5"),
        ({"resampled_spacing_mm": [1, 1]}, r"null or \[x, y, z\] in mm .*found \[1, 1\]"),
        ({"resampled_spacing_mm": [0, 0, 0]}, r"found \[0, 0, 0\]"),
        ({"resampled_spacing_mm": 1.0}, r"found 1.0"),
        ({"interpolator": "linear"}, r"one of sitkBSpline, sitkLinear, sitkNearestNeighbor, found 'linear'"),
        ({"label": 0}, r"label: expected a whole number from 1, found 0"),
        ({"normalize": 1}, r"normalize: expected true or false, found 1"),
        (
            {"weighting_norm": "l2"},
            r"null or one of manhattan, euclidean, infinity, no_weighting, found 'l2'",
        ),
    ],
)
def test_settings_that_are_none_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        extract_features(*volumes(np.ones((2, 2, 2)), np.ones((2, 2, 2))), settings)


def line_of(voxels):
    mask = np.zeros((5, 5, 5))
    for z, y, x in voxels:
        mask[z, y, x] = 1
    return mask


@pytest.mark.parametrize(
    ("mask", "settings", "cause"),
    [
        (np.zeros((5, 5, 5)), {}, r"no voxel of label 1 \(it holds only 0\)"),
        (np.full((5, 5, 5), 4), {}, r"no voxel of label 1 \(it holds 4\)"),
        (line_of([(2, 2, 2)]), {}, r"mask is a single voxel"),
        (
            line_of([(2, 2, 2), (2, 2, 3)]),
            {},
            r"too few dimensions \(number of dimensions 1, minimum required 2\)",
        ),
        (
            line_of([(0, 0, 0), (4, 4, 4)]),
            {},
            r"no value for .*RobustMeanAbsoluteDeviation.* more \(.*Mean of empty slice\); .* has 2 voxels",
        ),
        (
            line_of(itertools.product((0, 4), (0, 4), (0, 4))),
            {},
            r"no value for original_glcm_Autocorrelation",
        ),
        (np.ones((5, 5, 5)), {"resegment_range": [1000, 2000]}, r"(?i)label|empty|range|threshold|ROI"),
        (
            line_of([(2, 2, 1), (2, 3, 3)]),
            {"resampled_spacing_mm": [40, 40, 1]},
            "is empty after resampling to 40 x 40 x 1 mm",
        ),
    ],
)
def test_a_case_without_features_says_why(mask, settings, cause):
    array = np.random.default_rng(0).normal(50, 30, (5, 5, 5))
    with pytest.raises(CaseError, match=cause):
        extract_features(*volumes(array, mask), settings)


def test_a_feature_without_a_value_is_a_cause_and_not_a_warning():
    """Also outside of tests, where numpy's warnings are no errors."""
    array = np.random.default_rng(0).normal(50, 30, (5, 5, 5))
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(CaseError, match="Mean of empty slice"):
            extract_features(*volumes(array, line_of([(0, 0, 0), (4, 4, 4)])))
    assert not shown


def test_voxels_without_a_number_are_not_passed_over():
    """pyradiomics would leave them out of the statistics without a word."""
    array, inside = textured()
    array[4, 7, 8] = np.nan
    with pytest.raises(CaseError, match="1 voxel of the tumour hold no finite number"):
        extract_features(*volumes(array, inside))
    array[4, 7, 8], array[0, 0, :2] = 50, np.inf
    extract_features(*volumes(array, inside))
    for settings in ({"normalize": True}, {"resampled_spacing_mm": [2, 2, 2]}):
        with pytest.raises(CaseError, match="2 voxels of the image hold no finite number"):
            extract_features(*volumes(array, inside), settings)


def test_an_image_far_from_hu_is_refused_before_it_fills_the_memory():
    array, inside = textured()
    with pytest.raises(
        CaseError, match=r"grey levels of width 25, more than 5000 \(is the image scaled to HU"
    ):
        extract_features(*volumes(array * 1e6, inside))
    extract_features(*volumes(array * 1e6, inside), {"bin_count": 8})


def test_image_and_mask_must_share_their_grid():
    array, inside = textured()
    image, _ = volumes(array, inside)
    with pytest.raises(CaseError, match=r"same grid: spacing x: image 1.000 mm, mask 1.100 mm"):
        extract_features(image, Volume(inside.astype(np.uint8), (1.1, 1.0, 1.0)))
    with pytest.raises(CaseError, match=r"same grid: size z: image 9 voxels, mask 8 voxels"):
        extract_features(image, Volume(inside[:8].astype(np.uint8), (1.0, 1.0, 1.0)))
