"""How numbers are written in tables, figures and sentences."""

from __future__ import annotations

import math

MISSING = "–"


def number_text(value: float | None, digits: int = 2) -> str:
    """A number with fixed decimals and a true minus sign; 'not estimable' values (None, NaN, infinite) as a
    dash.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def interval_text(low: float | None, high: float | None, digits: int = 2) -> str:
    """'0.69–0.80'; 'to' stands between the limits where one is negative."""
    if number_text(low, digits) == MISSING or number_text(high, digits) == MISSING:
        return MISSING
    between = " to " if low < 0 or high < 0 else "–"
    return f"{number_text(low, digits)}{between}{number_text(high, digits)}"


def estimate_text(value: float | None, low: float | None, high: float | None, digits: int = 2) -> str:
    """'0.74 (0.69–0.80)', '0.74' where there is no interval, a dash where there is no estimate."""
    if number_text(value, digits) == MISSING:
        return MISSING
    interval = interval_text(low, high, digits)
    return number_text(value, digits) if interval == MISSING else f"{number_text(value, digits)} ({interval})"


def p_text(value: float | None) -> str:
    """A P value as the papers print it: '<0.001', three decimals below 0.01 and next to 0.05, else two.

    Next to 0.05: where two decimals would read 0.05, so that no value is rounded across the level of
    significance.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0.001:
        return "<0.001"
    if value > 0.99:
        return ">0.99"
    return f"{value:.3f}" if value < 0.01 or f"{value:.2f}" == "0.05" else f"{value:.2f}"


def stars(p_value: float | None) -> str:
    """'***' below 0.001, '**' below 0.01, '*' below 0.05, else ''."""
    if p_value is None or not math.isfinite(p_value):
        return ""
    return "*" * sum(p_value < level for level in (0.05, 0.01, 0.001))
