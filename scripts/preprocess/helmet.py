"""Where the sensors of a MEG helmet are, and a map of them seen from above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def sensor_positions(info: Mapping[str, Any]) -> NDArray[np.float64]:
    """(sensors, 3) metres in device coordinates; NaN where a file has none (all of a sensor's place 0)."""
    places = np.array([channel["loc"][:3] for channel in info["chs"]], dtype=float).reshape(-1, 3)
    unknown = ~np.isfinite(places).all(axis=1) | (places == 0).all(axis=1)
    return np.where(unknown[:, None], np.nan, places)


def helmet_map(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sensors, 2) places on a map seen from above, nose up: the angle from the top of the helmet becomes the radius.

    Parameters
    ----------
    positions : (sensors, 3), as `sensor_positions`. Sensors without a place lie on a circle in their order.

    An azimuthal equidistant projection about the mean of the sensors, so that low sensors do not fall on one another;
    radius 1 is a right angle.
    """
    known = np.isfinite(positions).all(axis=1)
    n = len(positions)
    turn = 2 * np.pi * np.arange(n) / max(n, 1)
    flat = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    if known.sum() >= 3:
        centred = positions[known] - np.array([*positions[known, :2].mean(axis=0), positions[known, 2].min()])
        length = np.linalg.norm(centred, axis=1)
        across = np.linalg.norm(centred[:, :2], axis=1)
        angle = np.arccos(np.clip(centred[:, 2] / np.where(length > 0, length, 1.0), -1, 1)) / (np.pi / 2)
        along = centred[:, :2] / np.where(across > 0, across, 1.0)[:, None]
        flat[known] = along * angle[:, None]
    return flat


def sensors_as_rows(names: Sequence[str], positions: NDArray[np.float64]) -> list[dict[str, float | str]]:
    """A row a sensor: sensor, x, y (map of `helmet_map`)."""
    return [
        {"sensor": name, "x": float(x), "y": float(y)}
        for name, (x, y) in zip(names, helmet_map(positions), strict=True)
    ]


def sensor_map(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """sensor, x, y in the order of the sensors: names of the first patient, median places over all.

    Parameters
    ----------
    tables : of prepare_images, one a batch: patient, sensor, x, y.
    """
    whole = pd.concat(tables, ignore_index=True)
    whole["place"] = whole.groupby("patient").cumcount()
    return whole.groupby("place").agg(sensor=("sensor", "first"), x=("x", "median"), y=("y", "median"))
