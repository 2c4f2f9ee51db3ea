"""A chest: body, ribs' muscle and fat, spine, heart, two lungs with lobes, segments and vessels.

Lungs are half ellipsoids flattened towards the middle; fissures are planes; segments are the points of a lobe that are
nearest to one seed. Everything is a function of coordinates in mm, so that any spacing gives the same chest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.quantification.lung_regions import LOBE_OF, LOBES, SEGMENTS
from scripts.simulation.covid_ct.identifiers import SIZE_XYZ, SPACING_MM

AIR, LUNG, FAT, MUSCLE, BLOOD, BONE = -1000.0, -855.0, -100.0, 45.0, 40.0, 350.0
# Half axes of body and lungs in mm along x, y, z, and where the lungs lie
BODY = np.array([165.0, 118.0, 400.0])
LUNG_HALF = np.array([58.0, 88.0, 128.0])
LUNG_CENTRE = {"right": np.array([-72.0, 2.0, 0.0]), "left": np.array([72.0, 2.0, 0.0])}
HEART = (np.array([28.0, -35.0, -45.0]), np.array([52.0, 45.0, 58.0]))
# Where the seed of each segment lies in its lung, in half axes from the lung's centre: x to the side, y to the back,
# z up
SEEDS = {
    "right_1": (0.0, 0.1, 0.75),
    "right_2": (0.25, 0.55, 0.40),
    "right_3": (0.20, -0.55, 0.40),
    "right_4": (0.45, -0.50, -0.25),
    "right_5": (-0.35, -0.55, -0.30),
    "right_6": (0.10, 0.65, 0.00),
    "right_7": (-0.50, 0.25, -0.55),
    "right_8": (0.30, -0.05, -0.70),
    "right_9": (0.55, 0.30, -0.50),
    "right_10": (0.05, 0.60, -0.60),
    "left_1_2": (0.05, 0.30, 0.65),
    "left_3": (0.10, -0.45, 0.45),
    "left_4": (0.35, -0.55, 0.00),
    "left_5": (0.10, -0.55, -0.45),
    "left_6": (0.10, 0.65, 0.00),
    "left_7_8": (0.10, 0.00, -0.70),
    "left_9": (0.55, 0.35, -0.50),
    "left_10": (0.00, 0.60, -0.60),
}
WALL_MM = 27.0  # least thickness of the chest wall
VESSELS = 5  # a lung: those that are as thick as the voxels; thinner ones would not be seen
VESSEL_MM = (1.2, 2.4)  # radius at the hilum, from and to; half of it at the end


@dataclass(frozen=True)
class Chest:
    """A chest without lesions.

    Attributes
    ----------
    values : (z, y, x) HU without noise. lobes, segments : (z, y, x) labels 1.. in the order of LOBES and SEGMENTS.
    depth : (z, y, x) 0 in a lung's middle to 1 at its surface.
    axes : coordinates in mm along z, y, x. vessels : (z, y, x) share of a voxel that is vessel.
    """

    values: np.ndarray
    lobes: np.ndarray
    segments: np.ndarray
    depth: np.ndarray
    axes: tuple[np.ndarray, np.ndarray, np.ndarray]
    vessels: np.ndarray


def grid_axes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of the voxels' centres in mm along z, y, x, 0 in the middle."""
    return tuple(
        ((np.arange(n) - (n - 1) / 2) * step).astype(np.float32)
        for n, step in zip(reversed(SIZE_XYZ), reversed(SPACING_MM), strict=True)
    )


