"""Documents through Typst: literal text, equal bytes, nothing over the edge, faults named."""

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
import typst
from PIL import Image

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
)
from scripts.report.rich_text import emph, rich
from scripts.report.typesetting import compile_document, lay_out, render_pdf

AWKWARD = "# * _x_ $y$ @z < > \\ \" ' ` ~ ^ {x} [y] // -- #let β ≥ é −0.5 %"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{w}pt" height="{h}pt" viewBox="0 0 {w} {h}">'
    '<rect width="{w}" height="{h}" fill="#224466"/></svg>'
)
BANNER_FILL = (0xFF, 0xE0, 0x8A)


def document(*blocks, **kwargs):
    return Document("Title", sections=(Section("Section", blocks),), **kwargs)


def pages(content, folder="."):
    images = compile_document(content, folder, output="png", pixels_per_inch=72)
    return [np.asarray(Image.open(io.BytesIO(image)).convert("RGB")).astype(int) for image in images]


def ink(page, margin_mm):
    """Whether anything but white lies within `margin_mm` of the page's edge."""
    edge = round(margin_mm / 25.4 * 72)
    inner = np.zeros(page.shape[:2], bool)
    inner[edge:-edge, edge:-edge] = True
    return bool(((page < 250).any(axis=2) & ~inner).any())


def query(content, selector, tmp_path):
    lay_out(content, tmp_path, tmp_path)
    compiler = typst.Compiler(input=str(tmp_path / "main.typ"), root=str(tmp_path), ignore_system_fonts=True)
    return json.loads(compiler.query(selector))


def texts(node):
    """All strings that Typst would print below a queried element, in order."""
    if isinstance(node, list):
        return [text for item in node for text in texts(item)]
    if isinstance(node, dict):
        own = [node["text"]] if node.get("func") == "text" else []
        return own + [text for key in ("body", "child", "children") for text in texts(node.get(key))]
    return []


def wide_table(n_columns, n_rows=3, **kwargs):
    columns = (Column("Row"), *(Column(f"Column {i}", "center", f"Group {i // 4}") for i in range(n_columns)))
    rows = tuple(Row((f"row {i}", *["0.11 (0.01–0.21)"] * n_columns)) for i in range(n_rows))
    return Table("wide", "A wide table.", columns, rows, **kwargs)


def test_awkward_characters_are_printed_literally(tmp_path):
    content = Document(
        AWKWARD,
        sections=(
            Section(
                AWKWARD,
                (
                    Paragraph(rich("{v}", v=AWKWARD)),
                    Table("t", AWKWARD, (Column(AWKWARD),), (Row((AWKWARD,)),), notes=(AWKWARD,)),
                ),
            ),
        ),
    )
    assert texts(query(content, "heading", tmp_path)[0]["body"]) == [AWKWARD]
    assert [AWKWARD] in [texts(par["body"]) for par in query(content, "par", tmp_path)]
    found = texts(query(content, "table", tmp_path)[0]["children"])
    assert found == [AWKWARD, AWKWARD]  # head and cell
    assert texts(query(content, "figure.caption", tmp_path)[0]) == ["Table 1", ".", AWKWARD]


