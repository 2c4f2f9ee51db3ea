"""Rigid alignment: rotation and translation that carry the fixed image's points to the moving image's.

SimpleITK does the search (correlation, regular-step gradient descent, coarse to fine); here are a robust start and the
rule that an alignment is taken only where it is better than its start, so that images that lie right stay untouched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from scripts.errors import CaseError
from scripts.preprocess.deformation import points, read_at
from scripts.volumes import Volume, to_sitk

VOXELS_OF_LEVELS = (8_000, 60_000)
ITERATIONS = 100
LEAST_OVERLAP = 0.25
GAIN = 1e-4  # of the correlation, for an alignment to be taken


@dataclass(frozen=True, eq=False)
class Rigid:
    """x -> rotation x + translation, in mm and physical order (x, y, z)."""

    rotation: np.ndarray
    translation: np.ndarray

    @property
    def angle_degrees(self) -> float:
        """The angle turned, 0 to 180."""
        cosine = (float(np.trace(self.rotation)) - 1) / 2
        sine = float(np.linalg.norm(self.rotation - self.rotation.T)) / math.sqrt(8)
        return math.degrees(math.atan2(sine, cosine))

    def __call__(self, places: np.ndarray) -> np.ndarray:
        """The images of places (..., 3) in mm."""
        turned = [sum(self.rotation[i, k] * places[..., k] for k in range(3)) for i in range(3)]
        return np.stack([turned[i] + self.translation[i] for i in range(3)], axis=-1)


def still() -> Rigid:
    """The map that moves nothing."""
    return Rigid(np.eye(3), np.zeros(3))


def shift(by: np.ndarray) -> Rigid:
    """A translation by (x, y, z) mm."""
    return Rigid(np.eye(3), np.asarray(by, float))


def align_rigid(fixed: Volume, moving: Volume, start: Rigid | None = None) -> Rigid:
    """The rigid map from the fixed image's points to the moving image's that correlates them best.

    Without a `start` it begins from the best of three: the scanner's coordinates, equal centres of the images, equal
    centres of mass. One thread, no random numbers: the same for any machine setting.

    Raises
    ------
    CaseError : an image has one value only, or no start lets a quarter of the fixed image meet the moving one.
    """
    for name, image in (("baseline", fixed), ("follow-up", moving)):
        if np.ptp(image.array) == 0:
            raise CaseError(f"registration: expected an image with contrast, found a {name} of one value")
    best = _best_start(fixed, moving) if start is None else start
    edges = [_edge_mm(fixed, voxels) for voxels in VOXELS_OF_LEVELS]
    for edge in dict.fromkeys(edges):
        coarse, other = coarser(fixed, edge), coarser(moving, edge)
        found = _search(coarse, other, best)
        if correlation(coarse, other, found) > correlation(coarse, other, best) + GAIN:
            best = found
    return best


def correlation(fixed: Volume, moving: Volume, rigid: Rigid) -> float:
    """Pearson's correlation of the fixed image and the moving one read where `rigid` takes its voxels.

    -1 where less than a quarter of the fixed image meets the moving one.
    """
    places = rigid(points(fixed))
    values = read_at(moving, places, outside=np.nan)
    met = np.isfinite(values)
    if met.mean() < LEAST_OVERLAP:
        return -1.0
    a, b = (np.asarray(v[met], np.float64) for v in (fixed.array, values))
    a, b = a - a.mean(), b - b.mean()
    spread = math.sqrt(float(np.sum(a * a)) * float(np.sum(b * b)))
    return float(np.sum(a * b)) / spread if spread > 0 else -1.0


def coarser(image: Volume, edge_mm: float) -> Volume:
    """The image with voxels of about that edge: smoothed, and every n-th voxel of it along each axis, float32."""
    spacing = np.array(image.spacing)
    every = np.maximum(np.rint(edge_mm / spacing).astype(int), 1)
    every = np.minimum(every, np.maximum(np.array(image.size) // 4, 1))
    sigma = np.where(every > 1, 0.5 * every, 0.0)[::-1]
    smooth = ndimage.gaussian_filter(np.asarray(image.array, np.float32), sigma, mode="nearest", truncate=3.0)
    array = np.ascontiguousarray(smooth[:: every[2], :: every[1], :: every[0]])
    return Volume(array, tuple(spacing * every), image.origin, image.direction)


def _edge_mm(image: Volume, voxels: int) -> float:
    """The edge of the cubes of which so many fill the image; at least that of its own voxels."""
    return (image.voxel_volume_mm3 * max(image.array.size / voxels, 1.0)) ** (1 / 3)


def _best_start(fixed: Volume, moving: Volume) -> Rigid:
    edge = _edge_mm(fixed, VOXELS_OF_LEVELS[0])
    coarse, other = coarser(fixed, edge), coarser(moving, edge)
    starts = [still()]
    for centre in (_middle, _centre_of_mass):
        starts.append(shift(centre(other) - centre(coarse)))
    scores = [correlation(coarse, other, start) for start in starts]
    if max(scores) <= -1:
        raise CaseError(
            "registration: expected images of the same part of the body, found no start from which they overlap"
        )
    return starts[int(np.argmax(scores))]


def _middle(image: Volume) -> np.ndarray:
    """Place of the image's middle in mm."""
    return np.array(image.origin) + image.axes @ ((np.array(image.size) - 1) / 2 * image.spacing)


def _centre_of_mass(image: Volume) -> np.ndarray:
    """Mean place of what is brighter than the image's mean, weighted by how much, in mm."""
    weight = np.maximum(np.asarray(image.array, np.float64) - float(image.array.mean(dtype=np.float64)), 0)
    places = points(image)
    return np.array([float(np.sum(weight * places[..., i])) for i in range(3)]) / float(weight.sum())


def _search(fixed: Volume, moving: Volume, start: Rigid) -> Rigid:
    """SimpleITK's search from `start`; `start` where it loses the overlap."""
    transform = sitk.Euler3DTransform()
    transform.SetCenter(_middle(fixed).tolist())
    transform.SetMatrix(start.rotation.ravel().tolist(), 1e-6)
    centre = np.array(transform.GetCenter())
    transform.SetTranslation((start(centre) - centre).tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    step = max(fixed.spacing)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=step,
        minStep=0.005 * step,
        numberOfIterations=ITERATIONS,
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-9,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    threads = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)  # the metric's sum depends on their number
    try:
        method.Execute(to_sitk(fixed), to_sitk(moving))
    except RuntimeError:
        return start  # no voxel of the fixed image met the moving one any more
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    rotation = np.reshape(transform.GetMatrix(), (3, 3))
    centre, moved = np.array(transform.GetCenter()), np.array(transform.GetTranslation())
    return Rigid(rotation, centre + moved - rotation @ centre)
