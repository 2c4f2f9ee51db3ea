"""Fractal images for pretraining without pictures (Kataoka et al. 2020, 'Pre-training without natural images', ACCV).

A category is a random iterated function system (IFS): 2 to 8 affine maps x -> A x + b of the plane, whose numbers are
drawn from -1..1, each applied with probability proportional to |det A|. An IFS whose picture fills less than 20 % of
the pixels, or whose points run away, is drawn again. An instance of a category: one of the six numbers of the maps
(a, b, c, d, e, f) multiplied in all of them by 0.2, 0.6, 1.4 or 1.8, or none (25 ways), one of 10 patterns of 3 x 3
pixels drawn at each point, one of four flips: 1,000 different instances. Pictures are black and white, as those of
FractalDB in grey. Everything is a function of the seed, the category and the instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.errors import InputError
from scripts.seeds import generator

STEPS = (-2, -1, 1, 2)
WAYS = 1 + 6 * len(STEPS)
PATTERNS, FLIPS = 10, 4
MOST_INSTANCES = WAYS * PATTERNS * FLIPS
WALKERS = 500
BURN_IN = 20
RUNAWAY = 1e4
MARGIN = 1 / 20
MOST_TRIES = 10_000


@dataclass(frozen=True)
class FractalSettings:
    """How many fractals, and of what size.

    Parameters
    ----------
    n_categories, n_instances : published 1,000 each (FractalDB-1k).
    pixels : on each axis. points : drawn for each image; published 200,000, for categories 100,000.
    least_filled : share of the pixels that a category's own picture must hit.
    interval : w of the factors 1 - 2w, 1 - w, 1 + w, 1 + 2w that make the instances; published 0.4.
    """

    n_categories: int = 1000
    n_instances: int = 1000
    pixels: int = 256
    points: int = 200_000
    least_filled: float = 0.2
    interval: float = 0.4

    def __post_init__(self) -> None:
        for name, low, high in (
            ("n_categories", 2, 10**6),
            ("n_instances", 2, MOST_INSTANCES),
            ("pixels", 16, 4096),
            ("points", WALKERS, 10**8),
        ):
            value = getattr(self, name)
            if not (isinstance(value, int) and low <= value <= high):
                raise InputError(f"fractals.{name}", f"a whole number from {low} to {high}", repr(value))
        if not 0 <= self.least_filled < 0.5:
            raise InputError("fractals.least_filled", "a share from 0 to 0.5", repr(self.least_filled))
        if not 0 < self.interval < 0.5:
            raise InputError("fractals.interval", "a number between 0 and 0.5", repr(self.interval))

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> FractalSettings:
        """From a card's branch, with defaults for what is not there."""
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(
                "fractals", f"the settings {', '.join(cls.__annotations__)}", str(error)
            ) from None


def draw_system(rng: np.random.Generator) -> np.ndarray:
    """A random IFS: (n_maps, 6), each row a, b, c, d, e, f of the map (x, y) -> (a x + b y + e, c x + d y + f)."""
    return rng.uniform(-1.0, 1.0, size=(rng.integers(2, 9), 6))


def probabilities(system: np.ndarray) -> np.ndarray:
    """(n_maps,) of each map, proportional to |a d - b c|, which is how much of the picture it fills."""
    area = np.abs(system[:, 0] * system[:, 3] - system[:, 1] * system[:, 2])
    return area / area.sum()


def orbit(system: np.ndarray, points: int, rng: np.random.Generator) -> np.ndarray | None:
    """`points` points of the attractor, (points, 2) as x, y, or None where they run away.

    The chaos game (Barnsley 1988), played by 500 walkers at once from the origin; the first 20 moves of each are
    not drawn.
    """
    steps = -(-points // WALKERS)
    moves = np.searchsorted(np.cumsum(probabilities(system))[:-1], rng.random((BURN_IN + steps, WALKERS)))
    x, y = np.zeros(WALKERS), np.zeros(WALKERS)
    seen = np.empty((steps, 2, WALKERS))
    columns = system.T
    for step, chosen in enumerate(moves):
        a, b, c, d, e, f = columns[:, chosen]
        x, y = a * x + b * y + e, c * x + d * y + f
        if step >= BURN_IN:
            seen[step - BURN_IN] = x, y
        elif step == BURN_IN - 1 and not max(np.abs(x).max(), np.abs(y).max()) < RUNAWAY:
            return None
    if not np.abs(seen).max() < RUNAWAY:
        return None
    return seen.transpose(0, 2, 1).reshape(-1, 2)[:points]


def hits(points: np.ndarray, pixels: int) -> np.ndarray:
    """(pixels, pixels) bool, order (y, x): where points fall, their bounding box spread over the image.

    A margin of a twentieth is left on each side. Each axis is stretched by itself: a flat figure fills the image too.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    extent = np.where(high > low, high - low, 1.0)
    margin = round(pixels * MARGIN)
    inner = pixels - 2 * margin
    places = margin + np.minimum(((points - low) / extent * inner).astype(np.int64), inner - 1)
    image = np.zeros((pixels, pixels), dtype=bool)
    image[places[:, 1], places[:, 0]] = True
    return image


def draw_category(seed: int, category: int, settings: FractalSettings) -> np.ndarray:
    """The category's IFS, the first of its stream that stays bounded and fills enough of the image.

    Raises
    ------
    InputError : none in 10,000 tries (more asked of it than so few points can fill).
    """
    rng = generator(seed, "fractal category", category)
    for _ in range(MOST_TRIES):
        system = draw_system(rng)
        found = orbit(system, settings.points, rng)
        if found is not None and hits(found, settings.pixels).mean() >= settings.least_filled:
            return system
    raise InputError(
        "fractals.least_filled", f"a share that {settings.points} points can fill", f"{settings.least_filled}"
    )


def draw_instance(
    system: np.ndarray, seed: int, category: int, instance: int, settings: FractalSettings
) -> np.ndarray:
    """One image of a category: (pixels, pixels) uint8, order (y, x), 0 or 255.

    A changed map may let the points run away; then the unchanged system is drawn, with the instance's pattern and flip.
    """
    rest, way = divmod(instance, WAYS)
    rest, pattern = divmod(rest, PATTERNS)
    changed = system.copy()
    if way:
        number, step = divmod(way - 1, len(STEPS))
        changed[:, number] *= 1 + STEPS[step] * settings.interval
    rng = generator(seed, "fractal instance", category, instance)
    found = orbit(changed, settings.points, rng)
    if found is None:
        found = orbit(system, settings.points, rng)
    if found is None:
        raise InputError(f"fractal category {category}", "a bounded system", "points that run away")
    image = _stamped(hits(found, settings.pixels), _pattern(seed, pattern))
    if rest & 1:
        image = image[::-1]
    if rest & 2:
        image = image[:, ::-1]
    return np.ascontiguousarray(image).astype(np.uint8) * 255


def _pattern(seed: int, number: int) -> np.ndarray:
    """(3, 3) bool with the centre set."""
    pattern = generator(seed, "fractal pattern", number).random((3, 3)) < 0.5
    pattern[1, 1] = True
    return pattern


def _stamped(points: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """`points` with the pattern drawn around each; what falls over the edge is lost."""
    n_y, n_x = points.shape
    padded = np.zeros((n_y + 2, n_x + 2), dtype=bool)
    for y, x in np.argwhere(pattern):
        padded[y : y + n_y, x : x + n_x] |= points
    return padded[1:-1, 1:-1]
