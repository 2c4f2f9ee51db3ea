"""The report and the figures of nact_response over made-up tables: what they say is what the tables hold."""

from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from scripts.papers.nact_response import draw_figures
from scripts.papers.nact_response.cohorts import FULL_MODEL, MODEL_LABELS
from scripts.papers.nact_response.report.changes import example_patients, value_words
from scripts.papers.nact_response.report.comparison import comparison_table
from scripts.papers.nact_response.report.prediction import chosen_features, performance_table
from scripts.papers.nact_response.report.run import Run
from scripts.papers.nact_response.write_report import compose
from scripts.report.document import Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.report.wording import estimate_text
from scripts.workflow.papers import paper_card, resolve_parameters

ROOT = Path(__file__).parents[4]
DRAWN_ELSEWHERE = {"examples.svg", "worst_registrations.svg", "example_A.svg", "example_B.svg"}


@pytest.fixture(scope="module")
def run(made_up_tables):
    return Run(
        tables=made_up_tables,
        model={"created_from": {"training_digest": "0" * 64}},
        reported=yaml.safe_load((ROOT / "resources/reported/nact_response.yaml").read_text(encoding="utf-8")),
        card=paper_card("nact_response"),
        parameters=[asdict(p) for p in resolve_parameters("nact_response", True).values()],
        records=[{"step": "fit_models_nact_response", "code": "c0de", "versions": {"numpy": "2.0"}}],
        cohort="simulated",
        simulated=True,
        seed=1,
        sheet_digest="1" * 64,
    )


@pytest.fixture(scope="module")
def document(run):
    return compose(run)


def test_every_figure_of_the_report_is_drawn(document, made_up_tables, tmp_path):
    tables = made_up_tables
    draw_figures.draw_flow(tmp_path, tables["patient_flow"], tables["exclusions"])
    draw_figures.draw_shown(
        tmp_path, tables["shown_values"], tables["feature_tests"], tables["feature_changes"]
    )
    draw_figures.draw_feature_areas(tmp_path, tables["feature_tests"])
    draw_figures.draw_rocs(tmp_path, tables["roc"], tables["performance"])
    draw_figures.draw_selection(tmp_path, tables)
    draw_figures.draw_null(tmp_path, tables["null_cohort"], tables["cross_validation"], "fusion")
    draw_figures.draw_rival_models(tmp_path, tables["rivals"])
    draw_figures.draw_recovery_figure(tmp_path, tables["recovery"])
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    assert {path.name for path in tmp_path.glob("*.svg")} == wanted - DRAWN_ELSEWHERE


def test_the_document_holds_together_and_refers_to_what_is_there(document):
    numbers = check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert {
        "characteristics",
        "imaging",
        "performance",
        "roc",
        "verdict",
        "parameters",
        "worst",
        "null",
        "recovery",
    } <= keys
    assert set(numbers) >= keys
    assert document.banner.startswith("SIMULATED PATIENTS")


def test_table_3_prints_the_rows_of_performance(run):
    table = performance_table(run)
    rows = {row.cells[0]: row.cells for row in table.rows[: len(MODEL_LABELS) + 1] if not row.heading}
    assert list(rows) == list(MODEL_LABELS.values())
    row = run.performance("follow_up")
    assert rows["Follow-up image"][1] == estimate_text(row["auc"], row["auc_lower"], row["auc_upper"])
    assert rows["Follow-up image"][4].startswith(f"{row['sensitivity']:.2f}")
    assert rows[MODEL_LABELS[FULL_MODEL]][3] == "–"


def test_reported_stands_beside_obtained(run):
    table = comparison_table(run).set_index(["group", "quantity"])
    row = table.loc[("Table 3, Follow-up image", "AUC")]
    assert row["reported"] == 0.767
    assert (row["reported_low"], row["reported_high"]) == pytest.approx((0.639, 0.895))
    assert row["obtained"] == run.performance("follow_up")["auc"]
    assert row["reported_within_interval"] == (row["ci_low"] <= 0.767 <= row["ci_high"])
    tested = table.loc[("P values of the figures", "Autocorrelation before and after, non-responders")]
    assert tested["reported"] == 0.241


def test_what_the_paper_contradicts_is_printed(document, run):
    text = " ".join(
        plain(item)
        for block in blocks_of(document)
        if hasattr(block, "items") and not isinstance(block, Table)
        for item in block.items
    )
    for entry in run.reported["disagreements"]:
        assert entry["where"] in text


def test_a_model_names_as_many_features_as_it_took(run):
    path = run.tables["selection_path"]
    for model in MODEL_LABELS:
        taken = path[(path["model"] == model) & path["chosen"]]["n_features"].iloc[0]
        assert len(chosen_features(run, model)) == taken
    assert chosen_features(run, FULL_MODEL)[0].startswith("clinical.")


def test_examples_are_the_median_patients(run):
    values = run.tables["shown_values"]
    for letter, response in (("A", 0), ("B", 1)):
        members = values[values["response"] == response].sort_values("jacobian_mean").reset_index(drop=True)
        place = members.index[members["patient"] == example_patients(run)[letter]][0]
        assert abs(place - (len(members) - 1) / 2) <= 0.5


def test_without_simulation_there_is_no_recovery_and_no_banner(run):
    tables = {name: table for name, table in run.tables.items() if name != "recovery"}
    own = Run(**{**vars(run), "tables": tables, "simulated": False, "cohort": "mine"})
    document = compose(own)
    check_document(document)
    assert document.banner == ""
    assert "cohort 'mine'" in plain(document.cohort_line)
    assert "recovery_table" not in {getattr(block, "key", "") for block in blocks_of(document)}


def test_medians_have_three_digits_and_no_exponent_below_a_million():
    words = [value_words(value) for value in (0.123456, 1320.4, -12.34, 2.5e7, float("nan"))]
    assert words == ["0.123", "1320", "−12.3", "2.50e+07", "–"]
