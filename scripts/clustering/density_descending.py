"""Clusters by visiting samples in descending order of their density.

The clustering that hip_dysplasia cites (Liu et al. 2019, clustering by search in descending order and automatic find of
density peaks) builds on Rodriguez and Laio (Science 2014; 344:1492). The reading taken here, since the study
itself prints neither formula nor setting:

- density: rho_i = sum over j other than i of exp(-(d_ij / d_c)^2), d Euclidean; the cut-off distance d_c is a
  quantile of all pairwise distances (Rodriguez and Laio: 1 to 2 %);
- samples are visited from the densest to the least dense. Each joins the cluster of its nearest sample among
  those visited before, unless that is farther than the reach: then it is a density peak and begins a cluster
  of its own;
- the reach is found from the data: the median of all those distances plus `reach_factor` times their spread
  (1.4826 x the median absolute deviation), so that only a distance that is unusual for these samples parts
  clusters. No number of clusters is given.

A sample far from all others becomes a cluster of one: an outlier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from scripts.errors import InputError

FEWEST = 5
TO_SD = 1.4826  # of the median absolute deviation, for a normal distribution


@dataclass(frozen=True)
class DensityClusters:
    """Clusters of n samples.

    Parameters
    ----------
    labels : (n,) cluster of each sample; cluster 0 has the highest density peak, 1 the next one that was met,
        and so on.
    density : (n,) rho. separation : (n,) distance to the nearest denser sample; of the densest its distance to the
        farthest sample, as Rodriguez and Laio draw it.
    order : (n,) indices from the densest on; equal densities in the order of the samples.
    cutoff, reach : d_c and the distance beyond which a peak begins, in the unit of the samples.
    """

    labels: NDArray
    density: NDArray
    separation: NDArray
    order: NDArray
    cutoff: float
    reach: float

    @property
    def peaks(self) -> NDArray:
        """Index of the peak of each cluster, in the order of the clusters."""
        _, first = np.unique(self.labels[self.order], return_index=True)
        return self.order[first]


def density_descending_clusters(
    samples: NDArray, neighbour_share: float = 0.02, reach_factor: float = 3.0, reach: float | None = None
) -> DensityClusters:
    """Cluster the rows of `samples`.

    Parameters
    ----------
    samples : (n, p), all in one unit or scaled by the caller.
    neighbour_share : quantile of the pairwise distances that is the cut-off distance, between 0 and 1.
    reach_factor : spreads beyond the median separation that the reach lies.
    reach : a reach given instead of found, in the unit of the samples.

    Raises
    ------
    InputError : fewer than 5 samples, values that are no numbers, or samples all alike.
    """
    x = np.asarray(samples, float)
    n = len(x)
    if x.ndim != 2 or n < FEWEST or not np.isfinite(x).all():
        found = f"an array of shape {x.shape}" if np.isfinite(x).all() else "values that are no numbers"
        raise InputError("clustering", f"at least {FEWEST} samples of finite numbers", found)
    pairs = pdist(x)
    if not pairs.max() > 0:
        raise InputError("clustering", "samples that differ", f"{n} times the same")
    cutoff = float(np.quantile(pairs, neighbour_share))
    if not cutoff > 0:  # more copies than the share of pairs
        cutoff = float(pairs[pairs > 0].min())
    distances = squareform(pairs)
    density = np.exp(-((distances / cutoff) ** 2)).sum(axis=1) - 1
    order = np.argsort(-density, kind="stable")
    separation, nearest = np.empty(n), np.full(n, -1)
    separation[order[0]] = distances[order[0]].max()
    for place in range(1, n):
        sample, before = order[place], order[:place]
        nearest[sample] = before[np.argmin(distances[sample, before])]
        separation[sample] = distances[sample, nearest[sample]]
    others = separation[order[1:]]
    if reach is None:
        middle = float(np.median(others))
        reach = middle + reach_factor * TO_SD * float(np.median(np.abs(others - middle)))
    labels, clusters = np.empty(n, int), 0
    for sample in order:
        if nearest[sample] < 0 or separation[sample] > reach:
            labels[sample] = clusters
            clusters += 1
        else:
            labels[sample] = labels[nearest[sample]]
    return DensityClusters(labels, density, separation, order, cutoff, float(reach))
