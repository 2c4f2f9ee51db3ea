"""One tumour: how its latent factors become a shape, a size, a texture and a necrotic core.

Every factor acts through `bounded`, a monotone map from a standard normal number to a range, so no tumour
leaves the crop. What an image shows besides has noise of its own: no feature equals a latent factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scripts.simulation.random_field import gaussian_random_field
from scripts.simulation.star_shapes import largest_piece, radius_towards, surface_radii

# Median and largest ratio to it, in both directions, of what each latent factor governs.
VOLUME_ML = (6.6, 2.0)  # the tumour, drawn small enough for quick features
LOBULATION = (0.14, 2.8)  # SD over the sphere of the log radius
TEXTURE_HU = (18.0, 2.5)  # SD of the texture
TEXTURE_LENGTH_MM = (2.4, 3.3)  # correlation length of the texture
NECROTIC_SHARE = (0.10, 4.0)  # of the volume

# What differs between tumours of the same latent factors: SD of the log of each quantity, and of the
# enhancement.
OWN_LOG_SD = {"volume": 0.07, "lobulation": 0.12, "texture": 0.10, "length": 0.06, "necrosis": 0.15}
ENHANCEMENT_HU = (95.0, 4.5)  # mean and SD of the viable tumour in the portal venous phase
NECROSIS_DROP_HU = 55.0  # necrotic core against viable tumour
NECROSIS_PER_SD_HU = 6.0  # fall of the viable tumour's attenuation per SD of the necrosis factor
NECROSIS_EDGE_MM = 1.5

OUTLINE_INSET_MM = 0.4  # a reader keeps clear of fat and air by about this much
EDGE_MM = 0.5  # half-width of the scanner's blur at the tumour's edge


def bounded(latent: float, median: float, largest_ratio: float) -> float:
    """median * largest_ratio ** tanh(latent / 2): monotone, `median` at 0, within a factor of it."""
    return float(median * largest_ratio ** np.tanh(latent / 2))


@dataclass(frozen=True)
class TumourTraits:
    """What is drawn; `lobulation` is the SD of the log radius, `texture_hu` that of the texture."""

    volume_ml: float
    lobulation: float
    texture_hu: float
    texture_length_mm: float
    necrotic_share: float
    enhancement_hu: float


def tumour_traits(latents: Mapping[str, float], generator: np.random.Generator) -> TumourTraits:
    """Traits of a tumour of the given latent factors, with its own noise."""
    own = {name: float(np.exp(sd * generator.standard_normal())) for name, sd in OWN_LOG_SD.items()}
    mean, sd = ENHANCEMENT_HU
    return TumourTraits(
        volume_ml=bounded(latents["size"], *VOLUME_ML) * own["volume"],
        lobulation=bounded(latents["irregularity"], *LOBULATION) * own["lobulation"],
        texture_hu=bounded(latents["heterogeneity"], *TEXTURE_HU) * own["texture"],
        texture_length_mm=bounded(latents["coarseness"], *TEXTURE_LENGTH_MM) * own["length"],
        necrotic_share=bounded(latents["necrosis"], *NECROTIC_SHARE) * own["necrosis"],
        enhancement_hu=mean - NECROSIS_PER_SD_HU * latents["necrosis"] + sd * generator.standard_normal(),
    )


@dataclass(frozen=True)
class Tumour:
    """A tumour on a part of a crop.

    Attributes
    ----------
    box : slices (z, y, x) of the crop that the arrays below cover.
    values : HU, as if tumour filled the box.
    cover : share of tumour in each voxel, 0 to 1.
    mask : what a reader outlines: one 6-connected piece.
    depth_mm : distance along the radius from the surface, positive outside.
    """

    box: tuple[slice, slice, slice]
    values: np.ndarray
    cover: np.ndarray
    mask: np.ndarray
    depth_mm: np.ndarray


def draw_tumour(
    traits: TumourTraits,
    axes: tuple[np.ndarray, np.ndarray, np.ndarray],
    spacing: tuple[float, float, float],
    generator: np.random.Generator,
) -> Tumour:
    """Draw a tumour around the origin of a crop.

    Parameters
    ----------
    axes : (z, y, x) coordinates in mm, each 1-D. The surface stays two voxels within the crop.
    spacing : (x, y, z) in mm.
    """
    radii = surface_radii(traits.volume_ml, traits.lobulation, generator)
    room = min(min(-axis[0], axis[-1]) - 2 * step for axis, step in zip(axes, reversed(spacing), strict=True))
    radii = np.minimum(radii, room)
    reach = radii.max() + 2 * EDGE_MM
    box = tuple(slice(*np.searchsorted(axis, (-reach, reach))) for axis in axes)
    z, y, x = (axis[part].astype(np.float32) for axis, part in zip(axes, box, strict=True))
    distance, surface = radius_towards(radii, z[:, None, None], y[:, None], x)
    depth = distance - surface
    shape = depth.shape

    texture = gaussian_random_field(shape, spacing, traits.texture_length_mm, generator)
    core = surface * np.float32(traits.necrotic_share ** (1 / 3)) - distance
    necrotic = np.clip(core / np.float32(2 * NECROSIS_EDGE_MM) + np.float32(0.5), 0, 1)
    values = np.float32(traits.enhancement_hu) + np.float32(traits.texture_hu) * texture
    values -= np.float32(NECROSIS_DROP_HU) * necrotic
    cover = np.clip(np.float32(0.5) - depth / np.float32(2 * EDGE_MM), 0, 1)
    return Tumour(box, values, cover, largest_piece(depth < -OUTLINE_INSET_MM), depth)
