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

from scripts.splits.near_identical import neighbour_similarity


def similarity_to_previous(table: pd.DataFrame, stack: NDArray) -> NDArray:
    """Correlation of each picture's thumbnail with that of the one before it in the numbering of its class.

    Parameters
    ----------
    table : label and number, in the order of class and number. stack : (n, side, side) thumbnails of the same pictures
        (`scripts.splits.near_identical.thumbnails_of`); what all have in common is taken off.

    Returns
    -------
    (n,), NaN for the first of a class, and where numbers between two are missing.
    """
    labels, numbers = table["label"].to_numpy(), table["number"].astype(float).to_numpy()
    found = np.full(len(table), np.nan)
    follows = (labels[1:] == labels[:-1]) & (numbers[1:] == numbers[:-1] + 1)
    found[1:][follows] = neighbour_similarity(stack)[follows]
    return found


def runs(similarity: Iterable[float], least_similarity: float, fewest: int) -> NDArray:
    """The number of the run of each picture, from 0.

    A run ends before a picture whose similarity is below `least_similarity`, but not before it has `fewest` pictures;
    and wherever the similarity is unknown (NaN), however short it is. A short run before such an end stays by itself.
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
