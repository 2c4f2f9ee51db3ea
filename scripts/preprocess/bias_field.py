"""N4 bias field correction (Tustison et al., IEEE Trans Med Imaging 2010; 29:1310), as SimpleITK computes it.

The measured image is the true one times a smooth field. One field is estimated for a visit, on its precontrast image,
and divides all phases: a subtraction of phases that were corrected by different fields would show their difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk

from scripts.errors import CaseError
from scripts.preprocess.region import REGIONS, region_of
from scripts.preprocess.settings import expect, is_number, is_whole, settings_of
from scripts.volumes import Volume, compare_geometry, to_sitk

SPLINE_ORDER = 3
LEAST_VOXELS = 64  # of a shrunk image that a field is fitted to
LEAST_ALONG_AXIS = 8  # voxels that shrinking leaves along an axis


@dataclass(frozen=True)
class BiasFieldSettings:
    """How the field is estimated.

    Parameters
    ----------
    enabled : False leaves the image as it is; its field is 1 everywhere.
    mask : where the field is fitted: `body` (what stands out from air), or `whole` (every voxel above 0).
    shrink_factor : the field is estimated on every n-th voxel along each axis; an axis keeps at least 8 voxels.
    levels : fitting levels; each halves the distance of the spline's knots. An image smaller than
        `spline_distance_mm` begins with closer knots and gets fewer levels, at least one, so that the last knots are
        about as far apart in every image: knots of a tumour's size would take its contrast for a field.
    iterations_per_level : at most so many in each level (one number, or one for each level).
    convergence_threshold : a level ends where the coefficient of variation of the ratio of two successive fields
        falls below this.
    spline_distance_mm : distance of the knots in the first level; null puts one patch over the image.
    """

    enabled: bool = True
    mask: str = "body"
    shrink_factor: int = 4
    levels: int = 3
    iterations_per_level: int | tuple[int, ...] = 50
    convergence_threshold: float = 1e-4
    spline_distance_mm: float | None = 200.0

    def __post_init__(self) -> None:
        expect(isinstance(self.enabled, bool), "bias_field.enabled", "true or false", self.enabled)
        expect(self.mask in REGIONS, "bias_field.mask", f"one of {', '.join(REGIONS)}", self.mask)
        for name in ("shrink_factor", "levels"):
            value = getattr(self, name)
            expect(is_whole(value, 1), f"bias_field.{name}", "a whole number from 1", value)
        counts = self.iterations_per_level
        several = (
            isinstance(counts, tuple) and len(counts) == self.levels and all(is_whole(n, 1) for n in counts)
        )
        words = f"a whole number from 1, or {self.levels} of them (one for each level)"
        expect(is_whole(counts, 1) or several, "bias_field.iterations_per_level", words, counts)
        threshold, distance = self.convergence_threshold, self.spline_distance_mm
        expect(
            is_number(threshold, 0, above=True),
            "bias_field.convergence_threshold",
            "a number above 0",
            threshold,
        )
        expect(
            distance is None or is_number(distance, 0, above=True),
            "bias_field.spline_distance_mm", "null or a number above 0 (mm)", distance,
        )  # fmt: skip

    @property
    def iterations(self) -> list[int]:
        """At most so many iterations in each level."""
        counts = self.iterations_per_level
        return list(counts) if isinstance(counts, tuple) else [counts] * self.levels


def correct_bias(
    image: Volume, settings: Mapping[str, Any] | BiasFieldSettings | None = None, mask: Volume | None = None
) -> tuple[Volume, Volume]:
    """The image without its field, and the field: see `field_of` and `without_field`."""
    field = field_of(image, settings, mask)
    return without_field(image, field), field


def field_of(
    image: Volume, settings: Mapping[str, Any] | BiasFieldSettings | None = None, mask: Volume | None = None
) -> Volume:
    """The bias field of an image: what its true intensities were multiplied by.

    The field has a geometric mean of 1 in the mask, so that correcting changes no overall level. Outside the mask,
    where nothing was measured, it is the spline's continuation, held between the least and the greatest value inside.

    Parameters
    ----------
    image : voxels (z, y, x) of any unit; those not above 0 are left out of the fit.
    settings : names of `BiasFieldSettings`.
    mask : on the image's grid, not 0 where the field is fitted; takes the place of settings' `mask`.

    Returns
    -------
    Volume on the image's grid, float32, positive.

    Raises
    ------
    CaseError : too few voxels above 0 to fit a field to, or a mask on another grid.
    InputError : the settings are not valid.
    """
    chosen = settings_of(BiasFieldSettings, settings, "bias_field")
    if not chosen.enabled:
        return image.with_array(np.ones(image.array.shape, np.float32))
    inside = _fitted_voxels(image, chosen, mask)
    full = to_sitk(image.with_array(image.array.astype(np.float32)))
    fitted = to_sitk(image.with_array(inside))
    factors = [max(1, min(chosen.shrink_factor, size // LEAST_ALONG_AXIS)) for size in image.size]
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations(chosen.iterations[-_levels(image, chosen) :])
    n4.SetConvergenceThreshold(chosen.convergence_threshold)
    n4.SetSplineOrder(SPLINE_ORDER)
    n4.SetNumberOfControlPoints([n + SPLINE_ORDER for n in _patches(image, chosen.spline_distance_mm)])
    small = sitk.Shrink(fitted, factors)
    count = int(sitk.GetArrayViewFromImage(small).sum())
    if count < LEAST_VOXELS:
        raise CaseError(
            f"a bias field is fitted to {LEAST_VOXELS} voxels or more; "
            f"found {count} in the mask ('{chosen.mask}') after shrinking by {factors} (x, y, z)"
        )
    with _one_thread():
        n4.Execute(sitk.Shrink(full, factors), small)
        log_field = sitk.GetArrayFromImage(n4.GetLogBiasFieldAsImage(full)).astype(np.float64)
    within = log_field[inside]
    if not np.isfinite(within).all():
        raise CaseError("N4 found no finite bias field for this image")
    log_field = np.clip(log_field, within.min(), within.max()) - within.mean()
    return image.with_array(np.exp(log_field).astype(np.float32))


def without_field(image: Volume, field: Volume) -> Volume:
    """The image divided by a field on the same grid, float32; the field may be of another phase of the visit.

    Raises
    ------
    CaseError : the two do not lie on the same grid.
    """
    differences = compare_geometry(image, field, names=("image", "field"))
    if differences:
        raise CaseError(f"image and bias field do not lie on the same grid: {'; '.join(differences)}")
    return image.with_array((image.array / field.array).astype(np.float32))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums keep their order: N4's inner filters follow the global number of threads, not the filter's own."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _fitted_voxels(image: Volume, settings: BiasFieldSettings, mask: Volume | None) -> np.ndarray:
    """(z, y, x) bool: the voxels above 0 in the given mask or in the settings' region."""
    if mask is None:
        inside = region_of(image, settings.mask)
    else:
        differences = compare_geometry(image, mask)
        if differences:
            raise CaseError(f"image and mask do not lie on the same grid: {'; '.join(differences)}")
        inside = mask.array != 0
    inside = inside & (image.array > 0)
    if not inside.any():
        raise CaseError("a bias field is fitted to voxels above 0; found none in the mask")
    return inside


def _patches(image: Volume, distance_mm: float | None) -> list[int]:
    """Patches of the spline in the first level along (x, y, z), each about `distance_mm` wide."""
    return [
        1 if distance_mm is None else max(1, math.ceil(extent / distance_mm)) for extent in _extents(image)
    ]


def _levels(image: Volume, settings: BiasFieldSettings) -> int:
    """How many levels until the patches along the longest axis are as wide as in the last level of a large image."""
    distance = settings.spline_distance_mm
    if distance is None:
        return settings.levels
    extent = max(_extents(image))
    first = extent / max(1, math.ceil(extent / distance))
    last = distance / 2 ** (settings.levels - 1)
    return min(settings.levels, max(1, 1 + round(math.log2(first / last))))


def _extents(image: Volume) -> list[float]:
    return [n * mm for n, mm in zip(image.size, image.spacing, strict=True)]
