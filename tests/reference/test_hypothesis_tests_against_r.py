"""`scripts.statistics` against R's stats: chisq.test, fisher.test, oneway.test, kruskal.test, cor.test,
prop.test.

Closed formulae, 1e-9 relative (p-values through different incomplete-beta and -gamma routines). Fisher's test
in tables larger than 2 x 2 is simulated from 99,999 tables, R's is exact: four standard errors of the
simulated proportion.
"""

from __future__ import annotations

import numpy as np
import pytest

from scripts.statistics.baseline_table import Variable, compare_counts, describe_groups
from scripts.statistics.correlation import correlate
from scripts.statistics.intervals import wilson_interval

SIMULATED_TABLES = 99_999


@pytest.fixture(scope="module")
def expected(read_expected):
    return read_expected("hypothesis_tests")


@pytest.fixture(scope="module")
def table(read_input):
    table = read_input("primary")
    table["sex"] = table["sex"].map({1: "M", 0: "F"})
    table["event_text"] = table["event"].map({1: "yes", 0: "no"})
    return table


TABLES = ["two_by_two", "small_two_by_two", "two_by_four", "sparse_two_by_three", "sparse_three_by_four"]


@pytest.mark.parametrize("name", TABLES)
def test_chi_square(name, expected, agree):
    case = expected["contingency"][name]
    result = compare_counts(np.array(case["counts"]))
    agree("chi-square: p-value", result.p_value, case["p_value"], relative=1e-9)


@pytest.mark.parametrize("name", TABLES)
def test_fisher(name, expected, agree):
    case = expected["contingency"][name]
    counts, exact = np.array(case["counts"]), case["fisher_p"]
    p_value = compare_counts(counts, test="fisher").p_value
    if counts.shape == (2, 2):
        agree("Fisher 2 x 2: p-value", p_value, exact, relative=1e-9)
    else:
        error = 4 * np.sqrt(exact * (1 - exact) / SIMULATED_TABLES) + 1 / SIMULATED_TABLES
        agree("Fisher larger, simulated: p-value", p_value, exact, relative=0, absolute=error)


@pytest.mark.parametrize("group", ["group", "tnm"])
def test_p_values_of_a_baseline_table(group, table, expected, agree):
    in_r = expected[f"by_{group}"]
    categorical = [name for name in in_r["chi_square"] if name != group]
    continuous = [name for name in in_r["anova"] if name != group]
    variables = [Variable(name, f"{name}, n", "categorical") for name in categorical]
    variables += [Variable(name, f"{name}, mean", "continuous") for name in continuous]
    for continuous_test, in_r_test in (("equal_variance", "anova"), ("welch", "welch"), ("rank", "kruskal")):
        described = describe_groups(table, group, variables, continuous_test=continuous_test)
        p_values = described.groupby("variable", sort=False)["p_value"].first()
        for name in categorical:
            agree(
                "baseline table: chi-square", p_values[f"{name}, n"], in_r["chi_square"][name], relative=1e-9
            )
        for name in continuous:
            agree(
                f"baseline table: {in_r_test}",
                p_values[f"{name}, mean"],
                in_r[in_r_test][name],
                relative=1e-9,
            )


def test_cells_of_a_baseline_table(table, expected):
    described = describe_groups(table, "group", [Variable("marker", "marker", "continuous")], digits=6)
    row = described[described["variable"] == "marker"].iloc[0]
    for group in ("high", "low"):
        mean, deviation = (expected["by_group"][key]["marker"][group] for key in ("mean", "sd"))
        assert row[group] == f"{mean:.6f} ({deviation:.6f})"


@pytest.mark.parametrize("patients", ["correlations", "correlations_of_six"])
def test_correlation(patients, table, expected, agree):
    for case in expected[patients]:
        part = table.iloc[: case["n"]]
        obtained = correlate(part[case["x"]].to_numpy(), part[case["y"]].to_numpy())
        assert obtained["n"] == case["n"]
        agree("correlation: r", obtained["r"], case["estimate"], relative=1e-9)
        for key in ("ci_low", "ci_high", "p_value"):
            agree(f"correlation: {key}", obtained[key], case[key], relative=1e-9)


def test_wilson_interval(expected, agree):
    for case in expected["wilson"]:
        interval = wilson_interval(case["successes"], case["n"])
        agree("Wilson: interval", [interval.ci_low, interval.ci_high], [case["ci_low"], case["ci_high"]],
              relative=1e-9, absolute=1e-12)  # fmt: skip
