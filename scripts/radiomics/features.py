"""The 107 features of pyradiomics on the original image: shape, first order, and five texture matrices.

pyradiomics does the computing (van Griethuysen et al. 2017, Cancer Res 77:e104). This module hands it no
more of the image than the features see, refuses what it would take in silence, and gives numbers or a
cause.

Where pyradiomics departs from the Image Biomarker Standardisation Initiative (IBSI 1, Zwanenburg et al.,
Radiology 2020; 295:328): kurtosis is not in excess (IBSI + 3); the lengths of the principal axes divide by n
voxels, not n - 1; the three 2-D diameters, total energy and the GLCM's maximal correlation coefficient have
no counterpart. The other 98 agree with the consensus of the digital phantom, and of real CT that is not
resampled (tests/reference/test_radiomics_ibsi.py). Resampled images do not: pyradiomics aligns the corners of
the grids, not their centres, and takes the mask's nearest voxel. Fixed-width bins begin at a multiple of the
width, and an image of whole numbers stays one when it is resampled.
"""

from __future__ import annotations

import json
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.errors import CaseError, InputError, nearest
from scripts.volumes import Volume, compare_geometry, to_sitk

if TYPE_CHECKING:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

MAX_GRAY_LEVELS = 5000
INTERPOLATORS = ("sitkBSpline", "sitkLinear", "sitkNearestNeighbor")

FEATURES_OF_CLASS = {
    "shape": """
        Elongation Flatness LeastAxisLength MajorAxisLength Maximum2DDiameterColumn
        Maximum2DDiameterRow Maximum2DDiameterSlice Maximum3DDiameter MeshVolume MinorAxisLength
        Sphericity SurfaceArea SurfaceVolumeRatio VoxelVolume""",
    "firstorder": """
        10Percentile 90Percentile Energy Entropy InterquartileRange Kurtosis Maximum
        MeanAbsoluteDeviation Mean Median Minimum Range RobustMeanAbsoluteDeviation RootMeanSquared
        Skewness TotalEnergy Uniformity Variance""",
    "glcm": """
        Autocorrelation ClusterProminence ClusterShade ClusterTendency Contrast Correlation
        DifferenceAverage DifferenceEntropy DifferenceVariance Id Idm Idmn Idn Imc1 Imc2
        InverseVariance JointAverage JointEnergy JointEntropy MCC MaximumProbability SumAverage
        SumEntropy SumSquares""",
    "gldm": """
        DependenceEntropy DependenceNonUniformity DependenceNonUniformityNormalized
        DependenceVariance GrayLevelNonUniformity GrayLevelVariance HighGrayLevelEmphasis
        LargeDependenceEmphasis LargeDependenceHighGrayLevelEmphasis
        LargeDependenceLowGrayLevelEmphasis LowGrayLevelEmphasis SmallDependenceEmphasis
        SmallDependenceHighGrayLevelEmphasis SmallDependenceLowGrayLevelEmphasis""",
    "glrlm": """
        GrayLevelNonUniformity GrayLevelNonUniformityNormalized GrayLevelVariance
        HighGrayLevelRunEmphasis LongRunEmphasis LongRunHighGrayLevelEmphasis
        LongRunLowGrayLevelEmphasis LowGrayLevelRunEmphasis RunEntropy RunLengthNonUniformity
        RunLengthNonUniformityNormalized RunPercentage RunVariance ShortRunEmphasis
        ShortRunHighGrayLevelEmphasis ShortRunLowGrayLevelEmphasis""",
    "glszm": """
        GrayLevelNonUniformity GrayLevelNonUniformityNormalized GrayLevelVariance
        HighGrayLevelZoneEmphasis LargeAreaEmphasis LargeAreaHighGrayLevelEmphasis
        LargeAreaLowGrayLevelEmphasis LowGrayLevelZoneEmphasis SizeZoneNonUniformity
        SizeZoneNonUniformityNormalized SmallAreaEmphasis SmallAreaHighGrayLevelEmphasis
        SmallAreaLowGrayLevelEmphasis ZoneEntropy ZonePercentage ZoneVariance""",
    "ngtdm": "Busyness Coarseness Complexity Contrast Strength",
}
FEATURE_NAMES = tuple(
    f"original_{group}_{name}" for group, names in FEATURES_OF_CLASS.items() for name in names.split()
)


@dataclass(frozen=True)
class Setting:
    """One extraction setting: pyradiomics' name, the value when not given, and what it may be, in words."""

    pyradiomics: str
    default: Any
    expected: str
    holds: Callable[[Any], bool]


def _number(value: Any, low: float = -math.inf, strict: bool = False) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return real and (value > low if strict else value >= low)


def _whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _numbers(value: Any, lengths: tuple[int, ...], check: Callable[[Any], bool]) -> bool:
    return isinstance(value, list | tuple) and len(value) in lengths and all(map(check, value))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


