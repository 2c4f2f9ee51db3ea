"""Table 1 against R 4.2.2 (calls quoted above the numbers) and against the study's own printed table."""

import math

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.statistics.baseline_table import Variable, compare_counts, compare_values, describe_groups

A, B, C = [61.2, 70.5, 55.1, 66.0, 72.3], [49.9, 58.4, 60.2, 51.7, 63.0, 57.1], [70.1, 66.6, 74.2]


def test_counts_are_compared_as_r_does():
    # chisq.test(rbind(c(18,45),c(50,82),c(4,17)))$p.value
    wide = compare_counts(np.array([[18, 45], [50, 82], [4, 17]]))
    assert wide.p_value == pytest.approx(0.149665773242749, rel=1e-12)
    assert wide.test == "chi-square"
    # chisq.test(rbind(c(52,110),c(21,59)))$p.value; with correct = FALSE it is 0.351
    square = compare_counts(np.array([[52, 110], [21, 59]]))
    assert square.p_value == pytest.approx(0.43323, abs=5e-6)
    assert square.test == "chi-square, continuity-corrected"


def test_fishers_test_is_a_choice():
    # fisher.test(rbind(c(3,9),c(8,2)))$p.value; fisher.test(rbind(c(2,9),c(7,3),c(1,4)))$p.value
    exact = compare_counts(np.array([[3, 9], [8, 2]]), "fisher")
    assert exact.p_value == pytest.approx(0.0299731228523798, rel=1e-10)
    assert exact.test == "Fisher's exact"
    drawn = compare_counts(np.array([[2, 9], [7, 3], [1, 4]]), "fisher")
    assert drawn.p_value == pytest.approx(0.0397216728620684, abs=4 * math.sqrt(0.04 * 0.96 / 99_999))
    assert drawn.test == "Fisher's, simulated"
    assert drawn == compare_counts(np.array([[2, 9], [7, 3], [1, 4]]), "fisher")
    # smallest expected counts 5 and 4.5
    assert compare_counts(np.array([[3, 7], [7, 3]]), "fisher_when_sparse").test.startswith("chi-square")
    assert compare_counts(np.array([[2, 7], [8, 3]]), "fisher_when_sparse").test == "Fisher's exact"
    with pytest.raises(
        ValueError, match="expected test chi_square, pearson, fisher, fisher_when_sparse, found 'chisq'"
    ):
        compare_counts(np.eye(2), "chisq")


def test_levels_and_groups_without_patients_are_left_out():
    padded = compare_counts(np.array([[52, 0, 110], [0, 0, 0], [21, 0, 59]]))
    assert padded == compare_counts(np.array([[52, 110], [21, 59]]))
    nothing = compare_counts(np.array([[5, 6], [0, 0]]))
    assert math.isnan(nothing.p_value)
    assert nothing.test == ""


def test_values_are_compared_as_r_does():
    # oneway.test(v ~ g, var.equal = TRUE); for two groups t.test(a, b, var.equal = TRUE) gives the same
    assert compare_values([A, B]).p_value == pytest.approx(0.0479166127260724, rel=1e-12)
    assert compare_values([A, B, C]).p_value == pytest.approx(0.0138262413525007, rel=1e-12)
    # oneway.test(v ~ g); kruskal.test(v ~ g)
    assert compare_values([A, B, C], "welch").p_value == pytest.approx(0.0128328720646128, rel=1e-10)
    assert compare_values([A, B, C], "rank").p_value == pytest.approx(0.031791019696117, rel=1e-10)
    with pytest.raises(ValueError, match="found 'median'"):
        compare_values([A, B], "median")


@pytest.mark.parametrize("test", ["equal_variance", "welch", "rank"])
@pytest.mark.parametrize("samples", [[], [A], [A, [1.0]], [A, []], [[2.0, 2.0], [2.0, 2.0]]])
def test_no_test_where_nothing_can_be_tested(samples, test):
    result = compare_values(samples, test)
    assert math.isnan(result.p_value)
    assert result.test == ""


def patients():
    return pd.DataFrame(
        {
            "risk": ["low"] * 4 + ["high"] * 6,
            "sex": list("FFMM") + list("FMMMMM"),
            "age": [60.0, 62.0, 64.0, np.nan, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0],
            "grade": ["high", None, "low", "low", "high", "high", None, "low", "low", "low"],
        }
    )


def test_the_table_counts_percents_means_and_missing():
    variables = [
        Variable("sex", "Sex", "categorical", {"F": "Female", "M": "Male"}),
        Variable("age", "Age (years)", "continuous"),
        Variable("grade", "Grade", "categorical", ["high", "moderate", "low"]),
    ]
    table = describe_groups(patients(), "risk", variables, groups=["low", "high"])
    assert table.columns.tolist() == ["variable", "level", "low", "high", "p_value", "test"]
    assert table[["variable", "level", "low", "high"]].to_numpy().tolist() == [
        ["n", "", "4", "6"],
        ["Sex", "Female", "2 (50.0)", "1 (16.7)"],
        ["Sex", "Male", "2 (50.0)", "5 (83.3)"],
        ["Age (years)", "", "62.0 (2.0)", "62.5 (9.4)"],
        ["Age (years)", "missing", "1", "0"],
        ["Grade", "high", "1 (33.3)", "2 (40.0)"],
        ["Grade", "moderate", "0 (0.0)", "0 (0.0)"],
        ["Grade", "low", "2 (66.7)", "3 (60.0)"],
        ["Grade", "missing", "1", "1"],
    ]
    assert table["p_value"].notna().tolist() == [False, True, False, True, False, True, False, False, False]
    assert table["test"].tolist()[3] == "analysis of variance"
    assert table["p_value"][1] == compare_counts(np.array([[2, 1], [2, 5]])).p_value
    assert table["p_value"][5] == compare_counts(np.array([[1, 2], [2, 3]])).p_value


def test_groups_follow_a_categorical_column_and_one_group_has_no_test():
    data = patients()
    data["risk"] = pd.Categorical(data["risk"], ["low", "middle", "high"])
    table = describe_groups(data, "risk", [Variable("age", "Age", "continuous")])
    assert table.columns.tolist()[2:5] == ["low", "middle", "high"]
    assert table["middle"].tolist() == ["0", "-", "0"]
    alone = describe_groups(
        data[data["risk"] == "low"], "risk", [Variable("sex", "Sex", "categorical")], ["low"]
    )
    assert alone["p_value"].isna().all()
    single = describe_groups(
        data.iloc[[0, 4]], "risk", [Variable("age", "Age", "continuous")], ["low", "high"]
    )
    assert single.loc[1, ["low", "high"]].tolist() == ["60.0", "50.0"]


def test_what_does_not_belong_is_refused():
    age = Variable("age", "Age", "continuous")
    with pytest.raises(InputError, match=r"a column 'riks', found none. Did you mean 'risk'"):
        describe_groups(patients(), "riks", [age])
    with pytest.raises(InputError, match=r"column 'risk': expected only low, found 'high'"):
        describe_groups(patients(), "risk", [age], groups=["low"])
    with pytest.raises(InputError, match=r"a column 'aeg', found none. Did you mean 'age'"):
        describe_groups(patients(), "risk", [Variable("aeg", "Age", "continuous")])
    with pytest.raises(InputError, match=r"column 'grade': expected only high, moderate, found 'low'"):
        describe_groups(patients(), "risk", [Variable("grade", "G", "categorical", ["high", "moderate"])])
    with pytest.raises(ValueError, match=r"age: expected kind categorical or continuous, found 'numeric'"):
        Variable("age", "Age", "numeric")
