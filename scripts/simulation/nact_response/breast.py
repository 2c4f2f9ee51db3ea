"""The tissue of a breast by its place at baseline: skin, fat, glandular tissue, vessels, chest wall, lung.

Places are in mm from the crop's centre, z to the head, y to the back, x away from the midline (a left breast; a right
one is its mirror image). The patient lies prone, so the breast hangs to the front. Structures lie over each other,
later over earlier, with edges blurred over about a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from scripts.simulation.nact_response.deformation import Points
from scripts.simulation.random_field import gaussian_random_field

# Signal before contrast of a fat-suppressed T1-weighted image, glandular tissue = 1; and largest relative
# enhancement, which is fast for vessels and persistent for the others
PRECONTRAST = {"air": 0.0, "fat": 0.30, "skin": 0.75, "gland": 1.0, "vessel": 0.85, "muscle": 0.80}
PRECONTRAST |= {"rib": 0.35, "lung": 0.08}
ENHANCEMENT = {"air": 0.0, "fat": 0.05, "skin": 0.35, "vessel": 1.7, "muscle": 0.18, "rib": 0.1, "lung": 0.5}
GLAND_ENHANCEMENT = (0.12, 0.40)  # least and most, by patient

EDGE_MM = 0.9
SKIN_MM = 2.2
SKIRT_MM = 9.0  # fat between skin and muscle beside the breast
HANGING = (54.0, 64.0)  # how far the breast reaches to the front, mm
HALF_WIDTH = (38.0, 45.0)
FLATNESS = 3.4  # power of the outline: 2 is a bell, more is fuller
WALL_Y, WALL_X, WALL_BEND = (
    27.0,
    -40.0,
    0.0040,
)  # the chest wall's front: y = WALL_Y + WALL_BEND (x - WALL_X)^2
MUSCLE_MM, RIB_STEP_MM, RIB_RADIUS_MM, RIB_DEPTH_MM = 9.0, 24.0, 5.5, 14.0
NIPPLE_MM = 4.5
GRID_MM = 2.0  # of the random fields; finer than any structure in them
STRUCTURE_MM, TEXTURE_MM = 5.5, 4.0
TEXTURE, FAT_TEXTURE = 0.10, 0.12  # SD of the glandular and of the fatty signal, as a share of it
SEPTA, SEPTA_WIDTH = 0.22, 0.16  # signal of the strands through the fat, and their width in the field's SD
MARGIN_MM = 4.0  # between a tumour and skin or muscle


@dataclass(frozen=True)
class Vessel:
    """A tube along z: centre x = a + b z + c z^2, depth below the skin, radius; mm."""

    along: tuple[float, float, float]
    depth: float
    radius: float


@dataclass(frozen=True, eq=False)
class Breast:
    """One breast; see `draw_breast` for the ranges."""

    hanging: float
    half_width: tuple[float, float]  # x, z
    centre: tuple[float, float]  # x, z of the nipple
    density: float  # shifts the share of glandular tissue
    gland_enhancement: float
    rib_phase: float
    vessels: tuple[Vessel, ...]
    structure: np.ndarray  # random fields (z, y, x) on a grid of GRID_MM around the origin
    texture: np.ndarray

    def wall(self, x: np.ndarray) -> np.ndarray:
        """y of the pectoral muscle's front."""
        return np.float32(WALL_Y) + np.float32(WALL_BEND) * (x - np.float32(WALL_X)) ** 2

    def depths(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        """Distance below the skin and behind the muscle's front, both in mm, positive inside; float32."""
        z, y, x = (np.asarray(p, np.float32) for p in points)
        u = (x - np.float32(self.centre[0])) / np.float32(self.half_width[0])
        v = (z - np.float32(self.centre[1])) / np.float32(self.half_width[1])
        rho = np.sqrt(u * u + v * v) + np.float32(1e-6)
        power = rho ** np.float32(FLATNESS)
        mound = np.float32(self.hanging) * np.exp(-power)
        wall = self.wall(x)
        skin = wall - np.float32(SKIRT_MM) - mound
        fall = mound * np.float32(FLATNESS) * power / rho**2  # d mound / d(u^2 / 2), negative sign aside
        slope_x = fall * u / np.float32(self.half_width[0]) + np.float32(2 * WALL_BEND) * (
            x - np.float32(WALL_X)
        )
        slope_z = fall * v / np.float32(self.half_width[1])
        below = (y - skin) / np.sqrt(1 + slope_x**2 + slope_z**2)
        return below, y - wall

    def tissue(self, points: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Signal before contrast, and fast and persistent largest enhancement in the same units; float32.

        Parameters
        ----------
        points : (z, y, x) places at baseline, arrays of one 3-D shape.
        """
        z, y, x = (np.asarray(p, np.float32) for p in points)
        below, behind = self.depths(points)
        signal = np.full(z.shape, PRECONTRAST["air"], np.float32)
        fast, slow = np.zeros_like(signal), np.zeros_like(signal)

        def lay(cover: np.ndarray, name: str, enhancement: float, texture: np.ndarray | float = 1.0) -> None:
            level = np.float32(PRECONTRAST[name]) * texture
            rapid = name in ("vessel", "lung")
            signal[...] += cover * (level - signal)
            fast[...] += cover * (level * np.float32(enhancement if rapid else 0.0) - fast)
            slow[...] += cover * (level * np.float32(0.0 if rapid else enhancement) - slow)

        lay(_edge(below), "skin", ENHANCEMENT["skin"])
        front = self._front()
        dx, dz = x - np.float32(self.centre[0]), z - np.float32(self.centre[1])
        nipple = np.float32(NIPPLE_MM) - np.sqrt(dx**2 + dz**2 + (y - np.float32(front)) ** 2)
        lay(_edge(nipple), "skin", 2 * ENHANCEMENT["skin"])
        structure, texture = self._fields(points)
        septa = np.exp(-((texture / np.float32(SEPTA_WIDTH)) ** 2)) * np.float32(SEPTA / PRECONTRAST["fat"])
        fat = 1 + np.float32(FAT_TEXTURE) * structure + septa
        lay(_edge(below - np.float32(SKIN_MM)), "fat", ENHANCEMENT["fat"], fat)
        gland = self._gland(dx, y - np.float32(front), dz, structure)
        gland *= _edge((below - np.float32(SKIN_MM + 3.0)) / 2) * _edge((-behind - np.float32(4.0)) / 2)
        lay(gland, "gland", self.gland_enhancement, 1 + np.float32(TEXTURE) * texture)
        for vessel in self.vessels:
            a, b, c = (np.float32(value) for value in vessel.along)
            away = np.sqrt((x - a - b * z - c * z * z) ** 2 + (below - np.float32(vessel.depth)) ** 2)
            lay(_edge(np.float32(vessel.radius) - away), "vessel", ENHANCEMENT["vessel"])
        lay(_edge(behind), "muscle", ENHANCEMENT["muscle"], 1 + np.float32(0.06) * texture)
        lay(_edge(behind - np.float32(2 * MUSCLE_MM)), "lung", ENHANCEMENT["lung"])
        step = np.float32(RIB_STEP_MM)
        along = (z + np.float32(0.35) * x + np.float32(self.rib_phase)) % step - step / 2
        rib = np.sqrt(along**2 + (0.8 * (behind - np.float32(RIB_DEPTH_MM))) ** 2)
        lay(_edge(np.float32(RIB_RADIUS_MM) - rib), "rib", ENHANCEMENT["rib"])
        return signal, fast, slow

    def _front(self) -> float:
        """y of the skin at the nipple."""
        return float(self.wall(np.float32(self.centre[0]))) - SKIRT_MM - self.hanging

    def _gland(self, dx: np.ndarray, dy: np.ndarray, dz: np.ndarray, structure: np.ndarray) -> np.ndarray:
        """Share of glandular tissue: a cone that opens from the nipple, frayed by a random field."""
        reach = np.float32(0.62 * self.hanging)
        width = np.float32(0.64) * np.float32(np.mean(self.half_width))
        cone = width * np.sqrt(np.clip(dy / reach, 0.02, 1.0))
        radial = (dx**2 + dz**2) / cone**2
        deep = ((dy - np.float32(0.5) * reach) / (np.float32(0.72) * reach)) ** 2
        score = np.float32(0.9 + self.density) - np.maximum(radial, deep) + np.float32(0.75) * structure
        return np.clip(score / np.float32(0.7) + np.float32(0.5), 0, 1)

    def _fields(self, points: Points) -> tuple[np.ndarray, np.ndarray]:
        shape = self.structure.shape
        places = [
            np.asarray(p / GRID_MM, np.float32) + np.float32((n - 1) / 2)
            for p, n in zip(points, shape, strict=True)
        ]
        return tuple(
            ndimage.map_coordinates(field, places, order=1, mode="nearest")
            for field in (self.structure, self.texture)
        )


def _edge(inside_mm: np.ndarray) -> np.ndarray:
    """Share of a structure in a voxel whose centre lies `inside_mm` within it."""
    return np.clip(inside_mm / np.float32(2 * EDGE_MM) + np.float32(0.5), 0, 1)


def draw_breast(extent_mm: tuple[float, float, float], random: np.random.Generator) -> Breast:
    """A breast for a crop of the given half-extent (z, y, x) in mm; the random fields reach somewhat further."""
    shape = tuple(int(np.ceil(2 * (e + 6) / GRID_MM)) + 1 for e in extent_mm)
    spacing = (GRID_MM,) * 3
    vessels = []
    for _ in range(random.integers(2, 5)):
        along = (random.uniform(-28, 28), random.normal(0, 0.35), random.normal(0, 0.006))
        vessels.append(Vessel(along, random.uniform(6, 15), random.uniform(0.9, 1.7)))
    return Breast(
        hanging=random.uniform(*HANGING),
        half_width=(random.uniform(*HALF_WIDTH), random.uniform(*HALF_WIDTH)),
        centre=(random.uniform(-4, 4), random.uniform(-4, 4)),
        density=random.normal(0, 0.25),
        gland_enhancement=random.uniform(*GLAND_ENHANCEMENT),
        rib_phase=random.uniform(0, RIB_STEP_MM),
        vessels=tuple(vessels),
        structure=gaussian_random_field(shape, spacing, STRUCTURE_MM, random),
        texture=gaussian_random_field(shape, spacing, TEXTURE_MM, random),
    )


PLACES = 60  # tried for a tumour
TUMOUR_RANGE = ((-13.0, 15.0), (-18.0, 18.0), (-12.0, 20.0))  # z, y, x: rather above the nipple and lateral


def place_tumour(breast: Breast, radius_mm: float, random: np.random.Generator) -> tuple[float, float, float]:
    """A centre (z, y, x) for a tumour: the first of the tried places that keeps MARGIN_MM to skin and muscle, else
    the one with most room.
    """
    z, y, x = (random.uniform(low, high, PLACES) for low, high in TUMOUR_RANGE)
    below, behind = breast.depths((z, y, x))
    room = np.minimum(below - SKIN_MM, -behind) - radius_mm - MARGIN_MM
    best = int(np.argmax(room > 0)) if (room > 0).any() else int(np.argmax(room))
    return float(z[best]), float(y[best]), float(x[best])
