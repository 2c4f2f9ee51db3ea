"""The data-driven criterion: the densest cluster of (CE, Sharp, Tönnis) is taken for normal hips, a normal
distribution of it for the criterion; and the knowledge-driven classes beside it.

Sources: sections 2.4 and 3, equation 4, Discussion. The paper prints no probability at which a hip lies
outside, and describes two boundaries: the ellipsoid (Figure 5E-H) and, in Results, a plane across its long
axis. Both are given here; the verdict is the ellipsoid's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from scripts.clustering.density_descending import DensityClusters, density_descending_clusters
from scripts.clustering.gaussian_region import GaussianRegion, fit_region
from scripts.papers.hip_dysplasia.names import (
    ABNORMAL,
    ANGLES,
    ATYPICAL,
    BORDERLINE,
    DYSPLASIA,
    INSIDE,
    NORMAL,
)

# Dysplasia: a CE angle below the mean of normal hips, Sharp and Tönnis above it (Discussion)
OUTWARD = (-1, 1, 1)
SIGNED, AS_PRINTED = "signed", "as_printed"


def sample_values(samples: pd.DataFrame, signs: str = SIGNED) -> NDArray:
    """(n, 3) CE, Sharp and Tönnis in degrees; `as_printed` the magnitudes that equations 1-3 give."""
    suffix = "" if signs == SIGNED else f"_{AS_PRINTED}"
    return samples[[f"{angle}{suffix}" for angle in ANGLES]].to_numpy(float)


def fit_criterion(values: NDArray, settings: Mapping[str, Any]) -> tuple[DensityClusters, GaussianRegion]:
    """Clusters of all samples, and the normal distribution of the one with the highest density peak.

    Parameters
    ----------
    values : (n, 3), as `sample_values`. settings : `clustering` of the card: neighbour_share, reach_factor.

    Raises
    ------
    InputError : too few samples, or a cluster with no more samples than angles.
    """
    clusters = density_descending_clusters(values, settings["neighbour_share"], settings["reach_factor"])
    return clusters, fit_region(values[clusters.labels == 0])


def judge(values: NDArray, region: GaussianRegion, level: float) -> pd.DataFrame:
    """A row a hip: how far out it lies and what follows.

    Parameters
    ----------
    values : (n, 3). level : share of normal hips within the ellipsoid.

    Returns
    -------
    DataFrame: squared_distance (Mahalanobis); probability, the share of normal hips at least as far out; density
        (equation 4, per cubic degree); along_axis, position along the long axis in its standard deviations,
        positive towards smaller CE; verdict: `normal` inside; outside `dysplasia` where CE is smaller and
        Sharp and Tönnis larger than the mean of normal hips, else `atypical`; outside_plane, beyond the plane
        across the long axis that leaves `level` of the normal hips on its inner side.
    """
    squared = region.squared_distances(values)
    probability = stats.chi2.sf(squared, len(ANGLES))
    half, vectors = region.axes()
    axis = vectors[:, 0] * (-1 if vectors[0, 0] > 0 else 1)
    along = (values - region.mean) @ axis / half[0]
    diseased = ((values - region.mean) * np.array(OUTWARD) > 0).all(axis=1)
    outside = probability < 1 - level
    return pd.DataFrame(
        {
            "squared_distance": squared,
            "probability": probability,
            "density": region.density(values),
            "along_axis": along,
            "verdict": np.where(outside, np.where(diseased, DYSPLASIA, ATYPICAL), INSIDE),
            "outside_plane": along > stats.norm.ppf(level),
        }
    )


def chance_of_other_verdict(
    values: NDArray, covariances: NDArray, region: GaussianRegion, level: float, draws: NDArray
) -> NDArray:
    """(n,) probability that another reading of the same film falls on the other side of the ellipsoid.

    Parameters
    ----------
    values : (n, 3) angles, degrees. covariances : (n, 3, 3) of the errors of one reading, degrees squared; NaN where
        they are unknown gives NaN.
    draws : (m, 3) standard normal numbers, the same for every hip.
    """
    outside = region.tail_probability(values) < 1 - level
    other = np.full(len(values), np.nan)
    for i, (value, covariance) in enumerate(zip(values, covariances, strict=True)):
        if np.isfinite(covariance).all():
            variances, axes = np.linalg.eigh(covariance)
            errors = draws * np.sqrt(variances.clip(0)) @ axes.T
            again = region.tail_probability(value + errors) < 1 - level
            other[i] = np.mean(again != outside[i])
    return other


def knowledge_class(ce: NDArray, dysplasia_below: float, normal_above: float) -> NDArray:
    """By CE alone: abnormal below the first limit, normal above the second one, borderline between, both
    limits included.
    """
    ce = np.asarray(ce, float)
    names = np.where(ce < dysplasia_below, ABNORMAL, np.where(ce > normal_above, NORMAL, BORDERLINE)).astype(
        object
    )
    names[np.isnan(ce)] = None
    return names
