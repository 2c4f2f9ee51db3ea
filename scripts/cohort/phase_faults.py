"""What is wrong with a contrast series: too few phases, one twice, another order than that of time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from scripts.cohort.phases import PhaseSeries
from scripts.volumes import Volume, digest

# Without a mask the order is judged by the voxels that change most from phase to phase: vessels, heart, tumour.
MOST_CHANGING = 0.02
# A later phase darker than the first by this share was measured before it; by less, the scanner may have drifted.
DARKER = 0.10
DARKER_SUSPECT = 0.03


def series_digest(series: PhaseSeries) -> str:
    """SHA-256 of what the phases show, in their order; of a single one its own (`scripts.volumes.digest`)."""
    digests = list(map(digest, series.volumes))
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def phase_faults(
    series: PhaseSeries, mask: Volume | None, fewest: int
) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of a contrast series.

    Fewer than `fewest` phases, a phase twice, and a later phase much darker than the first under the mask (without one:
    where the series changes most) are errors; one slightly darker is a warning. Contrast agent makes tissue brighter,
    so the phase before it is the darkest.
    """
    count = len(series.volumes)
    if count < fewest:
        wanted = f"at least {fewest} phases (one before and {fewest - 1} after contrast)"
        yield (
            "error",
            wanted,
            f"{count}",
            "Name the whole series: a folder with a file a phase, or a 4-D file.",
        )
    seen: dict[str, str] = {}
    for volume, name in zip(series.volumes, series.names, strict=True):
        first = seen.setdefault(digest(volume), name)
        if first != name:
            yield "error", "another image in every phase", f"{first} again as {name}", "Correct the files."
    if count < 2 or len(seen) < count:
        return
    means = mean_intensities(series.volumes, mask)
    darkest = int(np.argmin(means))
    scale = float(np.max(np.abs(means)))
    darker = float(means[0] - means[darkest]) / scale if scale > 0 else 0.0
    if darker > DARKER_SUSPECT:
        place = "under the mask" if mask is not None else "where the series changes most"
        found = (
            f"{series.names[darkest]} darker than the first, {series.names[0]}, by {darker:.0%} {place} "
            f"({means[darkest]:.4g} and {means[0]:.4g})"
        )
        remedy = "Look at the order of the phases; that of files is by name (phase_0, phase_1, ...)."
        yield (
            "error" if darker > DARKER else "warning",
            "the phase before contrast first, as the darkest",
            found,
            remedy,
        )


def mean_intensities(volumes: Sequence[Volume], mask: Volume | None) -> np.ndarray:
    """(phase,) mean of each phase under the mask, or of the voxels that change most between the phases."""
    if mask is not None and mask.array.any():
        inside = mask.array > 0
    else:
        high = low = volumes[0].array
        for volume in volumes[1:]:
            high, low = np.maximum(high, volume.array), np.minimum(low, volume.array)
        change = np.subtract(high, low, dtype=np.float32)
        inside = change >= np.quantile(change, 1 - MOST_CHANGING)
    return np.array([volume.array[inside].mean(dtype=np.float64) for volume in volumes])


def visit_order_faults(
    acquired: Mapping[str, datetime | None], order: Sequence[str]
) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """(image, (expected, found, remedy)) for each image acquired no later than the known one before it in `order`.

    Dates stay out of the words: they say by how many days the two are apart.
    """
    known = [name for name in order if acquired.get(name)]
    for earlier, later in zip(known, known[1:], strict=False):
        days = (acquired[later] - acquired[earlier]).total_seconds() / 86400
        if days <= 0:
            apart = (
                f"{-days:.0f} days before it" if days <= -1 else "at the same time, or less than a day before"
            )
            remedy = f"Are {earlier} and {later} swapped?"
            yield later, (f"an examination after that of {earlier}", f"one {apart}, as DICOM says", remedy)
