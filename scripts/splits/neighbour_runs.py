"""Patients guessed from the numbering of pictures: runs of similar neighbours, where nobody says whose slice is whose.

Slices of one patient are neighbours in the numbering of most archives and look alike. A run ends where the next slice
looks different. One run may hold several patients, and one patient's slices in another plane may lie in another run:
the groups are a guess that keeps neighbours together, and not patients.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

EDGE = 32  # pixels on a side of the pictures that are compared


def thumbnail(picture: NDArray, edge: int = EDGE) -> NDArray:
    """Means of `edge` x `edge` nearly equal blocks of a picture (y, x), flattened, with mean 0 and variance 1.

    A picture without contrast gives zeros. One smaller than `edge` on a side is compared pixel by pixel of that side.
    """
    values = np.asarray(picture, dtype=float)
    for axis in (0, 1):
        n = values.shape[axis]
        starts = np.arange(min(edge, n)) * n // min(edge, n)
        sizes = np.diff([*starts, n])
        sums = np.add.reduceat(values, starts, axis=axis)
        values = sums / (sizes[:, None] if axis == 0 else sizes)
    flat = values.ravel() - values.mean()
    spread = flat.std()
    return flat / spread if spread > 0 else np.zeros_like(flat)


def neighbour_similarity(table: pd.DataFrame, thumbnails: NDArray) -> NDArray:
    """Pearson's r of each picture with the one before it in the numbering of its class.

    Parameters
    ----------
    table : label and number, in the order of class and number. thumbnails : (n, pixels) from `thumbnail`.

    Returns
    -------
    (n,) r; NaN for the first of a class, and where numbers between two are missing.
    """
    labels, numbers = table["label"].to_numpy(), table["number"].to_numpy(float)
    found = np.full(len(table), np.nan)
    follows = (labels[1:] == labels[:-1]) & (numbers[1:] == numbers[:-1] + 1)
    found[1:][follows] = (thumbnails[1:] * thumbnails[:-1]).mean(axis=1)[follows]
    return found


def runs(similarity: Iterable[float], least_similarity: float, fewest: int) -> NDArray:
    """The number of the run of each picture, from 0.

    A run ends before a picture whose similarity is below `least_similarity`, but not before it has `fewest` pictures; and
    wherever the similarity is unknown (NaN), however short it is. A short run before such an end stays by itself.
    """
    found, run, size = [], -1, 0
    for value in similarity:
        if not found or np.isnan(value) or (value < least_similarity and size >= fewest):
            run, size = run + 1, 0
        found.append(run)
        size += 1
    return np.array(found, dtype=int)


def kept_together(groups: pd.Series, patients: pd.Series) -> float:
    """Share of the patients all of whose pictures are in one group: what a split by groups keeps whole."""
    return float((groups.groupby(patients).nunique() == 1).mean())
