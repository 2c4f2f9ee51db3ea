"""Registration of a follow-up image to its baseline: rigid, then deformable, then a guarantee that nothing folds.

The map phi takes a point of the baseline to where its tissue lies in the follow-up: phi(x) = rigid(x + u(x)), u the
flow of a smooth velocity (`scripts.preprocess.velocity_spline`). Its Jacobian is volume after / volume before in the
baseline's space (Eq. 1 of Fan et al., Front Mol Biosci 2021; 8:622219).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from scripts.errors import CaseError
from scripts.preprocess.deformation import points, read_at, to_physical
from scripts.preprocess.diffeomorphism import unfold
from scripts.preprocess.local_correlation import local_correlation, noise_floor
from scripts.preprocess.rigid import Rigid, align_rigid
from scripts.preprocess.settings import expect, is_number, is_whole, settings_of
from scripts.preprocess.velocity_spline import LEAST_VOXELS, SplineSettings, fit_velocity, still
from scripts.volumes import Volume, compare_geometry

ENGINES = ("velocity_spline", "rigid")
LEAST_KNOWN = 0.25


@dataclass(frozen=True)
class RegistrationSettings(SplineSettings):
    """How a pair is registered; the settings of the velocity are those of `SplineSettings`.

    Parameters
    ----------
    engine : `velocity_spline`, or `rigid` (no deformation: the Jacobian is 1 everywhere).
    margin_mm : what is deformed round the tumour where the image is larger than `working_voxels`.
    working_voxels : images of more voxels are deformed in a box round the tumour (whole where there is no mask), and
        the finest level takes every n-th voxel of a box that is larger still.
    tumour_weight : how much a voxel of the tumour counts against one outside it; 1 the same, 0 not at all.
    keep_displacement : whether a step writes the displacement; nothing here reads it.
    """

    engine: str = "velocity_spline"
    margin_mm: float = 30.0
    working_voxels: int = 1_000_000
    tumour_weight: float = 1.0
    keep_displacement: bool = False

    def __post_init__(self) -> None:
        expect(self.engine in ENGINES, "registration.engine", f"one of {', '.join(ENGINES)}", self.engine)
        for name, low in (("levels", 1), ("iterations", 0), ("window", 3), ("working_voxels", 512)):
            value = getattr(self, name)
            expect(is_whole(value, low), f"registration.{name}", f"a whole number from {low}", value)
        for name in ("control_spacing_mm", "smoothing", "noise_fraction", "tolerance_voxels"):
            value = getattr(self, name)
            expect(is_number(value, 0, above=True), f"registration.{name}", "a number above 0", value)
        for name in ("margin_mm", "tumour_weight"):
            value = getattr(self, name)
            expect(is_number(value, 0), f"registration.{name}", "a number from 0", value)
        keep = self.keep_displacement
        expect(isinstance(keep, bool), "registration.keep_displacement", "true or false", keep)


@dataclass(frozen=True, eq=False)
class Registration:
    """What a registration found.

    Parameters
    ----------
    rigid : the rigid part, points of the baseline -> of the follow-up (mm).
    box : slices (z, y, x) of the baseline's grid that were deformed; the rest moves rigidly.
    deformation : (3, z, y, x) field of the box in voxels along its axes, applied before the rigid part.
    warped : the follow-up on the baseline's grid, float32, linear, 0 where it shows nothing.
    jacobian : volume after / volume before on the baseline's grid, float32, above 0 everywhere.
    measures : see `register`.
    seconds : what it took; the one thing here that differs from run to run.
    """

    rigid: Rigid
    box: tuple[slice, slice, slice]
    deformation: np.ndarray
    warped: Volume
    jacobian: Volume
    measures: dict[str, float]
    seconds: float

    def displacement(self) -> np.ndarray:
        """phi(x) - x at every voxel of the baseline: (z, y, x, 3) float32, mm, physical order x, y, z."""
        grid, found = self.warped, np.empty((*self.warped.array.shape, 3), np.float32)
        for z in range(len(found)):
            found[z] = (_moved(grid, self.rigid, self.box, self.deformation, z) - points(_slab(grid, z)))[0]
        return found

    def warp(self, image: Volume) -> Volume:
        """Another image of the follow-up on the baseline's grid: float32, linear, 0 where it shows nothing."""
        return self.warped.with_array(_warped(self.warped, image, self.rigid, self.box, self.deformation))


