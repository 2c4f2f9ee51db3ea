"""Volumes and their geometry: the one border between numpy's (z, y, x) and SimpleITK's physical (x, y, z).

Arrays are indexed (z, y, x). Spacing, origin and direction are in physical order as SimpleITK and DICOM have
them: millimetres, x to the patient's left, y to the back, z to the head. `direction` holds the 3 x 3
direction cosines row by row; its columns are the unit vectors along which the x, y and z index grow.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from scripts.tables import write_whole

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")
DIRECTION_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3-D image or mask with its place in the patient.

    Parameters
    ----------
    array : (z, y, x) voxels; HU for CT, 0/1 for a mask.
    spacing, origin : (x, y, z) in mm; origin is the centre of voxel [0, 0, 0].
    direction : 9 direction cosines, row by row; column k is where index axis k (x, y, z) points.
    """

    array: np.ndarray = field(repr=False)
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = IDENTITY

    def __post_init__(self) -> None:
        for name, length in (("spacing", 3), ("origin", 3), ("direction", 9)):
            numbers = tuple(float(v) for v in getattr(self, name))
            if len(numbers) != length or not all(map(math.isfinite, numbers)):
                raise ValueError(f"{name}: expected {length} finite numbers, found {numbers}")
            object.__setattr__(self, name, numbers)
        if self.array.ndim != 3:
            raise ValueError(f"expected an array (z, y, x), found {self.array.ndim} axes")
        if min(self.spacing) <= 0:
            raise ValueError(f"expected a positive spacing, found {self.spacing}")

    @property
    def size(self) -> tuple[int, int, int]:
        """Number of voxels along (x, y, z)."""
        return self.array.shape[::-1]

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm3."""
        return math.prod(self.spacing)

    @property
    def axes(self) -> np.ndarray:
        """(3, 3) direction matrix; column k is the unit vector of index axis k (x, y, z)."""
        return np.reshape(self.direction, (3, 3))

    def with_array(self, array: np.ndarray) -> Volume:
        """Other voxels (z, y, x) on the same grid; the shape must be the same."""
        if array.shape != self.array.shape:
            raise ValueError(f"expected an array of shape {self.array.shape}, found {array.shape}")
        return Volume(array, self.spacing, self.origin, self.direction)


def from_sitk(image: sitk.Image) -> Volume:
    """A copy of a 3-D scalar SimpleITK image; ValueError for other dimensions or for vector voxels."""
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ValueError(
            f"expected a 3-D scalar image, found {image.GetDimension()}-D with "
            f"{image.GetNumberOfComponentsPerPixel()} component(s) a voxel"
        )
    return Volume(sitk.GetArrayFromImage(image), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def to_sitk(volume: Volume) -> sitk.Image:
    """A SimpleITK image with a copy of the voxels; bool becomes uint8 and float16 becomes float32."""
    array = volume.array
    if array.dtype == bool:
        array = array.astype(np.uint8)
    elif array.dtype == np.float16:
        array = array.astype(np.float32)
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(volume.spacing)
    image.SetOrigin(volume.origin)
    image.SetDirection(volume.direction)
    return image


def ending(path: str | Path) -> str:
    """The ending of an image file's name in lower case; '.nii.gz' counts as one ending."""
    name = Path(path).name.lower()
    return ".nii.gz" if name.endswith(".nii.gz") else Path(name).suffix


def write_volume(volume: Volume, path: str | Path) -> None:
    """Write .nii, .nii.gz, .nrrd or .mha (the last two compressed), whole or not at all."""
    if ending(path) not in ENDINGS:
        raise ValueError(f"{path}: expected an ending {', '.join(ENDINGS)}")
    image, compress = to_sitk(volume), ending(path) != ".nii"
    write_whole(path, lambda p: sitk.WriteImage(image, str(p), useCompression=compress))


def reorient(volume: Volume, direction: Iterable[float] = IDENTITY) -> Volume:
    """The same voxels with index axes permuted and flipped to lie as near as they can to `direction`.

    Nothing is interpolated: every voxel keeps its value and its place in the patient. The default brings the
    axes to left, back, head (LPS). The array is a view.
    """
    along = np.reshape(tuple(direction), (3, 3)).T @ volume.axes  # [target axis, own axis]
    order = max(itertools.permutations(range(3)), key=lambda p: sum(abs(along[k, p[k]]) for k in range(3)))
    array = volume.array.transpose(2, 1, 0).transpose(order)
    axes, origin = volume.axes[:, order].copy(), np.array(volume.origin)
    spacing = [volume.spacing[own] for own in order]
    for target, own in enumerate(order):
        if along[target, own] < 0:
            origin += axes[:, target] * spacing[target] * (array.shape[target] - 1)
            axes[:, target] *= -1
            array = np.flip(array, target)
    return Volume(array.transpose(2, 1, 0), tuple(spacing), tuple(origin), tuple(axes.ravel()))


