"""Lesion volume and share of every region and window of CT numbers: one patient's row.

Columns are `<what>|<region>` and `<what>|<region>|<window>`, so that one table holds all patients:

- `region_ml|<region>` : volume of the region.
- `lesion_ml|<region>`, `percent|<region>` : volume of lesion in it, and 100 times lesion over region.
- `lesion_ml|<region>|w0` to `w<n>` : lesion in each window; they add up to `lesion_ml`. `percent|...` likewise.

A region that no map names, or that has no voxel in its map, is missing (NaN) in every column, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from scripts.quantification.lung_regions import LOBE_OF, LOBES, LUNG, REGIONS, SEGMENTS

LESION, PERCENT, REGION = "lesion_ml", "percent", "region_ml"


def measure_columns(n_windows: int) -> list[str]:
    """Names of all columns, in order."""
    columns = [f"{REGION}|{region}" for region in REGIONS]
    for what in (LESION, PERCENT):
        columns += [f"{what}|{region}" for region in REGIONS]
        columns += [f"{what}|{region}|w{w}" for region in REGIONS for w in range(n_windows)]
    return columns


def regions_of(
    lobes: np.ndarray | None,
    segments: np.ndarray | None,
    lungs: np.ndarray,
    lobe_labels: Sequence[int],
    segment_labels: Sequence[int],
) -> Iterator[tuple[str, np.ndarray]]:
    """(region, (z, y, x) bool) of each region that is known, one at a time: a full CT has room for few of them.

    Parameters
    ----------
    lobes, segments : label maps (z, y, x), None where there is none. Lobes without a map of their own are the unions of
        their segments.
    lungs : the union of what is given, or the mask by CT number where nothing is.
    lobe_labels, segment_labels : labels in the order of LOBES and SEGMENTS.
    """
    yield LUNG, lungs
    label_of = dict(zip(SEGMENTS, segment_labels, strict=True))
    if segments is not None:
        for name, label in label_of.items():
            yield name, segments == label
    if lobes is not None:
        for name, label in zip(LOBES, lobe_labels, strict=True):
            yield name, lobes == label
    elif segments is not None:
        for lobe in LOBES:
            yield lobe, np.isin(segments, [label_of[name] for name in SEGMENTS if LOBE_OF[name] == lobe])


def measure(
    regions: Iterable[tuple[str, np.ndarray]],
    lesions: np.ndarray,
    windows: np.ndarray,
    voxel_mm3: float,
    n_windows: int,
) -> dict[str, float]:
    """One patient's row; see the head of this module.

    Parameters
    ----------
    regions : (region, (z, y, x) bool). lesions : (z, y, x) bool; what lies outside of a region does not count for it.
    windows : (z, y, x) number of the window of each voxel. voxel_mm3 : volume of a voxel.
    """
    ml = voxel_mm3 / 1000
    row = dict.fromkeys(measure_columns(n_windows), float("nan"))
    inside, window = np.nonzero(lesions.ravel())[0], windows.ravel()
    for region, mask in regions:
        volume = int(mask.sum()) * ml
        if not volume:
            continue
        members = inside[mask.ravel()[inside]]
        counts = np.bincount(window[members], minlength=n_windows)[:n_windows]
        share = 100 / volume
        row[f"{REGION}|{region}"] = volume
        row[f"{LESION}|{region}"] = len(members) * ml
        row[f"{PERCENT}|{region}"] = len(members) * ml * share
        for w, count in enumerate(counts):
            row[f"{LESION}|{region}|w{w}"] = int(count) * ml
            row[f"{PERCENT}|{region}|w{w}"] = int(count) * ml * share
    return row


def long_measures(table: pd.DataFrame, n_windows: int) -> pd.DataFrame:
    """The wide table as rows: patient, region, window ('all' or its number as text), lesion_ml, percent, region_ml.

    Regions that nobody has are left out.
    """
    return pd.DataFrame(
        _rows(table, n_windows), columns=["patient", "region", "window", LESION, PERCENT, REGION]
    )


def _rows(table: pd.DataFrame, n_windows: int) -> Iterator[tuple]:
    for region in REGIONS:
        if table[f"{REGION}|{region}"].isna().all():
            continue
        for window in ("", *(f"|w{w}" for w in range(n_windows))):
            name = window.removeprefix("|w") or "all"
            for record in zip(
                table["patient"],
                table[f"{LESION}|{region}{window}"],
                table[f"{PERCENT}|{region}{window}"],
                table[f"{REGION}|{region}"],
                strict=True,
            ):
                yield record[0], region, name, *record[1:]
