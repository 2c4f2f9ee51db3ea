"""The part of an image that a measurement is taken over: the whole image, or what stands out from air."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from scripts.errors import CaseError
from scripts.volumes import Volume

REGIONS = ("body", "whole")
SMOOTHING_MM = 1.0
LI_REST = 1e-4  # of the range of values


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
    """(z, y, x) bool of the tissue that stands out from air: above Li's threshold, smoothed by a Gaussian of 1 mm.

    Nothing is filled and no piece is dropped: what a gap in the skin closes or opens would differ from visit to visit.
    Fat that a fat-suppressed sequence leaves as dark as air does not belong to it. An image without air is cut into its
    brighter and its darker part.

    Raises
    ------
    CaseError : every voxel has the same value.
    """
    values = image.array.astype(np.float32)
    if values.min() == values.max():
        raise CaseError(f"every voxel of the image is {values.flat[0]:g}: no body stands out")
    smooth = ndimage.gaussian_filter(values, [SMOOTHING_MM / mm for mm in image.spacing[::-1]])
    return smooth > li_threshold(smooth)


def li_threshold(values: np.ndarray) -> float:
    """The threshold of least cross-entropy between an image and its two means (Li and Tam, Pattern Recognit Lett 1998).

    With the least value set to 0 and means a below and b above the threshold t, it lies at t = (b - a) / (ln b - ln a),
    reached by iterating from the mean. ITK's takes 0.001 of a unit for rest, whatever the unit.

    Parameters
    ----------
    values : any shape, not all the same.
    """
    least = float(values.min())
    rest = LI_REST * (float(values.max()) - least)
    threshold, before = float(values.mean(dtype=np.float64)) - least, -np.inf
    while abs(threshold - before) > rest:
        above = values > threshold + least
        high = float(values[above].mean(dtype=np.float64)) - least
        low = float(values[~above].mean(dtype=np.float64)) - least
        if low <= 0:  # only the least value lies below: any threshold above it parts the same voxels
            break
        before, threshold = threshold, (high - low) / (np.log(high) - np.log(low))
    return threshold + least
