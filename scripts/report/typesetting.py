"""A `Document` into a PDF: JSON for resources/report/template.typ, which Typst sets in type.

The PDF is tagged (PDF/UA-1) and its bytes depend only on the document, the figure files and the version of
Typst: no date, no path, and no font but those inside the Typst wheel (and those of `font_folder`, where
given).
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.errors import InputError
from scripts.report import document as parts
from scripts.report.rich_text import breakable, encode, link, plain
from scripts.tables import write_whole

TEMPLATE = Path(__file__).resolve().parents[2] / "resources" / "report" / "template.typ"
PANEL_GAP_MM = 2.0


def render_pdf(
    document: parts.Document,
    figure_folder: str | Path,
    pdf_path: str | Path,
    font_folder: str | Path | None = None,
) -> None:
    """Typeset `document` into `pdf_path`, whole or not at all.

    Parameters
    ----------
    figure_folder : where the files named by the document's panels lie.
    font_folder : further fonts (.ttf, .otf) for characters that the built-in ones lack, such as Chinese
        names.

    Raises
    ------
    InputError : a fault of the document (see `check_document`), a missing or unreadable figure, a character
        that no font has, a formula that Typst cannot read; the message names the block.
    """
    pdf = compile_document(document, figure_folder, font_folder=font_folder)
    write_whole(pdf_path, lambda path: path.write_bytes(pdf))


def compile_document(
    document: parts.Document,
    figure_folder: str | Path,
    output: str = "pdf",
    font_folder: str | Path | None = None,
    pixels_per_inch: float = 72.0,
) -> Any:
    """Bytes of the PDF, or with `output="png"` a list of bytes, one image a page."""
    import typst

    with tempfile.TemporaryDirectory(prefix="report_") as folder:
        root = Path(folder)
        encoded = lay_out(document, figure_folder, root)
        fonts = typst.Fonts(
            include_system_fonts=False, font_paths=[] if font_folder is None else [str(font_folder)]
        )
        options: dict[str, Any] = {"format": output, "timestamp": 0}
        options |= {"pdf_standards": ["ua-1"]} if output == "pdf" else {"ppi": pixels_per_inch}

        def compiled(content: Mapping[str, Any]) -> Any:
            _write_content(content, root)
            compiler = typst.Compiler(
                input=str(root / "main.typ"), root=str(root), font_paths=fonts, ignore_system_fonts=True
            )
            return compiler.compile(**options)

        try:
            result = compiled(encoded)
        except typst.TypstError as error:
            where, cause = _culprit(encoded, compiled, error)
            raise _fault(where, cause) from error
    return [result] if output == "png" and isinstance(result, bytes) else result


def lay_out(document: parts.Document, figure_folder: str | Path, root: Path) -> dict[str, Any]:
    """Put template (main.typ), document.json and figures into `root`; gives what document.json holds.

    Raises InputError as `check_document` does, and where a figure's file is missing or of another kind.
    """
    numbers = parts.check_document(document)
    figure_folder = Path(figure_folder)
    sources = _figure_files(document, figure_folder, numbers)
    files = {name: file for name, (file, _) in sources.items()}
    encoded = encode_document(document, numbers, files, figure_folder)
    shutil.copyfile(TEMPLATE, root / "main.typ")
    for file, source in sources.values():
        shutil.copyfile(source, root / file)
    _write_content(encoded, root)
    return encoded


def _write_content(content: Mapping[str, Any], root: Path) -> None:
    (root / "document.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def encode_document(
    document: parts.Document, numbers: Mapping[str, str], files: Mapping[str, str], figure_folder: Path
) -> dict[str, Any]:
    """What the template reads. `files` gives the name of each panel's file beside the template."""

    def text(value: Any) -> list[dict[str, Any]]:
        return encode(value, numbers)

    facts = [("Study", document.citation)] if plain(document.citation) else []
    if document.doi:
        facts.append(("DOI", link(f"https://doi.org/{document.doi}", document.doi)))
    if plain(document.cohort_line):
        facts.append(("Cohort", document.cohort_line))
    facts.extend(document.facts)
    blocks: list[dict[str, Any]] = []
    _encode_blocks(document.sections, 1, numbers, files, figure_folder, blocks)
    return {
        "title": text(document.title),
        "title_text": plain(document.title, numbers),
        "subtitle": text(document.subtitle),
        "kicker": text(document.kicker),
        "short_title": document.short_title or plain(document.title, numbers),
        "footer": "" if not document.doi else f"doi:{document.doi}",
        "facts": [{"label": text(label), "text": text(value)} for label, value in facts],
        "banner": document.banner,
        "summary": [{"heading": text(heading), "text": text(value)} for heading, value in document.summary],
        "key_results": [text(item) for item in document.key_results],
        "language": document.language,
        "blocks": blocks,
    }


