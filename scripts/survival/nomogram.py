"""A nomogram: a Cox model as scales of points to be added by hand, scaled as R's rms::nomogram does.

With r_j the range of coefficient * value over the values drawn on axis j, the axis with the largest r_j spans
0 to 100 points and the others are in proportion; the lowest point of each axis is 0. Total points are then
(linear predictor - its lowest value on the axes) * 100 / max r_j, and S(t) = S0(t) ** exp(linear predictor).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from scripts.errors import InputError, nearest
from scripts.survival.cox import CoxFit, covariate_matrix, survival_at
from scripts.survival.outcome import read_months

WHERE = "nomogram"
LONGEST = 100.0  # points of the longest axis
SURVIVAL_TICKS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01)


@dataclass(frozen=True)
class NomogramAxis:
    """One scale: the values drawn, what is written at them, and their points (all of one length)."""

    name: str
    label: str
    values: list[float]
    labels: list[str]
    points: list[float]


@dataclass(frozen=True)
class OutcomeAxis:
    """The survival scale of one horizon: `survival` probabilities stand at `total_points`."""

    months: float
    baseline_survival: float
    total_points: list[float]
    survival: list[float]


@dataclass(frozen=True)
class Nomogram:
    """Scales of points and what they add up to.

    coefficients : covariate to log hazard ratio. categories : axis to {value: covariate that indicates it}.
    total_points_per_unit : points a unit of linear predictor. lowest_predictor : linear predictor at 0
        points.
    """

    axes: list[NomogramAxis]
    outcomes: list[OutcomeAxis]
    coefficients: dict[str, float]
    categories: dict[str, dict[float, str]]
    total_points_per_unit: float
    lowest_predictor: float

    @property
    def max_total_points(self) -> float:
        """Total points of somebody at the worst value drawn on every axis."""
        return float(sum(max(axis.points) for axis in self.axes))

    def points(self, covariate: str, value: float) -> float:
        """Points of `value` on the axis `covariate`; beyond the values drawn the scale goes on."""
        axis = next((axis for axis in self.axes if axis.name == covariate), None)
        if axis is None:
            raise InputError(
                WHERE,
                f"an axis '{covariate}'",
                "none",
                nearest(covariate, (a.name for a in self.axes)).strip(),
            )
        if covariate in self.categories and float(value) not in axis.values:
            known = ", ".join(f"{v:g}" for v in axis.values)
            raise InputError(WHERE, f"one of the categories {known} of '{covariate}'", f"{value!r}")
        at = (_contribution(covariate, v, self.coefficients, self.categories) for v in axis.values)
        own = _contribution(covariate, value, self.coefficients, self.categories)
        return (own - min(at)) * self.total_points_per_unit

    def total_points(self, x: pd.DataFrame) -> np.ndarray:
        """Total points (n,) of patients with the model's covariates as columns."""
        values = covariate_matrix(x, list(self.coefficients))
        predictor = values @ np.array(list(self.coefficients.values()))
        return (predictor - self.lowest_predictor) * self.total_points_per_unit

    def survival(self, total_points, months: float) -> np.ndarray:
        """Survival (n,) at a horizon that the nomogram has an axis for."""
        outcome = next((axis for axis in self.outcomes if axis.months == months), None)
        if outcome is None:
            known = ", ".join(f"{axis.months:g}" for axis in self.outcomes)
            raise InputError(WHERE, f"a horizon among {known} months", f"{months!r}")
        predictor = np.asarray(total_points, dtype=float) / self.total_points_per_unit + self.lowest_predictor
        return outcome.baseline_survival ** np.exp(predictor)

    def to_dict(self) -> dict:
        """Plain lists, numbers and text, for JSON (whose keys are text)."""
        plain = asdict(self)
        plain["categories"] = {
            axis: [[value, covariate] for value, covariate in levels.items()]
            for axis, levels in self.categories.items()
        }
        return plain

    @classmethod
    def from_dict(cls, plain: dict) -> Nomogram:
        """The nomogram that `to_dict` wrote."""
        return cls(
            axes=[NomogramAxis(**axis) for axis in plain["axes"]],
            outcomes=[OutcomeAxis(**axis) for axis in plain["outcomes"]],
            coefficients=dict(plain["coefficients"]),
            categories={
                axis: {float(value): covariate for value, covariate in levels}
                for axis, levels in plain["categories"].items()
            },
            total_points_per_unit=plain["total_points_per_unit"],
            lowest_predictor=plain["lowest_predictor"],
        )


