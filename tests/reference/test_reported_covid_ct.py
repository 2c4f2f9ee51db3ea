"""The study's printed numbers against one another, where it takes more than the shared comparisons (`checks`).

What these find stands in `disagreements` of resources/reported/covid_ct.yaml or is worked out by `recompute_printed`.
"""

import numpy as np
import pytest
from scipy import stats

from scripts.reported.plausibility import compare_printed, findings
from scripts.reported.printed import read_reported
from scripts.statistics.power import z_test_power
from scripts.workflow.config import ROOT

REPORTED = read_reported(ROOT / "resources/reported/covid_ct.yaml")
VALUES = {key: entry["value"] for key, entry in REPORTED["values"].items()}
N = (VALUES["n_patients.covid"], VALUES["n_patients.other"])
TABLE_1 = {row["printed"]: row for row in REPORTED["table_1"]}


def test_every_value_says_where_it_is_printed():
    assert all(set(entry) == {"value", "where"} and entry["where"] for entry in REPORTED["values"].values())
    assert all(set(entry) == {"where", "printed", "found"} for entry in REPORTED["disagreements"])


def test_tables_have_the_rows_that_are_printed():
    assert len(REPORTED["table_1"]) == 21
    assert len(REPORTED["table_2"]) == VALUES["n_findings"]
    assert len(REPORTED["table_3"]) == VALUES["n_lobes"]


def test_who_has_it_not_is_the_rest():
    for row in [*REPORTED["table_1"], *REPORTED["table_2"]]:
        if "rest" in row:
            assert [row["covid"][0] + row["rest"][0], row["other"][0] + row["rest"][1]] == list(N)


def test_white_cells_add_up_to_more_than_all():
    parts = [TABLE_1[name] for name in ("Neutrophil percentage, %", "Lymphocyte percentage, %")]
    assert [round(sum(row[g][0] for row in parts)) for g in ("covid", "other")] == [103, 104]


def test_no_printed_p_value_of_the_counts_is_that_of_a_usual_test():
    off = [r for r in findings(REPORTED) if r.title == "P values against counts"]
    every = [r for r in compare_printed(REPORTED) if r.title == "P values against counts"]
    assert len(off) == len(every) == 13 + 8


def test_the_power_that_is_printed_needs_a_proportion_that_is_not():
    low, high = z_test_power(0.7, 0.5, *N), z_test_power(0.3, 0.1, *N)
    assert low < VALUES["power"] < high
    assert sum(N) == 132
    assert VALUES["power_n"] == 130


@pytest.mark.parametrize("what", ["volume", "percent"])
def test_table_3_by_welch_with_the_figure_after_the_sign_as_deviation_and_as_error(what):
    for row in REPORTED["table_3"]:
        (m1, s1), (m2, s2) = row[what]["covid"], row[what]["other"]
        as_deviation = stats.ttest_ind_from_stats(m1, s1, N[0], m2, s2, N[1], equal_var=False).pvalue
        assert as_deviation < 1e-4
        as_error = 2 * stats.norm.sf(abs(m1 - m2) / np.hypot(s1, s2))
        assert (as_error < 0.05) == (
            what == "percent" and row["region"] in ("right_upper", "right_middle", "left_upper")
        )
