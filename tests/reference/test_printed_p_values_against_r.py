"""`scripts.reported.p_values` and `areas` against R: what R computes, printed with a paper's digits, fits; other
values do not.

R's answers are those of the topics `hypothesis_tests`, `group_tests`, `cox` and `roc` (README of this folder).
"""

import math

import pytest

from scripts.reported.areas import roc_area
from scripts.reported.p_values import (
    p_of_correlation,
    p_of_counts,
    p_of_means,
    p_of_statistic,
    ratio_interval,
)
from scripts.reported.printed import Printed


def printed(value, digits):
    return Printed(f"{value:.{digits}f}")


def verdicts(comparisons):
    return [c.agrees for c in comparisons]


TABLES = ("two_by_two", "small_two_by_two", "two_by_four", "sparse_two_by_three", "sparse_three_by_four")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("test", ["p_value", "fisher_p"])
def test_p_values_of_counts(read_expected, table, test):
    """chisq.test (corrected in 2 x 2) and fisher.test."""
    in_r = read_expected("hypothesis_tests")["contingency"][table]
    p = in_r[test]
    assert verdicts(p_of_counts(in_r["counts"], f"{p:.4f}")) == [True]
    assert verdicts(p_of_counts(in_r["counts"], f"{p + 0.03:.4f}")) == [False]
    assert verdicts(p_of_counts([*zip(*in_r["counts"], strict=True)], f"{p:.4f}")) == [True]


@pytest.mark.parametrize("size", ["all", "forty", "twelve"])
@pytest.mark.parametrize("column", ["marker", "f03", "age"])
@pytest.mark.parametrize("test", ["student", "welch"])
def test_p_values_of_means(read_input, read_expected, size, column, test):
    """t.test, with moments of two digits more than the data's own order."""
    table = read_input("primary")
    table = {"all": table, "forty": table.iloc[:40], "twelve": table.iloc[:12]}[size]
    groups = [table.loc[table["sex"] == sex, column] for sex in (1, 0)]
    digits = 2 if column != "marker" else 3
    means, sds = ([printed(f(g), digits) for g in groups] for f in (lambda g: g.mean(), lambda g: g.std()))
    n = [len(g) for g in groups]
    p = read_expected("group_tests")["two_groups"][size][column][test]["p_value"]
    assert verdicts(p_of_means(means, sds, n, f"{p:.2f}")) == [True]
    assert verdicts(p_of_means(means, sds, n, f"{p:.3f}")) == [True]
    off = p + 0.1 if p < 0.5 else p - 0.1
    (found,) = p_of_means(means, sds, n, f"{off:.3f}")
    assert not found.agrees
    assert "Student's t-test gives" in found.found


@pytest.mark.parametrize("model", ["clinical", "many", "validation"])
def test_hazard_ratios_with_intervals(read_expected, model):
    """coxph: ratio, Wald interval and P with the digits of a paper."""
    in_r = read_expected("cox")[model]
    for b, se, p in zip(in_r["coefficients"], in_r["standard_error"], in_r["p_value"], strict=True):
        ratio, low, high = (printed(math.exp(b + z * se), 2) for z in (0, -1.959964, 1.959964))
        p_text = "<0.001" if p < 0.001 else f"{p:.3f}"
        assert verdicts(ratio_interval(ratio, [low, high], p_text)) == [True, True]
        if 0.001 < p < 0.9 and abs(b) > 0.1:
            assert verdicts(ratio_interval(ratio, [low, high], f"{min(3 * p + 0.1, 0.999):.3f}")) == [
                True,
                False,
            ]
        shifted = printed(math.exp(b + 0.3 * se) + 0.02, 2)
        assert verdicts(ratio_interval(shifted, [low, high]))[0] is False


def test_p_values_of_correlations(read_expected):
    """cor.test of 240 and of 6 pairs."""
    for topic in ("correlations", "correlations_of_six"):
        for in_r in read_expected("hypothesis_tests")[topic]:
            n = in_r.get("n") or 6
            r = printed(in_r["estimate"], 3)
            assert verdicts(p_of_correlation(r, n, f"{in_r['p_value']:.3f}")) == [True]
            off = in_r["p_value"] + (0.15 if in_r["p_value"] < 0.5 else -0.15)
            assert verdicts(p_of_correlation(r, n, f"{off:.3f}")) == [False]


def test_p_values_of_statistics(read_expected):
    """The chi-square of chisq.test and the t and z behind t.test and coxph."""
    contingency = read_expected("hypothesis_tests")["contingency"]
    for in_r in contingency.values():
        x = printed(in_r["chi_square"], 2)
        assert verdicts(p_of_statistic(x, f"{in_r['p_value']:.3f}", "chi2", in_r["df"])) == [True]
        assert verdicts(p_of_statistic(x, f"{in_r['p_value'] + 0.02:.3f}", "chi2", in_r["df"])) == [False]
    in_r = read_expected("group_tests")["two_groups"]["forty"]["age"]["student"]
    assert verdicts(p_of_statistic(printed(in_r["statistic"], 2), f"{in_r['p_value']:.2f}", "t", 38)) == [
        True
    ]
    in_r = read_expected("cox")["one"]
    assert verdicts(p_of_statistic(printed(in_r["z"], 2), f"{in_r['p_value']:.3f}", "z")) == [True]
    # F with 1 and n degrees of freedom is t squared
    assert verdicts(p_of_statistic(Printed("4.1498"), "0.050", "F", [1, 32])) == [True]
    with pytest.raises(ValueError, match="expected t, z, F, chi2, found 'T'"):
        list(p_of_statistic(Printed("1.0"), "0.3", "T", 5))


@pytest.mark.parametrize("cohort", ["primary", "first_thirty", "validation"])
def test_areas(read_input, read_expected, cohort):
    """pROC: area, DeLong's standard error and interval, the point of Youden."""
    n_of = {"primary": (66, 174), "first_thirty": (8, 22), "validation": (39, 100)}
    for in_r in read_expected("roc")[cohort]["areas"].values():
        auc, se = printed(in_r["auc"], 3), printed(in_r["variance"] ** 0.5, 3)
        ci = [printed(in_r["ci_low"], 3), printed(in_r["ci_high"], 3)]
        point = {
            "sensitivity": printed(in_r["sensitivity"], 3),
            "specificity": printed(in_r["specificity"], 3),
        }
        n = dict(zip(("n_positive", "n_negative"), n_of[cohort], strict=True))
        assert verdicts(roc_area(auc, se=se, ci=ci, **n, **point)) == [True, True, True]
