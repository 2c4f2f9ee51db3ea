"""The sensors of the simulated helmet: where they are, and which of them tell the subtypes apart."""

from __future__ import annotations

import numpy as np

from scripts.simulation.tle_subtypes.identifiers import SENSORS

RADIUS_M = 0.12
# Region -> (angle from the front in degrees towards the side, angle from the top in degrees) of each of its sensors
PLACES = {
    "F": ((18.0, 75.0), (35.0, 45.0)),
    "T": ((55.0, 90.0), (75.0, 75.0), (95.0, 95.0), (112.0, 78.0)),
    "C": ((85.0, 25.0),),
    "P": ((130.0, 35.0), (145.0, 60.0)),
    "O": ((162.0, 88.0),),
}
# Slowing that comes with impaired consciousness: frontal and parietal, on both sides
SLOW_REGIONS = ("F", "P")


def positions() -> np.ndarray:
    """(sensors, 3) in metres, x to the right, y to the front, z up, in the order of `SENSORS`."""
    found = []
    for name in SENSORS:
        around, down = np.deg2rad(PLACES[name[2]][int(name[4]) - 1])
        side = -1.0 if name[1] == "L" else 1.0
        found.append((side * np.sin(down) * np.sin(around), np.sin(down) * np.cos(around), np.cos(down)))
    return RADIUS_M * np.array(found)


def of_regions(regions: str | tuple[str, ...], sides: str = "LR") -> np.ndarray:
    """(sensors,) whether a sensor lies in one of the regions, on one of the sides."""
    return np.array([name[2] in regions and name[1] in sides for name in SENSORS])
