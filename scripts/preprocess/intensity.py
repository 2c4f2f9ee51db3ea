"""Intensities on a common scale: z-score, percentiles or a standard histogram, as one map for all phases of a visit.

The arbitrary unit of MR images differs between scanners and visits. A map is estimated from one image (the precontrast
one of a visit) and applied to all its phases, so that their differences keep their meaning: postcontrast - precontrast
is then on the common scale too. Every map is piecewise linear and rising, and goes on with the slope of its last piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from scripts.errors import CaseError
from scripts.preprocess.region import REGIONS, region_of
from scripts.preprocess.settings import expect, is_number, settings_of
from scripts.volumes import Volume, compare_geometry

METHODS = ("none", "z_score", "percentile", "histogram")
DECILES = tuple(range(10, 100, 10))


@dataclass(frozen=True)
class IntensitySettings:
    """How intensities are brought to a common scale.

    Parameters
    ----------
    method : `none`; `z_score`: (x - mean) / standard deviation in the region; `percentile`: the low percentile of the
        region becomes 0, the high one 1 (nothing is clipped); `histogram`: landmarks (low percentile, deciles, high
        percentile) of the region become those of a standard histogram (Nyul and Udupa, Magn Reson Med 1999; 42:1072).
    region : what is measured over: `body` (what stands out from air) or `whole`.
    low_percentile, high_percentile : of the last two methods, 0 to 100; `histogram` needs them outside 10 and 90.
    """

    method: str = "z_score"
    region: str = "body"
    low_percentile: float = 1.0
    high_percentile: float = 99.0

    def __post_init__(self) -> None:
        low, high = self.low_percentile, self.high_percentile
        expect(self.method in METHODS, "intensity.method", f"one of {', '.join(METHODS)}", self.method)
        expect(self.region in REGIONS, "intensity.region", f"one of {', '.join(REGIONS)}", self.region)
        expect(
            is_number(low, 0) and is_number(high, 0) and low < high <= 100,
            "intensity.low_percentile, high_percentile", "0 <= low < high <= 100", (low, high),
        )  # fmt: skip
        expect(
            self.method != "histogram" or (low < DECILES[0] and high > DECILES[-1]),
            "intensity.low_percentile, high_percentile", "low below 10 and high above 90 (histogram)", (low, high),
        )  # fmt: skip

    @property
    def percentiles(self) -> list[float]:
        """The landmarks of `histogram`: low, 10, 20, ..., 90, high."""
        return [self.low_percentile, *DECILES, self.high_percentile]


@dataclass(frozen=True)
class IntensityMap:
    """A rising, piecewise linear map of intensities through the points (measured[k], standard[k])."""

    measured: tuple[float, ...]
    standard: tuple[float, ...]

    def apply(self, image: Volume) -> Volume:
        """The image on the common scale, float32."""
        x, y = np.array(self.measured), np.array(self.standard)
        values = image.array.astype(np.float64)
        slopes = np.diff(y) / np.diff(x)
        if len(x) == 2:
            return image.with_array(((values - x[0]) * slopes[0] + y[0]).astype(np.float32))
        mapped = np.interp(values, x, y)
        mapped += np.minimum(values - x[0], 0) * slopes[0] + np.maximum(values - x[-1], 0) * slopes[-1]
        return image.with_array(mapped.astype(np.float32))


def normalise(
    image: Volume,
    settings: Mapping[str, Any] | IntensitySettings | None = None,
    mask: Volume | None = None,
    reference: Sequence[float] | None = None,
) -> Volume:
    """One image on the common scale; for several phases of a visit use `intensity_map` once and apply it to each."""
    return intensity_map(image, settings, mask, reference).apply(image)


def intensity_map(
    image: Volume,
    settings: Mapping[str, Any] | IntensitySettings | None = None,
    mask: Volume | None = None,
    reference: Sequence[float] | None = None,
) -> IntensityMap:
    """The map that brings an image to the common scale.

    Parameters
    ----------
    image : voxels (z, y, x) of any unit.
    settings : names of `IntensitySettings`.
    mask : on the image's grid, not 0 where is measured; takes the place of the settings' region.
    reference : standard of `histogram`: rising values for the landmarks of `IntensitySettings.percentiles`, such as
        `standard_landmarks` of training images. Without it, the standard normal distribution's at these percentiles,
        which no patient has a part in.

    Raises
    ------
    CaseError : the region is empty or has too few different values for the method, or the mask is on another grid.
    InputError : the settings or the reference are not valid.
    """
    chosen = settings_of(IntensitySettings, settings, "intensity")
    if chosen.method == "none":
        return IntensityMap((0.0, 1.0), (0.0, 1.0))
    values = _measured(image, chosen, mask)
    if chosen.method == "z_score":
        mean, deviation = float(values.mean()), float(values.std())
        return _map((mean, mean + deviation), (0.0, 1.0), "a standard deviation above 0")
    if chosen.method == "percentile":
        low, high = np.percentile(values, [chosen.low_percentile, chosen.high_percentile])
        between = f"different {chosen.low_percentile:g}th and {chosen.high_percentile:g}th percentiles"
        return _map((low, high), (0.0, 1.0), between)
    standard = np.array(_standard(chosen, reference))
    marks, of = np.unique(np.percentile(values, chosen.percentiles), return_inverse=True)
    standard = [
        standard[of == k].mean() for k in range(len(marks))
    ]  # whole numbers: percentiles may fall together
    return _map(marks, standard, "at least two different percentiles")


def standard_landmarks(
    images: Sequence[Volume], settings: Mapping[str, Any] | IntensitySettings | None = None
) -> list[float]:
    """A standard histogram from images (of training patients only): the mean of their landmarks.

    Each image's landmarks are first scaled linearly, its low percentile to 0 and its high one to 100.

    Raises
    ------
    CaseError : see `intensity_map`.
    ValueError : no images.
    """
    if not images:
        raise ValueError("expected images to take a standard histogram from, found none")
    chosen = settings_of(IntensitySettings, settings, "intensity")
    rows = []
    for image in images:
        marks = np.percentile(_measured(image, chosen, None), chosen.percentiles)
        if marks[-1] <= marks[0]:
            raise CaseError(f"expected a range of intensities, found {marks[0]:g} in the whole region")
        rows.append(100 * (marks - marks[0]) / (marks[-1] - marks[0]))
    return [float(value) for value in np.mean(rows, axis=0)]


def _measured(image: Volume, settings: IntensitySettings, mask: Volume | None) -> np.ndarray:
    """Values of the region, float64, in one row."""
    if mask is None:
        inside = region_of(image, settings.region)
    else:
        differences = compare_geometry(image, mask)
        if differences:
            raise CaseError(f"image and mask do not lie on the same grid: {'; '.join(differences)}")
        inside = mask.array != 0
    if not inside.any():
        raise CaseError("expected a region to measure intensities in, found an empty mask")
    return image.array[inside].astype(np.float64)


def _standard(settings: IntensitySettings, reference: Sequence[float] | None) -> list[float]:
    """Values of the landmarks in the standard histogram."""
    if reference is None:
        normal = NormalDist()
        edge = 1e-4  # of a percentile: 0 and 100 lie at infinity
        return [normal.inv_cdf(min(max(p, edge), 100 - edge) / 100) for p in settings.percentiles]
    values = [float(value) for value in reference]
    count = len(settings.percentiles)
    expect(
        len(values) == count and all(np.diff(values) > 0),
        "intensity, standard histogram", f"{count} rising values", tuple(values),
    )  # fmt: skip
    return values


def _map(measured: Sequence[float], standard: Sequence[float], expected: str) -> IntensityMap:
    if len(measured) < 2 or not np.all(np.diff(measured) > 0):
        found = ", ".join(f"{value:.4g}" for value in measured)
        raise CaseError(f"expected {expected} in the region, found {found}")
    return IntensityMap(tuple(float(v) for v in measured), tuple(float(v) for v in standard))