def draw_chest(random: np.random.Generator) -> Chest:
    """A chest of a patient's own size."""
    axes = grid_axes()
    z, y, x = np.ix_(*axes)
    size = np.exp(0.04 * random.standard_normal())
    body = size * BODY * np.exp(0.03 * random.standard_normal(3))
    rim = (x / body[0]) ** 2 + (y / body[1]) ** 2
    values = np.where(rim < 1, np.float32(FAT), np.float32(AIR)) + np.zeros_like(z)
    inner = rim < (1 - 18.0 / body[:2].mean()) ** 2
    values = np.where(inner, np.float32(MUSCLE), values)
    spine = (x**2 + (y - 0.68 * body[1]) ** 2) < 17.0**2
    values = np.where(spine, np.float32(BONE), values)
    depth = np.ones(values.shape, np.float32)
    lobes, segments = np.zeros(values.shape, np.uint8), np.zeros(values.shape, np.uint8)
    vessels = np.zeros(values.shape, np.float32)
    for side in ("right", "left"):
        out = -1.0 if side == "right" else 1.0
        half = size * LUNG_HALF * np.exp(0.04 * random.standard_normal(3))
        centre = size * LUNG_CENTRE[side]
        u, v, w = out * (x - centre[0]) / half[0], (y - centre[1]) / half[1], (z - centre[2]) / half[2]
        # narrower towards the middle, flat below
        radius = np.where(u < 0, (u / 0.75) ** 2, u**2) + v**2 + np.where(w < 0, (np.abs(w) ** 3.5), w**2)
        inside = (radius < 1) & ~_heart(x, y, z, size) & (rim < (1 - WALL_MM / body[:2].mean()) ** 2)
        depth = np.where(inside, np.sqrt(radius), depth)
        lobe = lobe_of(side, u, v, w)
        lobes = np.where(inside, lobe, lobes)
        segments = np.where(inside, nearest_segment(side, lobe, u, v, w), segments)
        tree = _vessel_tree(axes, centre, half, out, random)
        vessels = np.maximum(vessels, tree * inside)
    tissue = random.normal(LUNG, 12.0)
    values = np.where(lobes > 0, np.float32(tissue), values)
    values = np.where(_heart(x, y, z, size) & (rim < 1), np.float32(BLOOD), values)
    values = values + (BLOOD - values) * vessels
    return Chest(values.astype(np.float32), lobes, segments, depth, axes, vessels)


def lobe_of(side: str, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Label of the lobe of points of a lung, by its fissures.

    The oblique fissure falls from behind above to the front below; on the right the horizontal one lies in front of it.
    """
    below = w < 0.25 + 0.75 * v - 0.25  # behind and below the oblique fissure
    if side == "right":
        upper = np.where(w < -0.02, LOBES.index("right_middle"), LOBES.index("right_upper"))
        return (1 + np.where(below, LOBES.index("right_lower"), upper) + 0 * u).astype(np.uint8)
    return (1 + np.where(below, LOBES.index("left_lower"), LOBES.index("left_upper")) + 0 * u).astype(
        np.uint8
    )


def nearest_segment(side: str, lobe: np.ndarray, u: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Label of the segment of points of a lung: of the segments of its lobe, the one whose seed is nearest."""
    best = np.full(lobe.shape, np.inf, np.float32)
    found = np.zeros(lobe.shape, np.uint8)
    for number, name in enumerate(SEGMENTS, start=1):
        if not name.startswith(side):
            continue
        a, b, c = SEEDS[name]
        distance = (u - a) ** 2 + (v - b) ** 2 + (w - c) ** 2
        distance = np.where(lobe == 1 + LOBES.index(LOBE_OF[name]), distance, np.inf)
        closer = distance < best
        best, found = np.where(closer, distance, best), np.where(closer, np.uint8(number), found)
    return found


def _heart(x: np.ndarray, y: np.ndarray, z: np.ndarray, size: float) -> np.ndarray:
    centre, half = size * HEART[0], size * HEART[1]
    return ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 + (
        (z - centre[2]) / half[2]
    ) ** 2 < 1


def _vessel_tree(
    axes: tuple[np.ndarray, ...],
    centre: np.ndarray,
    half: np.ndarray,
    out: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Share of each voxel that straight vessels from the hilum to the surface fill: (z, y, x)."""
    z, y, x = np.ix_(*axes)
    step = float(np.mean(SPACING_MM))
    hilum = centre + half * np.array([-0.6 * out, 0.1, 0.0])
    cover = np.zeros((len(axes[0]), len(axes[1]), len(axes[2])), np.float32)
    for _ in range(VESSELS):
        towards = random.standard_normal(3)
        towards[0] = out * abs(towards[0])
        end = centre + 0.8 * half * towards / np.linalg.norm(towards)
        line = end - hilum
        along = ((x - hilum[0]) * line[0] + (y - hilum[1]) * line[1] + (z - hilum[2]) * line[2]) / (
            line @ line
        )
        along = np.clip(along, 0, 1)
        away2 = (
            (x - hilum[0] - along * line[0]) ** 2
            + (y - hilum[1] - along * line[1]) ** 2
            + (z - hilum[2] - along * line[2]) ** 2
        )
        radius = random.uniform(*VESSEL_MM) * (1 - 0.5 * along)
        share = np.clip(radius / step + 0.5 - np.sqrt(away2) / step, 0, 1) * np.minimum(
            1, radius / step * 1.6
        )
        cover = np.maximum(cover, share)
    return cover
