"""What is wrong with the recordings of a patient: samples that are no numbers, dead sensors, one recording twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from scripts.cohort.recordings import RecordingFacts

# SD of a sensor over a recording, in tesla: the brain's fields are some 1e-13, drifts and magnets in the body up to
# 1e-9.
USUAL_TESLA = (1e-15, 1e-8)
MOST_NAMED = 5


def signals_digest(facts: Sequence[RecordingFacts]) -> str:
    """SHA-256 of what the recordings of a patient hold, in their order."""
    return hashlib.sha256("\n".join(one.digest for one in facts).encode()).hexdigest()


def signal_faults(facts: Sequence[RecordingFacts]) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of the recordings of a patient.

    Samples that are no numbers, sensors all of one value, another number of sensors in one recording, and a recording
    twice are errors. Some dead sensors, another sampling rate, and amplitudes that are not in tesla are warnings.
    """
    seen: dict[str, str] = {}
    first = facts[0]
    for one in facts:
        if one.not_finite:
            yield (
                "error",
                "a number in every sample",
                f"{one.not_finite} without in {one.name}",
                "Export it again.",
            )
        if len(one.flat) == one.sensors:
            yield (
                "error",
                "a recording",
                f"one value throughout in every sensor of {one.name}",
                "Export it again.",
            )
        elif one.flat:
            named = ", ".join(one.flat[:MOST_NAMED]) + (", ..." if len(one.flat) > MOST_NAMED else "")
            yield (
                "warning",
                "samples that change",
                f"one value throughout in {named} of {one.name}",
                "Look at it.",
            )
        if one.sensors != first.sensors:
            found = f"{first.sensors} in {first.name}, {one.sensors} in {one.name}"
            yield "error", "the same sensors in all recordings", found, "Keep recordings of one system."
        if one.sampling_hz != first.sampling_hz:
            found = f"{first.sampling_hz:g} Hz in {first.name}, {one.sampling_hz:g} Hz in {one.name}"
            yield "warning", "one sampling rate in all recordings", found, "All are resampled to one rate."
        low, high = USUAL_TESLA
        if not one.not_finite and len(one.flat) < one.sensors and not low <= one.spread <= high:
            found = f"{one.spread:.1e} in {one.name}"
            yield (
                "warning",
                f"an SD from {low:.0e} to {high:.0e} tesla",
                found,
                "Look whether it is in tesla.",
            )
        other = seen.setdefault(one.digest, one.name)
        if other != one.name:
            yield (
                "error",
                "another recording in every file",
                f"{other} again as {one.name}",
                "Remove one of them.",
            )
