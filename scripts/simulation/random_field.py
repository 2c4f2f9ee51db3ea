"""Gaussian random fields: texture with a stated amplitude and correlation length."""

from __future__ import annotations

import numpy as np
from scipy import fft

# Correlation lengths drawn beyond the volume, so that opposite faces do not resemble each other.
PADDING_LENGTHS = 3.0


def gaussian_random_field(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    correlation_length_mm: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """A stationary, isotropic Gaussian field with mean 0 and variance 1 over the ensemble.

    Two points r mm apart have the correlation exp(-r^2 / (2 L^2)), L being `correlation_length_mm`: 0.61 at
    r = L. White noise is filtered by the square root of the field's power spectrum, exp(-(pi |f| L)^2) at f
    cycles per mm; the gain is normalised on the grid itself, so that the variance is 1 for any spacing.

    Parameters
    ----------
    shape : (z, y, x) voxels.
    spacing : (x, y, z) in mm.

    Returns
    -------
    (z, y, x) float32. A single realisation with few correlation lengths inside it has its own mean and SD.

    Raises
    ------
    ValueError : a correlation length that is not positive.
    """
    if not correlation_length_mm > 0:
        raise ValueError(f"correlation_length_mm is {correlation_length_mm}, expected a positive number")
    steps = tuple(reversed(spacing))
    padded = [
        fft.next_fast_len(int(np.ceil(n + PADDING_LENGTHS * correlation_length_mm / step)), real=True)
        for n, step in zip(shape, steps, strict=True)
    ]
    frequencies = [fft.fftfreq(n, step) for n, step in zip(padded[:2], steps[:2], strict=True)]
    frequencies.append(fft.rfftfreq(padded[2], steps[2]))
    gains = [np.exp(-((np.pi * f * correlation_length_mm) ** 2)) for f in frequencies]
    powers = [np.mean(gain**2) for gain in gains[:2]]
    powers.append(_mean_of_half_spectrum(gains[2] ** 2, padded[2]))
    gain_z, gain_y, gain_x = (
        (gain / np.sqrt(power)).astype(np.float32) for gain, power in zip(gains, powers, strict=True)
    )
    spectrum = fft.rfftn(generator.standard_normal(padded, dtype=np.float32))
    spectrum *= gain_z[:, None, None] * gain_y[:, None]
    spectrum *= gain_x
    field = fft.irfftn(spectrum, s=padded)
    return np.ascontiguousarray(field[: shape[0], : shape[1], : shape[2]], dtype=np.float32)


def _mean_of_half_spectrum(values: np.ndarray, n: int) -> float:
    """Mean over all n frequencies of a symmetric spectrum given at the non-negative ones."""
    mirrored = values[1 : (n + 1) // 2].sum()
    return float((values.sum() + mirrored) / n)
