"""Images and masks on a common spacing, and on the grid of another image; geometry exact.

Resampled volumes lie in LPS order (index axes as near as they can to left, back, head): spacings (x, y, z) then mean
the same directions of every patient, however he was scanned. The new grid has the centre of the old one, and as many
voxels as cover it (ceiling of the quotient; IBSI, Zwanenburg et al., Radiology 2020; 295:328, section 2.4): along an
axis of n voxels of s mm, with n' voxels of s' mm,

    n' = ceil(n s / s'),  first centre' = first centre + ((n - 1) s - (n' - 1) s') / 2 along the axis.

Every new centre lies inside the old voxels' outer faces; between a face and the outermost centres the outermost values
hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk

from scripts.errors import CaseError
from scripts.preprocess.settings import expect, is_number, settings_of
from scripts.volumes import Volume, reorient, to_sitk

INTERPOLATORS = {"linear": sitk.sitkLinear, "bspline": sitk.sitkBSpline, "nearest": sitk.sitkNearestNeighbor}
ROUNDING = 1e-6  # of a voxel: what spacings in files differ by for rounding alone


@dataclass(frozen=True)
class ResamplingSettings:
    """The common spacing.

    Parameters
    ----------
    spacing_mm : one number, or (x, y, z) in mm; null keeps the image's own (0 for an axis too).
    interpolator : of images, `linear`, `bspline` (cubic; overshoots at edges) or `nearest`; masks have their own way.
    """

    spacing_mm: float | tuple[float, float, float] | None = 1.0
    interpolator: str = "linear"

    def __post_init__(self) -> None:
        mm = self.spacing_mm
        axes = isinstance(mm, tuple) and len(mm) == 3 and all(is_number(v, 0) for v in mm)
        expect(
            mm is None or is_number(mm, 0, above=True) or axes,
            "resampling.spacing_mm", "null, a number above 0, or [x, y, z] in mm (0 keeps an axis as it is)", mm,
        )  # fmt: skip
        names = ", ".join(INTERPOLATORS)
        expect(
            self.interpolator in INTERPOLATORS,
            "resampling.interpolator",
            f"one of {names}",
            self.interpolator,
        )

    def wanted(self, own: tuple[float, float, float]) -> tuple[float, float, float]:
        """The spacing (x, y, z) in mm that an image of spacing `own` gets."""
        mm = self.spacing_mm
        asked = mm if isinstance(mm, tuple) else (mm or 0.0,) * 3
        return tuple(float(new or old) for new, old in zip(asked, own, strict=True))


def resample_image(image: Volume, settings: Mapping[str, Any] | ResamplingSettings | None = None) -> Volume:
    """An image on the common spacing, float32, in LPS order; see the module for the grid.

    An image that has the spacing keeps its voxels. There is no smoothing before a coarser spacing.

    Raises
    ------
    InputError : the settings are not valid.
    """
    chosen = settings_of(ResamplingSettings, settings, "resampling")
    return on_grid_of(reorient(image), _grid_of(image, chosen), chosen.interpolator)


def resample_mask(mask: Volume, settings: Mapping[str, Any] | ResamplingSettings | None = None) -> Volume:
    """A mask of one or more labels on the common spacing and the grid that `resample_image` gives its image.

    Raises
    ------
    CaseError : a label has no voxel left.
    InputError : the settings are not valid.
    """
    chosen = settings_of(ResamplingSettings, settings, "resampling")
    return labels_on_grid_of(reorient(mask), _grid_of(mask, chosen))


def on_grid_of(image: Volume, grid: Volume, interpolator: str = "linear", outside: float = 0.0) -> Volume:
    """An image interpolated at the voxel centres of `grid`, float32; its own voxels where the grids are the same.

    Parameters
    ----------
    grid : a volume whose geometry and shape are taken; its voxels are not looked at.
    interpolator : one of INTERPOLATORS.
    outside : the value beyond the outer faces of the image's voxels.
    """
    same = image.array.shape == grid.array.shape and all(
        np.allclose(a, b, rtol=0, atol=ROUNDING)
        for a, b in (
            (image.spacing, grid.spacing),
            (image.origin, grid.origin),
            (image.direction, grid.direction),
        )
    )
    values = image.array.astype(np.float32)
    if same:
        return grid.with_array(values)
    resampler = sitk.ResampleImageFilter()
    resampler.SetNumberOfThreads(1)
    resampler.SetSize(grid.size)
    resampler.SetOutputSpacing(grid.spacing)
    resampler.SetOutputOrigin(grid.origin)
    resampler.SetOutputDirection(grid.direction)
    resampler.SetInterpolator(INTERPOLATORS[interpolator])
    resampler.SetDefaultPixelValue(outside)
    resampled = resampler.Execute(to_sitk(image.with_array(values)))
    return grid.with_array(sitk.GetArrayFromImage(resampled))


def labels_on_grid_of(mask: Volume, grid: Volume) -> Volume:
    """A mask at the voxel centres of `grid`: no label that was not there, and no label lost.

    Each label's share (1 in it, 0 elsewhere) is interpolated linearly; a voxel takes the label of the largest share,
    the background counting as one. Shares that are equal go to the label before the background, and to the lower one.
    For one label that is a share of a half or more (IBSI).

    Returns
    -------
    Volume in the mask's own type (bool as uint8).

    Raises
    ------
    CaseError : a label has no voxel left.
    """
    labels = [int(label) for label in np.unique(mask.array) if label != 0]
    best = np.full(grid.array.shape, -1.0, np.float32)
    chosen = np.zeros(grid.array.shape, np.uint8 if mask.array.dtype == bool else mask.array.dtype)
    background = np.ones(grid.array.shape, np.float32)
    for label in labels:
        share = on_grid_of(mask.with_array((mask.array == label).astype(np.float32)), grid).array
        background -= share
        higher = share > best
        best[higher], chosen[higher] = share[higher], label
    chosen[best < background - ROUNDING] = 0
    lost = [label for label in labels if not (chosen == label).any()]
    if lost:
        counts = ", ".join(f"label {label} of {int((mask.array == label).sum())} voxels" for label in lost)
        spacing = " x ".join(f"{mm:.4g}" for mm in grid.spacing)
        raise CaseError(f"the mask is lost when it is resampled to {spacing} mm: {counts}")
    return grid.with_array(chosen)


def _grid_of(volume: Volume, settings: ResamplingSettings) -> Volume:
    """The grid of the common spacing for a volume: its geometry with an array of zeros."""
    upright = reorient(volume)
    spacing = settings.wanted(upright.spacing)
    if np.allclose(spacing, upright.spacing, rtol=ROUNDING, atol=0):
        spacing = upright.spacing
    size = [
        math.ceil(n * old / new - ROUNDING)
        for n, old, new in zip(upright.size, upright.spacing, spacing, strict=True)
    ]
    shift = [
        ((n - 1) * old - (m - 1) * new) / 2
        for n, old, m, new in zip(upright.size, upright.spacing, size, spacing, strict=True)
    ]
    origin = np.array(upright.origin) + upright.axes @ shift
    direction = tuple(np.array(upright.direction) + 0.0)  # no negative zeros
    return Volume(np.zeros(size[::-1], np.uint8), spacing, tuple(origin), direction)
