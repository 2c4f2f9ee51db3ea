"""What classifiers without a network take of an epoch: the signal itself in fewer points, or log power in bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import periodogram

LEAST_POWER = 1e-12  # of samples scaled to an SD of about 1; a dead sensor has a logarithm


def signal_points(signal: NDArray[np.float32], times: int) -> NDArray[np.float32]:
    """(sensors * times,): each sensor's means over `times` equal parts of the epoch; all samples of a shorter one.

    Parameters
    ----------
    signal : (sensors, samples).
    """
    samples = signal.shape[1]
    if samples <= times:
        return signal.ravel()
    edges = (np.arange(times) * samples) // times
    widths = np.diff(np.append(edges, samples))
    return (np.add.reduceat(signal, edges, axis=1) / widths).astype(np.float32).ravel()


def usable_bands(edges_hz: Sequence[float], rate_hz: float) -> list[tuple[float, float]]:
    """(low, high) of each band between neighbouring edges, as far as half of the sampling rate.

    >>> usable_bands([1, 4, 8, 150, 300], 100.0)
    [(1, 4), (4, 8), (8, 50.0)]
    """
    nyquist = rate_hz / 2
    pairs = zip(edges_hz[:-1], edges_hz[1:], strict=True)
    return [(low, min(high, nyquist)) for low, high in pairs if low < nyquist]


def band_powers(
    signal: NDArray[np.float32], rate_hz: float, bands: Sequence[tuple[float, float]]
) -> NDArray[np.float64]:
    """(bands * sensors,): natural logarithm of the mean power density of each sensor in each band, low <= f < high.

    A Hann window is laid over the epoch. A band between two frequencies of the epoch takes the nearest one.

    Parameters
    ----------
    signal : (sensors, samples).
    """
    f, power = periodogram(signal, rate_hz, window="hann", axis=-1)
    found = []
    for low, high in bands:
        inside = (f >= low) & (f < high)
        if not inside.any():
            inside = np.arange(len(f)) == np.argmin(np.abs(f - (low + high) / 2))
        found.append(np.log(power[:, inside].mean(axis=1) + LEAST_POWER))
    return np.concatenate(found)
