"""An analytic deformation of the breast between two visits: smooth, invertible, its Jacobian known in every point.

phi takes a point of the baseline to where its tissue is at follow-up. Its Jacobian determinant is volume after / volume
before, in the baseline's space: 1 = kept, below 1 = shrunk. phi is a chain of maps, each with a determinant in closed
form and an inverse; determinants multiply along the chain. Points are tuples of float64 arrays (z, y, x) of one shape,
in mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.optimize import brentq

Points = tuple[np.ndarray, np.ndarray, np.ndarray]

TABLE_STEPS = 2000  # of the table that begins the inverse of a radial map
NEWTON_STEPS = 2
NEGLIGIBLE = 1e-9  # a radial map ends where its profile has fallen below this


class Map(Protocol):
    """One link of the chain."""

    def forward(self, points: Points) -> Points:
        """Points (z, y, x) in mm before this link -> after it."""

    def backward(self, points: Points) -> Points:
        """Points (z, y, x) in mm after this link -> before it."""

    def jacobian(self, points: Points) -> np.ndarray | float:
        """Determinant of the derivative of `forward` at points before this link."""


@dataclass(frozen=True, eq=False)
class Radial:
    """Draws tissue towards a centre: r -> h(r) = r (1 - a exp(-(r / s)^n)) along each ray, r = |metric (x - centre)|.

    Directions stay, so the determinant is (h / r)^2 h'(r) with h'(r) = 1 - a exp(-p) (1 - n p), p = (r / s)^n,
    whatever the metric: (1 - a)^3 at the centre, above 1 in a shell around r = s where tissue follows, 1 far away.
    Positive everywhere for 0 <= a < 1, and for growth (a < 0) as long as |a| n exp(-1 - 1/n) < 1.

    Parameters
    ----------
    centre : (z, y, x) in mm. amount : a. reach_mm : s. power : n.
    metric : (3, 3) on (z, y, x), of determinant 1, that turns an ellipsoid into a sphere; None for a sphere.
    """

    centre: tuple[float, float, float]
    amount: float
    reach_mm: float
    power: int
    metric: np.ndarray | None = None

    def __post_init__(self) -> None:
        steepest = self.power * np.exp(-1 - 1 / self.power)
        if not (self.amount < 1 and -self.amount * steepest < 1):
            raise ValueError(f"amount {self.amount} of power {self.power} folds the tissue")

    @property
    def end_mm(self) -> float:
        """Radius beyond which nothing moves by more than a billionth."""
        return self.reach_mm * (-np.log(NEGLIGIBLE)) ** (1 / self.power)

    def _profile(self, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h(r) / r and h'(r)."""
        p = (radius / self.reach_mm) ** self.power
        fall = self.amount * np.exp(-p)
        return 1 - fall, 1 - fall * (1 - self.power * p)

    def _within(self, points: Points, end: float) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
        """Where points lie within `end`, and there the offsets from the centre and the radius."""
        offsets = tuple(p - c for p, c in zip(points, self.centre, strict=True))
        round_ = offsets if self.metric is None else _product(self.metric, offsets)
        squared = round_[0] ** 2 + round_[1] ** 2 + round_[2] ** 2
        near = squared < end**2
        return near, [o[near] for o in offsets], np.sqrt(squared[near])

    def _moved(self, points: Points, near: np.ndarray, offsets: list[np.ndarray], factor: np.ndarray):
        moved = []
        for p, c, o in zip(points, self.centre, offsets, strict=True):
            q = p.copy()
            q[near] = c + o * factor
            moved.append(q)
        return tuple(moved)

    def forward(self, points: Points) -> Points:
        near, offsets, radius = self._within(points, self.end_mm)
        return self._moved(points, near, offsets, self._profile(radius)[0])

    def backward(self, points: Points) -> Points:
        near, offsets, target = self._within(points, self.end_mm)
        table = np.linspace(0, self.end_mm, TABLE_STEPS)
        radius = np.interp(target, table * self._profile(table)[0], table)
        for _ in range(NEWTON_STEPS):
            ratio, slope = self._profile(radius)
            radius = radius - (radius * ratio - target) / slope
        return self._moved(points, near, offsets, 1 / self._profile(radius)[0])

    def jacobian(self, points: Points) -> np.ndarray:
        near, _, radius = self._within(points, self.end_mm)
        ratio, slope = self._profile(radius)
        values = np.ones(points[0].shape)
        values[near] = ratio**2 * slope
        return values


