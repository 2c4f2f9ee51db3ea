"""Deformable registration by a stationary velocity in cubic B-splines: the images meet in the middle.

Found is the velocity v whose flow phi = exp(v) brings the moving image onto the fixed one. A flow has an inverse, so
phi cannot fold (Arsigny et al., MICCAI 2006). Both images are brought half way, fixed by exp(-v/2) and moving by
exp(v/2), and compared there, so that neither is blurred more than the other and a swap of the two changes v's sign
(symmetric as Avants et al., Med Image Anal 2008; 12:26, and Vercauteren et al., MICCAI 2008). Minimised is

    sum over voxels of w (A - B)^2 / 2  +  smoothing * (integral of all squared second derivatives of v) / 2

A and B the two images half way, normalised in a window round each voxel. Every step solves the linearised problem
(Gauss-Newton) for all control points at once by conjugate gradients; so tens of steps do where gradient descent takes
hundreds. From coarse images and lattices to fine ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.preprocess.cubic_lattice import Lattice, along_each, refined
from scripts.preprocess.deformation import pulled, side_by_side
from scripts.preprocess.flow_mesh import FlowMesh
from scripts.preprocess.local_correlation import locally_normalised, noise_floor

SOLVER_STEPS = 12
SOLVED = 0.1  # the share of the first residual at which the linear problem is called solved
DAMPING = 1e-3
HALVINGS = 2
LEAST_GAIN = 5e-3  # of the energy, for a further step in a level
LONGEST_STEP = 0.4  # of the control points' distance: up to there a step cannot fold
MESHES_A_CONTROL_POINT = 1.5  # the flow's mesh is so many times finer than the control points
LEAST_VOXELS = 8  # along an axis of a coarse level
REACH = (3, 4)  # control points that reach the first and the last voxel of an axis
EQUAL = 1e-6  # mean squared difference of normalised images that is nothing but rounding


@dataclass(frozen=True)
class SplineSettings:
    """How a velocity is found.

    Parameters
    ----------
    levels : pyramid levels; each coarser one has twice the voxel and twice the distance of control points.
    iterations : Gauss-Newton steps in a level, at most.
    control_spacing_mm : distance of control points in the finest level.
    smoothing : weight of the bending energy (mm^2): what a voxel with squared second derivatives of 1 / mm^2 costs.
    window : edge of the window of local normalisation, in voxels of the level.
    noise_fraction : local contrast below this share of the image's standard deviation counts as noise.
    tolerance_voxels : a level ends when no voxel moves farther than this in a step.
    """

    levels: int = 3
    iterations: int = 10
    control_spacing_mm: float = 6.0
    smoothing: float = 2.5
    window: int = 9
    noise_fraction: float = 0.1
    tolerance_voxels: float = 0.05


@dataclass(frozen=True, eq=False)
class VelocityFit:
    """What was found.

    Parameters
    ----------
    velocity_mm : (3, z, y, x) on the points of `mesh`, mm along the array axes.
    n_iterations : Gauss-Newton steps taken in all levels.
    """

    velocity_mm: np.ndarray
    mesh: FlowMesh
    n_iterations: int


@dataclass(frozen=True, eq=False)
class Level:
    """One level of the pyramid.

    Parameters
    ----------
    fixed, moving, known, weight : (z, y, x) images, where the moving one is known, and weights of the fixed one's
        voxels.
    steps_mm : voxel edges along (z, y, x).
    """

    fixed: np.ndarray
    moving: np.ndarray
    known: np.ndarray
    weight: np.ndarray
    steps_mm: np.ndarray

    @property
    def places_mm(self) -> list[np.ndarray]:
        """Where the voxels lie along each array axis."""
        return [np.arange(n) * step for n, step in zip(self.fixed.shape, self.steps_mm, strict=True)]


def fit_velocity(
    fixed: np.ndarray,
    moving: np.ndarray,
    spacing_mm: tuple[float, float, float],
    settings: SplineSettings,
    known: np.ndarray | None = None,
    weight: np.ndarray | None = None,
    still_border: bool = False,
    most_voxels: int | None = None,
    threads: int = 1,
) -> VelocityFit:
    """The velocity whose flow brings `moving` onto `fixed`.

    Parameters
    ----------
    fixed, moving : (z, y, x), on one grid. spacing_mm : voxel edges along (z, y, x).
    known : (z, y, x), 1 where the moving image is known, 0 elsewhere; all by default.
    weight : (z, y, x) of the voxels of the fixed image in the sum; 1 by default.
    still_border : nothing moves at the border of the grid.
    most_voxels : of the finest level; larger images enter with every n-th voxel only.
    threads : changes the time, never a byte of what is found.
    """
    known = np.ones(fixed.shape, np.float32) if known is None else known
    weight = np.ones(fixed.shape, np.float32) if weight is None else weight
    steps = np.asarray(spacing_mm, float)
    extent = _extent(fixed.shape, spacing_mm)
    coefficients, taken = None, 0
    thinning = max(1.0, (fixed.size / (most_voxels or fixed.size)) ** (1 / 3))
    for number in reversed(range(settings.levels)):
        every = _strides(steps, thinning * 2**number, fixed.shape)
        level = Level(*(_coarser(a, every) for a in (fixed, moving, known, weight)), steps * every)
        lattice = Lattice(extent, settings.control_spacing_mm * 2**number, level.places_mm)
        if coefficients is None:
            coefficients = np.zeros((3, *lattice.shape), np.float32)
        else:
            coefficients = refined(coefficients, lattice.shape)
        # a coarse voxel stands for many: the bending energy weighs the same against them in all levels
        smoothing = settings.smoothing / float(np.prod(level.steps_mm))
        fitting = _Fitting(level, lattice, settings, smoothing, _free(lattice, still_border), threads)
        coefficients, steps_taken = fitting.run(coefficients * fitting.free)
        taken += steps_taken
    return VelocityFit(fitting.on_mesh.field(coefficients), fitting.mesh, taken)


def still(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], settings: SplineSettings
) -> VelocityFit:
    """The velocity that moves nothing, over an image of that shape and spacing (z, y, x)."""
    mesh = FlowMesh(_extent(shape, spacing_mm), settings.control_spacing_mm / MESHES_A_CONTROL_POINT)
    return VelocityFit(np.zeros((3, *mesh.shape), np.float32), mesh, 0)


class _Fitting:
    """Gauss-Newton steps in one level."""

    def __init__(
        self,
        level: Level,
        lattice: Lattice,
        settings: SplineSettings,
        smoothing: float,
        free: np.ndarray,
        threads: int,
    ) -> None:
        self.level, self.lattice, self.settings, self.threads = level, lattice, settings, threads
        self.smoothing, self.free = np.float32(smoothing), free
        self.floors = [noise_floor(image, settings.noise_fraction) for image in (level.fixed, level.moving)]
        self.squared, self.bending_diagonal = lattice.squared(), lattice.bending_diagonal()
        self.mesh = FlowMesh(lattice.extent_mm, lattice.spacing_mm / MESHES_A_CONTROL_POINT)
        self.on_mesh = Lattice(lattice.extent_mm, lattice.spacing_mm, self.mesh.places_mm)

    def run(self, coefficients: np.ndarray) -> tuple[np.ndarray, int]:
        """Steps until nothing moves any more, or the energy no longer falls; never a step that raises it."""
        energy, terms = self.look(coefficients)
        if 2 * energy <= EQUAL * self.level.fixed.size:
            return coefficients, 0
        for taken in range(self.settings.iterations):
            step = self.solve(coefficients, *terms)
            for _ in range(HALVINGS):
                tried = coefficients + step
                new_energy, new_terms = self.look(tried)
                if new_energy < energy:
                    break
                step = step * np.float32(0.5)
            else:
                return coefficients, taken
            gained = 1 - new_energy / energy
            coefficients, energy, terms = tried, new_energy, new_terms
            moved = np.abs(self.lattice.field(step)).max(axis=(1, 2, 3)) / self.level.steps_mm
            if moved.max() < self.settings.tolerance_voxels or gained < LEAST_GAIN:
                return coefficients, taken + 1
        return coefficients, self.settings.iterations

    def field(self, velocity: np.ndarray) -> np.ndarray:
        """(3, z, y, x) in the level's voxels: the flow of a velocity (mm, on the mesh)."""
        moved = self.mesh.read(self.mesh.flow(velocity), self.level.places_mm)
        return moved / np.asarray(self.level.steps_mm, np.float32)[:, None, None, None]

    def look(self, coefficients: np.ndarray) -> tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The energy at a velocity, and weights, differences and mean gradients (a mm) half way."""
        level, settings = self.level, self.settings
        half = self.on_mesh.field(coefficients) * np.float32(0.5)
        back, ahead = side_by_side(self.field, (-half, half), self.threads)
        fixed, weight, inside, moving, known = side_by_side(
            lambda what: pulled(*what),
            (
                (level.fixed, back),
                (level.weight, back),
                (np.ones_like(level.fixed), back, 1, 0.0),
                (level.moving, ahead),
                (level.known, ahead, 1, 0.0),
            ),
            self.threads,
        )
        valid = inside * known
        share = ndimage.uniform_filter(valid, settings.window, mode="constant")
        first, second = side_by_side(
            lambda what: locally_normalised(what[0], valid, settings.window, what[1], share),
            ((fixed, self.floors[0]), (moving, self.floors[1])),
            self.threads,
        )
        difference, weight = first - second, weight * valid
        gradient = np.stack(np.gradient((first + second) * np.float32(0.5), *level.steps_mm)).astype(
            np.float32
        )
        # a mean over what both images show: to push voxels out of sight is no gain
        data = float(np.sum(weight * difference * difference, dtype=np.float64))
        data *= weight.size / max(float(np.sum(weight, dtype=np.float64)), 1.0)
        bending = float(np.sum(coefficients * self.lattice.bent(coefficients), dtype=np.float64))
        return (data + float(self.smoothing) * bending) / 2, (weight, difference, gradient)

    def solve(
        self, coefficients: np.ndarray, weight: np.ndarray, difference: np.ndarray, gradient: np.ndarray
    ) -> np.ndarray:
        """The step of the linearised problem: (G'WG + smoothing R) step = G'W difference - smoothing R v."""
        lattice, free = self.lattice, self.free
        pull = lattice.gathered(gradient * (weight * difference)) - self.smoothing * lattice.bent(
            coefficients
        )
        diagonal = np.stack([along_each(self.squared, weight * part * part) for part in gradient])
        damping = np.float32(DAMPING) * np.float32(diagonal.mean(dtype=np.float64))
        weighted = gradient * weight

        def times(step: np.ndarray) -> np.ndarray:
            along = np.sum(gradient * lattice.field(step), axis=0)
            out = lattice.gathered(weighted * along) + self.smoothing * lattice.bent(step) + damping * step
            return out * free

        scale = diagonal + self.smoothing * self.bending_diagonal + damping
        step = _conjugate_gradients(times, pull * free, scale)
        longest = float(np.abs(step).max(initial=0.0))
        return step * np.float32(min(1.0, LONGEST_STEP * lattice.spacing_mm / max(longest, 1e-9)))


def _extent(shape: tuple[int, ...], spacing_mm: tuple[float, ...]) -> tuple[float, float, float]:
    """Length of an image along each array axis, first voxel's centre to the last one's, in mm."""
    return tuple((count - 1) * step for count, step in zip(shape, spacing_mm, strict=True))


def _strides(steps_mm: np.ndarray, factor: float, shape: tuple[int, ...]) -> np.ndarray:
    """Every how many voxels (z, y, x) a level takes: voxels become as equal as they can, and 8 stay along an axis."""
    wanted = np.rint(factor * steps_mm.min() / steps_mm).astype(int)
    return np.maximum(np.minimum(wanted, np.array(shape) // LEAST_VOXELS), 1)


def _coarser(image: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Smoothed by half the new voxel, and each so-manieth voxel of it; float32."""
    sigma = np.where(every > 1, 0.5 * every, 0.0)
    smooth = ndimage.gaussian_filter(np.asarray(image, np.float32), sigma, mode="nearest", truncate=3.0)
    return np.ascontiguousarray(smooth[:: every[0], :: every[1], :: every[2]])


def _free(lattice: Lattice, still_border: bool) -> np.ndarray:
    """(k_z, k_y, k_x): 1 for control points that may move; with a still border none that reaches it."""
    free = np.ones(lattice.shape, np.float32)
    if still_border:
        inner = np.zeros_like(free)
        inner[tuple(slice(REACH[0], count - REACH[1]) for count in lattice.shape)] = 1
        free *= inner
    return free


def _conjugate_gradients(
    times: Callable[[np.ndarray], np.ndarray], right: np.ndarray, diagonal: np.ndarray
) -> np.ndarray:
    """Solution of times(x) = right, preconditioned by the diagonal; sums in one fixed order."""
    solution, residual = np.zeros_like(right), right.copy()
    direction = residual / diagonal
    product = _dot(residual, direction)
    goal = SOLVED**2 * product
    for _ in range(SOLVER_STEPS):
        if product <= goal or product <= 0:
            break
        image = times(direction)
        length = np.float32(product / _dot(direction, image))
        solution += length * direction
        residual -= length * image
        scaled = residual / diagonal
        last, product = product, _dot(residual, scaled)
        direction = scaled + np.float32(product / last) * direction
    return solution


def _dot(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sum(first * second, dtype=np.float64))
