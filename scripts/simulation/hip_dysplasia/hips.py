"""What hips there are: the angles of normal, dysplastic and otherwise unusual hips, drawn for both sides of a patient.

Means and spreads are of the size that adults' radiographs have (CE some 32 degrees, Sharp 38, Tönnis 5; in
dysplasia 10, 47 and 20); they stand for nobody's cohort. Both hips of a patient are alike: half of the
variance is shared, and half of the patients with an unusual hip have it on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

ANGLES = ("ce", "sharp", "tonnis")
NORMAL, DYSPLASTIC, UNUSUAL = "normal", "dysplastic", "unusual"
CLASSES = (NORMAL, DYSPLASTIC, UNUSUAL)


@dataclass(frozen=True)
class HipClass:
    """A normal distribution of (CE, Sharp, Tönnis) in degrees: means, SDs, correlations of CE-Sharp,
    CE-Tönnis, Sharp-Tönnis.
    """

    mean: tuple[float, float, float]
    sd: tuple[float, float, float]
    correlation: tuple[float, float, float]

    @property
    def covariance(self) -> NDArray:
        """(3, 3), in degrees squared."""
        ce_sharp, ce_tonnis, sharp_tonnis = self.correlation
        correlations = np.array(
            [[1, ce_sharp, ce_tonnis], [ce_sharp, 1, sharp_tonnis], [ce_tonnis, sharp_tonnis, 1]]
        )
        return correlations * np.outer(self.sd, self.sd)


@dataclass(frozen=True)
class HipModel:
    """The planted truth: shares and distributions of the classes, how alike both sides are, the CCD angle."""

    shares: tuple[float, float, float] = (0.82, 0.12, 0.06)
    classes: dict[str, HipClass] = field(
        default_factory=lambda: {
            NORMAL: HipClass((32.0, 38.0, 5.0), (5.5, 3.0, 3.5), (-0.55, -0.55, 0.45)),
            DYSPLASTIC: HipClass((9.0, 48.0, 21.0), (6.0, 2.6, 4.5), (-0.4, -0.5, 0.4)),
            UNUSUAL: HipClass((36.0, 48.0, -4.0), (3.5, 1.8, 3.0), (-0.2, -0.2, 0.2)),
        }
    )
    same_on_both_sides: float = 0.5
    shared_variance: float = 0.5
    ccd: tuple[float, float] = (130.0, 5.0)

    def draw(self, random: np.random.Generator) -> list[dict[str, float | str]]:
        """Right and left hip of a patient: `hip_class`, ce, sharp, tonnis (degrees, signed), ccd."""
        first = int(random.choice(len(CLASSES), p=self.shares))
        same = bool(random.random() < self.same_on_both_sides)
        kinds = [CLASSES[first], CLASSES[first if same else int(random.choice(len(CLASSES), p=self.shares))]]
        if random.random() < 0.5:
            kinds.reverse()
        shared = random.normal(size=4)
        hips = []
        for kind in kinds:
            z = np.sqrt(self.shared_variance) * shared + np.sqrt(1 - self.shared_variance) * random.normal(
                size=4
            )
            of_class = self.classes[kind]
            angles = np.array(of_class.mean) + np.linalg.cholesky(of_class.covariance) @ z[:3]
            named = dict(zip(ANGLES, map(float, angles), strict=True))
            hips.append({"hip_class": kind, **named, "ccd": float(self.ccd[0] + self.ccd[1] * z[3])})
        return hips
