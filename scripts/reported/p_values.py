"""P values against the numbers beside them: counts, means with standard deviations, ratios with intervals, statistics.

A comparison holds where one of the usual tests gives the printed P value for some of the values that round to what is
printed. Which test a study used is often not said, so the usual ones are all tried and named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from scipy import stats

from scripts.reported.printed import Compared, Reach, p_reach, reach, shown
from scripts.statistics.baseline_table import FISHER_RESAMPLES, compare_counts

TOLERANCE = 1e-6


def _p_text(value: float) -> str:
    return "<0.0001" if value < 0.0001 else f"{value:.4f}" if value < 0.1 else f"{value:.3f}"


def _range_text(found: Reach) -> str:
    low, high = _p_text(found.low), _p_text(found.high)
    return low if low == high else f"{low} to {high}"


def _judge(p: str | float, found: dict[str, Reach], printed: str) -> Compared:
    """Whether the printed P value is among those of one of the tests."""
    wide = {name: Reach(r.low - TOLERANCE, r.high + TOLERANCE) for name, r in found.items()}
    agrees = any(p_reach(p).meets(r) for r in wide.values())
    return Compared(agrees, printed, "; ".join(f"{name} gives {_range_text(r)}" for name, r in found.items()))


def _unknown(p: str | float | None) -> bool:
    return p is None or (isinstance(p, str) and not p.strip())


def p_of_counts(counts: Sequence[Sequence[int]], p: str | float) -> Iterator[Compared]:
    """Whether P is that of a test of independence: chi-square, with Yates' correction, or Fisher's exact test.

    Parameters
    ----------
    counts : (groups, levels), numbers of patients. p : as printed.

    Fisher's test of more than 2 x 2 comes from drawn tables, and stands for 3 of its standard errors to either side.
    """
    table = np.asarray(counts, dtype=np.int64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if _unknown(p) or min(table.shape) < 2:
        return
    values = {"chi-square": stats.chi2_contingency(table, correction=False).pvalue}
    if table.shape == (2, 2):
        values["with Yates' correction"] = stats.chi2_contingency(table, correction=True).pvalue
        values["Fisher's exact test"] = stats.fisher_exact(table).pvalue
    found = {name: Reach(float(value), float(value)) for name, value in values.items()}
    groups = " against ".join("/".join(map(str, group)) for group in np.asarray(counts).tolist())
    printed = f"P {shown(p)} for {groups}"
    compared = _judge(p, found, printed)
    if not compared.agrees and table.shape != (2, 2):
        drawn = compare_counts(table, "fisher").p_value
        error = 3 * math.sqrt(drawn * (1 - drawn) / FISHER_RESAMPLES)
        compared = _judge(p, found | {"Fisher's exact test": Reach(drawn - error, drawn + error)}, printed)
    yield compared


def p_of_means(
    means: Sequence[float], sds: Sequence[float], n: Sequence[int], p: str | float
) -> Iterator[Compared]:
    """Whether P is that of Student's or Welch's t-test, two-sided, of two groups with these moments.

    The least and largest P over the corners of what the means and standard deviations round to.
    """
    if _unknown(p) or None in (*means, *sds, *n):
        return
    if len(means) != 2:
        raise ValueError(f"expected two groups, found {len(means)}")
    m, s = [reach(x) for x in means], [reach(x) for x in sds]
    gap = Reach(m[0].low - m[1].high, m[0].high - m[1].low)
    ends = [abs(gap.low), abs(gap.high)]
    least = 0.0 if gap.low <= 0 <= gap.high else min(ends)
    found = {}
    for name, equal in (("Student's t-test", True), ("Welch's", False)):
        p_values = [
            stats.ttest_ind_from_stats(
                d, max(a, 1e-12), n[0], 0.0, max(b, 1e-12), n[1], equal_var=equal
            ).pvalue
            for d, a, b in product((least, max(ends)), s[0], s[1])
        ]
        found[name] = Reach(float(min(p_values)), float(max(p_values)))
    groups = " against ".join(
        f"{shown(a)} ± {shown(b)} (n = {k})" for a, b, k in zip(means, sds, n, strict=True)
    )
    yield _judge(p, found, f"P {shown(p)} for {groups}")


def ratio_interval(
    ratio: float, ci: Sequence[float], p: str | float | None = None, level: float = 0.95
) -> Iterator[Compared]:
    """Whether a ratio (hazard, odds, risk) lies in the middle of its Wald interval, and P is that of the interval.

    ln ratio = (ln low + ln high) / 2, z = |ln ratio| / ((ln high - ln low) / (2 q)), P = 2 (1 - Phi(z)). Exact and
    profile intervals are none of these.
    """
    low, high = reach(ci[0]), reach(ci[1])
    r = reach(ratio)
    printed = f"{shown(ratio)} ({shown(ci[0])} to {shown(ci[1])})"
    if not (low.low <= r.high and r.low <= high.high and ci[0] <= ci[1]):
        yield Compared(False, printed, "the estimate lies outside its interval")
        return
    if low.low <= 0:
        yield Compared(True, printed)
        return
    middle = Reach(math.sqrt(low.low * high.low), math.sqrt(low.high * high.high))
    found = f"the middle of the interval, on the logarithmic scale, is {math.sqrt(ci[0] * ci[1]):.3g}"
    yield Compared(r.meets(middle), printed, found)
    if _unknown(p) or not r.meets(middle):
        return
    q = stats.norm.ppf(0.5 + level / 2)
    size = [abs(math.log(x)) for x in (max(r.low, middle.low), min(r.high, middle.high))]
    crosses = max(r.low, middle.low) <= 1 <= min(r.high, middle.high)
    least = 0.0 if crosses else min(size)
    widths = [math.log(high.high / low.low), math.log(max(high.low / low.high, 1 + 1e-12))]
    z = [2 * q * least / widths[0], 2 * q * max(size) / widths[1]]
    wald = Reach(float(2 * stats.norm.sf(z[1])), float(2 * stats.norm.sf(z[0])))
    yield _judge(p, {"the interval, by Wald's test,": wald}, f"{printed}, P {shown(p)}")


def p_of_correlation(r: float, n: int, p: str | float) -> Iterator[Compared]:
    """Whether P is that of a correlation coefficient r of n pairs, two-sided: t = r sqrt((n - 2) / (1 - r^2))."""
    if _unknown(p) or r is None:
        return
    low, high = reach(r)
    ends = [min(abs(x), 1 - 1e-12) for x in (low, high)]
    sizes = (0.0 if low <= 0 <= high else min(ends), max(ends))
    values = [2 * stats.t.sf(x * math.sqrt((n - 2) / (1 - x * x)), n - 2) for x in sizes]
    found = {"the coefficient": Reach(float(min(values)), float(max(values)))}
    yield _judge(p, found, f"P {shown(p)} for r = {shown(r)}, n = {n}")


def p_of_statistic(
    statistic: float, p: str | float, kind: str, df: float | Sequence[float] | None = None
) -> Iterator[Compared]:
    """Whether P is that of the statistic: `kind` t, F, chi2 or z, two-sided for t and z; `df` one number, two for F."""
    if _unknown(p) or statistic is None:
        return
    df = [] if df is None else list(df) if isinstance(df, Sequence) else [df]
    tails = {
        "t": lambda x: 2 * stats.t.sf(abs(x), *df),
        "z": lambda x: 2 * stats.norm.sf(abs(x)),
        "F": lambda x: stats.f.sf(x, *df),
        "chi2": lambda x: stats.chi2.sf(x, *df),
    }
    if kind not in tails:
        raise ValueError(f"expected {', '.join(tails)}, found '{kind}'")
    low, high = reach(statistic)
    points = [low, high] + ([0.0] if low <= 0 <= high else [])
    values = [float(tails[kind](x)) for x in points]
    name = f"{kind}({', '.join(f'{d:g}' for d in df)})" if df else kind
    yield _judge(p, {name: Reach(min(values), max(values))}, f"P {shown(p)} for {name} = {shown(statistic)}")
