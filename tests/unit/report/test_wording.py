"""Numbers as papers print them."""

import math

import pytest

from scripts.report.wording import estimate_text, interval_text, number_text, p_text, stars


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.744, 2, "0.74"),
        (-0.0766, 3, "−0.077"),
        (-0.001, 2, "0.00"),
        (math.nan, 2, "–"),
        (None, 2, "–"),
        (math.inf, 2, "–"),
    ],
)
def test_number(value, digits, text):
    assert number_text(value, digits) == text


def test_intervals_and_estimates():
    assert interval_text(0.69, 0.8) == "0.69–0.80"
    assert interval_text(-0.01, 0.12) == "−0.01 to 0.12"
    assert interval_text(math.nan, 0.12) == "–"
    assert estimate_text(5.65, 2.26, 14.13) == "5.65 (2.26–14.13)"
    assert estimate_text(5.65, None, None) == "5.65"
    assert estimate_text(math.nan, 1, 2) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "<0.001"),
        (0.001, "0.001"),
        (0.0085, "0.009"),
        (0.026, "0.03"),
        (0.0486, "0.049"),
        (0.0513, "0.051"),
        (0.39, "0.39"),
        (0.999, ">0.99"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_p_values(value, text):
    assert p_text(value) == text


def test_stars():
    assert [stars(p) for p in (0.0009, 0.009, 0.049, 0.05, math.nan, None)] == ["***", "**", "*", "", "", ""]
