"""ComBat: scanners' shifts and scales taken out of features, fitted on training cases and applied to others.

Source: Johnson, Li and Rabinovic, Biostatistics 8 (2007), parametric empirical Bayes, without covariates (the outcome
of a new case is unknown, and must not be used up). For feature g and case j of batch i:

    y_ijg = alpha_g + sigma_g (gamma_ig + delta_ig e_ijg)    ->    alpha_g + sigma_g (z_ijg - gamma*_ig) / delta*_ig

with z = (y - alpha) / sigma, a normal prior of gamma and an inverse gamma prior of delta^2 over a batch's features.

A batch that no training case belongs to has no gamma and no delta. Its cases are left as they are ('unchanged'), or its
gamma and delta are estimated from the values of its own cases, all of them together and without their outcomes
('own_values'): a cohort can then be harmonised, a single new patient cannot, and test cases have been seen. With a
single training batch there is nothing to take out of the training cases: they stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.errors import InputError, nearest

NEW_BATCH = ("unchanged", "own_values")
TOLERANCE = 1e-10
MOST_ITERATIONS = 10_000


@dataclass(frozen=True)
class Combat:
    """What the training cases say.

    Attributes
    ----------
    alpha, sigma : (p,) mean and pooled standard deviation within batches (divided by n, as sva does); sigma is 0 for a
        feature that is left as it is.
    shifts, scales : batch -> (p,) gamma* and delta*.
    """

    alpha: np.ndarray
    sigma: np.ndarray
    shifts: dict[str, np.ndarray]
    scales: dict[str, np.ndarray]

    @classmethod
    def learn(cls, x: np.ndarray, batches: Sequence[str]) -> Combat:
        """Shift and scale of each training batch; a batch of one case gets a shift and no scale.

        Parameters
        ----------
        x : (n, p) values of the training cases, NaN where missing. batches : (n,) scanner of each.

        Raises
        ------
        InputError : the numbers of cases and batches differ.
        """
        x, batches = _read(x, batches)
        names = sorted(set(batches))
        known = ~np.isnan(x)
        n = np.maximum(known.sum(axis=0), 1)
        alpha = np.where(known, x, 0.0).sum(axis=0) / n
        residual = x.copy()
        everywhere = np.ones(x.shape[1], dtype=bool)
        for name in names:
            rows = batches == name
            count = known[rows].sum(axis=0)
            everywhere &= count > 0
            residual[rows] -= np.where(known[rows], x[rows], 0.0).sum(axis=0) / np.maximum(count, 1)
        sigma = np.sqrt(np.where(known, residual**2, 0.0).sum(axis=0) / n)
        usable = everywhere & (sigma > 1e-12 * np.abs(alpha)) & (sigma > 0)
        sigma = np.where(usable, sigma, 0.0)
        shifts, scales = {}, {}
        if len(names) == 1:
            return cls(alpha, sigma, {names[0]: np.zeros(x.shape[1])}, {names[0]: np.ones(x.shape[1])})
        for name in names:
            shifts[name], scales[name] = _estimate(x[batches == name], alpha, sigma)
        return cls(alpha, sigma, shifts, scales)

    def apply(self, x: np.ndarray, batches: Sequence[str], new_batch: str = "unchanged") -> np.ndarray:
        """(n, p) harmonised values; missing ones stay missing.

        Parameters
        ----------
        new_batch : what becomes of cases of a batch without training cases: 'unchanged' or 'own_values' (see above).

        Raises
        ------
        InputError : an unknown `new_batch`, or the numbers of cases and batches differ.
        """
        if new_batch not in NEW_BATCH:
            raise InputError(
                "combat.new_batch",
                " or ".join(NEW_BATCH),
                f"'{new_batch}'",
                nearest(new_batch, NEW_BATCH).strip(),
            )
        x, batches = _read(x, batches)
        harmonised = x.copy()
        usable = self.sigma > 0
        for name in sorted(set(batches)):
            rows = batches == name
            if name in self.shifts:
                shift, scale = self.shifts[name], self.scales[name]
            elif new_batch == "own_values":
                shift, scale = _estimate(x[rows], self.alpha, self.sigma)
            else:
                continue
            if not shift.any() and (scale == 1).all():
                continue  # nothing to take out: not even rounding
            z = (x[np.ix_(rows, usable)] - self.alpha[usable]) / self.sigma[usable]
            back = self.sigma[usable] * (z - shift[usable]) / scale[usable] + self.alpha[usable]
            harmonised[np.ix_(rows, usable)] = back
        return harmonised


def _estimate(x: np.ndarray, alpha: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """gamma* and delta* (p,) of one batch from its own cases; 0 and 1 for what is left as it is."""
    shift, scale = np.zeros(x.shape[1]), np.ones(x.shape[1])
    n = (~np.isnan(x)).sum(axis=0)
    usable = (sigma > 0) & (n > 0)
    z = (x[:, usable] - alpha[usable]) / sigma[usable]
    if not usable.any():
        return shift, scale
    n = n[usable]
    gamma = np.nanmean(z, axis=0)
    if n.min() < 2 or len(gamma) < 2:  # a single case tells no scale, a single feature no prior
        shift[usable] = gamma
        return shift, scale
    shift[usable], variance = _shrink(z, n, gamma)
    scale[usable] = np.sqrt(variance)
    return shift, scale


def _shrink(z: np.ndarray, n: np.ndarray, gamma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior gamma* and delta*^2 by the paper's iteration (section 3.2), until both move by less than 1e-10."""
    variance = np.nanvar(z, axis=0, ddof=1)
    mean, spread = variance.mean(), variance.var(ddof=1)
    centre, tau2 = gamma.mean(), gamma.var(ddof=1)
    if spread == 0 or tau2 == 0 or variance.min() == 0:
        return gamma, np.where(variance > 0, variance, 1.0)
    shape, rate = (2 * spread + mean**2) / spread, (mean * spread + mean**3) / spread
    new_gamma, new_variance = gamma, variance
    for _ in range(MOST_ITERATIONS):
        old = new_gamma, new_variance
        new_gamma = (n * tau2 * gamma + old[1] * centre) / (n * tau2 + old[1])
        new_variance = (rate + 0.5 * np.nansum((z - new_gamma) ** 2, axis=0)) / (n / 2 + shape - 1)
        if max(np.abs(new_gamma - old[0]).max(), np.abs(new_variance / old[1] - 1).max()) < TOLERANCE:
            break
    return new_gamma, new_variance


def _read(x: np.ndarray, batches: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    x, batches = np.asarray(x, dtype=float), np.asarray([str(batch) for batch in batches], dtype=object)
    if len(x) != len(batches):
        raise InputError("ComBat", "a batch for each case", f"{len(batches)} for {len(x)}")
    return x, batches
