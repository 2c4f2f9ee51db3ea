"""Pairs of images that are the same but for scale, compression, brightness, noise or a turn.

Correlation of thumbnails after the cohort's mean thumbnail is taken off, of every pair: n^2 d multiplications, some
seconds for some thousands of images.

What the default of 0.95 finds was measured on 2,603 slices of contrast-enhanced T1 (Cheng et al., figshare 1512427) and
40 of them altered: JPEG of quality 30, half the size, other brightness, contrast or noise, blur, mirrored or turned by
quarters 0.99 and more; gamma 0.7 0.97; turned by 2 degrees or shifted by 1 % of the width 0.91 to 0.97; trimmed by 2 %
0.5 to 0.8, which is not found. Slices far apart in the numbering reach 0.925 by chance; the two pairs above (0.948,
0.951) are of one head each. Neighbouring slices of one patient reach 0.83 in half of the cases and 0.95 in 4 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scripts.splits.split_table import PAIRS
from scripts.splits.thumbnails import orientations, standardised, thumbnail, turned

# Fewer images have no mean worth taking off
LEAST_FOR_MEAN = 8
# A thumbnail whose contrast lies in fewer pixels than this says too little: one small lesion at one place makes two
# lesion maps alike. Such a pair is compared again with pixels a FINER-th as wide.
LEAST_CONTENT, FINER = 30, 4
BLOCK = 1024


@dataclass(frozen=True)
class NearIdenticalSettings:
    """When two images count as nearly the same.

    Attributes
    ----------
    similarity : least correlation of two thumbnails. side, side_3d : pixels along each axis of a thumbnail.
    turned : whether mirrored and turned copies are looked for too.
    """

    similarity: float = 0.95
    side: int = 32
    side_3d: int = 12
    turned: bool = True


def thumbnails_of(
    names: Sequence[str], read: Callable[[str], np.ndarray], settings: NearIdenticalSettings
) -> np.ndarray:
    """Stack (n, side, side) or (n, side, side, side), float32, of the images that `read` gives by name."""
    stack = []
    for name in names:
        image = read(name)
        side = settings.side if image.ndim == 3 else settings.side_3d
        stack.append(thumbnail(image, side).astype(np.float32))
    return np.stack(stack) if stack else np.zeros((0, settings.side, settings.side), dtype=np.float32)


def similar_pairs(stack: np.ndarray, settings: NearIdenticalSettings) -> pd.DataFrame:
    """Pairs of thumbnails that are alike.

    Parameters
    ----------
    stack : (n, ...) of `thumbnails_of`.

    Returns
    -------
    DataFrame: first, second (places in the stack, first < second), similarity (the best over all turns), turned (which
    one that is, '' for none), most alike first.
    """
    found: dict[tuple[int, int], tuple[float, str]] = {}
    average = _average(stack)
    plain = standardised(stack, average).astype(np.float32)
    for name, axes, flips in orientations(stack.ndim - 1) if settings.turned else [("", (), ())]:
        other = plain if not name else standardised(turned(stack, axes, flips), average).astype(np.float32)
        for start in range(0, len(stack), BLOCK):
            close = plain[start : start + BLOCK] @ other.T
            rows, columns = np.nonzero(close >= settings.similarity)
            for i, j in zip(rows, columns, strict=True):
                pair = (min(start + i, j), max(start + i, j))
                value = float(close[i, j])
                if pair[0] != pair[1] and value > found.get(pair, (0.0, ""))[0] + 1e-6:
                    found[pair] = (value, name)
    table = pd.DataFrame(
        [(int(a), int(b), round(min(value, 1.0), 4), name) for (a, b), (value, name) in found.items()],
        columns=["first", "second", "similarity", "turned"],
    )
    return table.sort_values(
        ["similarity", "first", "second"], ascending=[False, True, True], ignore_index=True
    )


def contents_of(stack: np.ndarray) -> np.ndarray:
    """In how many pixels a thumbnail's contrast lies: (sum d^2)^2 / sum d^4 of the deviations d from its mean."""
    flat = standardised(stack)
    fourth = (flat**4).sum(axis=1)
    return np.divide(1.0, fourth, out=np.zeros_like(fourth), where=fourth > 0)


def near_identical_pairs(
    samples: pd.DataFrame, read: Callable[[str], np.ndarray], settings: NearIdenticalSettings
) -> pd.DataFrame:
    """Pairs of samples whose images are nearly the same; columns `scripts.splits.split_table.PAIRS`.

    Parameters
    ----------
    samples : sample, patient, label. read : sample -> (channel, y, x) or (channel, z, y, x).
    """
    samples = samples.sort_values("sample", kind="stable").reset_index(drop=True)
    names = list(samples["sample"])
    stack = thumbnails_of(names, read, settings)
    pairs = similar_pairs(stack, settings)
    content = contents_of(stack)
    sparse = np.minimum(content[pairs["first"]], content[pairs["second"]]) < LEAST_CONTENT
    finer = replace(settings, side=settings.side * FINER, side_3d=settings.side_3d * FINER)
    for place in np.flatnonzero(sparse):
        pair = [names[pairs.loc[place, which]] for which in ("first", "second")]
        found = similar_pairs(thumbnails_of(pair, read, finer), finer)
        pairs.loc[place, "similarity"] = found["similarity"].max() if len(found) else 0.0
    pairs = pairs[pairs["similarity"] >= settings.similarity].reset_index(drop=True)
    for which, place in (("a", "first"), ("b", "second")):
        for column in ("sample", "patient", "label"):
            pairs[f"{column}_{which}"] = samples[column].to_numpy(object)[pairs[place]]
    return pairs[list(PAIRS)]


def neighbour_similarity(stack: np.ndarray) -> np.ndarray:
    """Correlation of each thumbnail with the next one, the mean of all taken off: (n,) thumbnails give (n - 1,).

    For series whose patients are not named but whose neighbours in the numbering are often slices of one patient.
    """
    vectors = standardised(stack, _average(stack))
    return np.einsum("ij,ij->i", vectors[:-1], vectors[1:])


def _average(stack: np.ndarray) -> np.ndarray | None:
    """Mean of the unit vectors of all orientations' stack; None for too few images."""
    return standardised(stack).mean(axis=0) if len(stack) >= LEAST_FOR_MEAN else None
