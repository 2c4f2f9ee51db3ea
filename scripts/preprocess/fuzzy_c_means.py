"""Spatial fuzzy C-means (Chuang et al., Comput Med Imaging Graph 2006; 30:9): clusters of grey values that look around.

Plain fuzzy C-means minimises sum_ij u_ij^m (x_j - v_i)^2 by turns (i clusters, j voxels, fuzziness m > 1):

    u_ij = d_ij^(-2/(m-1)) / sum_k d_kj^(-2/(m-1)),  d_ij = |x_j - v_i|
    v_i  = sum_j u_ij^m x_j / sum_j u_ij^m

The spatial kind adds, after each u, the memberships of the voxel's neighbours, h_ij = sum of u_ik over k near j:

    u'_ij = u_ij^p h_ij^q / sum_k u_kj^p h_kj^q

so that a lone bright voxel goes with what is round it. p = 1, q = 0 is plain fuzzy C-means. Chuang's neighbourhood is a
square of 5 x 5 pixels; here it is a box of so many millimetres to each side of the voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from scripts.errors import CaseError

BINS = 1024  # of the histogram that the first centres are found in
HISTOGRAM_ROUNDS = 200
BRIGHT_END = 99.9  # percentile: the first centres lie between the least value and this


@dataclass(frozen=True, eq=False)
class FuzzyClusters:
    """What the clustering found.

    Parameters
    ----------
    centres : of the clusters, rising, in the unit of the image.
    memberships : (clusters, *image shape), in 0 to 1, summing to 1 over the clusters in the region and 0 outside.
    iterations : how many there were. converged : whether the centres had come to rest.
    """

    centres: tuple[float, ...]
    memberships: np.ndarray = field(repr=False)
    iterations: int
    converged: bool

    def in_cluster(self, cluster: int) -> np.ndarray:
        """Bool, of the image's shape: voxels whose greatest membership is of this cluster (-1: the brightest)."""
        chosen = self.memberships[cluster]
        return (chosen > 0) & (chosen >= self.memberships.max(axis=0))


def fuzzy_c_means(
    image: np.ndarray,
    n_clusters: int = 3,
    *,
    region: np.ndarray | None = None,
    fuzziness: float = 2.0,
    p: float = 1.0,
    q: float = 1.0,
    neighbours: Sequence[int] | None = None,
    iterations: int = 100,
    tolerance: float = 1e-3,
    start: Sequence[float] | None = None,
) -> FuzzyClusters:
    """Clusters of an image's grey values, with or without regard to the neighbourhood.

    Nothing is drawn at random. The first centres are those of plain fuzzy C-means on a histogram of 1,024 bins, begun
    evenly between the least value and the 99.9th percentile.

    Parameters
    ----------
    image : any number of axes; float32 is computed in float32, other types in float64.
    region : bool, of the image's shape; others than its voxels neither count nor are neighbours. Default: all.
    fuzziness : m above 1. p, q : weights from 0 of the voxel's own memberships and of its neighbours'.
    neighbours : voxels to each side along each axis; 1 for each means a box of 3 x 3 x 3. Default: 1 for each.
    iterations : at most so many. tolerance : rest is where no centre moves by more than this share of their range.
    start : first centres, n_clusters of them.

    Raises
    ------
    CaseError : fewer different values in the region than clusters, or a value that is no finite number.
    ValueError : an argument that cannot be.
    """
    if n_clusters < 2 or fuzziness <= 1 or p < 0 or q < 0 or iterations < 1:
        raise ValueError("expected n_clusters >= 2, fuzziness > 1, p >= 0, q >= 0 and iterations >= 1")
    inside = np.ones(image.shape, bool) if region is None else region.astype(bool)
    kind = np.float32 if image.dtype == np.float32 else np.float64
    values = image[inside].astype(kind)
    if not np.isfinite(values).all():
        raise CaseError("the image has voxels that are no finite number")
    distinct = np.unique(values).size
    if distinct < n_clusters:
        raise CaseError(
            f"expected at least {n_clusters} different values for as many clusters, found {distinct}"
        )
    box = [2 * n + 1 for n in (neighbours or (1,) * image.ndim)]
    if len(box) != image.ndim:
        raise ValueError(f"expected neighbours along {image.ndim} axes, found {len(box)}")
    centres = np.array(start, float) if start is not None else _first_centres(values, n_clusters, fuzziness)
    if centres.shape != (n_clusters,):
        raise ValueError(f"expected {n_clusters} first centres, found {centres.size}")
    done, at_rest = 0, False
    while not at_rest and done < iterations:
        own = _memberships(values, centres, fuzziness)
        spatial = _with_neighbours(own, inside, box, p, q) if q > 0 or p != 1 else own
        moved = _centres(values, spatial, fuzziness)
        at_rest = bool(np.abs(moved - centres).max() <= tolerance * np.ptp(moved))
        centres, done = moved, done + 1
    order = np.argsort(centres, kind="stable")
    memberships = np.zeros((n_clusters, *image.shape), kind)
    memberships[:, inside] = spatial[order]
    return FuzzyClusters(tuple(float(v) for v in centres[order]), memberships, done, at_rest)


def _memberships(values: np.ndarray, centres: np.ndarray, fuzziness: float) -> np.ndarray:
    """(clusters, voxels): u_ij of plain fuzzy C-means; a voxel at a centre belongs to it alone."""
    squared = (values - centres[:, None].astype(values.dtype)) ** 2
    nearest = squared.min(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = nearest / squared  # in 0 to 1, so no power of it overflows
    ratio[squared == 0] = 1  # at a centre: 1 for it, and 0 / squared = 0 for the others
    if fuzziness != 2:
        ratio **= 1 / (fuzziness - 1)
    ratio /= ratio.sum(axis=0)
    return ratio


def _with_neighbours(own: np.ndarray, inside: np.ndarray, box: list[int], p: float, q: float) -> np.ndarray:
    """(clusters, voxels): u'_ij; h is the box's mean, which differs from its sum by a factor that cancels."""
    joint = np.empty_like(own)
    grid = np.zeros(inside.shape, own.dtype)
    for cluster, membership in enumerate(own):
        grid[inside] = membership
        near = ndimage.uniform_filter(grid, box, mode="constant")[inside]
        joint[cluster] = membership**p * np.maximum(near, 0) ** q
    joint /= joint.sum(axis=0)
    return joint


def _centres(values: np.ndarray, memberships: np.ndarray, fuzziness: float) -> np.ndarray:
    """v_i, summed in float64."""
    weights = memberships**fuzziness
    sums = [(float((w * values).sum(dtype=np.float64)), float(w.sum(dtype=np.float64))) for w in weights]
    return np.array([total / weight for total, weight in sums])


def _first_centres(values: np.ndarray, n_clusters: int, fuzziness: float) -> np.ndarray:
    """Centres of plain fuzzy C-means on a histogram, its bins at the means of their values."""
    counts, edges = np.histogram(values, BINS)
    sums, _ = np.histogram(values, edges, weights=values.astype(np.float64))
    held = counts > 0
    counts, means = counts[held], sums[held] / counts[held]
    end = max(float(np.percentile(values, BRIGHT_END)), float(values.min() + np.ptp(values) * 1e-3))
    centres = np.linspace(float(values.min()), end, n_clusters + 2)[1:-1]
    for _ in range(HISTOGRAM_ROUNDS):
        weights = counts * _memberships(means, centres, fuzziness) ** fuzziness
        moved = (weights * means).sum(axis=1) / weights.sum(axis=1)
        if np.abs(moved - centres).max() <= 1e-6 * np.ptp(moved):
            return moved
        centres = moved
    return centres
