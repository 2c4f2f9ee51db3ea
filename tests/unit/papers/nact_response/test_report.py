"""The report and the figures of nact_response over made-up tables: what they say is what the tables hold."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
import yaml

from scripts.papers.nact_response import draw_figures
from scripts.papers.nact_response.cohorts import FULL_MODEL, MODEL_LABELS
from scripts.papers.nact_response.report.beyond import _best_rival, recovery
from scripts.papers.nact_response.report.changes import (
    against_paper,
    difference,
    example_patients,
    feature_level,
    visit_change,
)
from scripts.papers.nact_response.report.comparison import comparison_table, printed_p, small_p_text
from scripts.papers.nact_response.report.feature_tables import value_words
from scripts.papers.nact_response.report.methods import methods
from scripts.papers.nact_response.report.patients import _spread
from scripts.papers.nact_response.report.prediction import chosen_features, performance_table, qualified_label
from scripts.papers.nact_response.report.registrations import _mean_words
from scripts.papers.nact_response.report.run import Run
from scripts.papers.nact_response.write_report import compose, conclusion
from scripts.report.document import Figure, Paragraph, Table, blocks_of, check_document
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
    tested = table.loc[("P of baseline against follow-up", "Autocorrelation, non-responders")]
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
    assert [value_words(value) for value in (0.82, 166.2, 0.0)] == ["0.820", "166", "0"]


def with_tables(run, **tables):
    return Run(**{**vars(run), "tables": {**run.tables, **tables}})


def with_performance(run, **changed):
    """The run with other values in the testing rows of models: model={column: value}."""
    table = run.tables["performance"].copy()
    for model, values in changed.items():
        rows = (table["cohort"] == "testing") & (table["model"] == model)
        for column, value in values.items():
            table.loc[rows, column] = value
    return with_tables(run, performance=table)


@pytest.mark.parametrize(
    ("p_value", "auc", "found"), [(0.01, 0.3, -1), (0.01, 0.7, 1), (0.2, 0.7, 0), (float("nan"), 0.7, 0)]
)
def test_a_difference_has_a_direction_where_it_is_significant(p_value, auc, found):
    assert difference(pd.Series({"p_value": p_value, "auc": auc})) == found


@pytest.mark.parametrize(
    ("found", "printed", "words"),
    [
        (-1, -1, "is lower in responders as well"),
        (1, -1, "is higher in responders"),
        (0, -1, "shows no difference at *P* < 0.05"),
        (0, 0, "shows none either"),
        (1, 0, "is higher in responders"),
    ],
)
def test_the_words_beside_the_paper_follow_the_run(found, printed, words):
    assert against_paper(found, printed) == words


@pytest.mark.parametrize(
    ("p_value", "after", "words"),
    [
        (0.01, 2.0, "rose"),
        (0.01, 0.5, "fell"),
        (0.3, 2.0, "did not change significantly"),
        (float("nan"), 2.0, "could not be tested"),
    ],
)
def test_a_change_between_visits_is_named_where_it_is_significant(p_value, after, words):
    row = {"p_value": p_value, "median_baseline": 1.0, "median_follow_up": after}
    assert visit_change(pd.Series(row)) == words


@pytest.mark.parametrize(
    ("responders", "others", "single"), [(0.01, 0.2, True), (0.01, 0.02, False), (0.5, 0.2, False)]
)
def test_one_significant_group_of_two_brings_the_warning(run, responders, others, single):
    table = run.tables["feature_changes"].copy()
    table.loc[table["group"] == "responders", "p_value"] = responders
    table.loc[table["group"] == "nonresponders", "p_value"] = others
    text = plain(feature_level(with_tables(run, feature_changes=table)).blocks[0].text)
    assert ("That one of two groups changes significantly" in text) == single


def test_the_conclusion_follows_the_testing_set(run):
    low = {"auc": 0.7, "auc_lower": 0.55, "p_value": 0.3}
    full = {"auc": 0.8, "auc_lower": 0.6}
    same = with_performance(run, fusion_subtype=full, baseline={"auc": 0.5, "p_value": 0.01}, follow_up=low,
                            delta={"auc": 0.6}, jacobian={"auc": 0.6})  # fmt: skip
    text = plain(conclusion(same))
    assert text.startswith("The model of all features and the molecular subtype tells responders")
    assert "baseline image alone is supported" in text
    assert "a gain over follow-up image, the best of the models without fusion, is not shown" in text
    better = with_performance(same, follow_up={"p_value": 0.02})
    assert "the best of the models without fusion, is supported" in plain(conclusion(better))
    worse = with_performance(better, fusion_subtype={"auc": 0.4, "auc_lower": 0.3})
    text = plain(conclusion(worse))
    assert text.startswith("The testing set does not show")
    assert "supported" not in text  # a lower AUC is no gain, whatever its P


def test_every_table_and_figure_of_the_paper_is_named_in_a_caption(document):
    captions = " ".join(
        plain(block.caption) for block in blocks_of(document) if isinstance(block, Table | Figure)
    )
    tables, figures = ("Table 1", "Table 2", "Table 3"), ("Figure 2", "Figure 5E", "Figure 6E", "Figure 7")
    groups = ("Figures 3G and 4G", "Figures 3 to 6, A to F", "Supplementary Figure S2")
    for name in (*tables, *figures, *groups):
        assert f"the paper's {name}" in captions
    assert "(the paper's Figure 5E and Supplementary Figure S1)" in captions


def test_reported_p_values_keep_the_paper_s_digits():
    assert [plain(printed_p(p)) for p in (4.9e-5, 2.45e-4, 0.09, 0.001)] == [
        "4.9 × 10−5", "2.45 × 10−4", "0.09", "0.001",
    ]  # fmt: skip
    assert [plain(small_p_text(p)) for p in (2.0e-6, 2.449e-4, 0.0589, 0.719, float("nan"))] == [
        "2.0 × 10−6", "2.4 × 10−4", "0.06", "0.72", "–",
    ]  # fmt: skip


def test_a_cell_has_one_number_of_decimals():
    def row(values, names):
        return pd.Series(dict(zip(names, values, strict=True)))

    spread = [
        ((1.997, 1.915, 2.081), "2.00 (1.92–2.08)"),
        ((56, 52, 56), "56 (52–56)"),
        ((2.2, 2.2, 2.2), "2.2"),
    ]
    for values, words in spread:
        assert _spread(row(values, ("commonest", "lowest", "highest"))) == words
    means = [
        ((1.246, 1.1, 1.46), "1.25 (1.10–1.46)"),
        ((8.54, 3.7, 18.6), "8.5 (3.7–18.6)"),
        ((3, 3, 3), "3"),
    ]
    for values, words in means:
        assert _mean_words(row(values, ("mean", "lowest", "highest"))) == words


def test_names_of_subtypes_keep_their_capitals():
    assert qualified_label("clinical.subtype_her2_enriched") == "subtype HER2-enriched"
    assert qualified_label("clinical.subtype_luminal_a") == "subtype luminal A"


def test_rules_that_do_not_hold_are_named(run):
    table = run.tables["recovery"].assign(ok=[True, False, True])
    text = plain(
        next(b for b in recovery(with_tables(run, recovery=table)).blocks if isinstance(b, Paragraph)).text
    )
    assert text.startswith("2 of 3 rules hold")
    assert "Not held, all patients: Error of the log-Jacobian." in text
    text = plain(next(b for b in recovery(with_tables(run, recovery=table.assign(ok=True))).blocks
                      if isinstance(b, Paragraph)).text)  # fmt: skip
    assert "Not held" not in text


def test_rivals_are_compared_in_words():
    def testing(*areas):
        return pd.DataFrame(
            [{"rival": rival, "combat": "none", "cohort": "testing", "auc": auc, "lower": low, "upper": high}
             for rival, (auc, low, high) in zip(("svm_rfe", "random_forest"), areas, strict=True)]
        )  # fmt: skip

    words = _best_rival(testing((0.67, 0.53, 0.82), (0.76, 0.63, 0.89)))
    assert (
        "runs from 0.67 for SVM-RFE (the paper's) to 0.76 for random forest; all intervals overlap" in words
    )
    assert "overlap" not in _best_rival(testing((0.5, 0.4, 0.6), (0.8, 0.7, 0.9)))


def test_combat_that_changes_nothing_is_not_drawn(run):
    rivals = run.tables["rivals"].copy()
    same = rivals[(rivals["combat"] == "none")]
    rivals = pd.concat([same, same.assign(combat="training"), rivals[rivals["combat"] == "own_values"]])
    series = draw_figures.rival_series(rivals)
    assert list(dict.fromkeys(series["cohort"])) == [
        "Development set, no ComBat", "Development set, ComBat, own values",
        "Testing set, no ComBat", "Testing set, ComBat, own values",
    ]  # fmt: skip


def test_the_methods_follow_the_parameters(run):
    def said(**changed):
        parameters = [
            p | {"value": changed.get(p["name"].replace(".", "_"), p["value"])} for p in run.parameters
        ]
        blocks = methods(Run(**{**vars(run), "parameters": parameters})).blocks
        return " ".join(plain(block.text) for block in blocks if isinstance(block, Paragraph))

    words = said(svm_step=1, svm_inclusion_step=1, evaluation_interval="wilson")
    assert "dropping one at a time; they are added one after another" in words
    assert "Wilson's interval for proportions" in words
    words = said(svm_step=0.1, svm_inclusion_step=2, evaluation_interval="clopper_pearson")
    assert "dropping 10% of those left at a time; they are added 2 at a time" in words
    assert "Clopper and Pearson's interval for proportions" in words
