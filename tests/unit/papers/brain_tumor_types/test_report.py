"""The report: every table and figure of the paper, numbers and words that follow the run."""

import pytest

from scripts.papers.brain_tumor_types.report.comparison import comparison_table
from scripts.papers.brain_tumor_types.write_report import compose
from scripts.report.document import Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain


def words(document):
    """Everything that a reader reads, in one text."""
    parts = [plain(text) for pair in document.summary for text in pair] + [
        plain(t) for t in document.key_results
    ]
    for block in blocks_of(document):
        for name in ("text", "title", "caption"):
            if hasattr(block, name):
                parts.append(plain(getattr(block, name)))
        if isinstance(block, Table):
            parts += [plain(cell) for row in block.rows for cell in row.cells]
            parts += [plain(note) for note in block.notes]
        if hasattr(block, "items") and not isinstance(block, Table):
            parts += [plain(item) for item in block.items]
    return " ".join(parts)


@pytest.mark.parametrize(("simulated", "known"), [(True, True), (False, True), (False, False)])
def test_every_table_and_figure_of_the_paper_is_there(make_run, simulated, known):
    document = compose(make_run(simulated, known))
    check_document(document)
    captions = " ".join(plain(b.caption) for b in blocks_of(document) if isinstance(b, (Figure, Table)))
    for number in (1, *range(7, 18)):
        listed = [f"Figure {number})", f"Figure {number}.", f"Figure {number} ", f"and {number})"]
        assert any(word in captions for word in listed), number
    for number in (1, 2):
        assert f"the paper's Table {number}" in captions
    assert "Figures 5 and 10" in captions
    assert "Figures 6 and 9" in captions


def test_the_gap_is_told(make_run):
    text = words(compose(make_run()))
    assert "accuracy 0.80 (0.75–0.84) by patient, 0.95 (0.90–0.99) by slice" in text
    assert "Splitting by slice overstates the accuracy of 3 of 3 networks" in text
    assert "no clinical meaning" in text
    assert "Bayes: 0.908" in text


def test_a_gap_that_is_not_shown_is_not_claimed(make_run):
    run = make_run()
    run.tables["gap"]["gap_lower"] = -0.01
    assert "do not show that splitting by slice changes" in words(compose(run))


def test_patients_that_are_only_guessed(make_run):
    text = words(compose(make_run(simulated=False, known=False)))
    assert "The sheet names no patients" in text
    assert "the gap between the splits is a lower bound" in text
    assert "runs of similar neighbours, taken for patients" in text
    assert "simulated" not in text.lower().replace("reduced for simulated patients", "")


def test_simulated_patients_are_marked_on_every_page(make_run):
    assert "SIMULATED" in compose(make_run()).banner
    assert compose(make_run(simulated=False)).banner == ""


def test_reported_beside_obtained(make_run):
    table = comparison_table(make_run())
    row = table[
        (table["quantity"] == "VGG16, transfer") & table["obtained_on"].str.startswith("by slice")
    ].iloc[0]
    assert (row["reported"], row["obtained"]) == (0.9323, 0.95)
    assert bool(row["reported_within_interval"])
    assert (table["group"] == "Table 2, VGG16, transfer").sum() == 4 * 3 * 2
    text = words(compose(make_run()))
    assert "no whole number of 32 gives it: 29 is 0.906, 30 is 0.938" in text


def test_excluded_slices_are_listed(make_run):
    run = make_run()
    run.tables["flow"].loc[2, "n"] = 98
    run.tables["exclusions"].loc[0] = ["S1", "", "prepare_images", "no pixel", "x.log", "all"]
    text = words(compose(run))
    assert "1 of the sheet's 99 were excluded" in text
    assert "no pixel" in text
