"""One film's landmarks into rows: the angles of both hips by one reader, with the points they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.errors import CaseError
from scripts.landmarks.landmark_table import drawn_structures
from scripts.papers.hip_dysplasia.angles import as_printed, signed_angles
from scripts.papers.hip_dysplasia.hip_points import LEAST_SQUARES, Hip, hips_of
from scripts.papers.hip_dysplasia.names import ANGLES, FEMUR, POINTS, SIDES
from scripts.papers.hip_dysplasia.neck_shaft import femoral_axes

CIRCLE_POINTS = ("d", "e", "f")
COLUMNS = (
    "patient",
    "reader",
    "side",
    *ANGLES,
    "ccd",
    "ccd_cause",
    *(f"{angle}_as_printed" for angle in ANGLES),
    *(f"{angle}_least_squares" for angle in ANGLES),
    *(f"{name}_{axis}" for name in (*POINTS, *CIRCLE_POINTS) for axis in "xy"),
    *(f"{circle}_{what}" for circle in ("three_point", "least_squares") for what in ("x", "y", "radius")),
    "residual",
    *(f"{vector}_{axis}" for vector in ("outside", "up") for axis in "xy"),
    "tool",
    "spacing_mm",
)


def measure_film(landmarks: pd.DataFrame, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two rows with COLUMNS, right and left, of one reader's landmarks of one film.

    Parameters
    ----------
    landmarks : rows of `scripts.landmarks.landmark_table` of one patient and reader.
    settings : `measurement` of the card: frame, centre, neck_radii, shaft_levels.

    Angles in degrees, with their signs; `_as_printed` the magnitudes that equations 1-3 give; `_least_squares` with the
    centres of the least-squares circles in place of the others. Points, centres and radii in pixels;
    `residual`, the root mean square distance of the head's contour from its circle, in pixels. CCD is NaN with
    a cause where the femur was not drawn or its neck or shaft could not be cut.

    Raises
    ------
    CaseError : points that cannot be found (`hip_points`).
    """
    contours = drawn_structures(landmarks)
    frame, hips = hips_of(contours, settings["frame"], settings["centre"])
    angles = signed_angles({side: hips[side].points for side in SIDES})
    others = signed_angles({side: _with_centre(hips[side]) for side in SIDES})
    first, rows = landmarks.iloc[0], []
    for side in SIDES:
        hip = hips[side]
        ccd, cause = _ccd(contours.get((side, FEMUR)), hip, frame, side, settings)
        row = {"patient": first["patient"], "reader": first["reader"], "side": side, **angles[side]}
        row |= {"ccd": ccd, "ccd_cause": cause, "residual": hip.least_squares.residual}
        row |= {f"{angle}_as_printed": as_printed(angles[side][angle]) for angle in ANGLES}
        row |= {f"{angle}_least_squares": others[side][angle] for angle in ANGLES}
        vectors = {name: hip.points[name] for name in (*POINTS, *CIRCLE_POINTS)}
        vectors |= {"outside": frame.outside[side], "up": frame.up}
        for kind in ("three_point", "least_squares"):
            circle = getattr(hip, kind)
            vectors[kind] = circle.centre
            row[f"{kind}_radius"] = circle.radius
        row |= {
            f"{name}_{axis}": float(v) for name, p in vectors.items() for axis, v in zip("xy", p, strict=True)
        }
        rows.append(row | {"tool": first["tool"], "spacing_mm": float(first["spacing_mm"])})
    return rows


def _with_centre(hip: Hip) -> dict[str, np.ndarray]:
    return hip.points | {"a": hip.least_squares.centre}


def _ccd(femur, hip: Hip, frame, side: str, settings: Mapping[str, Any]) -> tuple[float, str]:
    """CCD and '', or NaN and why there is none."""
    if femur is None:
        return float("nan"), "the femur was not drawn"
    try:
        circle = hip.least_squares if settings["centre"] == LEAST_SQUARES else hip.three_point
        axes = femoral_axes(
            femur,
            circle.centre,
            circle.radius,
            frame.outside[side],
            frame.up,
            settings["neck_radii"],
            settings["shaft_levels"],
        )
    except CaseError as error:
        return float("nan"), str(error)
    return axes.ccd, ""


def points_of(row: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """a, b, g, w (and d, e, f) of a row with COLUMNS, each (2,)."""
    return {name: np.array([row[f"{name}_x"], row[f"{name}_y"]]) for name in (*POINTS, *CIRCLE_POINTS)}


def film_points(hips: pd.DataFrame) -> dict[str, dict[str, np.ndarray]]:
    """Side -> points of the two rows of one reader of one film."""
    return {row["side"]: points_of(row) for row in hips.to_dict("records")}