def build_nomogram(
    fit: CoxFit,
    baseline: pd.DataFrame,
    axes: dict[str, list[tuple[float, str]]],
    labels: dict[str, str],
    months: list[float],
    survival_ticks=SURVIVAL_TICKS,
    categories: dict[str, dict[float, str]] | None = None,
) -> Nomogram:
    """Scale a Cox model's axes and find where survival probabilities stand on the total points.

    Parameters
    ----------
    fit, baseline : from `scripts.survival.cox`.
    axes : axis name to its ticks (value, text), at least two different ones. An axis is named as its
        covariate, or as a key of `categories`. Every covariate of the fit has its place on an axis.
    labels : axis name to its title; the name itself where there is none.
    months : horizons of the survival axes. survival_ticks : probabilities; those off the total points are
        left out.
    categories : axis name to {value: 0/1 covariate that indicates it}; values not named are the reference.
    """
    coefficients = {str(name): float(b) for name, b in zip(fit.covariates, fit.coefficients, strict=True)}
    categories = {
        axis: {float(v): c for v, c in levels.items()} for axis, levels in (categories or {}).items()
    }
    _check_axes(axes, coefficients, categories)
    predictors = {
        name: np.array([_contribution(name, value, coefficients, categories) for value, _ in ticks])
        for name, ticks in axes.items()
    }
    longest = max(float(np.ptp(on_axis)) for on_axis in predictors.values())
    if not longest > 0:
        raise InputError(
            WHERE, "an axis along which the risk changes", "coefficients or values that do not differ"
        )
    scale = LONGEST / longest
    drawn = [
        NomogramAxis(
            name=name,
            label=labels.get(name, name),
            values=[float(value) for value, _ in ticks],
            labels=[str(text) for _, text in ticks],
            points=((predictors[name] - predictors[name].min()) * scale).tolist(),
        )
        for name, ticks in axes.items()
    ]
    lowest = float(sum(on_axis.min() for on_axis in predictors.values()))
    end = sum(max(axis.points) for axis in drawn)
    outcomes = [_outcome_axis(baseline, month, survival_ticks, scale, lowest, end) for month in months]
    return Nomogram(drawn, outcomes, coefficients, categories, scale, lowest)


def _check_axes(axes: dict, coefficients: dict, categories: dict) -> None:
    placed: list[str] = []
    for name, ticks in axes.items():
        if name in categories:
            placed += categories[name].values()
        elif name in coefficients:
            placed.append(name)
        else:
            raise InputError(
                WHERE, "axes named as covariates", f"'{name}'", nearest(name, coefficients).strip()
            )
        values = {float(value) for value, _ in ticks}
        if len(values) < 2 or not np.isfinite(list(values)).all():
            raise InputError(WHERE, f"two or more different values on the axis '{name}'", f"{sorted(values)}")
    if sorted(placed) != sorted(coefficients):
        found = f"axes for {sorted(placed)}"
        raise InputError(WHERE, f"each covariate of {sorted(coefficients)} on one axis", found)


def _contribution(axis: str, value: float, coefficients: dict[str, float], categories: dict) -> float:
    """Linear predictor that a value of an axis adds."""
    if axis not in categories:
        return coefficients[axis] * float(value)
    covariate = categories[axis].get(float(value))
    return 0.0 if covariate is None else coefficients[covariate]


def _outcome_axis(
    baseline: pd.DataFrame, months: float, ticks, scale: float, lowest: float, end: float
) -> OutcomeAxis:
    months = read_months(months, WHERE)
    at_zero = float(survival_at(baseline, np.zeros(1), months)[0])
    if not 0 < at_zero < 1:
        raise InputError(WHERE, f"a baseline survival between 0 and 1 at {months:g} months", f"{at_zero:g}")
    ticks = np.asarray(ticks, dtype=float)
    if ticks.size and not ((ticks > 0) & (ticks < 1)).all():
        raise InputError(WHERE, "survival ticks above 0 and below 1", f"{ticks.tolist()}")
    total = (np.log(np.log(ticks) / np.log(at_zero)) - lowest) * scale
    inside = (total >= -1e-9) & (total <= end + 1e-9)
    return OutcomeAxis(months, at_zero, total[inside].tolist(), ticks[inside].tolist())
