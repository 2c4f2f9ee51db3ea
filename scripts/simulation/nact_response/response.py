"""What makes a simulated tumour respond: latent factors, molecular subtype, and what each image shows of them.

The propensity to respond is

    propensity = sum_k w_k factor_k + effect(subtype) + noise,        noise ~ N(0, 1)

and the Miller-Payne grade is cut from it. Factors are independent standard normal numbers. What remains at follow-up
decides, not what there was before: heterogeneity and enhancement act through their level at follow-up, of which the
baseline foretells the share `FORETOLD`. So a baseline image says little, the follow-up image most of what any
single image can, a difference of the two somewhat less (it carries the baseline's variation as noise), and the
Jacobian map shows only how much and how evenly the tumour shrank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

LATENTS = (
    "size",
    "irregularity",
    "heterogeneity",
    "enhancement",
    "residual_heterogeneity",
    "residual_enhancement",
    "shrinkage",
    "patchiness",
)
SUBTYPES = ("luminal_a", "luminal_b", "her2_enriched", "basal_like")
IMAGES = ("baseline", "follow_up", "delta", "jacobian", "fusion")
MODELS = (*IMAGES, "fusion_subtype")

FORETOLD = 0.30  # correlation of a level at follow-up with the same level at baseline
# SD over patients of the logarithm of what an image shows; see `tumour` for the medians. Enhancement varies enough that
# neither the breast, whose brightness the images are scaled by, nor the step between the scanners (0.15) hides it.
LOG_SD = MappingProxyType(
    {
        "volume": 0.33,
        "volume_ratio": 0.30,
        "heterogeneity": (0.18, 0.36),  # baseline, follow-up
        "enhancement": (0.22, 0.40),
    }
)


@dataclass(frozen=True)
class ResponseModel:
    """Weights of the propensity, in units of its noise; positive favours response.

    `residual` weighs the standardised level at follow-up of each trait (a minus: what is still heterogeneous or still
    enhances has not responded), `shrinkage` and `patchiness` what the Jacobian map shows.
    """

    residual: Mapping[str, float] = field(
        default_factory=lambda: {"heterogeneity": -0.86, "enhancement": -0.80}
    )
    shrinkage: float = 0.60
    patchiness: float = -0.32
    subtype: Mapping[str, float] = field(
        default_factory=lambda: {
            "luminal_a": -1.30,
            "luminal_b": -0.30,
            "her2_enriched": 0.65,
            "basal_like": 0.85,
        }
    )

    @property
    def weights(self) -> np.ndarray:
        """(8,) weights of the latent factors, in the order of LATENTS."""
        by_name = dict.fromkeys(LATENTS, 0.0)
        for trait, weight in self.residual.items():
            by_name[trait] = weight * FORETOLD
            by_name[f"residual_{trait}"] = weight * np.sqrt(1 - FORETOLD**2)
        by_name["shrinkage"] = self.shrinkage
        by_name["patchiness"] = self.patchiness
        return np.array([by_name[name] for name in LATENTS])

    def subtype_effects(self, subtypes: np.ndarray) -> np.ndarray:
        """(n,) effects of subtypes given by their place in SUBTYPES."""
        return np.array([self.subtype[name] for name in SUBTYPES])[subtypes]


def visible(image: str) -> np.ndarray:
    """(k, 8) what an image shows, a row a quantity: the logarithm's change per SD of each latent factor.

    `delta` shows the change of volume, heterogeneity and enhancement between the visits; `jacobian` the change of
    volume and how even it is, besides the baseline's shape, which is read inside the same mask; `fusion` everything.

    Raises
    ------
    KeyError : an image that is not in IMAGES.
    """
    rows = {name: np.zeros(len(LATENTS)) for name in _QUANTITIES}
    place = {name: k for k, name in enumerate(LATENTS)}
    rows["volume"][place["size"]] = LOG_SD["volume"]
    rows["shape"][place["irregularity"]] = 1.0
    rows["volume_ratio"][place["shrinkage"]] = -LOG_SD["volume_ratio"]
    rows["evenness"][place["patchiness"]] = 1.0
    for trait in ("heterogeneity", "enhancement"):
        before, after = LOG_SD[trait]
        rows[trait][place[trait]] = before
        rows[f"residual_{trait}"][place[trait]] = after * FORETOLD
        rows[f"residual_{trait}"][place[f"residual_{trait}"]] = after * np.sqrt(1 - FORETOLD**2)
    change = {trait: rows[f"residual_{trait}"] - rows[trait] for trait in ("heterogeneity", "enhancement")}
    shown = {
        "baseline": [rows[name] for name in ("volume", "shape", "heterogeneity", "enhancement")],
        "follow_up": [
            rows["volume"] + rows["volume_ratio"],
            rows["shape"],
            rows["residual_heterogeneity"],
            rows["residual_enhancement"],
        ],
        "delta": [rows["volume_ratio"], change["heterogeneity"], change["enhancement"]],
        "jacobian": [rows[name] for name in ("volume", "shape", "volume_ratio", "evenness")],
        "fusion": list(np.eye(len(LATENTS))),
    }
    return np.array(shown[image])


_QUANTITIES = (
    "volume",
    "shape",
    "volume_ratio",
    "evenness",
    "heterogeneity",
    "enhancement",
    "residual_heterogeneity",
    "residual_enhancement",
)


def score_weights(image: str, model: ResponseModel) -> np.ndarray:
    """(8,) weights of the latent factors in the best score that an image allows.

    With q = V z visible of factors z ~ N(0, I) and propensity w'z + ..., the conditional mean is
    w'V'(VV')^-1 V z: the projection of w on the rows of V. The probability of response grows with it, so that no
    other score of q has a larger AUC.
    """
    rows = visible(image)
    return model.weights @ np.linalg.pinv(rows) @ rows
