"""Tests of likeness against R: score tests by maximising the likelihood in R, areas and their errors by pROC.

R's search ends at 1e-8 of a proportion, so that P values and limits agree to 1e-6; areas and errors to rounding.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.statistics.effect_sizes import superiority
from scripts.statistics.equivalence import alike_proportions, alike_ranks


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("likeness")


@pytest.mark.parametrize("case", range(6))
def test_proportions_by_score_tests(case, expected, agree):
    in_r = expected["proportions"][case]
    found = alike_proportions(*in_r["counts"], 0.2)
    agree("score tests: P", found.p_value, in_r["p"], absolute=1e-6)
    agree("score tests: 90 % limit", found.low, in_r["low"], absolute=1e-6)
    agree("score tests: 90 % limit", found.high, in_r["high"], absolute=1e-6)


@pytest.mark.parametrize("column", ["marker", "f03", "f01", "age"])
def test_ranks_by_delong(column, expected, read_input, agree):
    table, in_r = read_input("primary"), expected["ranks"][column]
    a, b = (table.loc[table["sex"] == code, column].to_numpy(float) for code in (1, 0))
    wide, found = superiority(a, b), alike_ranks(a, b, 0.138)
    assert np.isfinite(in_r["area"])
    agree("superiority", wide.estimate, in_r["area"], relative=1e-12)
    for name, value in (
        ("low_95", wide.ci_low),
        ("high_95", wide.ci_high),
        ("low_90", found.low),
        ("high_90", found.high),
    ):
        agree(f"superiority: {name}", value, in_r[name], relative=1e-10)
    agree("likeness of ranks: P", found.p_value, in_r["p"], relative=1e-8)
