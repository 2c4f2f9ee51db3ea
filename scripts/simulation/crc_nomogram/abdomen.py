"""The surroundings of a colonic tumour in a portal venous CT crop: fat, bowel, vessels, muscle, a vertebra.

Positions are in mm from the crop's centre, x to the patient's left, y to the back, z to the head. Structures
are drawn over each other, later over earlier, with edges blurred over about a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FAT_HU, AIR_HU, MUSCLE_HU, WALL_HU, VESSEL_HU = -105.0, -940.0, 62.0, 95.0, 165.0
CANCELLOUS_HU, CORTICAL_HU = 180.0, 480.0
EDGE_MM = 0.5  # half-width of the scanner's blur
MOTTLE_HU, MOTTLE_WAVES = 6.0, 6  # slow variation of fat and organs
VESSELS = (5, 11)  # fewest and most
VESSEL_RADIUS_MM = (0.5, 2.2)


@dataclass(frozen=True)
class Tube:
    """A tube along the body axis.

    The centre at height z is (x + slope_x z + bend_x z^2, y + slope_y z + bend_y z^2); the radius swells and
    narrows by the share `ripple` every 18 mm, as haustra do; `flat` is how much wider than deep it is.
    """

    x: float
    y: float
    radius: float
    slope: tuple[float, float] = (0.0, 0.0)
    bend: tuple[float, float] = (0.0, 0.0)
    ripple: float = 0.0
    flat: float = 1.0


class Crop:
    """A crop under construction: HU (z, y, x) float32 on axes in mm."""

    def __init__(self, axes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        self.z, self.y, self.x = (axis.astype(np.float32) for axis in axes)
        self.values = np.full((len(self.z), len(self.y), len(self.x)), FAT_HU, np.float32)

    def mottle(self, generator: np.random.Generator) -> None:
        """Add a slow variation: a few plane waves of random direction, 12 to 40 mm long."""
        scale = MOTTLE_HU * np.sqrt(2 / MOTTLE_WAVES)
        total = np.zeros(self.values.shape, np.complex64)
        for _ in range(MOTTLE_WAVES):
            direction = generator.standard_normal(3)
            wave = direction / np.linalg.norm(direction) * 2 * np.pi / generator.uniform(12, 40)
            phase = np.exp(1j * generator.uniform(0, 2 * np.pi))
            along = [np.exp(1j * k * axis) for k, axis in zip(wave, (self.z, self.y, self.x), strict=True)]
            plane = (phase * along[1][:, None] * along[2]).astype(np.complex64)
            total += along[0].astype(np.complex64)[:, None, None] * plane
        self.values += np.float32(scale) * total.real

    def tube(self, tube: Tube, layers: list[tuple[float, float | np.ndarray]]) -> None:
        """Draw a tube; `layers` are (mm inside of the outer wall, HU), from the outside in.

        An HU may depend on the place: an array that broadcasts to (z, y, x).
        """
        centre_x = tube.x + tube.slope[0] * self.z + tube.bend[0] * self.z**2
        centre_y = tube.y + tube.slope[1] * self.z + tube.bend[1] * self.z**2
        radius = tube.radius * (1 + tube.ripple * np.sin(2 * np.pi * self.z / 18 + tube.x))
        reach = radius.max() * tube.flat + 2 * EDGE_MM
        part_y = slice(*np.searchsorted(self.y, (centre_y.min() - reach, centre_y.max() + reach)))
        part_x = slice(*np.searchsorted(self.x, (centre_x.min() - reach, centre_x.max() + reach)))
        if part_y.start == part_y.stop or part_x.start == part_x.stop:
            return
        dy = self.y[part_y][:, None] - centre_y[:, None, None]
        dx = (self.x[part_x] - centre_x[:, None, None]) / np.float32(tube.flat)
        inside = radius[:, None, None] - np.sqrt(dy**2 + dx**2)
        target = self.values[:, part_y, part_x]
        for depth, hu in layers:
            value = hu[:, part_y, :] if isinstance(hu, np.ndarray) else np.float32(hu)
            blend(
                target,
                np.clip((inside - np.float32(depth)) / np.float32(2 * EDGE_MM) + np.float32(0.5), 0, 1),
                value,
            )

    def above(self, level_y: float, upper: float, lower: float) -> np.ndarray:
        """(1, y, 1) HU of a lumen with an air-fluid level at `level_y`; the patient lies on the back."""
        share = np.clip((self.y - level_y) / (2 * EDGE_MM) + 0.5, 0, 1).astype(np.float32)
        return (upper + (lower - upper) * share)[None, :, None]

    def abdominal_wall(self, inner_y: float, thickness: float, curvature: float) -> None:
        """Muscle in front of `inner_y`, bent towards the back away from the midline, and fat before it."""
        depth = inner_y + curvature * self.x**2 - self.y[:, None]
        last = int(np.searchsorted(self.y, inner_y + curvature * np.max(self.x**2) + 2 * EDGE_MM))
        for start, hu in ((0.0, MUSCLE_HU), (thickness, FAT_HU)):
            cover = np.clip((depth[:last] - start) / (2 * EDGE_MM) + 0.5, 0, 1).astype(np.float32)
            blend(self.values[:, :last], cover, np.float32(hu))


def blend(values: np.ndarray, cover: np.ndarray, hu: float | np.ndarray) -> None:
    """Replace the share `cover` (0 to 1) of `values` by `hu`, in place."""
    values += cover * (hu - values)


def draw_abdomen(
    axes: tuple[np.ndarray, np.ndarray, np.ndarray], tumour_radius_mm: float, generator: np.random.Generator
) -> np.ndarray:
    """HU (z, y, x) float32 around a tumour at the origin, the colon's lumen beside it.

    Parameters
    ----------
    axes : (z, y, x) coordinates in mm, each 1-D.
    tumour_radius_mm : the lumen is displaced by about this much.
    """
    crop = Crop(axes)
    crop.mottle(generator)
    side = 1.0 if generator.random() < 0.5 else -1.0  # where the patient's midline lies

    for _ in range(generator.integers(VESSELS[0], VESSELS[1] + 1)):
        x, y = generator.uniform(-26, 26, 2)
        slope = tuple(generator.normal(0, 0.45, 2))
        radius = np.exp(generator.uniform(*np.log(VESSEL_RADIUS_MM)))
        tube = Tube(x, y, radius, slope, tuple(generator.normal(0, 0.006, 2)))
        crop.tube(tube, [(0.0, VESSEL_HU + generator.normal(0, 12))])

    if generator.random() < 0.7:  # a loop of small bowel, towards the midline
        loop = Tube(
            side * generator.uniform(20, 27),
            generator.uniform(-22, 2),
            generator.uniform(7.5, 11),
            tuple(generator.normal(0, 0.25, 2)),
            tuple(generator.normal(0, 0.008, 2)),
            flat=generator.uniform(1.0, 1.4),
        )
        crop.tube(loop, [(0.0, WALL_HU + generator.normal(0, 8)), (1.8, generator.uniform(5, 35))])

    if generator.random() < 0.65:
        crop.abdominal_wall(generator.uniform(-25, -21), generator.uniform(5, 8), generator.uniform(0, 0.006))
    crop.tube(  # psoas
        Tube(
            side * generator.uniform(8, 16), generator.uniform(27, 33), generator.uniform(10, 14), flat=1.25
        ),
        [(0.0, MUSCLE_HU + generator.normal(0, 4))],
    )
    if generator.random() < 0.6:
        vertebra = Tube(
            side * generator.uniform(38, 44), generator.uniform(28, 36), generator.uniform(18, 21)
        )
        crop.tube(vertebra, [(0.0, CORTICAL_HU), (1.6, CANCELLOUS_HU + generator.normal(0, 25))])

    angle = generator.uniform(-1.2, 1.2) + (0.0 if side < 0 else np.pi)  # away from the midline
    distance = 0.85 * tumour_radius_mm + generator.uniform(1, 4)
    colon = Tube(
        distance * np.cos(angle),
        distance * np.sin(angle),
        generator.uniform(10, 14),
        tuple(generator.normal(0, 0.12, 2)),
        tuple(generator.normal(0, 0.006, 2)),
        ripple=0.14,
        flat=generator.uniform(1.0, 1.2),
    )
    level = colon.y + generator.uniform(-0.4, 0.9) * colon.radius
    lumen = crop.above(level, AIR_HU, generator.uniform(15, 60))
    crop.tube(colon, [(0.0, WALL_HU + generator.normal(0, 6)), (2.6, lumen)])
    return crop.values
