"""Event times from a known hazard, and what a follow-up lets one see of them. Months; event 1, censored 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True)
class WeibullBaseline:
    """Baseline survival S0(t) = exp(-(t / scale_months)^shape), at linear predictor 0."""

    shape: float
    scale_months: float


def weibull_survival(
    months: float | np.ndarray, linear_predictor: np.ndarray, baseline: WeibullBaseline
) -> np.ndarray:
    """S(t | lp) = S0(t)^exp(lp); proportional hazards, higher linear predictor = higher risk."""
    return np.exp(
        -((np.asarray(months) / baseline.scale_months) ** baseline.shape) * np.exp(linear_predictor)
    )


def weibull_times(uniform: np.ndarray, linear_predictor: np.ndarray, baseline: WeibullBaseline) -> np.ndarray:
    """The times (n,) at which the survival of each patient falls to its `uniform` (n,) in (0, 1)."""
    cumulative = -np.log(uniform) * np.exp(-np.asarray(linear_predictor))
    return baseline.scale_months * cumulative ** (1 / baseline.shape)


def exponential_times(uniform: np.ndarray, median_months: float) -> np.ndarray:
    """Times (n,) of a constant hazard with the given median; loss to follow-up."""
    return -np.log(uniform) * median_months / np.log(2)


def months_between(start: np.ndarray, end: str | np.datetime64) -> np.ndarray:
    """Months (n,) from the dates `start` (datetime64[D]) to one date `end`; a month is 365.25 / 12 days."""
    return (np.datetime64(end, "D") - start.astype("datetime64[D]")).astype(float) / DAYS_PER_MONTH


def observe(
    event_months: np.ndarray, censoring_months: np.ndarray, resolution: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Follow-up time (n,) and event (n,) 1/0 as a registry has them.

    The earlier of the two times counts; on a tie the event. Times are rounded up to `resolution` months, so
    that none is 0.

    Raises
    ------
    ValueError : a censoring time that is not positive: the follow-up ended before it began.
    """
    if np.any(censoring_months <= 0):
        raise ValueError(f"{int(np.sum(censoring_months <= 0))} censoring times are not positive")
    event = (event_months <= censoring_months).astype(int)
    steps = np.ceil(np.minimum(event_months, censoring_months) / resolution - 1e-9)
    return np.round(np.maximum(steps, 1) * resolution, 6), event


def median_follow_up(months: np.ndarray, event: np.ndarray) -> float:
    """Median follow-up by the reverse Kaplan-Meier estimator: half would be censored, were there no events.

    NaN where it is not reached. On a tie, events leave the risk set before the censored (Schemper and Smith
    1996).
    """
    order = np.lexsort((1 - np.asarray(event), months))
    times, censored = np.asarray(months)[order], 1 - np.asarray(event)[order]
    at_risk = np.arange(len(times), 0, -1)
    below = np.cumprod(1 - censored / at_risk) <= 0.5
    return float(times[np.argmax(below)]) if below.any() else float("nan")


@dataclass(frozen=True)
class PairCount:
    """Comparable pairs, and how the risk orders them."""

    concordant: int
    discordant: int
    tied_risk: int

    @property
    def n_pairs(self) -> int:
        return self.concordant + self.discordant + self.tied_risk

    @property
    def concordance(self) -> float:
        """Harrell's C: concordant pairs plus half of those with tied risk, over comparable pairs."""
        return (self.concordant + self.tied_risk / 2) / self.n_pairs if self.n_pairs else float("nan")

    @property
    def standard_error(self) -> float:
        """Of `concordance` over independent pairs (a Monte Carlo error), not over all pairs of a cohort."""
        mean = self.concordance
        second_moment = (self.concordant + self.tied_risk / 4) / self.n_pairs
        return float(np.sqrt((second_moment - mean**2) / self.n_pairs))


def count_pairs(
    months: np.ndarray, event: np.ndarray, risk: np.ndarray, first: np.ndarray, second: np.ndarray
) -> PairCount:
    """Count the pairs (first[k], second[k]), given as indices into the (n,) arrays.

    A pair is comparable if the earlier time is an event; of two equal times, an event comes before a
    censoring, and two events are not comparable (Harrell 1996, as R's survival::concordance).
    """
    swap = (months[second] < months[first]) | (
        (months[second] == months[first]) & (event[second] > event[first])
    )
    earlier, later = np.where(swap, second, first), np.where(swap, first, second)
    tied_events = (months[earlier] == months[later]) & (event[later] == 1)
    usable = (event[earlier] == 1) & ~tied_events
    order = np.sign(risk[earlier[usable]] - risk[later[usable]])
    return PairCount(int((order > 0).sum()), int((order < 0).sum()), int((order == 0).sum()))


def count_all_pairs(months: np.ndarray, event: np.ndarray, risk: np.ndarray) -> PairCount:
    """`count_pairs` over every pair of a cohort; time grows with n^2, memory with n."""
    months, event, risk = np.asarray(months), np.asarray(event), np.asarray(risk)
    totals = np.zeros(3, int)
    for k in range(len(months) - 1):
        others = np.arange(k + 1, len(months))
        pairs = count_pairs(months, event, risk, np.full(len(others), k), others)
        totals += (pairs.concordant, pairs.discordant, pairs.tied_risk)
    return PairCount(*totals.tolist())