def register(
    fixed: Volume,
    moving: Volume,
    settings: Mapping[str, Any] | RegistrationSettings | None = None,
    fixed_mask: Volume | None = None,
    threads: int = 1,
) -> Registration:
    """Register `moving` (follow-up) to `fixed` (baseline); grids, spacings and directions may differ.

    Parameters
    ----------
    settings : see `RegistrationSettings`. fixed_mask : the tumour on the grid of `fixed`, 0 and not 0.
    threads : changes the time, never a byte of what is found.

    Returns
    -------
    Registration; its measures are
    n_nonpositive : voxels with a Jacobian not above 0 in what is returned: 0, or there is no return.
    n_nonpositive_unrepaired, n_repairs : the same before any repair, and how often the velocity was smoothed.
    similarity_before, similarity_rigid, similarity_after : mean local correlation in the box (0 to 1; noise counts
        as 0) by the scanner's coordinates, after the rigid part, and after all.
    smallest_jacobian, largest_jacobian : over the box. jacobian_in_tumour : mean over the mask, that is volume
        after / before of the tumour; missing (NaN) without a mask.
    rotation_degrees, translation_mm : of the rigid part; translation of the baseline's middle.
    largest_displacement_mm : of the deformable part. n_iterations : Gauss-Newton steps.

    Raises
    ------
    CaseError : an image is too small, has one value, holds values that are not finite, or does not overlap the other;
        the mask is empty or on another grid. InputError : a setting is not valid.
    """
    began = time.perf_counter()
    settings = settings_of(RegistrationSettings, settings, "registration")
    tumour = _checked(fixed, moving, fixed_mask)
    box = _box(fixed, tumour, settings)
    is_cropped = any(s.stop - s.start < n for s, n in zip(box, fixed.array.shape, strict=True))
    inner = crop(fixed, box)
    rigid = align_rigid(fixed, moving)
    if is_cropped:
        rigid = align_rigid(inner, moving, rigid)
    places = points(inner)
    aligned = read_at(moving, rigid(places), order=3, outside=None)
    known = np.isfinite(read_at(moving, rigid(places), outside=np.nan)).astype(np.float32)
    if known.mean() < LEAST_KNOWN:
        raise CaseError(
            "registration: expected the follow-up to show the tumour's surroundings, "
            f"found {known.mean():.0%} of them in it"
        )
    fit = still(inner.array.shape, inner.spacing[::-1], settings)
    if settings.engine == "velocity_spline":
        weight = _weight(tumour, box, inner, settings.tumour_weight)
        fit = fit_velocity(
            inner.array, aligned, inner.spacing[::-1], settings, known, weight,
            still_border=is_cropped, most_voxels=settings.working_voxels, threads=threads,
        )  # fmt: skip
    unfolded = unfold(fit.velocity_mm, fit.mesh, inner, threads)
    moved = rigid(places + to_physical(unfolded.field, inner))
    jacobian = np.ones(fixed.array.shape, np.float32)
    jacobian[box] = unfolded.jacobian
    measures = {
        "n_nonpositive": int(np.count_nonzero(~(jacobian > 0))),
        "n_nonpositive_unrepaired": unfolded.n_before,
        "n_repairs": unfolded.n_repairs,
        "similarity_before": similarity(inner, moving, points(inner), settings),
        "similarity_rigid": similarity(inner, moving, rigid(places), settings),
        "similarity_after": similarity(inner, moving, moved, settings),
        "smallest_jacobian": float(jacobian[box].min()),
        "largest_jacobian": float(jacobian[box].max()),
        "jacobian_in_tumour": float(jacobian[tumour].mean(dtype=np.float64))
        if tumour is not None
        else math.nan,
        "rotation_degrees": rigid.angle_degrees,
        "translation_mm": _middle_moves(fixed, rigid),
        "largest_displacement_mm": float(np.abs(moved - rigid(places)).max(initial=0.0)),
        "n_iterations": fit.n_iterations,
    }
    warped = _warped(fixed, moving, rigid, box, unfolded.field)
    found = (fixed.with_array(warped), fixed.with_array(jacobian), measures)
    return Registration(rigid, box, unfolded.field, *found, seconds=time.perf_counter() - began)


def crop(image: Volume, box: tuple[slice, slice, slice]) -> Volume:
    """The voxels of a box (slices z, y, x), each at the place where it was."""
    first = np.array([s.start for s in box[::-1]])
    origin = np.array(image.origin) + image.axes @ (first * image.spacing)
    return Volume(image.array[box], image.spacing, tuple(origin), image.direction)


