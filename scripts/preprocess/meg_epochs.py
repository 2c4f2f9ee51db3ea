"""Recordings of MEG -> epochs of one length: head movement, band-pass, resampling, cutting, scaling.

The steps, in this order: a recording in which the head moved too far is left out; a band-pass (a Butterworth filter,
forwards and backwards, so that nothing is shifted in time) unless the recording was made with a narrower one;
resampling; epochs of one length side by side, none over what the file marks as bad; their mean off; all of a patient
divided by one number.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from scripts.cohort.recordings import find_recordings, head_movement_mm, open_recording
from scripts.errors import CaseError
from scripts.preprocess.helmet import sensor_positions
from scripts.preprocess.settings import expect

if TYPE_CHECKING:
    from mne.io import BaseRaw

SCALES = ("patient", "sensor", "none")
TESLA = 1e-12  # what `none` calls 1
# SD of a normal distribution over its median absolute deviation
ROBUST = 1.482602218505602
# periods of the high-pass after which a Butterworth filter of the fourth order rings with less than 1%: its slowest
# pole decays with 1 / (2 pi f sin(pi / 8))
RINGING = 2.1


@dataclass(frozen=True)
class SignalSettings:
    """What becomes of a recording.

    Attributes
    ----------
    sensors : MEG sensors that every recording must have.
    high_pass_hz, low_pass_hz : edges of the band, where the filter lets half of the amplitude through.
    resample_hz : samples a second of the epochs.
    most_head_movement_mm : a recording with more is left out; one of which nothing is known is kept.
    """

    sensors: int = 275
    high_pass_hz: float = 0.03
    low_pass_hz: float = 300.0
    resample_hz: float = 1000.0
    most_head_movement_mm: float = 5.0

    def __post_init__(self) -> None:
        expect(self.sensors >= 1, "signal.sensors", "1 or more", self.sensors)
        ordered = 0 <= self.high_pass_hz < self.low_pass_hz
        expect(ordered, "signal.high_pass_hz", "a frequency below low_pass_hz", self.high_pass_hz)
        expect(self.resample_hz > 0, "signal.resample_hz", "a frequency above 0", self.resample_hz)


@dataclass(frozen=True)
class EpochSettings:
    """How a recording is cut.

    Attributes
    ----------
    seconds : of an epoch. most : epochs of a patient at most, evenly spread over all that there are.
    demean : whether each sensor's mean over the epoch is taken off.
    scale : what the epochs of a patient are divided by: 'patient', one number, the robust SD of all samples of all
        sensors (where a system has magnetometers and planar gradiometers, of either kind: their units differ);
        'sensor', each sensor's own; 'none', 1 pT, of planar gradiometers 1 pT/m.
    """

    seconds: float = 2.0
    most: int = 120
    demean: bool = True
    scale: str = "patient"

    def __post_init__(self) -> None:
        expect(self.seconds > 0, "epochs.seconds", "a time above 0", self.seconds)
        expect(self.most >= 1, "epochs.most", "1 or more", self.most)
        expect(self.scale in SCALES, "epochs.scale", " or ".join(SCALES), self.scale)


@dataclass(frozen=True, eq=False)
class PatientEpochs:
    """The epochs of one patient.

    Attributes
    ----------
    signals : (epochs, sensors, samples) float32, scaled. recording : (epochs,) number of the recording, from 1.
    start_s : (epochs,) where in its recording each begins, in seconds.
    positions : (sensors, 3) places of the sensors in metres, device coordinates x to the right, y to the front, z up;
        NaN where the file has none. names : of the sensors.
    recordings, moved, movement_unknown : how many recordings there are, were left out for head movement, and say
        nothing of it. cut : epochs before `most` was applied.
    scale : what the samples were divided by, the median over the sensors, in tesla (gradiometers: tesla per metre).
    """

    signals: NDArray[np.float32]
    recording: NDArray[np.int64]
    start_s: NDArray[np.float64]
    positions: NDArray[np.float64]
    names: tuple[str, ...]
    recordings: int
    moved: int
    movement_unknown: int
    cut: int
    scale: float


def patient_epochs(path: str | Path, signal: SignalSettings, epochs: EpochSettings) -> PatientEpochs:
    """The epochs of a patient's recordings.

    Parameters
    ----------
    path : see `scripts.cohort.recordings.find_recordings`.

    Raises
    ------
    CaseError : the head moved too far in every recording; another number of sensors; too slow a sampling for the band
        or the rate; recordings too short for one epoch; one value throughout.
    InputError : a recording that cannot be read.
    """
    paths = find_recordings(path)
    movements = [head_movement_mm(p) for p in paths]
    kept = [p for p, moved in zip(paths, movements, strict=True) if not _too_far(moved, signal)]
    if not kept:
        least = min(moved for moved in movements if moved is not None)
        raise CaseError(
            f"expected a recording with a head movement of at most {signal.most_head_movement_mm:g} mm, found "
            f"{least:g} mm or more in all {len(paths)}"
        )
    # Which epochs are kept is known before any is filtered: memory holds one recording and the epochs that stay.
    lengths = [epoch_count(open_recording(p), epochs) for p in kept]
    if not sum(lengths):
        raise CaseError(f"expected a recording of {epochs.seconds:g} s or more, found none")
    chosen = evenly_spread(sum(lengths), epochs.most)
    parts, numbers, starts, first = [], [], [], 0
    for p, length in zip(kept, lengths, strict=True):
        own = chosen[(chosen >= first) & (chosen < first + length)] - first
        first += length
        if not len(own):
            continue
        raw = prepared(open_recording(p), p.name, signal)
        cut, start = cut_epochs(raw, epochs, length)
        parts.append(cut[own].astype(np.float32))
        starts.append(start[own])
        numbers.append(np.full(len(own), paths.index(p) + 1))
    signals = np.concatenate(parts)
    if epochs.demean:
        signals -= signals.mean(axis=2, keepdims=True)
    opened = open_recording(kept[0])
    signals, scale = scaled(signals, epochs.scale, opened.get_channel_types())
    info = opened.info
    return PatientEpochs(
        signals,
        np.concatenate(numbers),
        np.concatenate(starts),
        sensor_positions(info),
        tuple(info["ch_names"]),
        len(paths),
        len(paths) - len(kept),
        sum(moved is None for moved in movements),
        sum(lengths),
        scale,
    )


def _too_far(moved: float | None, signal: SignalSettings) -> bool:
    return moved is not None and moved > signal.most_head_movement_mm


def prepared(raw: BaseRaw, name: str, settings: SignalSettings) -> BaseRaw:
    """A recording with its band-pass and its sampling rate.

    Parameters
    ----------
    raw : MEG sensors alone (`open_recording`); changed in place. name : for messages.

    Raises
    ------
    CaseError : see `patient_epochs`.
    """
    rate = float(raw.info["sfreq"])
    if len(raw.ch_names) != settings.sensors:
        raise CaseError(
            f"expected {settings.sensors} MEG sensors (signal.sensors), found {len(raw.ch_names)} in {name}"
        )
    if rate < settings.resample_hz:
        raise CaseError(
            f"expected {settings.resample_hz:g} or more samples a second, found {rate:g} in {name}"
        )
    low = settings.high_pass_hz if settings.high_pass_hz > raw.info["highpass"] else None
    high = settings.low_pass_hz if settings.low_pass_hz < raw.info["lowpass"] else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MNE's words may name a file of the patient
        raw.load_data(verbose="ERROR")
        if low or high:
            raw.filter(low, high, picks="meg", method="iir", iir_params=_filter(raw, low), verbose="ERROR")
        if rate != settings.resample_hz:
            # by FFT, MNE 1.13 shifts a signal by up to half a sample
            raw.resample(settings.resample_hz, method="polyphase", verbose="ERROR")
    return raw


def _filter(raw: BaseRaw, low: float | None) -> dict[str, str | int]:
    """The filter's shape, and how many samples a recording is continued by before it is filtered.

    By itself MNE 1.13 continues a recording by some milliseconds, whatever the high-pass: a steady drift then rings on
    for a minute at 0.03 Hz. Continued by the time that the filter rings, mirrored about its ends, it leaves nothing.
    """
    shape: dict[str, str | int] = {"order": 4, "ftype": "butter", "output": "sos"}
    if low:
        shape["padlen"] = min(len(raw.times) - 1, round(RINGING / low * raw.info["sfreq"]))
    return shape


def epoch_count(raw: BaseRaw, settings: EpochSettings) -> int:
    """How many epochs a recording gives, by its length and what is marked as bad, before anything is computed."""
    return len(_starts(raw, settings))


def _starts(raw: BaseRaw, settings: EpochSettings) -> NDArray[np.float64]:
    """Seconds at which the epochs of a recording begin: side by side, without those that touch a bad segment."""
    rate = float(raw.info["sfreq"])
    n = int((len(raw.times) / rate + 1e-9) // settings.seconds)
    starts = np.arange(n) * settings.seconds
    bad = [a for a in raw.annotations if a["description"].upper().startswith(("BAD", "EDGE"))]
    for mark in bad:
        begin = mark["onset"] - raw.first_time  # onsets count from the start of the acquisition
        end = begin + mark["duration"]
        starts = starts[(starts + settings.seconds <= begin) | (starts >= end)]
    return starts


def cut_epochs(
    raw: BaseRaw, settings: EpochSettings, expected: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(epochs, sensors, samples) of a recording, and the second at which each begins.

    Parameters
    ----------
    expected : how many there must be, where that was told before the recording was resampled; a last one that lacks a
        sample by rounding is filled with its last value.
    """
    rate, starts = float(raw.info["sfreq"]), _starts(raw, settings)
    if expected is not None and len(starts) < expected:
        starts = np.append(starts, starts[-1] + settings.seconds if len(starts) else 0.0)
    length = round(settings.seconds * rate)
    data = raw.get_data(verbose="ERROR")
    first = np.rint(starts * rate).astype(int)
    short = max(0, int(first.max(initial=0)) + length - data.shape[1])
    if short:
        data = np.pad(data, ((0, 0), (0, short)), mode="edge")
    cut = (
        np.stack([data[:, k : k + length] for k in first]) if len(first) else np.empty((0, len(data), length))
    )
    return cut, starts


