"""The last section of a report: what it says of a study's printed numbers."""

from scripts.report.document import BulletList, Document, Paragraph, Table, check_document
from scripts.report.plausibility import TITLE, plausibility_section
from scripts.report.rich_text import plain
from scripts.reported.printed import parse_reported

CHECKS = """
paper: made_up
checks:
- {check: add_up, where: Table 1, parts: [10, 20], whole: 30}
- {check: add_up, where: Table 2, parts: [10, 20], whole: 31, reading: One patient has both.}
- {check: same, where: "Abstract, Table 2", numbers: [0.75, 0.757]}
"""


def blocks(text):
    section = plausibility_section(parse_reported(text))
    assert section.title == TITLE
    check_document(Document(title="x", sections=(section,)))
    return section.blocks


def test_findings_their_readings_and_all_comparisons():
    opening, what, found, how, readings, checks = blocks(CHECKS)
    assert "3 comparisons, of which 2 do not hold" in plain(opening.text)
    assert [plain(row.cells[0]) for row in found.rows] == [
        "Numbers that add up", "Table 2", "Numbers that are printed twice", "Abstract, Table 2",
    ]  # fmt: skip
    assert found.rows[1].cells[1:] == ("10 + 20 = 31", "the parts add up to 30")
    assert "neither which of them is off nor why" in plain(what.text)
    assert isinstance(how, Paragraph)
    assert readings == BulletList(("One patient has both.",))
    assert [row.cells for row in checks.rows] == [
        ("Numbers that add up", "Table 1; Table 2", "2", "1"),
        ("Numbers that are printed twice", "Abstract, Table 2", "1", "1"),
    ]


def test_where_all_holds_there_is_no_table_of_findings():
    opening, checks = blocks("paper: x\nchecks: [{check: add_up, where: Table 1, parts: [1, 2], whole: 3}]")
    assert "1 comparison, which holds" in plain(opening.text)
    assert isinstance(checks, Table)


def test_one_of_several_that_does_not_hold():
    text = "paper: x\nchecks: [{check: same, where: T, numbers: [1.0, 1.0, 2.0]}]"
    assert "2 comparisons, of which 1 does not hold" in plain(blocks(text)[0].text)


def test_a_study_without_checks_says_so():
    (only,) = blocks("paper: x")
    assert plain(only.text) == "No comparison of the printed numbers is laid down for this study."