def _encode_blocks(
    blocks: Sequence[Any],
    level: int,
    numbers: Mapping[str, str],
    files: Mapping[str, str],
    figure_folder: Path,
    encoded: list[dict[str, Any]],
) -> None:
    """Append the blocks to `encoded`, sections flattened into headings; each carries the name that messages
    use.
    """

    def text(value: Any) -> list[dict[str, Any]]:
        return encode(value, numbers)

    for block in blocks:
        entry: dict[str, Any] = {"name": parts.block_name(block, numbers)}
        encoded.append(entry)
        if isinstance(block, tuple(parts.NUMBERED)):
            entry |= {"key": block.key, "number": numbers[block.key]}
        match block:
            case parts.Section():
                entry |= {"kind": "heading", "level": level, "body": text(block.title)}
                _encode_blocks(block.blocks, level + 1, numbers, files, figure_folder, encoded)
            case parts.Paragraph():
                entry |= {"kind": "paragraph", "body": text(block.text)}
            case parts.BulletList():
                items = [text(item) for item in block.items]
                entry |= {"kind": "list", "items": items, "ordered": block.ordered}
            case parts.Note():
                items = [text(item) for item in block.items]
                entry |= {"kind": "note", "title": text(block.title), "items": items}
            case parts.Equation():
                alternative = block.alternative or block.source
                entry |= {"kind": "equation", "source": block.source, "alternative": alternative}
            case parts.ScoreFormula():
                entry |= {"kind": "score", "score": block.name, "terms": _score_terms(block)}
            case parts.Table():
                entry |= _encode_table(block, numbers)
            case parts.Figure():
                entry |= {
                    "kind": "figure",
                    "caption": text(block.caption),
                    "rows": _panel_rows(block, files, figure_folder, numbers),
                }
            case parts.PageBreak():
                entry |= {"kind": "pagebreak"}


def _score_terms(formula: parts.ScoreFormula) -> list[dict[str, str]]:
    """Sign, size and feature of each term."""
    terms = [(str(value).strip(), name) for value, name in formula.terms]
    if formula.constant:
        terms.append((formula.constant.strip(), ""))
    encoded = []
    for index, (value, name) in enumerate(terms):
        negative = value.startswith(("-", "−"))
        sign = "−" if negative else ("+" if index else "")
        encoded.append({"sign": sign, "value": value.lstrip("-−+ "), "name": breakable(name)})
    return encoded


def _encode_table(table: parts.Table, numbers: Mapping[str, str]) -> dict[str, Any]:
    """A table with, for each column, its longest words and the rows of its longest cells (for measuring)."""
    rows = []
    for row in table.rows:
        cells = [encode(cell, numbers) for cell in row.cells]
        rows.append({"cells": cells, "level": row.level, "heading": row.heading, "rule": row.rule})
    words, widest = [], []
    for j, column in enumerate(table.columns):
        texts = {
            i: breakable(plain(row.cells[j], numbers)) for i, row in enumerate(table.rows) if not row.heading
        }
        seen = {word for text in [*texts.values(), breakable(plain(column.label))] for word in _words(text)}
        words.append(sorted(seen, key=lambda word: (-len(word), word))[:12] or [""])
        widest.append(sorted(texts, key=lambda i, t=texts: (-len(t[i]) - 3 * table.rows[i].level, i))[:60])
    columns = [
        {
            "label": encode(column.label, numbers),
            "align": column.align,
            "groups": [column.group] if isinstance(column.group, str) else list(column.group),
        }
        for column in table.columns
    ]
    return {
        "kind": "table",
        "caption": encode(table.caption, numbers),
        "columns": [c | {"groups": c["groups"] if any(c["groups"]) else []} for c in columns],
        "rows": rows,
        "notes": [encode(note, numbers) for note in table.notes],
        "wide": table.wide,
        "floating": table.floating,
        "words": words,
        "widest": widest,
    }


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s\u200b]+", text) if word]