NORMS = ("manhattan", "euclidean", "infinity", "no_weighting")
RESEGMENT_MODES = ("absolute", "relative", "sigma")
SETTINGS = {
    "bin_width": Setting("binWidth", 25.0, "a number above 0 (HU)", lambda v: _number(v, 0, strict=True)),
    "bin_count": Setting(
        "binCount", None, "null or a whole number from 1", lambda v: v is None or _whole(v, 1)
    ),
    "resampled_spacing_mm": Setting(
        "resampledPixelSpacing", None, "null or [x, y, z] in mm (0 keeps an axis as it is)",
        lambda v: v is None or (_numbers(v, (3,), lambda s: _number(s, 0)) and any(v)),
    ),
    "interpolator": Setting(
        "interpolator", "sitkBSpline", f"one of {', '.join(INTERPOLATORS)}", lambda v: v in INTERPOLATORS
    ),
    "pad_voxels": Setting("padDistance", 5, "a whole number from 0", lambda v: _whole(v, 0)),
    "normalize": Setting("normalize", False, "true or false", _flag),
    "normalize_scale": Setting("normalizeScale", 1, "a number above 0", lambda v: _number(v, 0, strict=True)),
    "outlier_sigma": Setting(
        "removeOutliers", None, "null or a number above 0", lambda v: v is None or _number(v, 0, strict=True)
    ),
    "resegment_range": Setting(
        "resegmentRange", None, "null, [low] or [low, high]",
        lambda v: v is None or _numbers(v, (1, 2), _number),
    ),
    "resegment_mode": Setting(
        "resegmentMode", "absolute", f"one of {', '.join(RESEGMENT_MODES)}", lambda v: v in RESEGMENT_MODES
    ),
    "intensity_shift": Setting("voxelArrayShift", 0, "a number (HU)", _number),
    "label": Setting("label", 1, "a whole number from 1", lambda v: _whole(v, 1)),
    "minimum_dimensions": Setting("minimumROIDimensions", 2, "1, 2 or 3", lambda v: _whole(v, 1) and v <= 3),
    "distances": Setting(
        "distances", [1], "a list of whole numbers from 1",
        lambda v: _numbers(v, tuple(range(1, 20)), lambda d: _whole(d, 1)),
    ),
    "symmetrical_glcm": Setting("symmetricalGLCM", True, "true or false", _flag),
    "weighting_norm": Setting(
        "weightingNorm", None, f"null or one of {', '.join(NORMS)}", lambda v: v is None or v in NORMS
    ),
    "gldm_alpha": Setting("gldm_a", 0, "a whole number from 0", lambda v: _whole(v, 0)),
    "in_plane": Setting("force2D", False, "true or false", _flag),
}  # fmt: skip


def complete_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Every extraction setting, the given ones over the defaults of pyradiomics.

    Parameters
    ----------
    settings : names of `SETTINGS`: bin_width in HU (bin_count, if given, takes its place);
        resampled_spacing_mm None or (x, y, z); interpolator of the image (a mask is always resampled by
        nearest neighbour); pad_voxels around the tumour when resampling; normalize by mean and deviation of
        the whole image, times normalize_scale, clipped at outlier_sigma; resegment_range with resegment_mode;
        intensity_shift in energy and root mean square; label of the tumour in the mask; and the texture
        matrices' distances, symmetry, weighting and tolerance. in_plane computes texture slice by slice.

    Raises
    ------
    InputError : a name that is none of them (with the nearest one), or a value that cannot be.
    """
    for name, value in settings.items():
        if name not in SETTINGS:
            raise InputError(
                f"radiomics settings, {name}", f"one of {', '.join(SETTINGS)}", f"'{name}'",
                nearest(name, SETTINGS).strip(),
            )  # fmt: skip
        if not SETTINGS[name].holds(value):
            raise InputError(f"radiomics settings, {name}", SETTINGS[name].expected, repr(value))
    return {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}


@lru_cache(maxsize=8)
def _extractor(settings_json: str, classes: tuple[str, ...]) -> RadiomicsFeatureExtractor:
    """pyradiomics' extractor of some settings and classes, made once in a process; no digest of each image is taken."""
    import radiomics
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    radiomics.setVerbosity(logging.CRITICAL + 10)  # its quiet level: errors are collected instead
    radiomics.logger.setLevel(logging.ERROR)
    settings = json.loads(settings_json)
    extractor = RadiomicsFeatureExtractor(
        **{SETTINGS[name].pyradiomics: value for name, value in settings.items()}, additionalInfo=False
    )
    if set(classes) != set(FEATURES_OF_CLASS):
        extractor.disableAllFeatures()
        extractor.enableFeaturesByName(**{name: [] for name in classes})
    return extractor