@dataclass(frozen=True)
class Shear:
    """Moves tissue along one axis by a wave of the other two: the determinant is 1."""

    axis: int
    amplitude_mm: float
    wave: tuple[float, float, float]  # radians per mm along (z, y, x); 0 along the axis itself
    phase: float

    def __post_init__(self) -> None:
        if self.wave[self.axis] != 0:
            raise ValueError("a shear does not vary along the axis that it moves")

    def _moved(self, points: Points, sign: float) -> Points:
        moved = list(points)
        angle = sum(k * p for k, p in zip(self.wave, points, strict=True) if k != 0) + self.phase
        moved[self.axis] = points[self.axis] + sign * self.amplitude_mm * np.sin(angle)
        return tuple(moved)

    def forward(self, points: Points) -> Points:
        return self._moved(points, 1.0)

    def backward(self, points: Points) -> Points:
        return self._moved(points, -1.0)

    def jacobian(self, points: Points) -> float:
        return 1.0


@dataclass(frozen=True, eq=False)
class Rigid:
    """A rotation about the origin (3 x 3, acting on (z, y, x)) and a shift (z, y, x) in mm: the determinant is 1."""

    rotation: np.ndarray
    shift: tuple[float, float, float]

    def forward(self, points: Points) -> Points:
        turned = _product(self.rotation, points)
        return tuple(t + s for t, s in zip(turned, self.shift, strict=True))

    def backward(self, points: Points) -> Points:
        return _product(self.rotation.T, tuple(p - s for p, s in zip(points, self.shift, strict=True)))

    def jacobian(self, points: Points) -> float:
        return 1.0


def _product(matrix: np.ndarray, points: Points) -> Points:
    return tuple(sum(matrix[k, j] * points[j] for j in range(3)) for k in range(3))


def rotation_matrix(angles: Sequence[float]) -> np.ndarray:
    """(3, 3) rotation on (z, y, x): by angles (radians) in the planes (y, x), then (z, x), then (z, y)."""
    matrix = np.eye(3)
    for angle, (j, k) in zip(angles, ((1, 2), (0, 2), (0, 1)), strict=True):
        turn = np.eye(3)
        turn[j, j] = turn[k, k] = np.cos(angle)
        turn[j, k], turn[k, j] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


@dataclass(frozen=True, eq=False)
class Deformation:
    """phi: the maps one after the other, the first applied first to a point of the baseline."""

    maps: tuple[Map, ...]

    def forward(self, points: Points) -> Points:
        """Baseline points (z, y, x) in mm -> where their tissue is at follow-up."""
        for link in self.maps:
            points = link.forward(points)
        return points

    def backward(self, points: Points) -> Points:
        """Points at follow-up (z, y, x) in mm -> where their tissue was at baseline; to 1e-9 mm."""
        for link in reversed(self.maps):
            points = link.backward(points)
        return points

    def jacobian(self, points: Points) -> np.ndarray:
        """Volume after / volume before at baseline points: the product along the chain."""
        total = np.ones(points[0].shape)
        for link in self.maps:
            total *= link.jacobian(points)
            points = link.forward(points)
        return total


# Shrinkage of a tumour: its profile, and how unevenly it acts
POWER, REACH_RADII = 4, 1.5  # of the main map; radii of the tumour's equivalent sphere
N_PATCHES, PATCH_POWER = 3, 2
PATCH_PLACE = 0.90  # in radii
PATCH_REACH = (0.80, 1.10)  # in radii: wide enough for a registration with knots 6 mm apart
PATCH_UNIT, PATCH_LARGEST = 0.1, 0.45  # amount of a patch before the factor, and after it at most
AMOUNTS = (-0.45, 0.85)  # most growth and shrinkage of the main map
# The breast between visits: another position of the patient, other folds of the tissue
ROTATION_SD, SHIFT_SD_MM = 0.03, 2.0  # radians
LARGEST_MOVE_SD = 2.0
N_SHEARS, SHEAR_MM, SHEAR_LENGTH_MM = 3, (0.5, 2.0), (80.0, 140.0)