def compare_geometry(
    image: Volume, mask: Volume, tolerance: float = 1e-3, names: tuple[str, str] = ("image", "mask")
) -> list[str]:
    """What differs between two grids, in words; an empty list where they are the same.

    Parameters
    ----------
    tolerance : allowed difference as a fraction of the image's voxel: of each axis's spacing for the spacing,
        of the smallest spacing for the origin. Direction cosines may differ by 1e-4, more than formats round.
    names : what to call the two, in the words.

    Returns
    -------
    list of str such as 'spacing x: image 0.800 mm, mask 0.750 mm (0.050 mm apart)'.
    """
    first, second = names
    differences = [
        f"size {axis}: {first} {a} voxels, {second} {b} voxels"
        for axis, a, b in zip("xyz", image.size, mask.size, strict=True)
        if a != b
    ]
    closest = min(image.spacing)
    for quantity, values, others, allowed in (
        ("spacing", image.spacing, mask.spacing, [tolerance * s for s in image.spacing]),
        ("origin", image.origin, mask.origin, [tolerance * closest] * 3),
    ):
        for axis, a, b, most in zip("xyz", values, others, allowed, strict=True):
            if abs(a - b) > most:
                digits = 3 if abs(a - b) >= 0.01 else 6
                differences.append(
                    f"{quantity} {axis}: {first} {a:.{digits}f} mm, {second} {b:.{digits}f} mm "
                    f"({abs(a - b):.{digits}f} mm apart)"
                )
    for axis, a, b in zip("xyz", image.axes.T, mask.axes.T, strict=True):
        if np.abs(a - b).max() > DIRECTION_TOLERANCE:
            angle = math.degrees(math.atan2(np.linalg.norm(np.cross(a, b)), float(a @ b)))
            words = [f"({v[0]:.4f}, {v[1]:.4f}, {v[2]:.4f})" for v in (a, b)]
            differences.append(
                f"direction of the {axis} index: {first} {words[0]}, {second} {words[1]} "
                f"({angle:.3g} degrees apart)"
            )
    return differences


def canonical_voxels(array: np.ndarray) -> np.ndarray:
    """The first of int16, int32, int64, uint64, float32, float64 that holds every value exactly."""
    if array.dtype.kind != "f" or _is_integral(array):
        low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
        kinds = ("<i2", "<i4", "<i8", "<u8")
        return array.astype(next(k for k in kinds if np.iinfo(k).min <= low and high <= np.iinfo(k).max))
    values = array + 0.0  # a negative zero becomes the plain one
    with np.errstate(over="ignore"):  # beyond float32: infinite there, so not equal and kept as float64
        narrow = values.astype("<f4")
    return narrow if np.array_equal(narrow, values, equal_nan=True) else values.astype("<f8")


def _is_integral(array: np.ndarray) -> bool:
    """Whether every value is a whole number that 53 bits hold."""
    return bool(
        np.isfinite(array).all() and (array == np.rint(array)).all() and np.abs(array).max(initial=0) < 2**53
    )


def digest(volume: Volume) -> str:
    """SHA-256 (hex) of what the volume shows: the same picture in another file format has the same digest.

    Voxels enter in the smallest type that holds them exactly and in LPS order (`reorient`), so neither the
    stored type nor the order of rows in a file matters; one changed voxel does. Spacing and origin enter in
    steps of 0.001 mm and 0.1 mm, the direction in steps of 0.01, since formats round them differently. The
    steps begin at an odd fraction, so that round numbers never lie where two steps meet.
    """
    upright = reorient(volume)
    voxels = np.ascontiguousarray(canonical_voxels(upright.array))
    steps = [
        math.floor(value / step + 0.382)
        for values, step in ((upright.spacing, 1e-3), (upright.origin, 0.1), (upright.direction, 1e-2))
        for value in values
    ]
    content = hashlib.sha256(f"{voxels.dtype.str} {voxels.shape} {steps}".encode())
    content.update(voxels.data)
    return content.hexdigest()