def similarity(fixed: Volume, moving: Volume, places: np.ndarray, settings: SplineSettings) -> float:
    """Mean local correlation of the fixed image and the moving one read at `places` (z, y, x, 3); NaN where they
    never meet."""
    values = read_at(moving, places, outside=np.nan)
    known = np.isfinite(values)
    if not known.any():
        return math.nan
    first, second = np.asarray(fixed.array, np.float32), np.where(known, values, np.float32(0))
    floors = tuple(noise_floor(image[known], settings.noise_fraction) for image in (first, second))
    valid = known.astype(np.float32)
    return float(
        local_correlation(first, second, valid, settings.window, floors)[known].mean(dtype=np.float64)
    )


def _checked(fixed: Volume, moving: Volume, mask: Volume | None) -> np.ndarray | None:
    """The tumour's voxels on the fixed grid, or None without a mask; CaseError for a pair that cannot be registered."""
    for name, image in (("baseline", fixed), ("follow-up", moving)):
        if min(image.array.shape) < LEAST_VOXELS:
            raise CaseError(
                f"registration: expected a {name} of at least {LEAST_VOXELS} voxels along each axis, found {image.size}"
            )
        if not np.isfinite(image.array).all():
            raise CaseError(f"registration: expected finite values in the {name}, found others")
    if mask is None:
        return None
    if differences := compare_geometry(fixed, mask, names=("baseline", "mask")):
        raise CaseError(f"registration: expected the mask on the baseline's grid, found {differences[0]}")
    tumour = mask.array != 0
    if not tumour.any():
        raise CaseError("registration: expected a tumour in the mask, found an empty one")
    return tumour


def _box(
    fixed: Volume, tumour: np.ndarray | None, settings: RegistrationSettings
) -> tuple[slice, slice, slice]:
    """The part of the fixed grid (slices z, y, x) that is deformed."""
    shape = fixed.array.shape
    if tumour is None or tumour.size <= settings.working_voxels:
        return tuple(slice(0, n) for n in shape)
    box = []
    for axis, (count, step) in enumerate(zip(shape, fixed.spacing[::-1], strict=True)):
        others = tuple(k for k in range(3) if k != axis)
        marked = np.flatnonzero(tumour.any(axis=others))
        margin = max(math.ceil(settings.margin_mm / step), LEAST_VOXELS)
        box.append(slice(max(int(marked[0]) - margin, 0), min(int(marked[-1]) + margin + 1, count)))
    return tuple(box)


def _weight(
    tumour: np.ndarray | None, box: tuple[slice, slice, slice], inner: Volume, tumour_weight: float
) -> np.ndarray:
    """(z, y, x) weight of each voxel of the box: `tumour_weight` in the tumour, 1 elsewhere, with a soft edge of a
    voxel."""
    if tumour is None or tumour_weight == 1:
        return np.ones(inner.array.shape, np.float32)
    inside = ndimage.gaussian_filter(tumour[box].astype(np.float32), 1.0, truncate=3.0)
    return 1 + np.float32(tumour_weight - 1) * inside


def _middle_moves(fixed: Volume, rigid: Rigid) -> float:
    """How far (mm) the rigid part moves the middle of the fixed image."""
    middle = np.array(fixed.origin) + fixed.axes @ ((np.array(fixed.size) - 1) / 2 * fixed.spacing)
    return float(np.linalg.norm(rigid(middle) - middle))


def _slab(grid: Volume, z: int) -> Volume:
    """One slice of a grid."""
    return crop(grid, (slice(z, z + 1), slice(0, grid.array.shape[1]), slice(0, grid.array.shape[2])))


def _moved(
    grid: Volume, rigid: Rigid, box: tuple[slice, slice, slice], field: np.ndarray, z: int
) -> np.ndarray:
    """phi of the voxels of slice z: (1, y, x, 3) in mm."""
    places = points(_slab(grid, z))
    if box[0].start <= z < box[0].stop:
        inside = field[:, z - box[0].start : z - box[0].start + 1]
        places[:, box[1], box[2]] += to_physical(inside, grid)
    return rigid(places)


def _warped(
    grid: Volume, moving: Volume, rigid: Rigid, box: tuple[slice, slice, slice], field: np.ndarray
) -> np.ndarray:
    """The moving image on the fixed grid, slice by slice so that no whole grid of places is in memory."""
    return np.concatenate(
        [read_at(moving, _moved(grid, rigid, box, field, z)) for z in range(grid.array.shape[0])]
    )