def draw_repositioning(random: np.random.Generator) -> tuple[Map, ...]:
    """How the breast lies at the next visit: shears and a rigid movement, all of determinant 1."""
    maps: list[Map] = []
    for number in range(N_SHEARS):
        axis = number % 3
        direction = random.standard_normal(3)
        direction[axis] = 0
        wave = direction / np.linalg.norm(direction) * 2 * np.pi / random.uniform(*SHEAR_LENGTH_MM)
        maps.append(Shear(axis, random.uniform(*SHEAR_MM), tuple(wave), random.uniform(0, 2 * np.pi)))
    moves = np.clip(random.standard_normal(6), -LARGEST_MOVE_SD, LARGEST_MOVE_SD)
    maps.append(Rigid(rotation_matrix(ROTATION_SD * moves[:3]), tuple(SHIFT_SD_MM * moves[3:])))
    return tuple(maps)


def ellipsoid_metric(centre: tuple[float, float, float], inside: Points) -> np.ndarray:
    """(3, 3) of determinant 1 that makes the second moments of points (z, y, x) about a centre equal in all directions:
    the inverse square root of their matrix.
    """
    offsets = [p - c for p, c in zip(inside, centre, strict=True)]
    values, vectors = np.linalg.eigh([[np.mean(a * b) for b in offsets] for a in offsets])
    lengths = np.sqrt(values)
    return (vectors / (lengths / np.cbrt(lengths.prod()))) @ vectors.T


def draw_patches(
    centre: tuple[float, float, float],
    radius_mm: float,
    patchiness: float,
    inside: Points,
    random: np.random.Generator,
) -> tuple[Map, ...]:
    """N_PATCHES radial maps within a tumour whose log Jacobian has the SD `patchiness` over `inside`.

    Sizes and places are drawn; one factor on all amounts brings the SD to its value, so that a tumour's unevenness is
    the trait itself and not the trait times the luck of a few draws. Where the factor would take an amount beyond
    PATCH_LARGEST, the largest one stays there and the SD remains below.
    """
    unit: list[Radial] = []
    for _ in range(N_PATCHES):
        direction = random.standard_normal(3)
        place = radius_mm * PATCH_PLACE * np.cbrt(random.random()) * direction / np.linalg.norm(direction)
        amount = float(np.clip(random.standard_normal(), -LARGEST_MOVE_SD, LARGEST_MOVE_SD))
        reach = radius_mm * random.uniform(*PATCH_REACH)
        unit.append(Radial(tuple(np.add(centre, place)), amount * PATCH_UNIT, reach, PATCH_POWER))

    def scaled(factor: float) -> tuple[Map, ...]:
        return tuple(replace(patch, amount=factor * patch.amount) for patch in unit)

    def excess(factor: float) -> float:
        return float(np.std(np.log(Deformation(scaled(factor)).jacobian(inside)))) - patchiness

    most = PATCH_LARGEST / max(abs(patch.amount) for patch in unit)
    return scaled(most if excess(most) <= 0 else brentq(excess, 0.0, most, xtol=1e-9))


def draw_shrinkage(
    centre: tuple[float, float, float],
    radius_mm: float,
    volume_ratio: float,
    patchiness: float,
    inside: Points,
    random: np.random.Generator,
) -> tuple[Map, ...]:
    """Radial maps that change a tumour's volume by exactly `volume_ratio`, unevenly.

    Parameters
    ----------
    centre : (z, y, x) in mm; radius_mm : of the sphere with the tumour's volume.
    volume_ratio : mean of the Jacobian over `inside`; the main map's amount is solved for it.
    patchiness : SD over `inside` of the log Jacobian of the smaller maps, which shrink or grow the tumour by places.
    inside : points (z, y, x) that stand for the tumour, each for the same volume.

    Raises
    ------
    ValueError : a ratio that no main map within AMOUNTS reaches.
    """
    patches = draw_patches(centre, radius_mm, patchiness, inside, random)
    uneven = Deformation(patches)
    before, moved = uneven.jacobian(inside), uneven.forward(inside)
    main = Radial(tuple(centre), 0.0, REACH_RADII * radius_mm, POWER, ellipsoid_metric(centre, inside))

    def excess(amount: float) -> float:
        return float(np.mean(before * replace(main, amount=amount).jacobian(moved))) - volume_ratio

    if excess(AMOUNTS[0]) < 0 or excess(AMOUNTS[1]) > 0:
        raise ValueError(f"a volume ratio of {volume_ratio:.3f} is out of reach")
    return (*patches, replace(main, amount=brentq(excess, *AMOUNTS, xtol=1e-14)))
