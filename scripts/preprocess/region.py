"""The part of an image that a measurement is taken over: the whole image, or what stands out from air."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from scripts.errors import CaseError
from scripts.volumes import Volume

REGIONS = ("body", "whole")
SMOOTHING_MM = 2.0


def region_of(image: Volume, region: str) -> np.ndarray:
    """(z, y, x) bool of one of REGIONS: `whole` is every voxel, `body` see `body_of`.

    Raises
    ------
    ValueError : `region` is none of them.
    CaseError : the image has one value in all its voxels, so that nothing stands out.
    """
    if region == "whole":
        return np.ones(image.array.shape, bool)
    if region == "body":
        return body_of(image)
    raise ValueError(f"expected one of {', '.join(REGIONS)}, found '{region}'")


def body_of(image: Volume) -> np.ndarray:
    """(z, y, x) bool of the body: the largest connected part that stands out from the dark background.

    Smoothed by a Gaussian of 2 mm, cut at Li's threshold (minimum cross-entropy, Li and Tam 1998), the largest piece
    kept, holes filled in each slice of the three directions. Fat that a fat-suppressed sequence leaves as dark as air
    belongs to it only where brighter tissue encloses it. An image without air is cut into its brighter and darker part.

    Raises
    ------
    CaseError : every voxel has the same value.
    """
    values = image.array.astype(np.float32)
    if values.min() == values.max():
        raise CaseError(f"every voxel of the image is {values.flat[0]:g}: no body stands out")
    smooth = ndimage.gaussian_filter(values, [SMOOTHING_MM / mm for mm in image.spacing[::-1]])
    threshold = sitk.LiThresholdImageFilter()
    threshold.SetInsideValue(0)
    threshold.SetOutsideValue(1)
    bright = sitk.GetArrayFromImage(threshold.Execute(sitk.GetImageFromArray(smooth))).astype(bool)
    return _filled(_largest(bright))


def _largest(mask: np.ndarray) -> np.ndarray:
    """The largest of the pieces that hang together by faces."""
    labels, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(labels.ravel())
    return labels == 1 + int(np.argmax(sizes[1:]))


def _filled(mask: np.ndarray) -> np.ndarray:
    """The mask and what it encloses in a slice of any of the three directions."""
    filled = mask.copy()
    for axis in range(3):
        for k in range(mask.shape[axis]):
            place = (slice(None),) * axis + (k,)
            filled[place] |= ndimage.binary_fill_holes(mask[place])
    return filled
