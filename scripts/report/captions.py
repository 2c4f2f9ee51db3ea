"""Captions of a report's tables and figures as files, for the HTML report of a run.

`snakemake --report` shows each figure and table with a caption; the words are those of the PDF, so they come from
the same document: one small HTML fragment for each panel and table, and `labels.json`, their numbers and titles.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path

from scripts.report.document import Document, Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.report.table_files import table_to_data
from scripts.tables import write_json

TITLE_WIDTH = 60
STYLE = (
    "body{font:14px/1.4 sans-serif;margin:1.5em;color:#222}table{border-collapse:collapse;"
    "border-top:2px solid;border-bottom:2px solid}th{border-bottom:1px solid;text-align:left}"
    "th,td{padding:.2em .8em;vertical-align:top}"
)


def _captioned(document: Document) -> Iterator[tuple[str, str, str]]:
    """(file name without ending, number, caption) of every panel and table, in order."""
    numbers = check_document(document)
    for block in blocks_of(document):
        if isinstance(block, Table):
            yield block.key, f"{numbers[block.key]}", plain(block.caption, numbers)
        elif isinstance(block, Figure):
            for panel in block.panels:
                number = f"{numbers[block.key]}{panel.letter}"
                yield Path(panel.file).stem, number, plain(block.caption, numbers)


def _title(caption: str) -> str:
    """The first sentence, cut to a width that leaves room for the picture beside it."""
    return textwrap.shorten(caption.split(". ")[0].rstrip("."), TITLE_WIDTH, placeholder=" …")


def _sortable(number: str) -> str:
    """'Figure 3A' with a second space, which a page does not show: it sorts before 'Figure 10'."""
    return re.sub(r" (S?)(\d)(?!\d)", r" \1 \2", number)


def write_captions(document: Document, folder: str | Path) -> None:
    """Write folder/<panel or table>.html with its number and caption, and folder/labels.json.

    Parameters
    ----------
    document : the report as it is set in type.
    folder : made where it is missing. labels.json maps the file name to {"number": "Figure  2A", "title": the
        first sentence of the caption, shortened}.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    labels = {}
    for name, number, caption in _captioned(document):
        text = f"<p><strong>{escape(number)}.</strong> {escape(caption)}</p>\n"
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
        labels[name] = {"number": _sortable(number), "title": _title(caption)}
    write_json(labels, folder / "labels.json")


def write_table_pages(document: Document, folder: str | Path) -> None:
    """Write every table as folder/<key>.html, a page that needs nothing from outside."""
    numbers = check_document(document)
    for block in blocks_of(document):
        if isinstance(block, Table):
            data = table_to_data(block, numbers)
            level = data.pop("level")
            data.iloc[:, 0] = [
                "\u2003" * max(depth, 0) + cell for depth, cell in zip(level, data.iloc[:, 0], strict=True)
            ]
            data.columns = ["" if name.startswith("column ") else name for name in data.columns]
            caption = f"<p><strong>{escape(numbers[block.key])}.</strong> {escape(plain(block.caption, numbers))}</p>"
            notes = "".join(f"<p>{escape(plain(note, numbers))}</p>" for note in block.notes)
            page = (
                f'<!doctype html><html lang="en"><head><meta charset="utf-8"><style>{STYLE}</style></head><body>'
                f"{caption}{data.to_html(index=False, border=0)}{notes}</body></html>\n"
            )
            (Path(folder) / f"{block.key}.html").write_text(page, encoding="utf-8")
