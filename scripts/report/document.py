"""What a report is made of: small frozen records that `scripts.report.typesetting` sets in type.

A `Document` holds `Section`s, a section holds blocks. Wherever a field says *text*, give a plain string
(printed literally) or rich text (`scripts.report.rich_text`). Tables and figures are numbered in the order in
which they stand; `reference(key)` or `@key` in `rich` gives 'Table 2' or 'Figure 3'. An example of the whole:

    Document(
        title="A radiomics nomogram for colorectal cancer",
        banner="SIMULATED PATIENTS: not results about people",
        sections=(
            Section("Results", (
                Paragraph(rich("Patients are described in @baseline.")),
                Table(
                    "baseline", "Patients.", (Column(""), Column("Primary", "center")), (Row(("n", "242")),)
                ),
            )),
        ),
    )
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scripts.errors import InputError, nearest
from scripts.report.rich_text import plain, references

ALIGNMENTS = ("left", "center", "right")
COLUMN_WIDTH_MM, PAGE_WIDTH_MM = 85.0, 178.0


@dataclass(frozen=True)
class Paragraph:
    """Running text: `Paragraph(rich("The *C*-index was {c:.2f}.", c=0.74))`."""

    text: Any


@dataclass(frozen=True)
class BulletList:
    """A list, numbered when `ordered`: `BulletList(("first", "second"))`."""

    items: Sequence[Any]
    ordered: bool = False


@dataclass(frozen=True)
class Note:
    """A shaded box with a bold title, for what a reader must not miss: `Note("Leakage", ("Scaled by
    cohort.",))`.
    """

    title: Any
    items: Sequence[Any]


@dataclass(frozen=True)
class Equation:
    """A displayed, numbered formula in Typst's notation: `Equation("cox", "h(t|x) = h_0(t) exp(beta^T x)")`.

    The source is authored wording: it is evaluated, so it must never hold data (use `ScoreFormula` for
    those).
    """

    key: str
    source: str
    alternative: str = ""


@dataclass(frozen=True)
class ScoreFormula:
    """A linear score spelt out, one term a line, numbered as an equation.

    `ScoreFormula("score", "Rad-score", (("0.075", "original_shape_Maximum2DDiameterRow"), ("-0.070",
    "...")))`: `terms` are (coefficient as text, feature name); `constant` is a last term without a feature,
    or ''.
    """

    key: str
    name: str
    terms: Sequence[tuple[str, str]]
    constant: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    label : text over the column; a line break in it is kept.
    align : 'left', 'center' or 'right'.
    group : text over neighbouring columns that share it, underlined; '' for none. Two columns share a group
        when they are neighbours and their group texts are equal. A tuple gives several levels, outermost
        first.
    """

    label: Any
    align: str = "left"
    group: Any = ""


@dataclass(frozen=True)
class Row:
    """A row: one text a column. `level` indents its first cell; a `heading` row has one cell, set bold across
    the table; `rule` draws a thin line above it. `Row(("F", "46 (63.0)", "61 (36.1)"), level=1)`."""

    cells: Sequence[Any]
    level: int = 0
    heading: bool = False
    rule: bool = False


@dataclass(frozen=True)
class Table:
    """A table with horizontal rules only; long ones continue on the next page under a repeated head.

    Parameters
    ----------
    key : name for references, and of the files that go with the table (letters, digits, - and _).
    caption : text over the table.
    columns, rows : as many cells in a row as columns (one in a heading row).
    notes : texts under the table.
    wide : a landscape page of its own; one that does not fit upright gets it in any case.
    series : prefix of the number, 'S' for supplementary ones ('Table S1').
    floating : None by its height; True for a small one that waits its turn among the floating figures and tables, so
        that numbers stay in order; False for one that stands where it is.
    """

    key: str
    caption: Any
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[Any] = ()
    wide: bool = False
    series: str = ""
    floating: bool | None = None


@dataclass(frozen=True)
class Panel:
    """One drawing: a file in the figure folder (.svg, .png or .jpg), the letter before it, its width in mm.

    Without a width an SVG keeps its own size and anything else takes 85 mm. `alternative` describes it to a
    reader who cannot see it (the caption stands in where it is empty).
    """

    file: str
    letter: str = ""
    width_mm: float | None = None
    alternative: str = ""


@dataclass(frozen=True)
class Figure:
    """One or more panels over a caption; panels fill rows up to 178 mm and a figure is shrunk to fit its
    page.

    `Figure("km", "Disease-free survival.", (Panel("km_primary.svg", "A"), Panel("km_validation.svg", "B")))`
    """

    key: str
    caption: Any
    panels: Sequence[Panel]
    series: str = ""


@dataclass(frozen=True)
class PageBreak:
    """Start a new page."""


@dataclass(frozen=True)
class Section:
    """A heading and the blocks under it; a Section among the blocks is a subsection (up to three levels)."""

    title: Any
    blocks: Sequence[Any] = ()


@dataclass(frozen=True)
class Document:
    """A report.

    Parameters
    ----------
    title, subtitle : texts.
    kicker : a few words over the title, such as 'Replication report'.
    short_title : running head; the title where empty.
    citation, doi : the study that was run again; the DOI is printed as a link.
    cohort_line : whose patients these are.
    facts : further (label, text) lines of the title block.
    banner : printed on every page when given, e.g. 'SIMULATED PATIENTS: not results about people'.
    summary : structured abstract, (heading, text) pairs.
    key_results : texts of the box of key results.
    sections : the body.
    language : ISO 639-1 code, for hyphenation.
    """

    title: Any
    subtitle: Any = ""
    kicker: Any = ""
    short_title: str = ""
    citation: Any = ""
    doi: str = ""
    cohort_line: Any = ""
    facts: Sequence[tuple[Any, Any]] = ()
    banner: str = ""
    summary: Sequence[tuple[Any, Any]] = ()
    key_results: Sequence[Any] = ()
    sections: Sequence[Section] = ()
    language: str = "en"


