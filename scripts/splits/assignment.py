"""Whole groups of samples into folds, or into parts of given shares, evenly for each kind of label."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold


def even_folds(
    group: np.ndarray, strata: np.ndarray, n_folds: int, generator: np.random.Generator
) -> np.ndarray:
    """Fold (0..n_folds - 1) of each sample: groups whole, the samples of every stratum spread evenly.

    Parameters
    ----------
    group, strata : (n,) codes of each sample. n_folds : at most as many as there are groups.
    """
    seed = int(generator.integers(2**32))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(group), dtype=int)
    with warnings.catch_warnings():  # of strata with fewer samples than folds, which the caller looks for
        warnings.simplefilter("ignore", UserWarning)
        for fold, (_, test) in enumerate(folds.split(np.zeros(len(group)), strata, group)):
            fold_of[test] = fold
    return fold_of


def draw_shares(
    sizes: np.ndarray, strata: np.ndarray, shares: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """The part of each group, so that every part gets its share of the samples of every stratum.

    The groups of a stratum lie in random order on a circle, each as long as it is large; the parts are arcs of the
    circle from a random point on, and a group goes where its middle lies (systematic sampling). So every group comes
    into a part with the part's share as its probability, large ones as often as small ones, and the samples of a part
    are off its share by no more than the two groups at its ends. scikit-learn has no stratified hold-out of groups.

    Parameters
    ----------
    sizes : (g,) samples of each group. strata : (g,) codes. shares : (p,), above 0, of sum 1.

    Returns
    -------
    (g,) parts, 0..p-1.
    """
    sizes, strata = np.asarray(sizes, dtype=float), np.asarray(strata)
    ends = np.cumsum(shares)[:-1]
    part_of = np.empty(len(sizes), dtype=int)
    for stratum in np.unique(strata):
        members = generator.permutation(np.flatnonzero(strata == stratum))
        middle = (np.cumsum(sizes[members]) - sizes[members] / 2) / sizes[members].sum()
        part_of[members] = np.searchsorted(ends, (middle + generator.random()) % 1.0, side="right")
    return part_of
