"""The tumour as the piece of an enhancement image that spatial fuzzy C-means puts into its brightest cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from scripts.errors import CaseError
from scripts.preprocess.fuzzy_c_means import fuzzy_c_means
from scripts.preprocess.settings import expect, is_number, is_whole, settings_of
from scripts.volumes import Volume, compare_geometry

SOURCES = ("given_or_fuzzy", "fuzzy")
ML = 1000.0  # mm3


@dataclass(frozen=True)
class SegmentationSettings:
    """Where a tumour's mask comes from, and the clustering.

    Parameters
    ----------
    source : `given_or_fuzzy` takes the given mask where there is one; `fuzzy` always segments.
    n_clusters, fuzziness, p, q : of spatial fuzzy C-means (see the module of that name).
    neighbourhood_mm : half the side of the box of neighbours; along each axis as many voxels as fit, and 1 at least.
    iterations : at most so many; tolerance : rest is where no centre moves by more than this share of their range.
    min_volume_ml : a smaller piece is no tumour.
    """

    source: str = "given_or_fuzzy"
    n_clusters: int = 3
    fuzziness: float = 2.0
    neighbourhood_mm: float = 2.0
    p: float = 1.0
    q: float = 1.0
    iterations: int = 100
    tolerance: float = 1e-3
    min_volume_ml: float = 0.05

    def __post_init__(self) -> None:
        expect(self.source in SOURCES, "segmentation.source", f"one of {', '.join(SOURCES)}", self.source)
        for name, low in (("n_clusters", 2), ("iterations", 1)):
            value = getattr(self, name)
            expect(is_whole(value, low), f"segmentation.{name}", f"a whole number from {low}", value)
        for name, low, above in (
            ("fuzziness", 1, True), ("neighbourhood_mm", 0, True), ("p", 0, False), ("q", 0, False),
            ("tolerance", 0, True), ("min_volume_ml", 0, False),
        ):  # fmt: skip
            value, words = getattr(self, name), f"a number {'above' if above else 'from'} {low}"
            expect(is_number(value, low, above=above), f"segmentation.{name}", words, value)


def segment_tumour(
    enhancement: Volume,
    settings: Mapping[str, Any] | SegmentationSettings | None = None,
    prior: Volume | Sequence[float] | None = None,
    region: Volume | None = None,
) -> Volume:
    """The tumour: a connected piece of the brightest cluster, its holes filled.

    Pieces hang together by faces. Without a prior it is the largest piece. With a mask as prior it is the piece that
    shares most voxels with it, or, where none does, the nearest one; with a point, the piece nearest to the point. Of
    pieces that are equal, the larger.

    Parameters
    ----------
    enhancement : (z, y, x), brighter where more contrast agent is (postcontrast - precontrast).
    settings : names of `SegmentationSettings`.
    prior : a mask on the same grid (not 0 in it), or a point (x, y, z) in mm of the patient.
    region : on the same grid, not 0 where is looked for the tumour; everywhere by default.

    Returns
    -------
    Volume, uint8, 1 in the tumour.

    Raises
    ------
    CaseError : no piece is as large as min_volume_ml; too few different values; an empty prior or another grid.
    InputError : the settings are not valid.
    """
    chosen = settings_of(SegmentationSettings, settings, "segmentation")
    where = None if region is None else _marked(region, enhancement, "region")
    radius = [max(1, int(chosen.neighbourhood_mm / mm + 1e-6)) for mm in enhancement.spacing[::-1]]
    clusters = fuzzy_c_means(
        enhancement.array.astype(np.float32), chosen.n_clusters, region=where, fuzziness=chosen.fuzziness,
        p=chosen.p, q=chosen.q, neighbours=radius, iterations=chosen.iterations, tolerance=chosen.tolerance,
    )  # fmt: skip
    labels, count = ndimage.label(clusters.in_cluster(-1))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    volumes = sizes * enhancement.voxel_volume_mm3 / ML
    kept = np.flatnonzero(volumes >= chosen.min_volume_ml) + 1
    if kept.size == 0:
        raise CaseError(
            f"no tumour found: expected a piece of {chosen.min_volume_ml:g} ml or more in the brightest of "
            f"{chosen.n_clusters} clusters, found {volumes.max(initial=0):.3g} ml at most"
        )
    shared, away = _nearness(labels, kept, enhancement, prior)
    piece = kept[np.lexsort((sizes[kept - 1], -away, shared))[-1]]
    tumour = ndimage.binary_fill_holes(labels == piece)
    return enhancement.with_array(tumour.astype(np.uint8))


def dice(mask: Volume, other: Volume) -> float:
    """Dice's coefficient 2 |A and B| / (|A| + |B|) of two masks on one grid (not 0 is inside); 1 if both are empty.

    Raises
    ------
    CaseError : the two do not lie on the same grid.
    """
    first, second = mask.array != 0, _marked(other, mask, "other mask", empty=True)
    total = int(first.sum()) + int(second.sum())
    return 2 * int((first & second).sum()) / total if total else 1.0


def _marked(mask: Volume, grid: Volume, name: str, empty: bool = False) -> np.ndarray:
    differences = compare_geometry(grid, mask, names=("image", name))
    if differences:
        raise CaseError(f"image and {name} do not lie on the same grid: {'; '.join(differences)}")
    inside = mask.array != 0
    if not empty and not inside.any():
        raise CaseError(f"expected a {name} with voxels in it, found an empty one")
    return inside


def _nearness(
    labels: np.ndarray, pieces: np.ndarray, grid: Volume, prior: Volume | Sequence[float] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Of each piece: the voxels it shares with the prior, and its distance from it in mm."""
    if prior is None:
        return np.zeros(len(pieces)), np.zeros(len(pieces))
    if isinstance(prior, Volume):
        inside = _marked(prior, grid, "prior")
        shared = np.bincount(labels[inside], minlength=labels.max() + 1)[pieces]
        away = ndimage.distance_transform_edt(~inside, sampling=grid.spacing[::-1])
        return shared, ndimage.minimum(away, labels, pieces)
    point = grid.axes.T @ (np.array(tuple(prior), float) - grid.origin)  # mm along the index axes (x, y, z)
    axes = zip(np.indices(labels.shape, sparse=True), grid.spacing[::-1], point[::-1], strict=True)
    away = np.sqrt(sum((index * mm - place) ** 2 for index, mm, place in axes))
    return np.zeros(len(pieces)), ndimage.minimum(away, labels, pieces)
