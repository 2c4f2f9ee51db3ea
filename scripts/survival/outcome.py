"""Survival outcomes as arrays, checked before any model: months, and event 1 = recurrence, 0 = censored."""

from __future__ import annotations

import numpy as np

from scripts.errors import InputError

Z_95 = 1.959963984540054  # a 95 % interval reaches so many standard errors to each side


def read_outcome(
    time, event, *, where: str = "survival outcome", n: int | None = None, min_events: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """`time` as float (n,) and `event` as bool (n,), or an InputError that names the fault.

    Refused: unequal lengths, no patients, a time that is missing, infinite, zero or negative, an event other
    than 0 and 1, fewer than `min_events` events.
    """
    time = _vector(time, where, "times in months")
    event = _vector(event, where, "events coded 0 and 1")
    length = time.size if n is None else n
    if time.size != event.size or time.size != length:
        raise InputError(
            where, f"{length} times and as many events", f"{time.size} times, {event.size} events"
        )
    if time.size == 0:
        raise InputError(where, "at least one patient", "none")
    _refuse(~np.isfinite(time), time, where, "finite times in months", "Leave such patients out.")
    _refuse(time <= 0, time, where, "times above 0 months", "Leave such patients out or mend the dates.")
    _refuse(~np.isin(event, (0, 1)), event, where, "events coded 0 and 1", "1 is recurrence, 0 censored.")
    n_events = int(event.sum())
    if n_events < min_events:
        plural = "event" if min_events == 1 else "events"
        raise InputError(
            where,
            f"at least {min_events} {plural}",
            f"{n_events} in {time.size} patients",
            "A cohort in which (nearly) all are censored cannot be modelled.",
        )
    return time, event.astype(bool)


def read_scores(scores, n: int, name: str, where: str = "survival outcome") -> np.ndarray:
    """`scores` as float (n,), one finite value a patient, or an InputError."""
    scores = _vector(scores, where, name)
    if scores.size != n:
        raise InputError(where, f"{n} values of {name}", f"{scores.size}")
    _refuse(~np.isfinite(scores), scores, where, f"finite values of {name}", "Leave such patients out.")
    return scores


def read_months(months: float, where: str) -> float:
    """A horizon in months: finite and above 0, or an InputError."""
    try:
        value = float(months)
    except (TypeError, ValueError):
        value = np.nan
    if not (np.isfinite(value) and value > 0):
        raise InputError(where, "a horizon above 0 months", f"{months!r}")
    return value


def _vector(values, where: str, meaning: str) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        array = None
    if array is None or array.ndim != 1:
        shape = "values that are no numbers" if array is None else f"an array of shape {array.shape}"
        raise InputError(where, f"one-dimensional {meaning}", shape)
    return array


def _refuse(faulty: np.ndarray, values: np.ndarray, where: str, expected: str, remedy: str) -> None:
    if faulty.any():
        first = int(np.flatnonzero(faulty)[0])
        found = f"{int(faulty.sum())} other, the first {values[first]:g} at position {first}"
        raise InputError(where, expected, found, remedy)
