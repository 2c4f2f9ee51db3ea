"""Images made comparable neighbourhood by neighbourhood: differences of gain, offset and bias field drop out.

Of two images that are normalised to mean 0 and variance 1 within a window, the mean squared difference is 2 (1 - r), r
the windows' correlation; to minimise it is to maximise local correlation (as the CC metric of Avants et al., Med Image
Anal 2008; 12:26).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage


def locally_normalised(
    image: np.ndarray, valid: np.ndarray, window: int, floor: float, share: np.ndarray | None = None
) -> np.ndarray:
    """(image - local mean) / sqrt(local variance + floor^2), means over a cube of `window` voxels.

    Parameters
    ----------
    image : (z, y, x). valid : (z, y, x), 1 where the image is known, 0 elsewhere; other voxels count for nothing.
    window : voxels along an edge. floor : standard deviation that is called nothing but noise.
    share : (z, y, x) share of each window that is valid, where it is known already.

    Returns
    -------
    (z, y, x) float32; 0 where not valid.
    """
    share = _mean(valid, window) if share is None else share
    known = np.maximum(share, 1e-3)
    centre = np.float32(image.mean())
    shifted = (image - centre) * valid
    mean = _mean(shifted, window) / known
    variance = _mean(shifted * shifted, window) / known - mean * mean
    np.maximum(variance, 0, out=variance)
    return (shifted - mean) / np.sqrt(variance + np.float32(floor**2)) * valid


def local_correlation(
    first: np.ndarray, second: np.ndarray, valid: np.ndarray, window: int, floors: tuple[float, float]
) -> np.ndarray:
    """Correlation of the two images in the window round each voxel, both with their floor; (z, y, x), about -1 to 1.

    With s1, s2 the local standard deviations it is cov / sqrt((s1^2 + f1^2) (s2^2 + f2^2)): near 0 where there is
    only noise.
    """
    share = np.maximum(_mean(valid, window), 1e-3)
    moments = []
    for image, floor in zip((first, second), floors, strict=True):
        shifted = (image - np.float32(image.mean())) * valid
        mean = _mean(shifted, window) / share
        variance = np.maximum(_mean(shifted * shifted, window) / share - mean * mean, 0)
        moments.append((shifted, mean, variance + np.float32(floor**2)))
    (a, mean_a, variance_a), (b, mean_b, variance_b) = moments
    covariance = _mean(a * b, window) / share - mean_a * mean_b
    return covariance / np.sqrt(variance_a * variance_b)


def noise_floor(image: np.ndarray, fraction: float) -> float:
    """`fraction` of the image's standard deviation; 1 for an image of one value."""
    spread = float(np.std(image, dtype=np.float64))
    return fraction * spread if spread > 0 else 1.0


def _mean(image: np.ndarray, window: int) -> np.ndarray:
    return ndimage.uniform_filter(np.asarray(image, np.float32), window, mode="constant")
