"""The report and the figures of nmosd_ms over made-up tables: what they say is what the tables hold."""

from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import yaml

from scripts.papers.nmosd_ms import draw_figures
from scripts.papers.nmosd_ms.names import BEST_MODEL, MODEL_LABELS, NETWORKS, PAPER_MODELS
from scripts.papers.nmosd_ms.report import beyond, methods, networks
from scripts.papers.nmosd_ms.report.comparison import comparison_table, counterparts
from scripts.papers.nmosd_ms.report.run import Run
from scripts.papers.nmosd_ms.write_report import compose, conclusion
from scripts.report.document import Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.report.wording import estimate_text
from scripts.tables import write_table
from scripts.workflow.config import ROOT
from scripts.workflow.papers import paper_card, resolve_parameters

DRAWN_ELSEWHERE = {"examples.svg", "preparation.svg"}


@pytest.fixture(scope="module")
def run(made_up_tables):
    return Run(
        tables=made_up_tables,
        reported=yaml.safe_load((ROOT / "resources/reported/nmosd_ms.yaml").read_text(encoding="utf-8")),
        card=paper_card("nmosd_ms"),
        parameters=[asdict(p) for p in resolve_parameters("nmosd_ms", True).values()],
        records=[{"step": "fit_rivals_nmosd_ms", "code": "c0de", "versions": {"numpy": "2.0"}}],
        cohort="simulated",
        simulated=True,
        seed=1,
        digests=[("sample sheet (SHA-256)", "1" * 64)],
    )


@pytest.fixture(scope="module")
def document(run):
    return compose(run)


def test_every_figure_of_the_report_is_drawn(document, made_up_tables, tmp_path):
    paths = {}
    for name, table in made_up_tables.items():
        paths[name] = tmp_path / f"{name}.parquet"
        write_table(table, paths[name])
    output = SimpleNamespace(figures=tmp_path / "figures")
    draw_figures.main(SimpleNamespace(input=paths, output=output))
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    assert {path.name for path in output.figures.glob("*.svg")} == wanted - DRAWN_ELSEWHERE


def test_the_document_holds_together_and_refers_to_what_is_there(document):
    numbers = check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert {
        "characteristics", "preparation", "performance", "complexity", "accuracy_by_epoch", "verdict", "recovery_table",
        "parameters", "rivals_table", "reliability",
    } <= keys  # fmt: skip
    assert set(numbers) >= keys
    assert document.banner.startswith("SIMULATED PATIENTS")


def test_table_2_prints_the_rows_of_performance(run):
    table = networks.performance_table(run)
    rows = {row.cells[0]: row.cells for row in table.rows}
    assert list(rows) == list(NETWORKS.values())
    row = run.performance(BEST_MODEL, "sensitivity")
    assert (row["measure"], row["class"]) == ("sensitivity", "nmosd")
    assert rows[MODEL_LABELS[BEST_MODEL]][2] == estimate_text(row["estimate"], row["lower"], row["upper"])


def test_differences_point_from_the_first_model_to_the_second(run):
    here = run.difference(BEST_MODEL, "lesion_volume", "bootstrap", "accuracy")
    there = run.difference("lesion_volume", BEST_MODEL, "bootstrap", "accuracy")
    a, b = (run.performance(m, "accuracy")["estimate"] for m in (BEST_MODEL, "lesion_volume"))
    assert here["difference"] == pytest.approx(a - b) == pytest.approx(-there["difference"])
    assert here["lower"] <= here["difference"] <= here["upper"]
    assert there["lower"] == -here["upper"]


def test_table_3_says_why_the_counts_differ(run):
    words = plain(networks.complexity_words(run))
    assert "3D ResNet-18 and 3D ResNet-34 have just the printed number of parameters" in words
    assert "have 6,464 more than printed" in words
    cells = [row.cells for row in networks.complexity_table(run).rows]
    assert cells[0][:4] == ("ResNet-18 (ours)", "11,475,330", "11,481,794", "11,475,330")


def test_every_printed_number_has_its_line(run):
    found = counterparts(run)
    assert len(found) == 2 + 14 + 18 + 4
    table = comparison_table(run)
    men = table[table["quantity"] == "Men, share, MS"].iloc[0]
    assert men["reported"] == pytest.approx(14 / 47)
    assert men["ci_low"] <= men["obtained"] <= men["ci_high"]
    row = table[(table["group"].str.contains(PAPER_MODELS["resnet_34_3d"], regex=False))].iloc[0]
    assert row["reported"] == 0.689
    assert row["spread"] == 0.04
    assert row["reported_within_interval"] == (row["ci_low"] <= 0.689 <= row["ci_high"])
    assert table["reported_within_interval"].isna().sum() == 2 + 4


def test_conclusion_follows_the_intervals(run):
    told = plain(conclusion(run))
    area = run.performance(BEST_MODEL, "auc")
    assert ("better than chance;" in told) == (area["lower"] > 0.5)
    performance = run.tables["performance"].copy()
    performance.loc[performance["measure"] == "auc", "lower"] = 0.4
    told = plain(conclusion(replace(run, tables={**run.tables, "performance": performance})))
    assert "is not shown to tell NMOSD from MS better than chance" in told
    comparisons = run.tables["comparisons"].copy()
    comparisons[["lower", "upper", "difference"]] = [0.1, 0.3, 0.2]
    told = plain(conclusion(replace(run, tables={**run.tables, "comparisons": comparisons})))
    assert "a gain over the lesion volume alone is supported" in told


def test_recovery_names_what_does_not_hold(run):
    table = run.tables["recovery"].copy()
    table["ok"] = table["quantity"] != MODEL_LABELS["lesion_volume"]
    text = plain(beyond.recovery(replace(run, tables={**run.tables, "recovery": table})).blocks[1].text)
    assert f"{len(table) - 2} of {len(table)} rules hold" in text
    assert "(accuracy); " in text
    assert "(auc)" in text


def test_methods_say_what_the_networks_started_from(run):
    assert "stands in for ImageNet" in methods.pretraining_words(run)
    changed = [
        {**p, "value": "torchvision"} if p["name"].endswith(".pretrained") else p for p in run.parameters
    ]
    assert "stands in" not in methods.pretraining_words(replace(run, parameters=changed))
    assert "3-fold cross-validation" in run.folds_words()
