"""How comparisons are written: counts, means, differences, P values and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.papers.covid_ct.comparisons import PROPORTION, STUDENT
from scripts.report.wording import estimate_text, interval_text, number_text, p_text
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN

VERDICT_WORDS = {
    DIFFERENT: "different",
    ALIKE: "alike within the margin",
    BOTH: "different, yet within the margin",
    OPEN: "open",
}
UNCORRECTED = "The verdict goes by the two P values of the row at the level of one test, without a correction for the number of rows."


def described(row: Mapping[str, Any], group: str, digits: int = 1) -> str:
    """'38 (73.1)', '45.6 ± 14.2', or '5.2 (1.0–12.4)' (median and quartiles), as the chosen test goes."""
    if row["kind"] == PROPORTION:
        x, n = row[f"x_{group}"], row[f"n_{group}"]
        return f"{int(x)} ({100 * x / n:.1f})" if n else "–"
    if row["test"] == STUDENT:
        return f"{number_text(row[f'mean_{group}'], digits)} ± {number_text(row[f'sd_{group}'], digits)}"
    return estimate_text(row[f"median_{group}"], row[f"q1_{group}"], row[f"q3_{group}"], digits)


def difference(row: Mapping[str, Any]) -> str:
    """'1.8 (−13.5 to 16.3)' percentage points, or the probability of superiority."""
    if row["kind"] == PROPORTION:
        return estimate_text(100 * row["effect"], 100 * row["ci_low"], 100 * row["ci_high"], 1)
    return estimate_text(row["effect"], row["ci_low"], row["ci_high"])


def further(row: Mapping[str, Any]) -> str:
    """Odds ratio or Hedges' g with its interval."""
    if row["further_high"] == float("inf") or row["further"] == float("inf"):
        return f"{number_text(row['further'])} (from {number_text(row['further_low'])})"
    return estimate_text(row["further"], row["further_low"], row["further_high"])


def likeness(row: Mapping[str, Any]) -> str:
    """The 90 % interval that the margin is held against, in percentage points for proportions."""
    scale = 100 if row["kind"] == PROPORTION else 1
    digits = 1 if row["kind"] == PROPORTION else 2
    return interval_text(scale * row["alike_low"], scale * row["alike_high"], digits)


def verdict_words(row: Mapping[str, Any]) -> str:
    """What the tests of difference and of likeness say together."""
    return VERDICT_WORDS.get(row["verdict"], str(row["verdict"]))


def p_cell(value: float) -> str:
    """A P value, a dash where there is none."""
    return p_text(float(value))
