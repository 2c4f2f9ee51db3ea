"""Captions and tables of a report as HTML files."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Column, Document, Figure, Panel, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.tables import read_json


@pytest.fixture
def document() -> Document:
    """A figure of two panels and a table, with signs that mean something in HTML."""
    figure = Figure(
        "km", rich("Survival if *P* < 0.05 & more. See @rates."), (Panel("a.svg", "A"), Panel("b.svg", "B"))
    )
    rows = (Row(("All", "3 < 4")), Row(("of them <b>", "1"), level=1))
    table = Table(
        "rates", "Rates by group.", (Column("Group"), Column("n")), rows, notes=("Counts & shares.",)
    )
    return Document(title="A study", sections=(Section("Results", (figure, table)),))


class Text(HTMLParser):
    """The text of a page and its tags."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.words, self.tags = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)


def test_each_panel_and_table_has_its_caption_and_number(document: Document, tmp_path: Path) -> None:
    write_captions(document, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.html",
        "b.html",
        "labels.json",
        "rates.html",
    ]
    shown = "".join(Text(tmp_path / "b.html").words).strip()
    assert shown == "Figure 1B. Survival if P < 0.05 & more. See Table 1."
    labels = read_json(tmp_path / "labels.json")
    assert labels["rates"] == {"number": "Table  1", "title": "Rates by group"}
    assert labels["a"]["title"] == "Survival if P < 0.05 & more"


def test_numbers_sort_as_numbers(tmp_path: Path) -> None:
    figures = tuple(Figure(f"f{i}", "A drawing.", (Panel(f"p{i}.svg"),)) for i in range(1, 13))
    write_captions(Document(title="Many", sections=(Section("All", figures),)), tmp_path)
    labels = read_json(tmp_path / "labels.json")
    by_label = sorted(labels, key=lambda name: labels[name]["number"])
    assert by_label == [f"p{i}" for i in range(1, 13)]


def test_a_table_page_needs_nothing_from_outside_and_escapes_its_cells(
    document: Document, tmp_path: Path
) -> None:
    write_table_pages(document, tmp_path)
    page = Text(tmp_path / "rates.html")
    text = "|".join(page.words)
    assert [words for words in ("3 < 4", "of them <b>", "Counts & shares.") if words not in text] == []
    assert not {"b", "script", "link", "img"} & set(page.tags)
    assert page.tags.count("tr") == 3
