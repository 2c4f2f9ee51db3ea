"""A film with what was drawn on it and what was found in it: contours, circle, points, the lines of the angles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scripts.landmarks.landmark_table import Drawn
from scripts.papers.hip_dysplasia.measurements import points_of
from scripts.papers.hip_dysplasia.names import ACETABULUM, ANGLE_LABELS, ANGLES, FEMUR, HEAD, SIDES
from scripts.report.wording import number_text

# Okabe and Ito's colours: contours, circle, then CE, Sharp and Tönnis
CONTOUR = {HEAD: (86, 180, 233), ACETABULUM: (240, 228, 66), FEMUR: (170, 170, 170)}
CIRCLE, LINE = (86, 180, 233), {"ce": (230, 159, 0), "sharp": (0, 158, 115), "tonnis": (213, 94, 0)}
WIDTH = 1000  # of the drawing, in pixels: films are scaled to it
MARGIN = 1.2  # radii of a head around all that was drawn
CUT = (0.5, 99.5)  # percentiles of the film that are black and white


def shown(film: NDArray) -> Image.Image:
    """The film as an 8-bit colour picture between its 0.5th and 99.5th percentile."""
    low, high = np.percentile(film, CUT)
    grey = np.clip((film.astype(float) - low) / max(high - low, 1e-9), 0, 1)
    return Image.fromarray(np.rint(255 * grey).astype(np.uint8)).convert("RGB")


def drawn_part(
    film: NDArray, contours: Mapping[tuple[str, str], Drawn], radius: float
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (exclusive) of the film around everything drawn, `MARGIN` radii beyond it."""
    points = np.concatenate([drawn.points for drawn in contours.values()])
    low = np.floor(points.min(axis=0) - MARGIN * radius).astype(int)
    high = np.ceil(points.max(axis=0) + MARGIN * radius).astype(int)
    rows, columns = film.shape
    left, top = np.clip(low, 0, [columns - 1, rows - 1])
    return (
        int(left),
        int(top),
        int(min(max(high[0], left + 1), columns)),
        int(min(max(high[1], top + 1), rows)),
    )


def draw_overlay(film: NDArray, contours: Mapping[tuple[str, str], Drawn], hips: pd.DataFrame) -> Image.Image:
    """The part of the film on which something was drawn, with the overlay.

    Parameters
    ----------
    film : (y, x) grey values. contours : (side, structure) -> what one reader drew. hips : that reader's two rows
        (`measurements.COLUMNS`).
    """
    left, top, right, bottom = drawn_part(film, contours, float(hips["least_squares_radius"].mean()))
    picture, corner = shown(film[top:bottom, left:right]), np.array([left, top])
    scale = WIDTH / picture.width
    picture = picture.resize((WIDTH, round(picture.height * scale)), Image.Resampling.BILINEAR)
    canvas, thin = ImageDraw.Draw(picture), 2

    def place(point: NDArray) -> tuple[float, float]:
        x, y = (point - corner) * scale
        return float(x), float(y)

    for (_, structure), drawn in contours.items():
        if structure in CONTOUR and len(drawn.points) > 1:
            points = [place(p) for p in drawn.points]
            canvas.line(points + points[:1] * drawn.closed, fill=CONTOUR[structure], width=thin)
    rows = {row["side"]: row for row in hips.to_dict("records")}
    points = {side: points_of(row) for side, row in rows.items()}
    canvas.line([place(points[side]["a"]) for side in SIDES], fill=LINE["ce"], width=1)
    canvas.line([place(points[side]["g"]) for side in SIDES], fill=LINE["sharp"], width=1)
    for side, row in rows.items():
        p, up, out = (
            points[side],
            np.array([row["up_x"], row["up_y"]]),
            np.array([row["outside_x"], row["outside_y"]]),
        )
        radius = row["three_point_radius"]
        middle = np.array([row["three_point_x"], row["three_point_y"]])
        canvas.ellipse([*place(middle - radius), *place(middle + radius)], outline=CIRCLE, width=1)
        canvas.line([place(p["a"]), place(p["a"] + 1.6 * radius * up)], fill=LINE["ce"], width=thin)
        canvas.line([place(p["a"]), place(p["a"] + 1.25 * (p["b"] - p["a"]))], fill=LINE["ce"], width=thin)
        canvas.line([place(p["g"]), place(p["b"])], fill=LINE["sharp"], width=thin)
        canvas.line([place(p["w"]), place(p["b"])], fill=LINE["tonnis"], width=thin)
        canvas.line([place(p["w"]), place(p["w"] + 1.2 * radius * out)], fill=LINE["tonnis"], width=1)
        for name in ("a", "b", "g", "w", "d", "e", "f"):
            x, y = place(p[name])
            canvas.ellipse([x - 3, y - 3, x + 3, y + 3], fill=(255, 255, 255), outline=(0, 0, 0))
        _words(canvas, row, side, picture.width)
    return picture


def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as matplotlib brings it: Pillow's own font has no ö, no minus sign."""
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def _words(canvas: ImageDraw.ImageDraw, row: Mapping[str, float], side: str, width: int) -> None:
    """The angles of a side, on its side of the film."""
    on_the_left = row["outside_x"] < 0
    x = 12 if on_the_left else width - 165
    canvas.text((x, 10), side, fill=(255, 255, 255), font=font(20))
    for line, angle in enumerate(ANGLES, start=1):
        text = f"{ANGLE_LABELS[angle]} {number_text(row[angle], 1)}°"
        canvas.text((x, 10 + 26 * line), text, fill=LINE[angle], font=font(18))
