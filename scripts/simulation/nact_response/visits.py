"""Two visits of one patient: from traits to the phases that two examinations bring home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.simulation.nact_response.breast import Breast, draw_breast, place_tumour
from scripts.simulation.nact_response.deformation import (
    Deformation,
    Points,
    draw_repositioning,
    draw_shrinkage,
)
from scripts.simulation.nact_response.identifiers import SIZE_YX, SIZE_Z
from scripts.simulation.nact_response.kinetics import FAST, PERSISTENT
from scripts.simulation.nact_response.scanners import Scanner
from scripts.simulation.nact_response.tumour import EDGE_MM, PRECONTRAST, Tumour, draw_tumour, tumour_traits
from scripts.simulation.star_shapes import largest_piece
from scripts.volumes import Volume

PIXEL_LOG_SD = 0.02  # of the in-plane spacing between patients of one scanner
MOTION_MM = 0.20  # SD along each axis of the patient's motion between phases
MIDLINE_TO_CENTRE_MM = 88.0  # from the midline to the crop's centre
GAIN_LOG_SD = 0.06  # between visits: the scanner's own scaling of each examination
FIELD_DEGREE = 2
JACOBIAN_DIGITS, FIELD_DIGITS = 4, 3  # as written


@dataclass(frozen=True, eq=False)
class Visit:
    """What one examination brings: int16 phases, a uint8 mask, and the float32 field that multiplied the phases."""

    phases: tuple[Volume, ...]
    mask: Volume
    field: Volume


@dataclass(frozen=True, eq=False)
class RenderedPatient:
    """Both visits; `jacobian` is volume after / volume before on the baseline's grid, float32."""

    visits: tuple[Visit, Visit]
    jacobian: Volume


def grid_points(spacing: tuple[float, float, float]) -> Points:
    """Places (z, y, x) in mm of the voxel centres of a crop, around its centre."""
    axes = [
        (np.arange(n) - (n - 1) / 2) * step
        for n, step in zip((SIZE_Z, SIZE_YX, SIZE_YX), reversed(spacing), strict=True)
    ]
    return tuple(np.meshgrid(*axes, indexing="ij"))


