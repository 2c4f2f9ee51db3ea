"""One tumour at two visits: how its latent factors become size, shape, enhancement and texture.

Everything is a function of the tissue's place at baseline; the deformation says where that tissue is at follow-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scripts.simulation.nact_response.deformation import Points
from scripts.simulation.nact_response.response import FORETOLD, LOG_SD
from scripts.simulation.star_shapes import radius_towards, surface_radii

VOLUME_ML = 8.5  # medians; the SD of each logarithm is in `response.LOG_SD`
VOLUME_RATIO = 0.58
HETEROGENEITY = (0.34, 0.30)  # baseline, follow-up: SD over the tumour of log enhancement
ENHANCEMENT = (1.70, 1.15)  # baseline, follow-up: mean over the tumour of the largest relative enhancement
LOBULATION, LOBULATION_LOG_SD = 0.13, 0.25  # SD over the sphere of the log radius
PATCHINESS, PATCHINESS_LOG_SD = (
    0.24,
    0.40,
)  # SD over the tumour of the log Jacobian of `deformation.draw_patches`
PRECONTRAST = 1.08  # signal before contrast, in units of glandular tissue

TEXTURE_LENGTH_MM = 3.3  # correlation length; more heterogeneous tumours are finer
FINER_PER_SD = 0.15  # fall of the log of that length per SD of the level of heterogeneity
LASTING_LENGTH_MM = 5.0  # of the part of the texture that is the same at both visits
LASTING_SHARE = 0.36  # of the texture's variance
FAST_SHARE, FAST_SHARE_SD = 0.70, 0.15  # tissue with washout
RIM = (-0.05, 0.30)  # least and most extra enhancement of the rim against the centre
N_WAVES = 48
LARGEST_TEXTURE = 2.5  # in SD
EDGE_MM = 0.9  # half-width of the transition to the tissue around
OUTLINE_INSET_MM = 0.3  # a reader's outline lies within the surface by about this much


@dataclass(frozen=True)
class TumourTraits:
    """What is drawn; pairs are (baseline, follow-up)."""

    volume_ml: float
    lobulation: float
    volume_ratio: float
    patchiness: float
    heterogeneity: tuple[float, float]
    enhancement: tuple[float, float]
    texture_length_mm: tuple[float, float]

    @property
    def radius_mm(self) -> float:
        """Radius of the sphere with the tumour's volume at baseline."""
        return float(np.cbrt(3000 * self.volume_ml / (4 * np.pi)))


def _levels(latents: Mapping[str, float], trait: str) -> tuple[float, float]:
    """Standardised level of a trait at baseline and at follow-up."""
    before = latents[trait]
    return before, FORETOLD * before + np.sqrt(1 - FORETOLD**2) * latents[f"residual_{trait}"]


def tumour_traits(latents: Mapping[str, float]) -> TumourTraits:
    """Traits of a tumour of the given latent factors; nothing else enters, so that they are the truth."""
    heterogeneity, enhancement = _levels(latents, "heterogeneity"), _levels(latents, "enhancement")
    pairs = {
        name: tuple(
            float(median * np.exp(sd * level))
            for median, sd, level in zip(medians, LOG_SD[name], levels, strict=True)
        )
        for name, medians, levels in (
            ("heterogeneity", HETEROGENEITY, heterogeneity),
            ("enhancement", ENHANCEMENT, enhancement),
        )
    }
    return TumourTraits(
        volume_ml=float(VOLUME_ML * np.exp(LOG_SD["volume"] * latents["size"])),
        lobulation=float(LOBULATION * np.exp(LOBULATION_LOG_SD * latents["irregularity"])),
        volume_ratio=float(VOLUME_RATIO * np.exp(-LOG_SD["volume_ratio"] * latents["shrinkage"])),
        patchiness=float(PATCHINESS * np.exp(PATCHINESS_LOG_SD * latents["patchiness"])),
        texture_length_mm=tuple(
            float(TEXTURE_LENGTH_MM * np.exp(-FINER_PER_SD * level)) for level in heterogeneity
        ),
        **pairs,
    )


