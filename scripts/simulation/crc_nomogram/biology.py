"""What makes a simulated tumour recur, the same in every hospital: latent factors and the hazard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scripts.simulation.survival_times import WeibullBaseline

LATENTS = ("size", "irregularity", "heterogeneity", "coarseness", "necrosis")

# Correlations of the latent factors; pairs that are not named are independent.
LATENT_CORRELATIONS = {
    ("size", "irregularity"): 0.30,
    ("size", "coarseness"): 0.15,
    ("size", "necrosis"): 0.35,
    ("irregularity", "necrosis"): 0.15,
    ("heterogeneity", "necrosis"): 0.10,
}


def latent_correlation() -> np.ndarray:
    """(5, 5) correlation matrix of the latent factors, in the order of LATENTS."""
    matrix = np.eye(len(LATENTS))
    for (one, other), value in LATENT_CORRELATIONS.items():
        i, j = LATENTS.index(one), LATENTS.index(other)
        matrix[i, j] = matrix[j, i] = value
    return matrix


def weighted_sum(columns: np.ndarray, weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n,) columns (n, k) times weights (k,). Added column by column: a row's sum is the same to the last bit
    whatever the number of rows, which a matrix product does not promise.
    """
    total = np.zeros(len(columns))
    for k, weight in enumerate(weights):
        total += columns[:, k] * weight
    return total


@dataclass(frozen=True)
class Hazard:
    """h(t) = h0(t) exp(sum_k beta_k latent_k + beta_stage (stage - stage_centre)), with a Weibull h0.

    Signs follow what is reported for colorectal cancer: large, irregular, necrotic tumours recur more often,
    and so do those of little texture (hence the minus of heterogeneity; the published signature has it too,
    in RobustMeanAbsoluteDeviation). Sizes: the image part's hazard ratio per SD and the stage's are of the
    order that the paper's 5.65 between groups of 30 % and 70 %, and its 2.3 to 2.5 per stage, imply.
    """

    baseline: WeibullBaseline = WeibullBaseline(shape=0.85, scale_months=430.0)
    latents: dict[str, float] = field(
        default_factory=lambda: {
            "size": 0.42,
            "irregularity": 0.38,
            "heterogeneity": -0.42,
            "coarseness": 0.33,
            "necrosis": 0.28,
        }
    )
    tnm_stage: float = 0.82
    stage_centre: float = 2.5

    def image_part(self, latents: np.ndarray) -> np.ndarray:
        """(n,) share of the log hazard that an image can show, from latents (n, 5)."""
        return weighted_sum(latents, [self.latents[name] for name in LATENTS])

    def stage_part(self, tnm_stage: np.ndarray) -> np.ndarray:
        """(n,) share of the log hazard that the stage (1-4) carries."""
        return self.tnm_stage * (np.asarray(tnm_stage) - self.stage_centre)

    @property
    def image_part_sd(self) -> float:
        """SD of the image part over patients."""
        weights = np.array([self.latents[name] for name in LATENTS])
        return float(np.sqrt(weights @ latent_correlation() @ weights))