def coil_field(
    shape: tuple[int, int, int], log_sd: float, covered: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """(z, y, x) float32 field of a coil: the exponential of a polynomial of degree FIELD_DEGREE.

    The logarithm has mean 0 and SD `log_sd` over `covered`, a boolean array.
    """
    axes = np.meshgrid(*(np.linspace(-1, 1, n, dtype=np.float32) for n in shape), indexing="ij", sparse=True)
    powers = [
        (a, b, c) for a in range(3) for b in range(3) for c in range(3) if 0 < a + b + c <= FIELD_DEGREE
    ]
    logarithm = np.zeros(shape, np.float32)
    for a, b, c in powers:
        logarithm += np.float32(random.standard_normal()) * axes[0] ** a * axes[1] ** b * axes[2] ** c
    logarithm -= logarithm[covered].mean()
    return np.exp(logarithm * np.float32(log_sd / logarithm[covered].std()))


def moved_slightly(image: np.ndarray, slopes: list[np.ndarray], shift: np.ndarray) -> np.ndarray:
    """An image moved by less than a voxel, to first order: nothing is blurred.

    Parameters
    ----------
    slopes : derivatives along z, y, x in signal per mm. shift : (3,) in mm along z, y, x.
    """
    return image - sum(np.float32(s) * slope for s, slope in zip(shift, slopes, strict=True))


def render_visit(
    breast: Breast,
    tumour: Tumour,
    points: Points,
    number: int,
    spacing: tuple[float, float, float],
    scanner: Scanner,
    random: np.random.Generator,
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Phases (int16), mask (uint8) and field (float32) of one visit, (z, y, x).

    Parameters
    ----------
    points : for each voxel, the place at baseline of the tissue that is in it now.
    number : 0 baseline, 1 follow-up.
    spacing : (x, y, z) in mm.
    """
    signal, fast, slow = breast.tissue(points)
    depth, _ = tumour.depth(points)
    near = depth < EDGE_MM
    within = tuple(p[near] for p in points)
    amount, fast_share = tumour.enhancement(within, number)
    cover = np.clip(np.float32(0.5) - depth[near] / np.float32(2 * EDGE_MM), 0, 1)
    level = np.float32(PRECONTRAST)
    signal[near] += cover * (level - signal[near])
    fast[near] += cover * (level * amount * fast_share - fast[near])
    slow[near] += cover * (level * amount * (1 - fast_share) - slow[near])

    sigma = [scanner.blur_mm / step for step in reversed(spacing)]
    parts = [
        ndimage.gaussian_filter(part, sigma, mode="nearest", truncate=3) for part in (signal, fast, slow)
    ]
    slopes = [np.gradient(part, *reversed(spacing)) for part in parts]
    body = parts[0] > 0.1
    field = coil_field(signal.shape, scanner.bias, body, random)
    gain = scanner.gain * np.exp(GAIN_LOG_SD * random.standard_normal())
    times = np.array(scanner.phase_times_s)
    phases = []
    for order, time in enumerate(times):
        share = (1.0, scanner.enhancement * FAST.at(time), scanner.enhancement * PERSISTENT.at(time))
        image = sum(np.float32(s) * part for s, part in zip(share, parts, strict=True))
        if order:
            shift = MOTION_MM * random.standard_normal(3)
            slope = [
                sum(np.float32(s) * part[axis] for s, part in zip(share, slopes, strict=True))
                for axis in range(3)
            ]
            image = moved_slightly(image, slope, shift)
        phases.append(magnitude(np.float32(gain) * field * image, scanner.noise * gain, random))
    mask = largest_piece(tumour.outlined(points)).astype(np.uint8)
    return phases, mask, field


def magnitude(signal: np.ndarray, noise: float, random: np.random.Generator) -> np.ndarray:
    """int16 magnitude image: signal with normal noise of SD `noise` in each of two channels (Rician)."""
    real, imaginary = random.standard_normal((2, *signal.shape), dtype=np.float32) * np.float32(noise)
    return np.rint(np.sqrt((signal + real) ** 2 + imaginary**2)).astype(np.int16)


def render_patient(
    latents: Mapping[str, float], scanner: Scanner, side: str, random: np.random.Generator
) -> RenderedPatient:
    """Render one patient.

    Parameters
    ----------
    latents : the eight latent factors. side : 'left' or 'right' breast.
    """
    pixel = round(scanner.pixel_mm * float(np.exp(PIXEL_LOG_SD * random.standard_normal())), 3)
    spacing = (pixel, pixel, scanner.slice_mm)
    points = grid_points(spacing)
    breast = draw_breast(tuple(float(p.max()) for p in points), random)
    traits = tumour_traits(latents)
    tumour = draw_tumour(traits, place_tumour(breast, traits.radius_mm, random), random)

    inside = largest_piece(tumour.outlined(points))
    shrinkage = draw_shrinkage(
        tumour.centre,
        traits.radius_mm,
        traits.volume_ratio,
        traits.patchiness,
        tuple(p[inside] for p in points),
        random,
    )
    phi = Deformation((*shrinkage, *draw_repositioning(random)))
    sources = (points, phi.backward(points))
    first = [MIDLINE_TO_CENTRE_MM, *random.uniform((-60, -80), (-20, 80))]  # x, y, z of the crop's centre
    later = np.round(random.uniform(-3, 3, 3), 1)  # the table is never at the same place again
    mirror = -1.0 if side == "right" else 1.0

    def volume(array: np.ndarray, visit: int) -> Volume:
        centre = np.array([mirror * first[0], *first[1:]]) + visit * later
        corner = [float(p.flat[0]) for p in reversed(points)]
        origin = tuple(round(float(c + o), 2) for c, o in zip(centre, corner, strict=True))
        return Volume(np.ascontiguousarray(array[..., ::-1]) if mirror < 0 else array, spacing, origin)

    visits = []
    for number, source in enumerate(sources):
        phases, mask, field = render_visit(breast, tumour, source, number, spacing, scanner, random)
        truth = np.round(field, FIELD_DIGITS)
        visits.append(
            Visit(tuple(volume(p, number) for p in phases), volume(mask, number), volume(truth, number))
        )
    jacobian = np.round(phi.jacobian(points), JACOBIAN_DIGITS).astype(np.float32)
    return RenderedPatient((visits[0], visits[1]), volume(jacobian, 0))
