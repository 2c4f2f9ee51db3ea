"""A normal distribution of several variables as a region: mean, covariance, and how far out a sample lies.

For samples of the distribution itself, the squared Mahalanobis distance is chi-square with as many degrees of
freedom as there are variables; `tail_probability` is the share of them that lie at least as far out. That
holds for a known mean and covariance; with those of n samples it is right up to terms of 1/n.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from scripts.errors import InputError


@dataclass(frozen=True)
class GaussianRegion:
    """Mean (p,) and covariance (p, p) in the unit of the samples; n samples that they are from (0: given)."""

    mean: NDArray
    covariance: NDArray
    n: int = 0

    def squared_distances(self, samples: ArrayLike) -> NDArray:
        """(n,) squared Mahalanobis distances of the rows of `samples`."""
        apart = np.atleast_2d(np.asarray(samples, float)) - self.mean
        return np.einsum("ij,ij->i", apart, np.linalg.solve(self.covariance, apart.T).T)

    def tail_probability(self, samples: ArrayLike) -> NDArray:
        """(n,) share of the distribution at least as far out as each row."""
        return stats.chi2.sf(self.squared_distances(samples), len(self.mean))

    def density(self, samples: ArrayLike) -> NDArray:
        """(n,) probability density of each row (equation 4 of hip_dysplasia), per unit of each variable."""
        return stats.multivariate_normal(self.mean, self.covariance).pdf(
            np.atleast_2d(np.asarray(samples, float))
        )

    def axes(self) -> tuple[NDArray, NDArray]:
        """Half axes of the ellipsoid at a Mahalanobis distance of 1, the longest first, and their directions
        as columns.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        return np.sqrt(values[::-1]), vectors[:, ::-1]

    def radius(self, level: float) -> float:
        """Mahalanobis distance within which a share `level` of the distribution lies."""
        return float(np.sqrt(stats.chi2.ppf(level, len(self.mean))))

    def share_of_new(self, level: float) -> float:
        """Share of further samples expected within `radius(level)`; below `level`, as mean and covariance are of n.

        The squared distance of a further sample is p (n^2 - 1) / (n (n - p)) times an F with p and n - p degrees
        of freedom (Hotelling's T^2 for one observation). `level` itself where mean and covariance were given (n of 0).
        """
        p, n = len(self.mean), self.n
        if n <= p:
            return level
        scale = p * (n**2 - 1) / (n * (n - p))
        return float(stats.f.cdf(self.radius(level) ** 2 / scale, p, n - p))

    def marginal(self, keep: ArrayLike) -> GaussianRegion:
        """The distribution of some of the variables, by their positions."""
        index = np.asarray(keep, int)
        return GaussianRegion(self.mean[index], self.covariance[np.ix_(index, index)], self.n)


def fit_region(samples: ArrayLike) -> GaussianRegion:
    """Sample mean and covariance (divisor n - 1).

    Raises
    ------
    InputError : no more samples than variables, values that are no numbers, or a covariance without an inverse.
    """
    x = np.asarray(samples, float)
    if x.ndim != 2 or len(x) <= x.shape[1] or not np.isfinite(x).all():
        expected = "more samples of finite numbers than variables"
        raise InputError("normal distribution", expected, f"an array of shape {x.shape}")
    covariance = np.cov(x, rowvar=False)
    if not np.linalg.cond(covariance) < 1e12:
        raise InputError(
            "normal distribution", "variables that are not functions of each other", "a flat covariance"
        )
    return GaussianRegion(x.mean(axis=0), covariance, len(x))


def ellipse_outline(region: GaussianRegion, radius: float, n: int = 181) -> NDArray:
    """(n, 2) closed outline of the ellipse of a two-variable region at a Mahalanobis distance.

    With the radius of the whole region (`GaussianRegion.radius` of all its variables) and its `marginal` of
    two variables this is the shadow of the ellipsoid: what lies in the ellipsoid falls into it.
    """
    half, vectors = region.axes()
    turn = np.linspace(0, 2 * np.pi, n)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    return region.mean + radius * (circle * half) @ vectors.T