NUMBERED = {Table: "Table", Figure: "Figure", Equation: "Equation", ScoreFormula: "Equation"}


def blocks_of(document: Document) -> Iterator[Any]:
    """Every block in reading order, sections themselves included."""

    def walk(blocks: Sequence[Any]) -> Iterator[Any]:
        for block in blocks:
            yield block
            if isinstance(block, Section):
                yield from walk(block.blocks)

    yield from walk(document.sections)


def block_name(block: Any, numbers: Mapping[str, str] | None = None) -> str:
    """How a message names a block: "Table 'baseline'", "paragraph 'The C-index was…'"."""
    kind = type(block).__name__
    if isinstance(block, tuple(NUMBERED)):
        number = (numbers or {}).get(block.key)
        return f"{number} ('{block.key}')" if number else f"{kind} '{block.key}'"
    if isinstance(block, BulletList):
        words = plain(block.items[0]) if block.items else ""
    elif isinstance(block, (Section, Note)):
        words = plain(block.title)
    else:
        words = plain(block.text) if isinstance(block, Paragraph) else ""
    if not words:
        return kind
    return f"{kind} '{words[:40]}{'…' if len(words) > 40 else ''}'"


def number_blocks(document: Document) -> dict[str, str]:
    """Key -> 'Table 1', 'Figure 2', 'Equation 1', 'Table S1', in reading order; a series counts by itself.

    Raises InputError where two blocks share a key or a key has other characters than letters, digits, - and
    _.
    """
    numbers: dict[str, str] = {}
    counts: dict[tuple[str, str], int] = {}
    for block in blocks_of(document):
        if not isinstance(block, tuple(NUMBERED)):
            continue
        key = block.key
        if not key or not key.replace("-", "").replace("_", "").isalnum() or not key[0].isalpha():
            raise InputError(
                block_name(block),
                "a key of letters, digits, '-' and '_' that starts with a letter",
                f"'{key}'",
            )
        if key in numbers:
            raise InputError(block_name(block), "a key of its own", f"that of {numbers[key]}")
        kind, series = NUMBERED[type(block)], getattr(block, "series", "")
        counts[kind, series] = counts.get((kind, series), 0) + 1
        numbers[key] = f"{kind} {series}{counts[kind, series]}"
    return numbers


def check_document(document: Document) -> dict[str, str]:
    """The numbers of all blocks, after checking what the type would trip over.

    Raises InputError, naming the block: a reference to a key that no block has, a row with too few or too
    many cells, an unknown alignment, a table without columns, a figure without panels, sections nested too
    deep, a record of an unknown kind.
    """
    numbers = number_blocks(document)
    front = [document.title, document.subtitle, document.kicker, document.citation, document.cohort_line]
    front += [part for pair in (*document.facts, *document.summary) for part in pair] + list(
        document.key_results
    )
    _check_references("title page", front, numbers)
    for section in document.sections:
        if not isinstance(section, Section):
            raise InputError("document", "sections", type(section).__name__)
        _check_section(section, 1, numbers)
    return numbers


def _check_section(section: Section, level: int, numbers: dict[str, str]) -> None:
    if level > 3:
        raise InputError(
            block_name(section), "sections nested three deep at most", f"a section at level {level}"
        )
    _check_references(block_name(section), [section.title], numbers)
    for block in section.blocks:
        if isinstance(block, Section):
            _check_section(block, level + 1, numbers)
            continue
        name = block_name(block, numbers)
        if isinstance(block, Paragraph):
            texts = [block.text]
        elif isinstance(block, BulletList):
            texts = list(block.items)
        elif isinstance(block, Note):
            texts = [block.title, *block.items]
        elif isinstance(block, Table):
            texts = _check_table(block, name)
        elif isinstance(block, Figure):
            texts = [block.caption]
            if not block.panels:
                raise InputError(name, "one panel at least", "none")
        elif isinstance(block, (Equation, ScoreFormula, PageBreak)):
            texts = []
        else:
            raise InputError(block_name(section), "blocks of scripts.report.document", type(block).__name__)
        _check_references(name, texts, numbers)


def _check_table(table: Table, name: str) -> list[Any]:
    """Shape of a table; gives all its texts."""
    if not table.columns:
        raise InputError(name, "one column at least", "none")
    for column in table.columns:
        if column.align not in ALIGNMENTS:
            remedy = nearest(column.align, ALIGNMENTS).strip()
            found = f"'{column.align}' over column '{plain(column.label)}'"
            raise InputError(name, f"an alignment of {', '.join(ALIGNMENTS)}", found, remedy)
    for index, row in enumerate(table.rows, start=1):
        expected = 1 if row.heading else len(table.columns)
        if isinstance(row.cells, str) or len(row.cells) != expected:
            found = f"{1 if isinstance(row.cells, str) else len(row.cells)} in row {index}"
            raise InputError(name, f"{expected} cell(s) a row", found)
    cells = [cell for row in table.rows for cell in row.cells]
    return [table.caption, *table.notes, *(c.label for c in table.columns), *cells]


def _check_references(name: str, texts: Sequence[Any], numbers: dict[str, str]) -> None:
    for text in texts:
        for key in references(text):
            if key not in numbers:
                raise InputError(
                    name, "a reference to a block of this document", f"'{key}'", nearest(key, numbers).strip()
                )
