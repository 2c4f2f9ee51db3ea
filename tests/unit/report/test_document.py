"""Numbers in order; faults of a document named by block."""

import re

import pytest

from scripts.errors import InputError
from scripts.report.document import (
    BulletList,
    Column,
    Document,
    Equation,
    Figure,
    Note,
    PageBreak,
    Panel,
    Paragraph,
    Row,
    ScoreFormula,
    Section,
    Table,
    check_document,
    number_blocks,
)
from scripts.report.rich_text import rich

COLUMNS = (Column("A"), Column("B", "right"))


def table(key, **kwargs):
    return Table(key, "A caption.", COLUMNS, (Row(("x", "1")),), **kwargs)


def figure(key):
    return Figure(key, "A caption.", (Panel("x.svg"),))


def document(*blocks):
    return Document("Title", sections=(Section("Section", blocks),))


def fault(*blocks):
    with pytest.raises(InputError) as caught:
        check_document(document(*blocks))
    return str(caught.value)


def test_numbers_follow_reading_order_and_count_by_kind_and_series():
    sub = Section("Sub", (table("second"), figure("drawn"), Equation("e", "x")))
    numbers = number_blocks(
        document(table("first"), sub, table("extra", series="S"), ScoreFormula("score", "Score", ()))
    )
    assert numbers == {
        "first": "Table 1",
        "second": "Table 2",
        "drawn": "Figure 1",
        "e": "Equation 1",
        "extra": "Table S1",
        "score": "Equation 2",
    }


def test_every_kind_of_block_passes():
    check_document(
        document(
            Paragraph(rich("see @t")),
            BulletList(("a", rich("@t"))),
            Note("n", ("a",)),
            PageBreak(),
            table("t"),
            figure("f"),
        )
    )


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (
            (Paragraph(rich("see @kaplan")), figure("kaplans")),
            "Paragraph 'see kaplan': expected a reference to a block of this document, found 'kaplan'. "
            "Did you mean 'kaplans'?",
        ),
        ((table("a"), figure("a")), "Figure 'a': expected a key of its own, found that of Table 1."),
        (
            (table("1 a"),),
            "Table '1 a': expected a key of letters, digits, '-' and '_' that starts with a letter, "
            "found '1 a'.",
        ),
        (
            (Table("t", "c", COLUMNS, (Row(("x", "1")), Row(("x",)))),),
            "Table 1 ('t'): expected 2 cell(s) a row, found 1 in row 2.",
        ),
        (
            (Table("t", "c", COLUMNS, (Row("xy"),)),),
            "Table 1 ('t'): expected 2 cell(s) a row, found 1 in row 1.",
        ),
        (
            (Table("t", "c", COLUMNS, (Row(("x", "1"), heading=True),)),),
            "Table 1 ('t'): expected 1 cell(s) a row, found 2 in row 1.",
        ),
        (
            (Table("t", "c", (Column("A", "centre"),), ()),),
            "Table 1 ('t'): expected an alignment of left, center, right, found 'centre' over column 'A'. "
            "Did you mean 'center'?",
        ),
        ((Table("t", "c", (), ()),), "Table 1 ('t'): expected one column at least, found none."),
        ((Figure("f", "c", ()),), "Figure 1 ('f'): expected one panel at least, found none."),
        (("words",), "Section 'Section': expected blocks of scripts.report.document, found str."),
    ],
)
def test_faults(blocks, message):
    assert fault(*blocks) == message


def test_sections_nest_three_deep():
    check_document(document(Section("2", (Section("3"),))))
    deep = Section("2", (Section("3", (Section("4"),)),))
    assert re.search("Section '4': expected sections nested three deep at most", fault(deep))


def test_a_paragraph_beside_sections_is_refused():
    with pytest.raises(InputError, match="document: expected sections, found Paragraph"):
        check_document(Document("T", sections=(Paragraph("x"),)))


def test_front_matter_may_refer_only_to_what_is_there():
    with pytest.raises(InputError, match="title page: expected a reference .* found 'gone'"):
        check_document(Document("T", key_results=(rich("@gone"),)))
