"""Counts that add up, percentages of counts, quotients, and what is printed twice.

Counts are whole numbers and taken as they stand; everything else stands for all values that round to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.reported.printed import Compared, Reach, cut_off, decimals_text, reach, shown, unit_of


def add_up(parts: Sequence[int], whole: int, at_most: bool = False) -> Iterator[Compared]:
    """Whether counts add up to the whole; with `at_most` they may stay below it (values that are missing)."""
    if None in parts or whole is None:
        return
    total = sum(parts)
    agrees = total <= whole if at_most else total == whole
    printed = f"{' + '.join(map(shown, parts))} {'of' if at_most else '='} {whole}"
    yield Compared(agrees, printed, f"the parts add up to {total}")


def percentages(
    counts: Sequence[int],
    percents: Sequence[float],
    n: int | None = None,
    labels: Sequence[str] | None = None,
    known: bool = True,
    scale: float = 100,
) -> Iterator[Compared]:
    """Whether percentages are those of their counts, and the counts of several levels no more than n.

    Parameters
    ----------
    counts, percents : of the levels of one variable in one group, in the same order; None where one is not printed.
    n : patients of the group.
    labels : names of the levels.
    known : whether the denominator may also be the sum of the counts (patients whose value is known). The one is taken
        for all levels by which more of them agree; `n` where both do.
    scale : 100 for percentages, 1 for shares.
    """
    rows = list(zip(counts, percents, labels or [""] * len(counts), strict=True))
    rows = [row for row in rows if row[0] is not None and row[1] is not None]
    total = sum(count for count in counts if count is not None)
    choices = [n] if n is not None else []
    choices += [total] if total and (n is None or (known and len(rows) > 1 and total < n)) else []
    judged = [
        [(scale * count / of, percent, count, of, label) for count, percent, label in rows] for of in choices
    ]
    if n is not None and len(rows) > 1:
        yield Compared(
            total <= n, " + ".join(str(count) for count, *_ in rows), f"more than {n}, {total} together"
        )
    best = max(judged, key=lambda found: sum(reach(percent).holds(value) for value, percent, *_ in found))
    for value, percent, count, of, label in best:
        sign = "%" if scale == 100 else ""
        found = f"{count} of {of} is {decimals_text(value, percent)}{sign}"
        if cut_off(value, percent):
            found += ", whose further digits were cut off, not rounded"
        words = f"{label}: " if label else ""
        yield Compared(reach(percent).holds(value), f"{words}{count} ({shown(percent)}{sign})", found)


def quotient(value: float, numerator: float, denominator: float, scale: float = 1) -> Iterator[Compared]:
    """Whether `value` is `scale` times numerator by denominator; whole numbers among these two are taken as exact."""
    top, bottom = (Reach(x, x) if isinstance(x, int) else reach(x) for x in (numerator, denominator))
    ends = [scale * a / b for a in top for b in bottom]
    agrees = reach(value).meets(Reach(min(ends), max(ends)))
    found = f"{shown(numerator)} by {shown(denominator)} is {decimals_text(scale * numerator / denominator, value)}"
    yield Compared(agrees, f"{shown(value)} for {shown(numerator)} / {shown(denominator)}", found)


def same(numbers: Sequence[float]) -> Iterator[Compared]:
    """Whether what is printed several times is the same number, be it with more or fewer digits."""
    first, *others = [number for number in numbers if number is not None]
    for other in others:
        text = f"{shown(first)} and {shown(other)}"
        yield Compared(_alike(first, other), text, "two values of one quantity")


def _alike(a: float, b: float) -> bool:
    """Whether the one rounds to the other: the reach of the finer lies within that of the coarser, or on its edge."""
    coarse, fine = (a, b) if unit_of(a) >= unit_of(b) else (b, a)
    return a == b if unit_of(a) == unit_of(b) else reach(coarse).meets(reach(fine))


def mean_of(
    parts: Sequence[float],
    whole: float,
    weights: Sequence[float] | None = None,
    averaged_over: str = "the parts",
) -> Iterator[Compared]:
    """Whether `whole` is the mean of `parts`, weighted by `weights` (exact; alike where None)."""
    weights = weights or [1] * len(parts)
    total = sum(weights)
    low, high = (
        sum(w * reach(part)[end] for w, part in zip(weights, parts, strict=True)) / total for end in (0, 1)
    )
    mean = sum(w * part for w, part in zip(weights, parts, strict=True)) / total
    printed = f"{shown(whole)} for the mean of {', '.join(map(shown, parts))}"
    found = f"the mean of {averaged_over} is {decimals_text(mean, whole)}"
    yield Compared(reach(whole).meets(Reach(low, high)), printed, found)
