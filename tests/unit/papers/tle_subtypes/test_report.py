"""The report and the figures of tle_subtypes over made-up tables: what they say is what the tables hold."""

import json
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest

from scripts.papers.tle_subtypes import draw_figures
from scripts.papers.tle_subtypes.names import (
    BEST_MODEL,
    BY_EPOCH,
    HEADS,
    MEASURES,
    MODEL_LABELS,
    SCHEME_LABELS,
    TABLE_1,
    TABLE_2,
)
from scripts.papers.tle_subtypes.report import beyond, models
from scripts.papers.tle_subtypes.report.comparison import comparison_table, counterparts
from scripts.papers.tle_subtypes.report.run import Run
from scripts.papers.tle_subtypes.write_report import compose, conclusion
from scripts.report.document import Figure, Paragraph, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.report.wording import estimate_text
from scripts.reported.printed import read_reported
from scripts.tables import write_table
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, resolve_parameters


def run_of(tables, simulated=True):
    return Run(
        tables=tables,
        reported=read_reported(ROOT / "resources/reported/tle_subtypes.yaml"),
        card=paper_card("tle_subtypes"),
        parameters=[asdict(p) for p in resolve_parameters("tle_subtypes", simulated).values()],
        records=[{"step": "fit_rivals_tle_subtypes", "code": "c0de", "versions": {"numpy": "2.0"}}],
        cohort="simulated" if simulated else "mine",
        simulated=simulated,
        seed=1,
        digests=[("sample sheet (SHA-256)", "1" * 64)],
    )


@pytest.fixture(scope="module")
def run(made_up_tables):
    return run_of(made_up_tables)


@pytest.fixture(scope="module")
def document(run):
    return compose(run)


def words_of(document):
    return " ".join(plain(b.text) for b in blocks_of(document) if isinstance(b, Paragraph))


def test_every_figure_of_the_report_is_drawn_and_no_other(document, made_up_tables, tmp_path):
    paths = {}
    for name, table in made_up_tables.items():
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(table, paths[name])
    paths["truth"] = tmp_path / "truth.json"
    paths["truth"].write_text(json.dumps({"slow_sensors": ["MLF11", "MRF11"]}))
    inputs = type("Inputs", (dict,), {"truth": property(lambda self: self["truth"])})(paths)
    draw_figures.main(SimpleNamespace(input=inputs, output=SimpleNamespace(figures=tmp_path / "figures")))
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    assert {path.name for path in (tmp_path / "figures").glob("*.svg")} == wanted


def test_the_document_holds_together(document):
    numbers = check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert {
        "characteristics", "performance", "heads", "ablations", "two_splits", "gap_table", "verdict", "recovery_table",
        "locations", "parameters", "layers", "plausibility",
    } <= keys  # fmt: skip
    assert set(numbers) >= keys
    assert document.banner.startswith("SIMULATED PATIENTS")
    assert document.sections[-1].title == "Plausibility of the printed numbers"


def test_a_users_cohort_has_neither_banner_nor_recovery(made_up_tables):
    tables = {name: table for name, table in made_up_tables.items() if name != "recovery"}
    document = compose(run_of(tables, simulated=False))
    check_document(document)
    assert document.banner == ""
    assert "planted" not in words_of(document).lower()
    assert "cohort 'mine'" in document.cohort_line


def test_tables_1_and_2_print_both_splits(run):
    rows = models.measures_table(run, "performance", "", TABLE_1).rows
    assert [row.cells[0] for row in rows if row.heading] == list(SCHEME_LABELS.values())
    labels = [row.cells[0] for row in rows if not row.heading]
    assert labels == 2 * [MODEL_LABELS[m] for m in TABLE_1]
    row = run.performance("cnn", "recall", BY_EPOCH)
    assert (row["measure"], row["class"]) == ("sensitivity", "cps")
    assert rows[6].cells[2] == estimate_text(row["estimate"], row["lower"], row["upper"])
    assert len(models.measures_table(run, "ablations", "", TABLE_2).rows) == 2 * (1 + len(TABLE_2))


def test_differences_point_from_the_model_to_the_other(run):
    here = run.difference(BEST_MODEL, "cnn", "bootstrap", "accuracy")
    there = run.difference("cnn", BEST_MODEL, "bootstrap", "accuracy")
    a, b = (run.performance(m, "accuracy")["estimate"] for m in (BEST_MODEL, "cnn"))
    assert here["difference"] == pytest.approx(a - b) == pytest.approx(-there["difference"])
    assert (there["lower"], there["upper"]) == (-here["upper"], -here["lower"])


def test_every_printed_number_of_the_tables_has_its_lines(run):
    found = counterparts(run)
    # patients; four methods and two ablated ones, by four measures, on two splits; the best number of heads
    assert len(found) == 1 + (4 + 2) * 4 * 2 + 4 * 2
    table = comparison_table(run)
    svm = table[(table["group"] == "Table 1, SVM") & (table["quantity"] == "F1-score, by epoch")].iloc[0]
    assert svm["reported"] == 0.682
    assert svm["obtained"] == run.performance("svm", "f1", BY_EPOCH)["estimate"]
    assert svm["reported_within_interval"] == (svm["ci_low"] <= 0.682 <= svm["ci_high"])
    best = table[
        (table["group"] == "Best number of heads") & (table["quantity"] == "Recall, by patient")
    ].iloc[0]
    by_hand = max(HEADS, key=lambda n: run.performance(HEADS[n], "recall")["estimate"])
    assert (best["reported"], best["obtained"]) == (4, by_hand)


def test_the_f1_above_both_is_told_in_the_last_section(document):
    table = next(b for b in blocks_of(document) if isinstance(b, Table) and b.key == "plausibility")
    lines = [" ".join(map(plain, row.cells)) for row in table.rows]
    assert any("SVM" in line and "F1 is never above both" in line for line in lines)


def test_the_conclusion_follows_the_intervals(run):
    assert "tells CPS from SPS better than chance" in plain(conclusion(run))
    tables = dict(run.tables)
    table = tables["performance_by_patient"].copy()
    mine = (table["model"] == BEST_MODEL) & (table["measure"] == "auc") & (table["class"] == "cps")
    table.loc[mine, ["estimate", "lower", "upper"]] = [0.55, 0.4, 0.7]
    worse = replace(run, tables=tables | {"performance_by_patient": table})
    assert "is not shown to tell CPS from SPS" in plain(conclusion(worse))


def test_what_is_not_held_is_shown(run):
    table = run.tables["recovery"].copy()
    table["ok"] = True
    whole = beyond.recovery(replace(run, tables=run.tables | {"recovery": table}))
    assert not [b for b in whole.blocks if type(b).__name__ == "Note"]
    table.loc[0, "ok"] = False
    lost = beyond.recovery(replace(run, tables=run.tables | {"recovery": table}))
    (note,) = [b for b in lost.blocks if type(b).__name__ == "Note"]
    assert table.loc[0, "quantity"] in plain(note.items[0])


def test_the_leak_is_told_by_the_shuffles(run):
    text = plain(models.two_splits(run).blocks[0].text)
    assert "accuracy of 0.45 (0.45 to 0.45) by patient, and of 0.89 (0.88 to 0.89) by epoch" in text.replace(
        "0.885", "0.89"
    )
    assert len(MEASURES) == 4