class _Complaints(logging.Handler):
    """Collects the last line of each error that pyradiomics logs when it puts NaN in a feature's place."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage().strip().splitlines()[-1])


@contextmanager
def _complaints() -> Iterator[list[str]]:
    handler, logger = _Complaints(), logging.getLogger("radiomics")
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


def _bounds(inside: np.ndarray) -> tuple[slice, slice, slice]:
    """The smallest box (z, y, x) around the voxels that are True."""
    box = []
    for axis in range(3):
        held = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
        box.append(slice(int(held[0]), int(held[-1]) + 1))
    return tuple(box)


def _tumour(image: Volume, mask: Volume, settings: dict[str, Any]) -> np.ndarray:
    """(z, y, x) bool of the tumour's voxels, after the checks that pyradiomics does not make."""
    differences = compare_geometry(image, mask)
    if differences:
        raise CaseError(f"image and mask do not lie on the same grid: {'; '.join(differences)}")
    label = settings["label"]
    inside = mask.array == label
    if not inside.any():
        others = [str(v) for v in np.unique(mask.array)[:10] if v != 0]
        raise CaseError(f"the mask has no voxel of label {label} (it holds {', '.join(others) or 'only 0'})")
    values = image.array[inside]
    whole_image = settings["normalize"] or settings["resampled_spacing_mm"] is not None
    seen = image.array if whole_image else values
    if seen.dtype.kind == "f" and not np.isfinite(seen).all():
        count, where = int((~np.isfinite(seen)).sum()), "the image" if whole_image else "the tumour"
        raise CaseError(f"{count} voxel{'s' if count > 1 else ''} of {where} hold no finite number")
    if settings["bin_count"] is None and not settings["normalize"]:
        low, high = float(values.min()), float(values.max())
        levels = (high - low) / settings["bin_width"]
        if levels > MAX_GRAY_LEVELS:
            raise CaseError(
                f"the tumour's values run from {low:g} to {high:g}: {levels:.0f} grey levels of width "
                f"{settings['bin_width']:g}, more than {MAX_GRAY_LEVELS} (is the image scaled to HU?)"
            )
    return inside


def _in_words(error: Exception, tumour: Volume, resampled_mm: list[float] | None) -> str:
    """Why pyradiomics has no features: a tumour that resampling made empty or one voxel, or its own first line."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else "pyradiomics gives no reason"
    left = {"not present in mask": "empty", "only contains 1 segmented voxel": "a single voxel"}
    rest = next((words for part, words in left.items() if part in said), None)
    if rest is None:
        return said
    size = " x ".join(
        f"{(axis.stop - axis.start) * mm:.3g}"
        for axis, mm in zip(_bounds(tumour.array > 0)[::-1], tumour.spacing, strict=True)
    )
    if resampled_mm is None:
        return f"the mask is {rest} (its box is {size} mm)"
    spacing = " x ".join(f"{mm:g}" for mm in resampled_mm)
    return f"the mask is {rest} after resampling to {spacing} mm (0: as it is); its box is {size} mm"


def extract_features(
    image: Volume,
    mask: Volume,
    settings: dict[str, Any] | None = None,
    names: Sequence[str] = FEATURE_NAMES,
) -> dict[str, float]:
    """The 107 features of one tumour, or those of `names`.

    Without resampling and normalising, no feature sees a voxel outside the tumour's bounding box, so only
    that box is handed to pyradiomics: the values are the same to the last bit, and most of the time on a
    whole CT is saved.

    Parameters
    ----------
    image : voxels (z, y, x) in HU, or the unit of the modality; spacing (x, y, z) in mm.
    mask : on the image's grid; the tumour is where it equals settings["label"].
    settings : see `complete_settings`.
    names : of FEATURE_NAMES; classes of which none is named are not computed.

    Returns
    -------
    dict with the keys of `names`, in that order; every value is a finite float. Lengths are in mm,
    areas mm2, volumes mm3, first-order values in the image's unit; texture features have no unit.

    Raises
    ------
    CaseError : the case has no such features; says why.
    InputError : the settings are not valid.
    """
    complete = complete_settings(settings or {})
    inside = _tumour(image, mask, complete)
    if complete["normalize"] or complete["resampled_spacing_mm"] is not None:
        part, tumour = image, image.with_array(inside.astype(np.uint8))
    else:
        box = _bounds(inside)
        part = Volume(image.array[box], image.spacing)
        tumour = Volume(inside[box].astype(np.uint8), image.spacing)
    classes = tuple(group for group in FEATURES_OF_CLASS if any(f"_{group}_" in name for name in names))
    extractor = _extractor(json.dumps(complete | {"label": 1}, sort_keys=True), classes)
    quiet = np.errstate(divide="ignore", invalid="ignore")
    with _complaints() as complaints, warnings.catch_warnings(), quiet:
        # where a feature has no value it divides by zero (every value is looked at below) or averages
        # nothing, of which numpy only warns: as an error it becomes pyradiomics' complaint
        warnings.simplefilter("error", RuntimeWarning)
        try:
            computed = extractor.execute(to_sitk(part), to_sitk(tumour))
        except (ValueError, RuntimeError, ArithmeticError, IndexError, RuntimeWarning) as error:
            raise CaseError(_in_words(error, tumour, complete["resampled_spacing_mm"])) from error
    features = {name: float(computed[name]) for name in names}
    without = [name for name, value in features.items() if not math.isfinite(value)]
    if without:
        reason = f" ({complaints[0]})" if complaints else ""
        listing = ", ".join(without[:3]) + (f" and {len(without) - 3} more" if len(without) > 3 else "")
        raise CaseError(f"no value for {listing}{reason}; the tumour has {int(inside.sum())} voxels")
    return features
