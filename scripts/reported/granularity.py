"""Shares, means and standard deviations of whole numbers: not every printed value can come from n of them.

GRIM: Brown and Heathers, Social Psychological and Personality Science 2017;8:363-369. GRIMMER: Anaya 2016
(PeerJ Preprints 4:e2400v1), by the parity of the sum of squares as in Allard 2018. The bounds of a standard deviation
between a smallest and a largest value: Bhatia and Davis, American Mathematical Monthly 2000;107:353-357.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from scripts.reported.printed import SLACK, Compared, Reach, decimals_text, reach, shown

MOST = 100_000  # sums of whole numbers that are tried


def wholes(low: float, high: float) -> range:
    """The whole numbers from `low` to `high`, but for floating point."""
    slack = SLACK * max(1.0, abs(low), abs(high))
    return range(math.ceil(low - slack), math.floor(high + slack) + 1)


def share(share: float, n: int, scale: float = 1) -> Iterator[Compared]:
    """Whether a share (of `scale` 1; percentage: 100) can be that of a whole number among n."""
    low, high = reach(share)
    possible = wholes(max(low, 0) * n / scale, min(high, scale) * n / scale)
    sign = "%" if scale == 100 else ""
    below = min(max(math.floor(share * n / scale), 0), n)
    nearest = [f"{k} is {decimals_text(scale * k / n, share)}{sign}" for k in (below, below + 1) if k <= n]
    yield Compared(
        len(possible) > 0,
        f"{shown(share)}{sign} of {n}",
        f"no whole number of {n} gives it: {', '.join(nearest)}",
    )


def mean_sd(
    mean: float,
    n: int,
    sd: float | None = None,
    items: int | None = None,
    smallest: float | None = None,
    largest: float | None = None,
) -> Iterator[Compared]:
    """Whether n values can have this mean and this standard deviation (divided by n or by n - 1: either will do).

    Parameters
    ----------
    mean, sd : as printed; `sd` None where there is none.
    n : how many values.
    items : each value is a whole number divided by `items` (1: whole numbers; 13: shares of 13 patients). None: any
        value, and only the bounds are looked at.
    smallest, largest : what no value falls below or exceeds, where that is known (exact).
    """
    printed = f"{shown(mean)}{'' if sd is None else f' ± {shown(sd)}'}, n = {n}"
    low, high = reach(mean)
    if smallest is not None and largest is not None and not (high >= smallest and low <= largest):
        yield Compared(
            False, printed, f"the mean does not lie between {shown(smallest)} and {shown(largest)}"
        )
        return
    if items is None:
        if sd is not None and smallest is not None and largest is not None and n > 1:
            least, most = Reach(max(low, smallest), min(high, largest))
            middle = min(max((smallest + largest) / 2, least), most)
            limit = math.sqrt((largest - middle) * (middle - smallest) * n / (n - 1))
            found = f"the standard deviation of {n} values between {shown(smallest)} and {shown(largest)} is at most "
            yield Compared(reach(sd).low <= limit * (1 + SLACK), printed, found + decimals_text(limit, sd))
        else:
            yield Compared(True, printed)
        return
    per_value = f"whole numbers{f' of {items}' if items > 1 else ''}"
    sums = wholes(low * n * items, high * n * items)
    if not sums:
        below = math.floor(mean * n * items)
        nearest = " and ".join(decimals_text(total / (n * items), mean) for total in (below, below + 1))
        found = f"the nearest means of {n} {per_value} are {nearest}"
        if sd is not None:
            least = min(math.sqrt(_least_variance(total, n)) / items for total in (below, below + 1))
            if reach(sd).high < least:
                found += f", with a standard deviation of {decimals_text(least, sd)} at least"
        yield Compared(False, printed, found)
        return
    if sd is None or n < 2 or len(sums) > MOST:
        yield Compared(True, printed)
        return
    yield _deviation(sd, n, items, sums, smallest, largest, printed, per_value)


def _deviation(sd, n, items, sums, smallest, largest, printed, per_value) -> Compared:
    """Whether a sum of squares gives the standard deviation, for one of the sums that give the mean."""
    below, above = max(reach(sd).low, 0.0) * items, reach(sd).high * items
    lowest, highest = math.inf, 0.0  # of what these means allow
    for total in sums:
        least = _least_squares(total, n)
        most = math.inf
        if smallest is not None and largest is not None:
            most = _most_squares(total, n, math.ceil(smallest * items), math.floor(largest * items))
        for divisor in (n - 1, n):
            squares = wholes(divisor * below**2 + total**2 / n, divisor * above**2 + total**2 / n)
            first = max(squares.start, least)
            first += (first - total) % 2  # a number and its square are both odd or both even
            if first < squares.stop and first <= most:
                return Compared(True, printed)
        lowest = min(lowest, math.sqrt(_least_variance(total, n)) / items)
        highest = max(highest, math.sqrt(max(most - total**2 / n, 0) / (n - 1)) / items)
    if reach(sd).high < lowest:
        found = f"{n} {per_value} with this mean have a standard deviation of {decimals_text(lowest, sd)} at least"
    elif reach(sd).low > highest:
        found = f"{n} {per_value} with this mean have a standard deviation of {decimals_text(highest, sd)} at most"
    else:
        found = f"no {n} {per_value} with this mean have this standard deviation"
    return Compared(False, printed, found)


def _least_squares(total: int, n: int) -> int:
    """The smallest sum of squares of n whole numbers with this sum: all as alike as can be."""
    each, over = divmod(total, n)
    return (n - over) * each**2 + over * (each + 1) ** 2


def _least_variance(total: int, n: int) -> float:
    """The smallest variance (divided by n) of n whole numbers with this sum."""
    over = total % n
    return over * (n - over) / n**2


def _most_squares(total: int, n: int, smallest: int, largest: int) -> float:
    """The largest sum of squares of n whole numbers between two limits with this sum: all but one at a limit."""
    if not n * smallest <= total <= n * largest:
        return -math.inf
    if largest == smallest:
        return n * smallest**2
    high, rest = divmod(total - n * smallest, largest - smallest)
    if high == n:
        return n * largest**2
    return high * largest**2 + (smallest + rest) ** 2 + (n - high - 1) * smallest**2