def test_extracted_text_is_searchable(tmp_path):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    name = "original_glszm_SizeZoneNonUniformityNormalized"
    render_pdf(document(Paragraph(AWKWARD), Paragraph(name)), tmp_path, tmp_path / "x.pdf")
    text = subprocess.run(
        ["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, check=True
    ).stdout.decode()
    assert AWKWARD in text.replace("\n", " ")
    assert name in text


def test_equal_documents_give_equal_bytes_wherever_they_are_made(tmp_path):
    made = []
    for name in ("one", "another_folder"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "x.svg").write_text(SVG.format(w=200, h=100))
        blocks = (Figure("f", "Caption.", (Panel("x.svg", "A"),)), wide_table(4), Equation("e", "x^2"))
        render_pdf(document(*blocks, banner="B"), folder, folder / "report.pdf")
        made.append((folder / "report.pdf").read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")
    assert b"/CreationDate" not in made[0]
    assert str(tmp_path).encode() not in made[0]


def test_banner_is_on_every_page():
    content = document(
        Paragraph("one"), PageBreak(), Paragraph("two"), wide_table(14), Paragraph("last"), banner="SIMULATED"
    )
    found = pages(content)
    assert len(found) == 4
    for page in found:
        strip = (np.abs(page - BANNER_FILL).sum(axis=2) < 12).sum(axis=1)
        assert strip.max() > 0.5 * page.shape[1]
    without = pages(document(Paragraph("one")))
    assert (np.abs(without[0] - BANNER_FILL).sum(axis=2) < 12).sum() == 0


@pytest.mark.parametrize(
    ("content", "orientations"),
    [
        (wide_table(5), ["upright"]),
        (wide_table(11), ["upright", "lying"]),
        (wide_table(2, wide=True), ["upright", "lying"]),
        (wide_table(60, n_rows=2), ["upright", "lying"]),
    ],
)
def test_tables_of_any_width_stay_on_the_page(content, orientations):
    found = pages(document(content))
    assert ["upright" if p.shape[0] > p.shape[1] else "lying" for p in found] == orientations
    assert not any(ink(page, 13) for page in found)


def test_every_column_of_a_split_table_is_set(tmp_path):
    found = texts([t["children"] for t in query(document(wide_table(60, n_rows=1)), "table", tmp_path)])
    assert {f"Column {i}" for i in range(60)} <= set(found)
    assert found.count("row 0") == found.count("Row") > 1


def test_words_without_spaces_do_not_run_over_the_edge():
    rows = (Row(("9f86d081884c7d659a2f" * 10, "original_glszm_SizeZoneNonUniformityNormalized" * 6)),)
    table = Table("t", "c" * 300, (Column("Digest"), Column("Name")), rows, notes=("n" * 300,))
    assert not any(ink(page, 13) for page in pages(document(table, Paragraph("p" * 400))))


def test_a_long_table_goes_on_under_a_repeated_head(tmp_path):
    rows = tuple(Row((f"row {i}", "text")) for i in range(150))
    content = document(Table("long", "Long.", (Column("Name"), Column("Value")), rows))
    found = pages(content)
    assert len(found) >= 3
    assert not any(ink(page, 13) for page in found)
    if shutil.which("pdftotext"):
        render_pdf(content, tmp_path, tmp_path / "x.pdf")
        text = subprocess.run(
            ["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, check=True
        ).stdout.decode()
        assert text.count("Table 1, continued") == len(found) - 1
        assert sum(f"row {i}\n" in text for i in range(150)) == 150


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
@pytest.mark.parametrize(("floating", "first"), [(None, "Table 2"), (True, "Table 1")])
def test_a_small_table_that_floats_keeps_its_turn(tmp_path, floating, first):
    def table(key, lines, **kwargs):
        rows = tuple(Row((f"{key} {i}", "1")) for i in range(lines))
        return Table(key, f"Caption {key}.", (Column("A"), Column("B")), rows, **kwargs)

    # Half a page of text leaves no room for the larger one, which waits for the next page.
    text = [Paragraph("words " * 60)] * 9
    render_pdf(
        document(*text, table("large", 20), table("small", 4, floating=floating)),
        tmp_path,
        tmp_path / "x.pdf",
    )
    words = subprocess.run(
        ["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert min(("Table 1", "Table 2"), key=words.index) == first


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")
def test_a_row_is_not_split_between_pages(tmp_path):
    rows = tuple(Row((str(i), f"start{i} " + "words " * 60 + f"end{i}")) for i in range(40))
    table = Table("long", "Long.", (Column("A"), Column("B")), rows)
    render_pdf(document(table), tmp_path, tmp_path / "x.pdf")
    words = subprocess.run(
        ["pdftotext", tmp_path / "x.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = words.split("\f")
    for i in range(40):
        assert [f"start{i} " in p.replace("\n", " ") for p in pages] == [
            f"end{i} " in p.replace("\n", " ") for p in pages
        ]


def test_a_figure_larger_than_the_page_is_shrunk(tmp_path):
    (tmp_path / "tall.svg").write_text(SVG.format(w=300, h=3000))
    (tmp_path / "wide.svg").write_text(SVG.format(w=3000, h=300))
    found = pages(
        document(*(Figure(n, "A caption.", (Panel(f"{n}.svg"),)) for n in ("tall", "wide"))), tmp_path
    )
    assert not any(ink(page, 13) for page in found)
    assert len(found) <= 3


def test_panels_fill_rows_of_178_mm(tmp_path):
    for name, width in (("a", 85), ("b", 85), ("c", 120)):
        (tmp_path / f"{name}.svg").write_text(SVG.format(w=width / 25.4 * 72, h=100))
    panels = (Panel("a.svg", "A"), Panel("b.svg", "B"), Panel("c.svg", "C"), Panel("a.svg", "D", width_mm=40))
    encoded = lay_out(document(Figure("f", "c", panels)), tmp_path, tmp_path)
    rows = encoded["blocks"][1]["rows"]
    assert [[panel["letter"] for panel in row] for row in rows] == [["A", "B"], ["C", "D"]]
    assert [round(panel["width"]) for row in rows for panel in row] == [85, 85, 120, 40]
    assert rows[0][0]["file"] == rows[1][1]["file"]


def test_every_block_and_the_whole_title_page_compile(tmp_path):
    (tmp_path / "x.svg").write_text(SVG.format(w=200, h=100))
    content = Document(
        "Title",
        subtitle="Subtitle",
        kicker="Report",
        short_title="Short",
        citation=emph("Journal"),
        doi="10.1/x",
        cohort_line="Nobody",
        facts=(("Run", "1"),),
        summary=(("Background", "text"),),
        key_results=(rich("see @score"),),
        sections=(
            Section(
                "One",
                (
                    BulletList(("a", "b"), ordered=True),
                    BulletList(("a",)),
                    Note("Note", ("a",)),
                    ScoreFormula("score", "Rad-score", (("-0.07", "x_y"), ("0.1", "z")), constant="-1"),
                    Section("Two", (Section("Three", (Paragraph("x"),)),)),
                    Table("empty", "No rows.", (Column("A"), Column("B", "right")), ()),
                    Figure("f", "c", (Panel("x.svg"),), series="S"),
                ),
            ),
        ),
    )
    pdf = compile_document(content, tmp_path)
    assert b"/Lang" in pdf
    terms = lay_out(content, tmp_path, tmp_path)["blocks"][4]["terms"]
    assert [(t["sign"], t["value"]) for t in terms] == [("−", "0.07"), ("+", "0.1"), ("−", "1")]


def test_an_empty_document_compiles():
    assert len(pages(Document("Only a title"))) == 1


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (
            (Paragraph("fine"), Paragraph("name 漢")),
            "Paragraph 'name 漢': expected characters that the report's fonts have, found '漢' (U+6F22). "
            "Write it otherwise, or give render_pdf a font_folder with a font that has it.",
        ),
        (
            (Table("t", "c", (Column("A"),), (Row(("漢",)),)),),
            "Table 1 ('t'): expected characters that the report's fonts have, found '漢' (U+6F22). "
            "Write it otherwise, or give render_pdf a font_folder with a font that has it.",
        ),
        (
            (Paragraph(rich("@e")), Equation("e", "frac(1")),
            "Equation 1 ('e'): expected content that can be typeset, found 'unclosed delimiter'.",
        ),
    ],
)
def test_what_cannot_be_set_is_named(blocks, message):
    with pytest.raises(InputError) as caught:
        compile_document(document(*blocks), ".")
    assert str(caught.value) == message


def test_a_character_missing_on_the_title_page():
    with pytest.raises(InputError, match=r"title page: .* found '漢' \(U\+6F22\)"):
        compile_document(document(Paragraph("x"), banner="漢"), ".")


def test_figure_files_that_are_missing_broken_or_of_another_kind(tmp_path):
    def fault(name):
        with pytest.raises(InputError) as caught:
            compile_document(document(Figure("f", "c", (Panel(name),))), tmp_path)
        return str(caught.value)

    assert fault("gone.svg") == f"Figure 1 ('f'): expected the file {tmp_path / 'gone.svg'}, found none."
    assert fault("x.tiff") == "Figure 1 ('f'): expected a .svg, .png or .jpg file, found 'x.tiff'."
    (tmp_path / "broken.svg").write_text("<svg")
    assert fault("broken.svg").startswith("Figure 1 ('f'): expected content that can be typeset")


def test_a_failed_report_leaves_the_old_one(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"old")
    with pytest.raises(InputError):
        render_pdf(document(Paragraph("漢")), tmp_path, path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]