def _figure_files(
    document: parts.Document, figure_folder: Path, numbers: Mapping[str, str]
) -> dict[str, tuple[str, Path]]:
    """Panel file -> (name beside the template, path); InputError where one is missing or of another kind."""
    files: dict[str, tuple[str, Path]] = {}
    for block in parts.blocks_of(document):
        for panel in block.panels if isinstance(block, parts.Figure) else ():
            path = figure_folder / panel.file
            if path.suffix.lower() not in (".svg", ".png", ".jpg", ".jpeg"):
                raise InputError(
                    parts.block_name(block, numbers), "a .svg, .png or .jpg file", f"'{panel.file}'"
                )
            if not path.is_file():
                raise InputError(parts.block_name(block, numbers), f"the file {path}", "none")
            files.setdefault(panel.file, (f"figure_{len(files) + 1}{path.suffix.lower()}", path))
    return files


def _panel_rows(
    figure: parts.Figure, files: Mapping[str, str], figure_folder: Path, numbers: Mapping[str, str]
) -> list[list[dict[str, Any]]]:
    """Panels in rows of at most 178 mm; a panel that is wider is given that width."""
    rows: list[list[dict[str, Any]]] = []
    used = 0.0
    for panel in figure.panels:
        width = panel.width_mm or _own_width_mm(figure_folder / panel.file) or parts.COLUMN_WIDTH_MM
        width = min(width, parts.PAGE_WIDTH_MM)
        if not rows or used + PANEL_GAP_MM + width > parts.PAGE_WIDTH_MM + 0.5:
            rows.append([])
            used = -PANEL_GAP_MM
        used += PANEL_GAP_MM + width
        alternative = panel.alternative or plain(figure.caption, numbers)
        rows[-1].append(
            {"file": files[panel.file], "letter": panel.letter, "width": width, "alternative": alternative}
        )
    return rows


def _own_width_mm(path: Path) -> float | None:
    """Width that an SVG's root states in pt or mm, or None."""
    if path.suffix.lower() != ".svg":
        return None
    head = path.read_text(encoding="utf-8", errors="replace")[:4000]
    found = re.search(r"<svg[^>]*?\swidth=\"([\d.]+)(pt|mm)\"", head, re.DOTALL)
    return float(found[1]) * (25.4 / 72 if found[2] == "pt" else 1.0) if found else None


def _culprit(encoded: dict[str, Any], compiled: Any, error: Exception) -> tuple[str, Exception]:
    """What fails when set alone, and its error: title page (with running heads), or the first such block."""
    front = _alone(encoded | {"blocks": []})
    empty = front | {"summary": [], "key_results": [], "facts": []}
    for name, content in [
        ("title page", front),
        *((b["name"], empty | {"blocks": [b]}) for b in encoded["blocks"]),
    ]:
        try:
            compiled(_alone(content))
        except type(error) as own:
            return name, own
    return "document", error


def _alone(value: Any) -> Any:
    """Content that can be set without the rest: references become plain text, headings the first level."""
    if isinstance(value, dict):
        if value.get("style") == "reference":
            return {"style": "text", "body": value["body"]}
        top = {"level": 1} if value.get("kind") == "heading" else {}
        return {key: _alone(item) for key, item in value.items()} | top
    return [_alone(item) for item in value] if isinstance(value, list) else value


def _fault(where: str, error: Exception) -> InputError:
    """A Typst error in our words."""
    message = str(getattr(error, "message", error))
    missing = re.search(r"the text `\"(.*?)\"` could not be displayed", message)
    if missing:
        codes = " ".join(f"U+{ord(character):04X}" for character in missing[1])
        return InputError(
            where,
            "characters that the report's fonts have",
            f"'{missing[1]}' ({codes})",
            "Write it otherwise, or give render_pdf a font_folder with a font that has it.",
        )
    hints = " ".join(getattr(error, "hints", None) or [])
    return InputError(where, "content that can be typeset", f"'{message}'", hints)
