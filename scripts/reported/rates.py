"""Rates of classifiers against one another: F1, accuracy, sensitivity, specificity and predictive values.

Every comparison leaves to each printed rate all values that round to it. What is said of numbers of patients supposes
that the rates are shares of these patients; rates that are means over folds or repeats are `averaged`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from scripts.errors import InputError
from scripts.reported.granularity import wholes
from scripts.reported.printed import SLACK, Compared, Reach, decimals_text, reach, share_reach, shown

WORDS = {"ppv": "positive predictive value", "npv": "negative predictive value", "f1": "F1"}
MOST_TRIED = 3_000_000  # pairs of numbers of cases and calls


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def f1_score(precision: float, recall: float, f1: float, averaged: bool = False) -> Iterator[Compared]:
    """Whether F1 is the harmonic mean of precision and recall.

    `averaged`: all three are means over the same folds, repeats or classes. The harmonic mean is concave, so the mean
    F1 is at most that of the means (Jensen), and at least their sum less one (its convex envelope).
    """
    if None in (precision, recall, f1):
        return
    p, r = share_reach(precision), share_reach(recall)
    possible = Reach(_harmonic(p.low, r.low), _harmonic(p.high, r.high))
    if averaged:
        possible = Reach(max(0.0, p.low + r.low - 1), possible.high)
    middle = decimals_text(_harmonic(float(precision), float(recall)), f1, 0)
    above = share_reach(f1).low > max(p.high, r.high)
    if averaged:
        found = f"the mean F1 is at most {middle} with these mean values"
        if share_reach(f1).high < possible.low:
            found = f"the mean F1 is at least {decimals_text(possible.low, f1, 0)} with these mean values"
    else:
        found = f"F1 would be {middle}"
    found += "; an F1 never exceeds the larger of the two" if above else ""
    printed = f"F1 {shown(f1)} with precision {shown(precision)}, recall {shown(recall)}"
    yield Compared(share_reach(f1).meets(possible), printed, found)


def accuracy(
    accuracy: float,
    sensitivity: float,
    specificity: float,
    n_positive: int | None = None,
    n_negative: int | None = None,
) -> Iterator[Compared]:
    """Whether the accuracy is the mean of sensitivity and specificity, weighted by the numbers of patients.

    Without these numbers, whether it lies between the two. Means over repeats of the same patients obey it too.
    """
    if None in (accuracy, sensitivity, specificity):
        return
    a, ends = share_reach(accuracy), [share_reach(sensitivity), share_reach(specificity)]
    printed = (
        f"accuracy {shown(accuracy)}, sensitivity {shown(sensitivity)}, specificity {shown(specificity)}"
    )
    between = Reach(min(e.low for e in ends), max(e.high for e in ends))
    if not a.meets(between):
        yield Compared(False, printed, "the accuracy does not lie between the other two")
        return
    if n_positive is None or n_negative is None:
        yield Compared(True, printed)
        return
    n = n_positive + n_negative
    low, high = ((n_positive * ends[0][i] + n_negative * ends[1][i]) / n for i in (0, 1))
    value = (n_positive * float(sensitivity) + n_negative * float(specificity)) / n
    found = f"with {n_positive} positive and {n_negative} negative, the rates give {decimals_text(value, accuracy, 0)}"
    yield Compared(a.meets(Reach(low, high)), printed, found)


def two_classes(n_positive: int, n_negative: int, **rates: float | None) -> Iterator[Compared]:
    """Whether there are numbers of true positives and true negatives that give all rates at once.

    Parameters
    ----------
    n_positive, n_negative : cases of the two classes, each counted once.
    rates : any of sensitivity, specificity, accuracy, ppv, npv, f1, as shares; None where one is not printed.
    """
    printed = {name: rate for name, rate in rates.items() if rate is not None}
    if not printed:
        return
    tp = np.arange(n_positive + 1)[:, None]
    tn = np.arange(n_negative + 1)[None, :]
    possible = {
        "sensitivity": np.divide(tp, n_positive) + 0 * tn,
        "specificity": np.divide(tn, n_negative) + 0 * tp,
        "accuracy": (tp + tn) / (n_positive + n_negative),
        "ppv": _ratio(tp, tp + n_negative - tn),
        "npv": _ratio(tn, tn + n_positive - tp),
        "f1": _ratio(2 * tp, 2 * tp + (n_negative - tn) + (n_positive - tp)),
    }
    fits = {name: _within(possible[name], rate) for name, rate in printed.items()}
    text = ", ".join(f"{WORDS.get(name, name)} {shown(rate)}" for name, rate in printed.items())
    of = f"{n_positive} positive and {n_negative} negative"
    alone = [name for name, fit in fits.items() if not fit.any()]
    if alone:
        found = f"of {of}, none can have {_and(f'{WORDS.get(n, n)} {shown(printed[n])}' for n in alone)}"
    else:
        found = f"no numbers of true positives and negatives of {of} give these together"
        for name in printed:
            others = [fit for other, fit in fits.items() if other != name]
            if len(others) > 1 and np.logical_and.reduce(others).any():
                values = possible[name][np.logical_and.reduce(others)]
                found += f"; without the {WORDS.get(name, name)} they do, and it would be "
                found += _range(values.min(), values.max(), printed[name])
                break
    yield Compared(bool(np.logical_and.reduce(list(fits.values())).any()), text, found)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """NaN where nothing is divided by nothing."""
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _within(values: np.ndarray, printed: float) -> np.ndarray:
    low, high = reach(printed)
    return (values >= low - SLACK) & (values <= high + SLACK)


def _and(words: Iterator[str] | Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _range(low: float, high: float, like: float) -> str:
    low_text, high_text = decimals_text(low, like, 0), decimals_text(high, like, 0)
    return low_text if low_text == high_text else f"{low_text} to {high_text}"


def many_classes(
    precision: Sequence[float],
    recall: Sequence[float],
    n: int,
    accuracy: float | None = None,
    n_of_class: Sequence[int] | None = None,
) -> Iterator[Compared]:
    """Whether n cases of several classes can have these precisions and recalls, and the accuracy besides.

    All numbers of cases, calls and right calls of each class that fit its two rates are tried with those of the
    others. Whether the wrong calls can be spread over the classes is not looked at, so what is refused is impossible.

    Parameters
    ----------
    precision, recall : of each class, as shares. n : cases of all classes. accuracy : share of right calls.
    n_of_class : cases of each class, where they are known.
    """
    sizes = n_of_class or [None] * len(precision)
    classes = [_class_counts(p, r, n, size) for p, r, size in zip(precision, recall, sizes, strict=True)]
    right = _right_calls(classes, n)
    printed = f"precision {', '.join(map(shown, precision))}; recall {', '.join(map(shown, recall))}; n = {n}"
    if not right:
        yield Compared(False, printed, f"no classes of together {n} cases have these precisions and recalls")
        return
    yield Compared(True, printed)
    if accuracy is not None:
        fits = any(reach(accuracy).holds(k / n) for k in right)
        ends = [decimals_text(k / n, accuracy, 0) for k in (right[0], right[-1])]
        found = f"these rates allow {right[0]} to {right[-1]} right calls of {n}, {ends[0]} to {ends[1]}"
        yield Compared(fits, f"accuracy {shown(accuracy)} with {printed}", found)


def _class_counts(precision: float, recall: float, n: int, size: int | None) -> dict[tuple[int, int], int]:
    """(cases, calls) of a class -> numbers of right calls that round to both rates, as the bits of a whole number."""
    p, r = share_reach(precision), share_reach(recall)
    found: dict[tuple[int, int], int] = {}
    for cases in [size] if size is not None else range(1, n + 1):
        for right in wholes(r.low * cases, r.high * cases):
            if right == 0:
                calls = range(n + 1) if p.low <= 0 else range(0)
            else:
                most = n if p.low <= 0 else min(n, math.floor(right / p.low * (1 + SLACK)))
                calls = range(max(right, math.ceil(right / p.high * (1 - SLACK))), most + 1)
            for called in calls:
                found[cases, called] = found.get((cases, called), 0) | 1 << right
    return found


def _right_calls(classes: list[dict[tuple[int, int], int]], n: int) -> list[int]:
    """Numbers of right calls, in order, that the classes can have together where cases and calls add up to n each."""
    *others, last = sorted(classes, key=len)
    sums = {(0, 0): 1}
    for counts in others:
        if len(sums) * len(counts) > MOST_TRIED:
            raise InputError(
                "precisions and recalls", "few enough cases to try", f"{n} cases of {len(classes)} classes",
                "Give the number of cases of each class (n_of_class), or leave the comparison out.",
            )  # fmt: skip
        joined: dict[tuple[int, int], int] = {}
        for (cases, calls), right in sums.items():
            for (more_cases, more_calls), more_right in counts.items():
                key = cases + more_cases, calls + more_calls
                if key[0] <= n and key[1] <= n:
                    joined[key] = joined.get(key, 0) | _sums_of(right, more_right)
        sums = joined
    found = 0
    for (cases, calls), right in sums.items():
        found |= _sums_of(right, last.get((n - cases, n - calls), 0))
    return [k for k in range(n + 1) if found >> k & 1]


def _sums_of(a: int, b: int) -> int:
    """Bits of all sums of a number in `a` and one in `b`."""
    total, shift = 0, 0
    while b:
        zeros = (b & -b).bit_length() - 1
        shift += zeros
        total |= a << shift
        b >>= zeros + 1
        shift += 1
    return total
