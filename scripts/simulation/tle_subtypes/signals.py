"""Samples of a simulated recording: background, alpha, slow activity, spikes, drift, mains, the sensors' own noise.

All in tesla, at `RATE_HZ`. Only the amplitude of the slow activity depends on the subtype (`patients`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from scripts.simulation.tle_subtypes.helmet import SLOW_REGIONS, of_regions
from scripts.simulation.tle_subtypes.identifiers import RATE_HZ, SECONDS, SENSORS
from scripts.simulation.tle_subtypes.patients import SubtypeModel

FEMTO = 1e-15
BACKGROUND = 150 * FEMTO  # SD of each sensor's share of the brain's activity, before its own sensitivity
NOISE = 40 * FEMTO
ALPHA = 120 * FEMTO
SLOW = 250 * FEMTO  # where the logarithm is half way between the subtypes
SLOW_BAND_HZ = (2.0, 4.0)
SPIKE, SPIKES_A_SECOND = 900 * FEMTO, 0.5
SPIKE_S, AFTER_WAVE_S = 0.03, 0.15  # half-widths of the spike and of the slow wave after it
MAINS, MAINS_HZ = 30 * FEMTO, 50.0
DRIFT, DRIFT_S = 3000 * FEMTO, 60.0


def shaped_noise(shape: tuple[int, ...], gain: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Gaussian noise of SD 1 along the last axis with the amplitude `gain` at each frequency of `frequencies`."""
    spectrum = random.standard_normal((*shape[:-1], len(gain))) + 1j * random.standard_normal(
        (*shape[:-1], len(gain))
    )
    signal = np.fft.irfft(spectrum * gain, shape[-1])
    return signal / (np.sqrt(np.sum(gain[1:] ** 2) * 4.0) / shape[-1])


def frequencies(n: int) -> np.ndarray:
    """(n // 2 + 1,) frequencies in Hz of `n` samples."""
    return np.fft.rfftfreq(n, 1 / RATE_HZ)


def own_sensitivity(random: np.random.Generator, model: SubtypeModel) -> np.ndarray:
    """(sensors,) how strongly each sensor sees this patient's brain."""
    return np.exp(model.own_log_sd * random.standard_normal(len(SENSORS)))


def spikes(n: int, random: np.random.Generator) -> np.ndarray:
    """(n,) interictal spikes with a slow wave of the other sign after each, at random times; a spike has height 1."""
    t = np.arange(n) / RATE_HZ
    signal = np.zeros(n)
    for at in random.uniform(0, SECONDS, random.poisson(SPIKES_A_SECOND * SECONDS)):
        signal += np.exp(-0.5 * ((t - at) / SPIKE_S) ** 2)
        signal -= 0.4 * np.exp(-0.5 * ((t - at - 2 * AFTER_WAVE_S) / AFTER_WAVE_S) ** 2)
    return signal


def recording(
    row: Mapping[str, Any], sensitivity: np.ndarray, random: np.random.Generator, model: SubtypeModel
) -> np.ndarray:
    """(sensors, samples) float64 of one recording of a patient.

    Parameters
    ----------
    row : slow_z, side, alpha_hz. sensitivity : of `own_sensitivity`, the same in all recordings of the patient.
    """
    n, m = round(SECONDS * RATE_HZ), len(SENSORS)
    f = frequencies(n)
    pink = np.where((f >= 0.5) & (f < 300), 1 / np.sqrt(np.maximum(f, 0.5)), 0.0)
    brain = BACKGROUND * shaped_noise((m, n), pink, random)
    around = np.exp(-0.5 * ((f - row["alpha_hz"]) / 0.8) ** 2)
    strength = np.where(of_regions(("P", "O")), 1.0, 0.35)
    brain += ALPHA * strength[:, None] * shaped_noise((n,), around, random)
    slow = ((f >= SLOW_BAND_HZ[0]) & (f <= SLOW_BAND_HZ[1])).astype(float)
    amplitude = SLOW * np.exp(model.log_sd * row["slow_z"])
    brain += amplitude * of_regions(SLOW_REGIONS)[:, None] * shaped_noise((m, n), slow, random)
    brain += SPIKE * of_regions("T", row["side"])[:, None] * spikes(n, random)
    t = np.arange(n) / RATE_HZ
    drift = DRIFT * random.standard_normal((m, 1)) * np.sin(2 * np.pi * (t / DRIFT_S + random.random((m, 1))))
    mains = MAINS * np.sin(2 * np.pi * (MAINS_HZ * t + random.random()))
    return brain * sensitivity[:, None] + drift + mains + NOISE * random.standard_normal((m, n))