def evenly_spread(n: int, most: int) -> NDArray[np.int64]:
    """`most` of the numbers 0 to n - 1 in equal steps, all of them where there are no more."""
    if n <= most:
        return np.arange(n)
    return (np.arange(most) * n) // most


def scaled(
    signals: NDArray[np.float32], how: str, kinds: Sequence[str] | None = None
) -> tuple[NDArray[np.float32], float]:
    """The epochs of a patient divided by their scale (see `EpochSettings`), and the scale in tesla (median over the
    sensors).

    Parameters
    ----------
    signals : (epochs, sensors, samples) in tesla, of planar gradiometers in tesla per metre. kinds : of each sensor
        ('mag', 'grad'); None, all are of one.

    Raises
    ------
    CaseError : more than half of the samples have one value.
    """
    if how == "none":
        return (signals / np.float32(TESLA)).astype(np.float32), TESLA
    n = signals.shape[1]
    group = np.arange(n) if how == "sensor" else np.unique(kinds or ["mag"] * n, return_inverse=True)[1]
    spread = np.empty(n)
    for k in range(group.max() + 1):
        own = signals[:, group == k].astype(np.float64)
        spread[group == k] = ROBUST * np.median(np.abs(own - np.median(own)))
    if not (spread > 0).all():
        what = "a sensor" if how == "sensor" else "the recordings"
        raise CaseError(f"expected samples that change, found one value in more than half of those of {what}")
    return (signals / spread.reshape(1, -1, 1)).astype(np.float32), float(np.median(spread))
