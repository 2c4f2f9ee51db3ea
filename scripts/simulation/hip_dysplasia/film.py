"""A grey picture of a simulated pelvis: bone brighter than soft tissue, edges blurred, quantum noise. Nobody
measures it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from scripts.simulation.hip_dysplasia.identifiers import HEIGHT, WIDTH
from scripts.simulation.hip_dysplasia.pelvis import SIDES, Side, on_film

BLUR, NOISE = 1.2, 5.0


def render(sides: Mapping[str, Side], place: Mapping[str, float], random: np.random.Generator) -> NDArray:
    """(480, 640) uint8."""
    film = Image.new("L", (WIDTH, HEIGHT), 12)
    canvas = ImageDraw.Draw(film)
    canvas.ellipse([-60, -160, WIDTH + 60, HEIGHT + 260], fill=58)
    middle = np.array([[-3.6, 2.6], [-3.6, -0.6]])
    for side in SIDES:
        drawn = sides[side]
        cup = drawn.cup
        # the wing above and the bone towards the middle of the body, with the acetabulum cut out of it
        bone = np.concatenate(
            [cup, [[cup[-1, 0] - 0.3, cup[-1, 1] - 0.2]], middle[::-1], [[-1.2, 4.6], [1.6, 4.9], [1.9, 3.4]]]
        )
        _fill(canvas, bone, side, place, 128)
    for side in SIDES:
        _fill(canvas, sides[side].femur, side, place, 150)
        _fill(canvas, sides[side].head, side, place, 142)
        _stroke(canvas, sides[side].cup, side, place, 178)
        _stroke(canvas, sides[side].head, side, place, 176)
        roof = np.array([sides[side].points["b"], sides[side].points["w"]])
        _stroke(canvas, roof, side, place, 205)
    grey = np.asarray(film.filter(ImageFilter.GaussianBlur(BLUR)), float)
    slope = np.linspace(-8, 8, WIDTH)[None] + np.linspace(6, -6, HEIGHT)[:, None]
    return np.clip(np.rint(grey + slope + random.normal(0, NOISE, grey.shape)), 0, 255).astype(np.uint8)


def _pixels(points: NDArray, side: str, place: Mapping[str, float]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in on_film(points, side, place)]


def _fill(
    canvas: ImageDraw.ImageDraw, points: NDArray, side: str, place: Mapping[str, float], grey: int
) -> None:
    canvas.polygon(_pixels(points, side, place), fill=grey)


def _stroke(
    canvas: ImageDraw.ImageDraw, points: NDArray, side: str, place: Mapping[str, float], grey: int
) -> None:
    canvas.line(_pixels(points, side, place), fill=grey, width=2)
