"""One T1CE volume: a head, a tumour of given traits, and what scanners add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.simulation.glioma_grading.identifiers import SIZE_YX, SIZE_Z
from scripts.simulation.random_field import gaussian_random_field
from scripts.simulation.star_shapes import largest_piece, radius_towards, surface_radii
from scripts.volumes import Volume

PIXEL_MM, SLICE_MM = 1.5, 6.0
PIXEL_LOG_SD = 0.02
HEAD_MM = (74.0, 62.0)  # half-axes of the brain along y and x
SCALP_MM = (4.0, 8.0)  # skull (dark) and scalp (bright) around it
# Signal, white matter being 100
GREY_MATTER, CSF, SKULL, SCALP, SINUS = 84.0, 42.0, 18.0, 118.0, 232.0
SINUS_MM = 4.5
# Median, and largest ratio to it in both directions, of what each trait governs
NECROTIC_SHARE = (0.085, 7.0)  # of the tumour in each slice: its middle without contrast
ENHANCEMENT = (0.42, 3.2)  # of viable tumour, relative to white matter
HETEROGENEITY = (0.13, 3.2)  # SD of the log signal of viable tumour
TRAIT_REACH = 3.5  # traits this far from 0 reach 76% of the log ratio
NECROSIS = 46.0
RAGGEDNESS, RAGGED_MM = 0.22, 6.0  # of its edge
TUMOUR_ML, TUMOUR_LOG_SD = 22.0, 0.28
LOBULATION, LOBULATION_LOG_SD = 0.12, 0.25
TEXTURE_MM = 4.0
EDGE_MM, OUTLINE_INSET_MM = 1.5, 0.5
NOISE, BLUR_MM, GAIN, GAIN_LOG_SD, FIELD_SD = 2.6, 0.7, 4.0, 0.15, 0.04


def bounded(trait: float, median: float, largest_ratio: float) -> float:
    """median * largest_ratio ** tanh(trait / TRAIT_REACH): monotone in the trait, within a factor of the median."""
    return float(median * largest_ratio ** np.tanh(trait / TRAIT_REACH))


@dataclass(frozen=True)
class TumourTraits:
    """What is drawn of a tumour: shares and relative signals (see the constants)."""

    necrotic_share: float
    enhancement: float
    heterogeneity: float


def tumour_traits(traits: Mapping[str, float]) -> TumourTraits:
    """What the planted traits make of a tumour; nothing else of it knows the grade."""
    return TumourTraits(
        necrotic_share=bounded(traits["necrosis"], *NECROTIC_SHARE),
        enhancement=bounded(traits["enhancement"], *ENHANCEMENT),
        heterogeneity=bounded(traits["heterogeneity"], *HETEROGENEITY),
    )


def _head(
    z: np.ndarray, y: np.ndarray, x: np.ndarray, spacing: tuple, random: np.random.Generator
) -> np.ndarray:
    """(z, y, x) float32 signal of a head without a tumour: brain with folded grey matter, CSF, skull, scalp, sinus."""
    lower = np.sqrt(np.maximum(0.2, 1 - (z / 90) ** 2))
    radius = np.sqrt((y / (HEAD_MM[0] * lower)) ** 2 + (x / (HEAD_MM[1] * lower)) ** 2)
    shape = np.broadcast_shapes(z.shape, y.shape, x.shape)
    folds = gaussian_random_field(shape, spacing, 5.0, random)
    signal = np.where(folds > 0.55, np.float32(GREY_MATTER), np.float32(100.0))
    signal = np.where(radius > 0.9 - 0.05 * folds, np.float32(GREY_MATTER), signal)
    ventricle = ((np.abs(x) - 9) / 6) ** 2 + ((y + 4) / 24) ** 2 + (z / 16) ** 2 < 1
    signal = np.where(ventricle, np.float32(CSF), signal)
    around = (radius - 1) * HEAD_MM[1]  # mm from the brain's surface, about
    for limit, value in ((0.0, CSF), (1.5, SKULL), (SCALP_MM[0], SCALP), (SCALP_MM[1], 0.0)):
        signal = np.where(around > limit, np.float32(value), signal)
    sinus = (y - HEAD_MM[0] * lower) ** 2 + x**2 < SINUS_MM**2
    return np.where(sinus, np.float32(SINUS), signal).astype(np.float32)


def _necrosis(inside: np.ndarray, share: float, spacing: tuple, random: np.random.Generator) -> np.ndarray:
    """(z, y, x) float32: 1 where the tumour is dead, its ragged middle: that share of its pixels in every slice."""
    ragged = RAGGEDNESS * gaussian_random_field(inside.shape, spacing, RAGGED_MM, random)
    dead = np.zeros(inside.shape, np.float32)
    for z in np.flatnonzero(inside.any(axis=(1, 2))):
        away = ndimage.distance_transform_edt(inside[z])
        middle = away / away.max() + ragged[z]
        dead[z] = inside[z] & (middle > np.quantile(middle[inside[z]], 1 - share))
    return dead


def render_glioma(traits: Mapping[str, float], random: np.random.Generator) -> tuple[Volume, Volume]:
    """T1CE and tumour mask of one patient.

    Parameters
    ----------
    traits : TRAITS of `grades`, planted.

    Returns
    -------
    image : int16, arbitrary units. mask : uint8 on its grid, 1 in the tumour: one connected piece inside the brain.
    """
    pixel = round(PIXEL_MM * float(np.exp(PIXEL_LOG_SD * random.standard_normal())), 3)
    spacing = (pixel, pixel, SLICE_MM)
    axes = [
        (np.arange(n) - (n - 1) / 2) * mm
        for n, mm in zip((SIZE_Z, SIZE_YX, SIZE_YX), (SLICE_MM, pixel, pixel), strict=True)
    ]
    z, y, x = (
        a.astype(np.float32).reshape([-1 if k == j else 1 for j in range(3)]) for k, a in enumerate(axes)
    )
    signal = _head(z, y, x, spacing, random)

    drawn = tumour_traits(traits)
    volume = TUMOUR_ML * float(np.exp(TUMOUR_LOG_SD * np.clip(random.standard_normal(), -2.2, 2.2)))
    lobulation = LOBULATION * float(np.exp(LOBULATION_LOG_SD * np.clip(random.standard_normal(), -2.2, 2.2)))
    radii = surface_radii(volume, lobulation, random)
    side = 1.0 if random.random() < 0.5 else -1.0
    place = (
        float(random.uniform(-6, 6)),
        float(random.uniform(-28, 28)),
        side * float(random.uniform(22, 28)),
    )
    distance, surface = radius_towards(radii, z - place[0], y - place[1], x - place[2])
    depth = distance - surface
    texture = gaussian_random_field(signal.shape, spacing, TEXTURE_MM, random)
    viable = (
        100
        * (1 + np.float32(drawn.enhancement))
        * np.exp(np.float32(drawn.heterogeneity) * np.clip(texture, -2.5, 2.5))
    )
    dead = ndimage.gaussian_filter(
        _necrosis(depth < 0, drawn.necrotic_share, spacing, random),
        [0, EDGE_MM / (2 * pixel), EDGE_MM / (2 * pixel)],
    )
    tumour = viable + dead * (NECROSIS - viable)
    cover = np.clip(np.float32(0.5) - depth / np.float32(2 * EDGE_MM), 0, 1)
    signal += cover * (tumour - signal)

    sigma = [BLUR_MM / mm for mm in reversed(spacing)]
    signal = ndimage.gaussian_filter(signal, sigma, mode="nearest")
    slopes = FIELD_SD * random.standard_normal(3) / (0.5 * PIXEL_MM * SIZE_YX)
    signal *= np.exp(slopes[0] * z + slopes[1] * y + slopes[2] * x)
    noise = random.standard_normal((2, *signal.shape), dtype=np.float32) * np.float32(NOISE)
    gain = GAIN * float(np.exp(GAIN_LOG_SD * random.standard_normal()))
    image = np.rint(gain * np.sqrt((signal + noise[0]) ** 2 + noise[1] ** 2)).astype(np.int16)
    mask = largest_piece(depth < -OUTLINE_INSET_MM).astype(np.uint8)
    origin = tuple(round(float(v), 1) for v in random.uniform((-80, -90, -40), (-70, -80, 20)))
    return Volume(image, spacing, origin), Volume(mask, spacing, origin)
