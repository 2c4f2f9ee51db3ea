"""From a T1CE volume and its tumour mask to the network's input: one slice, 8 bits, the tumour alone (section 2.2).

'... selected the most representative 2D image from the contrast-enhanced axial MRI T1-weighted image. The intensity
distributions among images were normalized to the gray-level pixel depth, i.e., 8 bits (0-255). After normalization,
contrast-enhanced tumor areas were delineated ... Pixels enclosed in the delineated tumor contour were the input
region-of-interest ... image resolutions were normalized to 227 x 227 pixels'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from scripts.errors import CaseError
from scripts.preprocess.region import li_threshold
from scripts.preprocess.settings import expect, is_number, is_whole
from scripts.volumes import Volume, reorient

CHOSEN_BY = ("enhancing_area", "mask_area")
OUTSIDE = ("black", "kept")
ASPECT = ("stretched", "kept")
SD_OF_MAD = 1.4826  # of a normal distribution
SMALLEST_BOX = 3  # pixels


@dataclass(frozen=True)
class SliceSettings:
    """Which slice is taken (branch `slice`).

    Parameters
    ----------
    chosen_by : 'enhancing_area', the slice where most pixels of the mask enhance; 'mask_area', where most are in it.
    enhancing_sd : a pixel enhances when it lies so many robust SD above the median of the tissue outside the mask.
    """

    chosen_by: str = "enhancing_area"
    enhancing_sd: float = 2.0

    def __post_init__(self) -> None:
        expect(
            self.chosen_by in CHOSEN_BY, "slice.chosen_by", f"one of {', '.join(CHOSEN_BY)}", self.chosen_by
        )
        expect(is_number(self.enhancing_sd, 0), "slice.enhancing_sd", "a number from 0", self.enhancing_sd)


@dataclass(frozen=True)
class GreySettings:
    """Which intensities of the slice become 0 and 255 (branch `intensity`): percentiles of its pixels."""

    low_percentile: float = 0.0
    high_percentile: float = 100.0

    def __post_init__(self) -> None:
        low, high = self.low_percentile, self.high_percentile
        holds = is_number(low, 0) and is_number(high, 0) and low < high <= 100
        expect(holds, "intensity", "0 <= low_percentile < high_percentile <= 100", (low, high))


@dataclass(frozen=True)
class CropSettings:
    """What becomes of the tumour (branch `crop`).

    Parameters
    ----------
    outside : of the contour: 'black' or 'kept'. aspect : 'stretched' makes the tumour's box the square, 'kept'
        keeps its
        shape in mm and leaves black bars. size : edge of the square in pixels.
    """

    outside: str = "black"
    aspect: str = "stretched"
    size: int = 227

    def __post_init__(self) -> None:
        expect(self.outside in OUTSIDE, "crop.outside", f"one of {', '.join(OUTSIDE)}", self.outside)
        expect(self.aspect in ASPECT, "crop.aspect", f"one of {', '.join(ASPECT)}", self.aspect)
        expect(is_whole(self.size, 8), "crop.size", "a whole number from 8", self.size)


@dataclass(frozen=True, eq=False)
class TumourSlice:
    """The chosen slice.

    Attributes
    ----------
    grey, outline : uint8 (y, x), rows from front to back, columns from the patient's right to left; outline 1 in
        the tumour.
    spacing : (x, y) in mm. index : place of the slice from the feet, from 0. n_slices : of the volume.
    area_mm2, enhancing_mm2 : of the tumour in it, and of what enhances of that.
    """

    grey: np.ndarray
    outline: np.ndarray
    spacing: tuple[float, float]
    index: int
    n_slices: int
    area_mm2: float
    enhancing_mm2: float


def enhancing(image: np.ndarray, mask: np.ndarray, sd: float) -> np.ndarray:
    """(z, y, x) bool: voxels of the mask brighter than median + `sd` robust SD (1.4826 MAD) of the tissue outside it.

    Tissue is what lies above Li's threshold of the image.

    Parameters
    ----------
    image : (z, y, x) in any unit. mask : (z, y, x) bool.

    Raises
    ------
    CaseError : no tissue outside the mask.
    """
    values = image.astype(np.float32)
    if values.min() == values.max():
        raise CaseError(f"every voxel of the image is {values.flat[0]:g}: expected a T1-weighted image")
    tissue = values[(values > li_threshold(values)) & ~mask]
    if not tissue.size:
        raise CaseError(
            "no tissue outside the mask to compare the tumour with: expected an image of the head"
        )
    median = float(np.median(tissue))
    spread = SD_OF_MAD * float(np.median(np.abs(tissue - median)))
    return mask & (values > median + sd * spread)


def eight_bits(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """uint8 of a slice (y, x): its `low` percentile and below become 0, its `high` percentile and above 255.

    Raises
    ------
    CaseError : the two percentiles are equal.
    """
    black, white = np.percentile(values, [low, high])
    if black == white:
        raise CaseError(
            f"the slice has {black:g} from its {low:g}th to its {high:g}th percentile: nothing to show"
        )
    scaled = (values.astype(np.float64) - black) / (white - black)
    return np.rint(255 * np.clip(scaled, 0, 1)).astype(np.uint8)


def choose_slice(image: Volume, mask: Volume, slice_: SliceSettings, grey: GreySettings) -> TumourSlice:
    """The axial slice with the largest enhancing area of the tumour, in 8 bits.

    Both volumes are brought to left, back, head first, so that slices are axial as nearly as the scan allows.
    Where nothing enhances, as in many grade 2 gliomas, the slice with the largest area of the mask is taken; of
    equal slices the lowest.

    Parameters
    ----------
    image, mask : on one grid; the mask is 1 in the tumour.

    Raises
    ------
    CaseError : an empty mask; see `enhancing` and `eight_bits`.
    """
    upright, drawn = reorient(image), reorient(mask)
    inside = drawn.array != 0
    areas = inside.sum(axis=(1, 2))
    if not areas.any():
        raise CaseError("the tumour mask is empty")
    bright = enhancing(upright.array, inside, slice_.enhancing_sd).sum(axis=(1, 2))
    judged = bright if slice_.chosen_by == "enhancing_area" and bright.any() else areas
    z = int(np.argmax(judged))
    dx, dy, _ = upright.spacing
    return TumourSlice(
        grey=eight_bits(upright.array[z], grey.low_percentile, grey.high_percentile),
        outline=np.ascontiguousarray(inside[z], np.uint8),
        spacing=(dx, dy),
        index=z,
        n_slices=len(areas),
        area_mm2=float(areas[z] * dx * dy),
        enhancing_mm2=float(bright[z] * dx * dy),
    )


def crop_tumour(chosen: TumourSlice, crop: CropSettings) -> np.ndarray:
    """uint8 (y, x), `crop.size` square: the box of the tumour, resized (linear, averaging where it shrinks).

    Raises
    ------
    CaseError : a tumour of fewer than 3 pixels along an axis.
    """
    ys, xs = np.nonzero(chosen.outline)
    box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
    height, width = (side.stop - side.start for side in box)
    if min(height, width) < SMALLEST_BOX:
        raise CaseError(
            f"the tumour is {width} x {height} pixels in its slice: expected at least {SMALLEST_BOX}"
        )
    picture = chosen.grey[box]
    if crop.outside == "black":
        picture = picture * chosen.outline[box]
    if crop.aspect == "stretched":
        return _resized(picture, crop.size, crop.size)
    extent = np.array([height * chosen.spacing[1], width * chosen.spacing[0]])
    rows, columns = np.maximum(1, np.rint(crop.size * extent / extent.max()).astype(int))
    square = np.zeros((crop.size, crop.size), np.uint8)
    top, left = (crop.size - rows) // 2, (crop.size - columns) // 2
    square[top : top + rows, left : left + columns] = _resized(picture, rows, columns)
    return square


def _resized(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((int(columns), int(rows)), Image.Resampling.BILINEAR))
