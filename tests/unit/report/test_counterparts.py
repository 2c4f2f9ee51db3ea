"""Printed numbers beside a run's own."""

import pandas as pd

from scripts.report.counterparts import (
    Counterpart,
    counterpart_table,
    counterpart_verdicts,
    disagreement_sections,
)

FOUND = [
    Counterpart("Table 1", "Accuracy", "Table 1; Abstract", 0.75, 0.70, 0.60, 0.80, "by patient", 3),
    Counterpart("Table 1", "Recall", "Table 1", 0.95, 0.70, 0.60, 0.80),
    Counterpart("Patients", "All", "Methods", 32.0, 30.0, digits=0),
]


def test_whether_a_printed_value_lies_within_the_interval():
    table = counterpart_table(FOUND)
    assert "digits" not in table
    within = table["reported_within_interval"]
    assert within[:2].tolist() == [True, False]
    assert within[2] is pd.NA
    edge = counterpart_table([Counterpart("a", "b", "c", 0.5, 0.6, 0.5, 0.7)])
    assert edge["reported_within_interval"].all()


def test_lines_of_the_report():
    first, _, last = counterpart_verdicts(FOUND)
    assert (first.where, first.reported, first.obtained, first.interval) == (
        "Table 1",
        "0.750",
        "0.700",
        "0.600–0.800",
    )
    assert (last.reported, last.obtained, last.group) == ("32", "30", "Patients")


def test_where_the_paper_does_not_agree_with_itself():
    assert disagreement_sections({}) == ()
    entry = {"where": "Table 1", "printed": "two\n  numbers", "found": "one  would do"}
    (section,) = disagreement_sections({"disagreements": [entry]})
    assert section.blocks[1].items == ("Table 1: printed two numbers; one would do.",)
