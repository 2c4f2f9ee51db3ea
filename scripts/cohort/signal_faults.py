"""What is wrong with the recordings of a patient: samples that are no numbers, dead sensors, one recording twice, or
not what the study asks for (sensors, sampling, band, head movement)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from scripts.cohort.recordings import RecordingFacts

# SD of a sensor over a recording, in tesla: the brain's fields are some 1e-13, drifts and magnets in the body up to
# 1e-9.
USUAL_TESLA = (1e-15, 1e-8)
MOST_NAMED = 5


def signals_digest(facts: Sequence[RecordingFacts]) -> str:
    """SHA-256 of what the recordings of a patient hold, in their order."""
    return hashlib.sha256("\n".join(one.digest for one in facts).encode()).hexdigest()


def layout_digest(facts: Sequence[RecordingFacts]) -> str:
    """SHA-256 of the names of a patient's sensors in their order."""
    return hashlib.sha256("\n".join(facts[0].names).encode()).hexdigest()


def misfits(
    facts: Sequence[RecordingFacts], needed: Mapping[str, float]
) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of what the study asks for and the recordings of a patient are not.

    Each at most once a patient. Another number of sensors, too slow a sampling and a head that moved too far in every
    recording are errors; a band narrower than the study's, and an unknown movement, are warnings.

    Parameters
    ----------
    needed : sensors, high_pass_hz, low_pass_hz, resample_hz, most_head_movement_mm.
    """
    if others := [one for one in facts if one.sensors != needed["sensors"]]:
        yield (
            "error",
            f"{needed['sensors']} MEG sensors (signal.sensors)",
            f"{others[0].sensors} in {others[0].name}{_more(others)}",
            f"If this is your system, set parameters: {{signal: {{sensors: {others[0].sensors}}}}}.",
        )
    if slow := [one for one in facts if one.sampling_hz < needed["resample_hz"]]:
        yield (
            "error",
            f"{needed['resample_hz']:g} or more samples a second (signal.resample_hz)",
            f"{slow[0].sampling_hz:g} in {slow[0].name}{_more(slow)}",
            "Name recordings as they were made.",
        )
    low, high = needed["high_pass_hz"], needed["low_pass_hz"]
    if narrow := [one for one in facts if one.band_hz[0] > low or one.band_hz[1] < high]:
        band = "{:g} to {:g} Hz".format(*narrow[0].band_hz)
        yield (
            "warning",
            f"a band of {low:g} to {high:g} Hz or more (signal)",
            f"{band} in {narrow[0].name}{_more(narrow)}",
            "Used as it is; such recordings must be as frequent in both classes.",
        )
    moved = [one.head_movement_mm for one in facts if one.head_movement_mm is not None]
    if len(moved) < len(facts):
        yield (
            "warning",
            "how far the head moved (head localisation of CTF, MaxMovement of BIDS)",
            f"nothing of it in {len(facts) - len(moved)} of {len(facts)} recordings",
            "They are kept and counted.",
        )
    elif min(moved) > needed["most_head_movement_mm"]:
        yield (
            "error",
            f"a recording with a head movement of at most {needed['most_head_movement_mm']:g} mm",
            f"{min(moved):g} mm or more in all {len(facts)}",
            "Leave the patient out.",
        )


def _more(others: Sequence[RecordingFacts]) -> str:
    return f" and {len(others) - 1} more" if len(others) > 1 else ""


def signal_faults(facts: Sequence[RecordingFacts]) -> Iterator[tuple[str, str, str, str]]:
    """(severity, expected, found, remedy) of each fault of the recordings of a patient.

    Samples that are no numbers, sensors all of one value, other sensors or another order of them in one recording, and
    a recording twice are errors. Some dead sensors, another sampling rate, and amplitudes that are not in tesla are
    warnings.
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
        elif one.names != first.names:
            place = next(
                k for k, pair in enumerate(zip(one.names, first.names, strict=True)) if len(set(pair)) > 1
            )
            found = (
                f"{first.names[place]} in {first.name}, {one.names[place]} in {one.name} (sensor {place + 1})"
            )
            yield (
                "error",
                "the same sensors in the same order",
                found,
                "Put them into one order with MNE-Python.",
            )
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
