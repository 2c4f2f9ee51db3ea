"""Tables that every report has."""

import numpy as np
import pandas as pd
import pytest

from scripts.errors import InputError
from scripts.report.document import Column
from scripts.report.rich_text import Run, plain
from scripts.report.standard_tables import (
    Verdict,
    code_and_software_table,
    digest_table,
    exclusion_table,
    parameter_table,
    settings_table,
    table_from_data,
    value_text,
    verdict_table,
)


def cells(table):
    return [[plain(cell) for cell in row.cells] for row in table.rows]


def test_verdicts_are_grouped_and_gaps_are_dashes():
    table = verdict_table(
        "v",
        "c",
        [
            Verdict("C-index", "Abstract", "0.74", "0.71", "0.66–0.77", "n = 242", group="Primary"),
            Verdict("AUC", "Figure 4", "0.73", "", group="Primary"),
            Verdict("Features", "Results", "5", "7"),
        ],
    )
    assert cells(table) == [
        ["Primary"],
        ["C-index", "Abstract", "0.74", "0.71", "0.66–0.77", "n = 242"],
        ["AUC", "Figure 4", "0.73", "–", "–", "–"],
        ["Features", "Results", "5", "7", "–", "–"],
    ]
    assert [(row.heading, row.level) for row in table.rows] == [(True, 0), (False, 1), (False, 1), (False, 0)]


def parameter(name, value, standing, reason, changed="", published=None):
    return {
        "name": name,
        "value": value,
        "published": value if published is None else published,
        "standing": standing,
        "reason": reason,
        "changed": changed,
    }


def test_a_parameter_says_what_it_rests_on_and_what_was_changed():
    table = parameter_table(
        "p",
        "c",
        [
            parameter("folds", 10, "source", "Methods"),
            parameter("bin", 25.0, "assumed", "the\n default of `x`"),
            parameter("spacing", None, "honest", "leaks"),
            parameter("months", [36, 60.5], "beyond", "ours", "user", [36]),
            parameter("n", 60, "assumed", "size", "simulated", 500),
        ],
    )
    assert [tuple(row[1:]) for row in cells(table)] == [
        ("10", "Paper: Methods"),
        ("25", "Assumed: the default of 'x'"),
        ("none", "Departs from the paper: leaks"),
        ("36, 60.5 (set by the user; published run: 36)", "Not in the paper: ours"),
        ("60 (reduced for simulated patients; published run: 500)", "Assumed: size"),
    ]


def test_digests_are_set_in_fixed_width():
    table = digest_table("d", "c", [("numpy", "2.4.6")])
    assert table.rows[0].cells == ("numpy", Run("code", "2.4.6"))


def test_table_from_data_keeps_order_and_indents():
    data = pd.DataFrame({"variable": ["Sex", "F"], "n": [None, "46"], "level": [0, 1], "p": [np.nan, "0.1"]})
    columns = {"variable": Column("Variable"), "p": Column("P"), "n": Column("n")}
    table = table_from_data("t", "c", data, columns, level="level")
    assert cells(table) == [["Sex", "", ""], ["F", "0.1", "46"]]
    assert [row.level for row in table.rows] == [0, 1]


def test_table_from_data_names_a_missing_column():
    with pytest.raises(
        InputError, match="Table 't': expected a column 'p_valu', found none. Did you mean 'p_value'"
    ):
        table_from_data("t", "c", pd.DataFrame({"p_value": []}), {"p_valu": Column("P")})


def test_values_are_in_words_of_readers():
    values = (None, True, False, [36, 60], 0.80, "min")
    assert [value_text(value) for value in values] == ["none", "yes", "no", "36, 60", "0.8", "min"]


def test_code_stands_beside_the_software_of_all_steps():
    records = [
        {"step": "train_fold_nmosd_ms", "code": "aa", "versions": {"torch": "2.1", "numpy": "2.0"}},
        {"step": "describe_cohort", "code": "bb", "versions": {"numpy": "2.0", "SimpleITK": "2.5"}},
    ]
    table = code_and_software_table("versions", "nmosd_ms", records)
    assert cells(table) == [
        ["train fold", "aa", "numpy", "2.0"],
        ["describe cohort", "bb", "SimpleITK", "2.5"],
        ["", "", "torch", "2.1"],
    ]


def test_settings_run_down_the_first_columns_then_the_next():
    table = settings_table("frozen", "Settings.", {"crop": {"size": 8, "outside": "black"}, "turned": False})
    assert cells(table) == [
        ["crop.size", "8", "turned", "no"],
        ["crop.outside", "black", "", ""],
    ]


def test_exclusions_are_those_from_the_whole_study():
    ledger = pd.DataFrame(
        {
            "patient": ["A", "B"],
            "cohort": ["primary", "primary"],
            "step": ["read_image", "check"],
            "cause": ["no image", "no age"],
            "excluded_from": ["all", "one table"],
        }
    )
    table = exclusion_table(ledger, "slice")
    assert table.caption == "Excluded slices."
    assert [column.label for column in table.columns] == ["Slice", "Step", "Cause"]
    assert [row.cells for row in table.rows] == [("A", "read image", "no image")]
    assert exclusion_table(ledger, by_cohort=True).rows[0].cells == ("A", "primary", "read image", "no image")
