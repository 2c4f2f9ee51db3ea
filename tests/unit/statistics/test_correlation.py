"""Pearson, Fisher's z and Benjamini-Hochberg against R 4.2.2."""

import math

import numpy as np
import pandas as pd
import pytest

from scripts.statistics.correlation import correlate, correlate_tables, false_discovery, stars

X = np.array([1.2, 2.4, 3.1, 4.8, 5.0, 6.7, 7.7])
Y = np.array([2.0, 1.9, 3.8, 3.5, 5.9, 5.1, 7.2])


def test_correlation_is_cor_test():
    # cor.test(x, y)
    assert correlate(X, Y) == pytest.approx(
        {
            "n": 7,
            "r": 0.898519918825247,
            "ci_low": 0.449841600401557,
            "ci_high": 0.98505360881597,
            "p_value": 0.00596180400791984,
        },
        rel=1e-10,
    )


def test_three_patients_have_a_test_but_no_interval():
    # cor.test(x[1:3], y[1:3]) gives no interval
    three = correlate(X[:3], Y[:3])
    assert (three["r"], three["p_value"]) == pytest.approx((0.751041699732465, 0.459103401359281), rel=1e-10)
    assert math.isnan(three["ci_low"])


def test_patients_without_both_values_do_not_count():
    x, y = np.append(X, [np.nan, 3.0]), np.append(Y, [1.0, np.nan])
    assert correlate(x, y) == correlate(X, Y)


@pytest.mark.parametrize(
    ("x", "y"), [(X[:2], Y[:2]), (np.ones(7), Y), (X, np.full(7, 0.1) + np.arange(7) * 1e-17)]
)
def test_no_correlation_where_there_is_none(x, y):
    result = correlate(x, y)
    assert result["n"] == len(x)
    assert all(math.isnan(result[key]) for key in ("r", "ci_low", "ci_high", "p_value"))


def test_a_perfect_line_has_an_interval_without_width():
    result = correlate(np.arange(5.0), -2 * np.arange(5.0))
    assert (result["r"], result["ci_low"], result["ci_high"]) == (-1, -1, -1)


def test_q_values_are_p_adjust():
    # p.adjust(p, "BH")
    p_values = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    expected = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.105714285714286, 0.216, 0.216, 0.216]
    np.testing.assert_allclose(false_discovery(p_values), expected, rtol=1e-12)
    square = np.array([[0.01, np.nan], [0.04, 0.03]])
    np.testing.assert_allclose(false_discovery(square), [[0.03, np.nan], [0.04, 0.04]])
    assert np.isnan(false_discovery(np.array([np.nan]))).all()


def test_tables_are_correlated_pair_by_pair():
    rows = pd.DataFrame({"a": X, "b": X[::-1]})
    columns = pd.DataFrame({"s": Y, "t": np.ones(7), "u": X})
    table = correlate_tables(rows, columns)
    assert table[["row", "column"]].to_numpy().tolist() == [[r, c] for r in "ab" for c in "stu"]
    first = table.iloc[0]
    assert first["r"] == pytest.approx(0.898519918825247)
    assert first["stars"] == "**"
    known = table[table["p_value"].notna()]
    np.testing.assert_allclose(known["q_value"], false_discovery(known["p_value"].to_numpy()))
    assert table.loc[table["column"] == "t", "stars"].tolist() == ["", ""]
    with pytest.raises(ValueError, match="same patients in the same order"):
        correlate_tables(rows, columns.iloc[::-1])


@pytest.mark.parametrize(
    ("p_value", "mark"),
    [(0.0009, "***"), (0.001, "**"), (0.01, "*"), (0.049, "*"), (0.05, ""), (float("nan"), "")],
)
def test_stars(p_value, mark):
    assert stars(p_value) == mark
