"""Areas under ROC curves against their standard errors, intervals and operating points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from scripts.reported.printed import Compared, decimals_text, reach, share_reach, shown


def roc_area(
    auc: float,
    se: float | None = None,
    n_positive: int | None = None,
    n_negative: int | None = None,
    ci: Sequence[float] | None = None,
    sensitivity: float | None = None,
    specificity: float | None = None,
) -> Iterator[Compared]:
    """Whether an area can have this standard error, this interval, and pass through this operating point.

    - The variance of an area A is A (1 - A) / min(n_positive, n_negative) at most, whatever the scores' distributions
      (Birnbaum and Klose, Annals of Mathematical Statistics 1957;28:933-945). Estimates of it divide by one less.
    - A monotone curve through (1 - specificity, sensitivity) has an area of sensitivity x specificity at least and
      1 - (1 - sensitivity)(1 - specificity) at most. Holds for a point of this very curve.
    - The area lies in its interval, and the interval between 0 and 1.
    """
    if auc is None:
        return
    a = share_reach(auc)
    if se is not None and n_positive and n_negative:
        middle = min(max(0.5, a.low), a.high)
        limit = math.sqrt(middle * (1 - middle) / max(min(n_positive, n_negative) - 1, 1))
        found = f"no area of {shown(auc)} has a standard error above {decimals_text(limit, se, 0)} with "
        found += f"{n_positive} positive and {n_negative} negative"
        yield Compared(reach(se).low <= limit, f"area {shown(auc)}, standard error {shown(se)}", found)
    if ci is not None and None not in ci:
        inside = reach(ci[0]).low <= a.high and a.low <= reach(ci[1]).high and ci[0] >= 0 and ci[1] <= 1
        printed = f"area {shown(auc)} ({shown(ci[0])} to {shown(ci[1])})"
        yield Compared(inside, printed, "the area lies outside its interval, or the interval outside 0 to 1")
    if sensitivity is not None and specificity is not None:
        s, t = share_reach(sensitivity), share_reach(specificity)
        least, most = s.low * t.low, 1 - (1 - s.high) * (1 - t.high)
        middle = [
            float(sensitivity) * float(specificity),
            1 - (1 - float(sensitivity)) * (1 - float(specificity)),
        ]
        ends = [decimals_text(x, auc, 0) for x in middle]
        found = f"a curve through this point has an area of {ends[0]} to {ends[1]}"
        printed = f"area {shown(auc)}, sensitivity {shown(sensitivity)}, specificity {shown(specificity)}"
        yield Compared(a.high >= least and a.low <= most, printed, found)
