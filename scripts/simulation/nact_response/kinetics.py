"""How signal follows the contrast agent: curves of relative enhancement over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Curve:
    """c(t) = (1 - exp(-k t)) exp(-w t), divided by its own largest value; 0 before the injection.

    The peak lies at t = ln(1 + k / w) / k. A tissue whose signal before contrast is S0 and whose largest relative
    enhancement is E has the signal S0 (1 + E c(t)).

    Parameters
    ----------
    uptake_per_s, washout_per_s : k > 0, w > 0.
    """

    uptake_per_s: float
    washout_per_s: float

    @property
    def peak_s(self) -> float:
        """Time of the largest value, in seconds."""
        return float(np.log1p(self.uptake_per_s / self.washout_per_s) / self.uptake_per_s)

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """Share of the largest enhancement at `seconds` after the injection."""
        t = np.maximum(np.asarray(seconds, float), 0.0)
        return self._raw(t) / self._raw(np.float64(self.peak_s))

    def _raw(self, t: np.ndarray) -> np.ndarray:
        return (1 - np.exp(-self.uptake_per_s * t)) * np.exp(-self.washout_per_s * t)


FAST = Curve(0.030, 0.0006)  # vessels and tumour with washout: peak at some 2 minutes
PERSISTENT = Curve(
    0.009, 0.00005
)  # glandular tissue, and tumour that keeps the agent: still rising at 6 minutes
