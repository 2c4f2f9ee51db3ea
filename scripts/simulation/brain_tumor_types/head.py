"""Draw a contrast-enhanced slice of a simulated head with its tumour, 64 x 64 pixels of 8 bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.simulation.brain_tumor_types.identifiers import SIZE
from scripts.simulation.random_field import gaussian_random_field

HEAD_RADII = (29.5, 26.0)  # of the skull along y and x, in pixels
SKULL = 3.0
GREY, SKULL_GREY, BRIGHT = 0.38, 0.75, 0.92
TEXTURE, TEXTURE_LENGTH = 0.015, 4.0
NOISE = 0.015
# z of -4 to 4 becomes 0 to 1, both for the height and for the darkness of the core.
PER_UNIT = 1 / 8
HEIGHTS = (16.0, -16.0)  # y of a tumour's centre from the middle, pixels: low in the head (0) to high (1)
ASIDE, WANDER = 6.0, 0.7  # pixels of the centre to the left or right at most; SD between a patient's slices
TUMOUR_RADII = (5.5, 6.5)
LOBES, LOBULATION = (
    (2, 3, 4),
    0.05,
)  # of the outline: waves around it, and the SD of each wave's share of the radius


@dataclass(frozen=True)
class Patient:
    """What all slices of a patient share beside the tumour's type.

    Parameters
    ----------
    stretch : (y, x) factors of the head's radii. aside : x of the tumour from the middle, pixels.
    radius : its own, pixels.
    texture : (y, x) of the brain, mean 0.
    """

    stretch: tuple[float, float]
    aside: float
    radius: float
    texture: np.ndarray


def draw_patient(random: np.random.Generator) -> Patient:
    """A patient's traits; none of them depends on the tumour's type."""
    stretch = tuple(float(f) for f in random.uniform(0.92, 1.06, 2))
    aside, radius = random.uniform(-ASIDE, ASIDE), random.uniform(*TUMOUR_RADII)
    field = gaussian_random_field((1, SIZE, SIZE), (1.0, 1.0, 1.0), TEXTURE_LENGTH, random)[0]
    return Patient(stretch, aside, radius, TEXTURE * field)


def shown(z: float) -> float:
    """What a picture shows of a latent number: 0 to 1."""
    return float(np.clip(0.5 + PER_UNIT * z, 0.0, 1.0))


def outline(direction: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Share of the tumour's radius in each direction (radians): 1 and a few waves, drawn anew for every slice."""
    shares = np.ones_like(direction)
    for waves in LOBES:
        shares += LOBULATION * random.standard_normal() * np.cos(waves * direction)
        shares += LOBULATION * random.standard_normal() * np.sin(waves * direction)
    return shares


def render_slice(
    patient: Patient, z: tuple[float, float], place: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One slice and the mask of its tumour.

    Parameters
    ----------
    z : height in the head, darkness of the core (`latents`).
    place : of the slice among the patient's, -1 to 1; 0 cuts the head where it is largest.

    Returns
    -------
    picture : (y, x) uint8. mask : (y, x) uint8, 0 and 1.
    """
    grid = np.arange(SIZE) - (SIZE - 1) / 2
    y, x = np.meshgrid(grid, grid, indexing="ij")
    size = 1 - 0.06 * place**2
    rows, columns = (r * s * size for r, s in zip(HEAD_RADII, patient.stretch, strict=True))
    inner = np.hypot(y / (rows - SKULL), x / (columns - SKULL))
    outer = np.hypot(y / rows, x / columns)
    image = np.where(inner <= 1, GREY + patient.texture, np.where(outer <= 1, SKULL_GREY, 0.02))
    height, dark = np.interp(shown(z[0]), (0, 1), HEIGHTS), shown(z[1])
    down, right = y - height, x - patient.aside - WANDER * random.standard_normal()
    from_centre = np.hypot(down, right)
    inside = from_centre <= patient.radius * outline(np.arctan2(down, right), random)
    core = np.exp(-0.5 * (from_centre / (0.6 * patient.radius)) ** 2)
    image = np.where(inside, BRIGHT - 0.8 * dark * core, image)
    image = ndimage.gaussian_filter(image, 0.5) + NOISE * random.standard_normal(image.shape)
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8), inside.astype(np.uint8)
