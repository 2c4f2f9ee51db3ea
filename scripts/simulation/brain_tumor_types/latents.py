"""What a simulated slice shows of its tumour's type: two numbers, and the most that anybody can tell from them.

A slice of a patient with type k has z = mean_k + u + e, where u (the patient's, in all slices) and e (the slice's own)
are Gaussian in two dimensions and u + e has variance 1 in each. The first number is how high in the head the
tumour lies, the second how dark its core is against its rim. Nothing else in a picture depends on the type. A picture
shows z with a little noise, so no rule that sees one slice of an unknown patient is right more often than
`bayes_accuracy`, and a good one comes close. A rule that has seen other slices of the same patient may be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TYPES = ("meningioma", "glioma", "pituitary")
# Slices of each type in the paper (section 3): 708, 1,426 and 930 of 3,064.
PRIORS = (708 / 3064, 1426 / 3064, 930 / 3064)
GRID_STEP, GRID_REACH = 0.02, 6.0


@dataclass(frozen=True)
class LatentModel:
    """The three types in the plane of z.

    Parameters
    ----------
    distance : between the means of any two types, in standard deviations of a slice.
    patient_share : of the variance 1 that is common to all slices of a patient.
    """

    distance: float = 3.2
    patient_share: float = 0.6

    @property
    def means(self) -> np.ndarray:
        """(3, 2): meningiomas lie high with an even core, gliomas have a dark core, pituitary tumours lie low."""
        angles = np.deg2rad([-30.0, 90.0, 210.0])
        return self.distance / np.sqrt(3) * np.column_stack([np.cos(angles), np.sin(angles)])

    def draw(self, kind: int, n: int, random: np.random.Generator) -> np.ndarray:
        """(n, 2) values of z for n slices of one patient of type number `kind`."""
        common = np.sqrt(self.patient_share) * random.standard_normal(2)
        own = np.sqrt(1 - self.patient_share) * random.standard_normal((n, 2))
        return self.means[kind] + common + own

    def posterior(self, z: np.ndarray, priors: tuple[float, ...] = PRIORS) -> np.ndarray:
        """(n, 3) probabilities of the types given one slice's z (n, 2) of an unknown patient."""
        squares = ((np.asarray(z)[:, None] - self.means[None]) ** 2).sum(axis=2)
        logs = np.log(priors) - squares / 2
        weights = np.exp(logs - logs.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)


def bayes_accuracy(model: LatentModel, priors: tuple[float, ...] = PRIORS) -> tuple[float, tuple[float, ...]]:
    """The greatest share of slices that a rule which sees z can get right, and that rule's recall of each type.

    The integral over the plane of the largest of prior times density, by the midpoint rule on a square that leaves out
    less than 1e-8 of each density; the edges of the regions cost less than 1e-4.
    """
    centre = model.means.mean(axis=0)
    reach = GRID_REACH + np.abs(model.means - centre).max()
    ticks = np.arange(-reach, reach, GRID_STEP) + GRID_STEP / 2
    x, y = np.meshgrid(ticks + centre[0], ticks + centre[1])
    densities = np.stack(
        [
            prior * np.exp(-((x - mean[0]) ** 2 + (y - mean[1]) ** 2) / 2) / (2 * np.pi)
            for prior, mean in zip(priors, model.means, strict=True)
        ]
    )
    chosen = densities.argmax(axis=0)
    masses = [float(densities[k][chosen == k].sum() * GRID_STEP**2) for k in range(len(priors))]
    return sum(masses), tuple(mass / prior for mass, prior in zip(masses, priors, strict=True))
