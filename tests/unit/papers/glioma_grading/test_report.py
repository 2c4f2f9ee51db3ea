"""The report and the figures of glioma_grading over made-up tables: what they say is what the tables hold."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from scripts.papers.glioma_grading import draw_figures
from scripts.papers.glioma_grading.names import BEST_MODEL, MODEL_LABELS, NETWORKS, RIVALS, in_sentence
from scripts.papers.glioma_grading.report.comparison import comparison_table
from scripts.papers.glioma_grading.report.grading import folds_words, performance_table
from scripts.papers.glioma_grading.report.methods import methods
from scripts.papers.glioma_grading.report.run import Run
from scripts.papers.glioma_grading.write_report import compose, conclusion
from scripts.report.document import Figure, Paragraph, Table, blocks_of, check_document
from scripts.report.figures.style import new_figure
from scripts.report.figures.titled_pictures import Picture, draw_pictures
from scripts.report.rich_text import plain
from scripts.report.wording import estimate_text
from scripts.workflow.papers import paper_card, resolve_parameters

ROOT = Path(__file__).parents[4]


def run_of(tables, simulated=True):
    return Run(
        tables=tables,
        reported=yaml.safe_load(
            (ROOT / "resources/reported/glioma_grading.yaml").read_text(encoding="utf-8")
        ),
        card=paper_card("glioma_grading"),
        parameters=[asdict(p) for p in resolve_parameters("glioma_grading", simulated).values()],
        records=[{"step": "fit_rivals_glioma_grading", "code": "c0de", "versions": {"numpy": "2.0"}}],
        cohort="simulated" if simulated else "mine",
        simulated=simulated,
        seed=1,
        sheet_digest="1" * 64,
        split_digest="2" * 64,
    )


@pytest.fixture(scope="module")
def run(made_up_tables):
    return run_of(made_up_tables)


@pytest.fixture(scope="module")
def document(run):
    return compose(run)


def words_of(document):
    return " ".join(plain(b.text) for b in blocks_of(document) if isinstance(b, Paragraph))


def table_of(document, key):
    return next(b for b in blocks_of(document) if isinstance(b, Table) and b.key == key)


def test_the_document_holds_together(document):
    numbers = check_document(document)
    figures = [key for key, number in numbers.items() if number.startswith("Figure")]
    assert figures[:6] == [
        "gliomas",
        "areas",
        "network",
        "augmented",
        "learning",
        "roc",
    ]  # the paper's Figures 1 to 6


def test_every_figure_of_the_report_is_drawn(document, made_up_tables, tmp_path):
    class Inputs(dict):
        pass

    class Job:
        settings = {"crop": {"size": 64}}

    for name in draw_figures.PICTURES:
        (tmp_path / f"{name}.in").write_text("<svg/>")
    inputs = Inputs({name: str(tmp_path / f"{name}.in") for name in draw_figures.PICTURES})
    for name, table in made_up_tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
        inputs[name] = str(tmp_path / f"{name}.parquet")
    job = Job()
    job.input, job.output = inputs, type("Output", (), {"figures": tmp_path / "figures"})
    draw_figures.main(job)
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    assert wanted == {path.name for path in (tmp_path / "figures").iterdir()}


def test_accuracies_of_the_text_are_those_of_the_table(document, run):
    row = run.row(BEST_MODEL, "accuracy")
    assert estimate_text(row["estimate"], row["lower"], row["upper"]) in words_of(document)
    cells = {plain(r.cells[0]): r.cells for r in table_of(document, "performance").rows if not r.heading}
    assert set(cells) == {MODEL_LABELS[m] for m in (*NETWORKS, *RIVALS)}
    assert plain(cells[MODEL_LABELS[BEST_MODEL]][1]) == folds_words(row)


def test_a_model_that_was_not_run_has_no_line(made_up_tables):
    performance = made_up_tables["performance"]
    short = made_up_tables | {"performance": performance[performance["model"] != "repeated"]}
    rows = [plain(r.cells[0]) for r in performance_table(run_of(short)).rows]
    assert MODEL_LABELS["repeated"] not in rows
    assert "To tell apart what augmentation does" not in rows


def test_a_comparison_may_be_read_from_either_side(run):
    one = run.comparison("transferred", "scratch", "accuracy", "all", "bootstrap")
    other = run.comparison("scratch", "transferred", "accuracy", "all", "bootstrap")
    assert other["difference"] == pytest.approx(-one["difference"])
    assert (other["lower"], other["upper"]) == pytest.approx((-one["upper"], -one["lower"]))
    difference = run.row("transferred", "accuracy")["estimate"] - run.row("scratch", "accuracy")["estimate"]
    assert one["difference"] == pytest.approx(difference)


def test_reported_values_stand_beside_obtained_ones(run):
    table = comparison_table(run)
    models = table[table["quantity"] == "Accuracy"].set_index("group")
    row = models.loc[MODEL_LABELS["scratch"]]
    assert (row["reported"], row["spread"]) == (0.6142, 0.07)
    assert row["obtained"] == pytest.approx(run.row("scratch", "accuracy")["mean_folds"])
    by_grade = models.loc["Grade 4 against the others, transferred network"]
    assert by_grade["reported"] == 0.987
    assert by_grade["obtained"] == pytest.approx(run.row(BEST_MODEL, "accuracy", "grade_4")["estimate"])
    counted = table[table["group"] == "Method"].set_index("quantity")
    assert counted.loc["Fixed operations", ["reported", "obtained"]].tolist() == [56, 56]


def test_every_printed_value_of_the_results_has_a_counterpart(run):
    reported = set(comparison_table(run)["reported"])
    for key, entry in run.reported["values"].items():
        if key.startswith(("accuracy.", "az.")) and key.split(".")[1] in NETWORKS:
            assert entry["value"] in reported, key


def test_the_conclusion_follows_the_intervals(run, made_up_tables):
    said = plain(conclusion(run))
    assert "grades better than naming the commonest grade" in said
    assert "measures how well patients are recognised" in said
    assert "simulated patients; no clinical meaning" in said
    orders = made_up_tables["orders"].copy()
    orders["accuracy_lower"] = 0.2
    weak = plain(conclusion(run_of(made_up_tables | {"orders": orders})))
    assert "is not shown to grade better" in weak
    assert "is not shown to inflate" in weak


def test_methods_follow_the_parameters(run, made_up_tables):
    reduced = " ".join(plain(b.text) for b in methods(run).blocks)
    assert "0.125 times as many channels" in reduced
    assert "generated fractal images" in reduced
    published = " ".join(plain(b.text) for b in methods(run_of(made_up_tables, simulated=False)).blocks)
    assert "torchvision learnt from ImageNet" in published
    assert "227 × 227" in published
    assert "times as many channels" not in published
    assert "Simulation" not in published


def test_a_users_cohort_has_no_recovery_and_no_banner(made_up_tables):
    tables = {name: table for name, table in made_up_tables.items() if name != "recovery"}
    document = compose(run_of(tables, simulated=False))
    check_document(document)
    assert not document.banner
    assert "SIMULATED" not in words_of(document)
    assert "recovery" not in {b.key for b in blocks_of(document) if isinstance(b, Figure)}


def test_the_excluded_are_listed_with_their_cause(document):
    assert [[plain(c) for c in r.cells] for r in table_of(document, "ledger").rows] == [
        ["X-1", "prepare images", "the tumour mask is empty"]
    ]


def test_pictures_keep_the_shape_that_their_pixels_have():
    figure = new_figure(80, 60)
    outline = np.zeros((10, 20))
    outline[3:6, 5:9] = 1
    draw_pictures(
        figure, [Picture(np.zeros((10, 20)), "a", outline, (0.5, 2.0)), Picture(np.ones((4, 4)))], 3, ["row"]
    )
    image = figure.axes[0].images[0]
    assert list(image.get_extent()) == [0, 10.0, 20.0, 0]
    assert [axes.get_title() for axes in figure.axes] == ["a", "", ""]
    draw_pictures(new_figure(), [], 3)


def test_labels_within_a_sentence_keep_the_networks_name():
    assert in_sentence(MODEL_LABELS["scratch"]).startswith("AlexNet")
    assert in_sentence(MODEL_LABELS["transferred"]).startswith("transferred AlexNet")


def test_a_recovery_that_fails_is_named(made_up_tables):
    table = made_up_tables["recovery"].copy()
    table["ok"] = [False, *[True] * (len(table) - 1)]
    said = words_of(compose(run_of(made_up_tables | {"recovery": table})))
    assert "Not held, traits in the pictures: Necrosis (correlation)." in said
    assert isinstance(table, pd.DataFrame)