@dataclass(frozen=True, eq=False)
class Waves:
    """A Gaussian random field at any point: plane waves of random direction, length and phase.

    Points r mm apart have the correlation exp(-r^2 / (2 L^2)), since the wave numbers are normal with SD 1 / L.
    """

    numbers: np.ndarray  # (k, 3) radians per mm along z, y, x
    phases: np.ndarray

    def at(self, points: Points) -> np.ndarray:
        """(n,) float32 values of mean 0 and variance 1 over the ensemble, at n points (z, y, x)."""
        numbers = self.numbers.astype(np.float32)
        angles = sum(np.float32(p)[:, None] * numbers[:, axis] for axis, p in enumerate(points))
        angles += self.phases.astype(np.float32)
        return np.cos(angles).sum(1) * np.float32(np.sqrt(2 / len(self.phases)))


def draw_waves(length_mm: float, random: np.random.Generator) -> Waves:
    """Waves of correlation length `length_mm`."""
    return Waves(random.standard_normal((N_WAVES, 3)) / length_mm, random.uniform(0, 2 * np.pi, N_WAVES))


@dataclass(frozen=True, eq=False)
class Tumour:
    """A tumour around `centre` (z, y, x) in mm, with its surface and its textures."""

    traits: TumourTraits
    centre: tuple[float, float, float]
    radii: np.ndarray
    lasting: Waves
    renewed: tuple[Waves, Waves]  # of each visit
    kinetic: Waves
    rim: float

    def depth(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Distance from the surface along the radius in mm, positive outside; and distance from the centre as a
        share of the surface's radius there. float32, of the points' shape.
        """
        z, y, x = (np.asarray(p - c, np.float32) for p, c in zip(points, self.centre, strict=True))
        distance, surface = radius_towards(self.radii, z, y, x)
        return distance - surface, distance / surface

    def outlined(self, points: Points) -> np.ndarray:
        """Whether a reader's outline holds each point."""
        return self.depth(points)[0] < -OUTLINE_INSET_MM

    def enhancement(self, points: Points, visit: int) -> tuple[np.ndarray, np.ndarray]:
        """Largest relative enhancement and share of fast kinetics at points in and around the tumour.

        Parameters
        ----------
        points : (n,) arrays, places at baseline. visit : 0 baseline, 1 follow-up.

        The mean over the tumour's own points is the trait, and so is the SD of the logarithm apart from the rim.
        """
        depth, share = self.depth(points)
        inside = depth < 0
        lasting, renewed = self.lasting.at(points), self.renewed[visit].at(points)
        texture = np.sqrt(LASTING_SHARE) * _standard(lasting, inside)
        texture += np.sqrt(1 - LASTING_SHARE) * _standard(renewed, inside)
        texture = np.clip(_standard(texture, inside), -LARGEST_TEXTURE, LARGEST_TEXTURE)
        amount = np.exp(self.traits.heterogeneity[visit] * texture)
        amount *= 1 + self.rim * np.minimum(share, 1.2) ** 2
        amount *= self.traits.enhancement[visit] / amount[inside].mean()
        fast = np.clip(FAST_SHARE + FAST_SHARE_SD * self.kinetic.at(points), 0, 1)
        return amount.astype(np.float32), fast.astype(np.float32)


def _standard(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Values moved and scaled to mean 0 and SD 1 where `inside`."""
    return (values - values[inside].mean()) / values[inside].std()


def draw_tumour(
    traits: TumourTraits, centre: tuple[float, float, float], random: np.random.Generator
) -> Tumour:
    """A tumour of the given traits at a place (z, y, x) in mm."""
    return Tumour(
        traits=traits,
        centre=centre,
        radii=surface_radii(traits.volume_ml, traits.lobulation, random),
        lasting=draw_waves(LASTING_LENGTH_MM, random),
        renewed=tuple(draw_waves(length, random) for length in traits.texture_length_mm),
        kinetic=draw_waves(LASTING_LENGTH_MM, random),
        rim=float(random.uniform(*RIM)),
    )
