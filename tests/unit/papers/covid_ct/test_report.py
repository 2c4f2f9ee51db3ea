"""The reports and the figures of covid_ct over made-up tables: what they say is what the tables hold."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from scripts.papers.covid_ct import draw_figures
from scripts.papers.covid_ct.apply_score import performance_of
from scripts.papers.covid_ct.report.beyond import told_apart
from scripts.papers.covid_ct.report.comparison import comparison_table, counterparts
from scripts.papers.covid_ct.report.external import Prediction
from scripts.papers.covid_ct.report.findings import sparse_note
from scripts.papers.covid_ct.report.run import Run
from scripts.papers.covid_ct.report.volumes import means_apart
from scripts.papers.covid_ct.write_prediction import compose_prediction, draw_prediction
from scripts.papers.covid_ct.write_report import compose, conclusion, verdict_clause
from scripts.report.document import Figure, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.workflow.papers import paper_card, resolve_parameters
from tests.unit.papers.covid_ct.conftest import made_up_measures, tables_of

DRAWN_ELSEWHERE = {"lesions.svg"}


def run_of(tables, bundle, reported):
    return Run(
        tables=tables,
        model=bundle,
        reported=reported,
        card=paper_card("covid_ct"),
        parameters=[asdict(p) for p in resolve_parameters("covid_ct", True).values()],
        records=[{"step": "fit_score_covid_ct", "code": "c0de", "versions": {"numpy": "2.0"}}],
        cohort="simulated",
        simulated=True,
        seed=1,
        sheet_digest="1" * 64,
    )


@pytest.fixture(scope="module")
def run(made_up_tables, bundle, reported):
    return run_of(made_up_tables, bundle, reported)


@pytest.fixture(scope="module")
def document(run):
    return compose(run)


def panels(document):
    return {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}


def text_of(document):
    return " ".join(plain(block.text) for block in blocks_of(document) if hasattr(block, "text"))


def test_every_figure_of_the_report_is_drawn(document, made_up_tables, settings, tmp_path):
    draw_figures.draw_all(tmp_path, made_up_tables, settings)
    assert {path.name for path in tmp_path.glob("*.svg")} == panels(document) - DRAWN_ELSEWHERE


def test_the_document_holds_together(document):
    numbers = check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert {
        "characteristics", "findings_table", "lobes", "segments", "windows_table", "all_comparisons", "printed_table",
        "printed_means", "verdict", "recovery_table", "power_table", "coefficients", "parameters", "plausibility",
    } <= keys  # fmt: skip
    assert set(numbers) >= keys
    assert document.banner.startswith("SIMULATED PATIENTS")


def test_all_comparisons_are_printed_once(document, run):
    (table,) = [b for b in blocks_of(document) if isinstance(b, Table) and b.key == "all_comparisons"]
    assert sum(not row.heading for row in table.rows) == len(run.tables["comparisons"])


def test_findings_are_printed_as_the_table_has_them(document, run):
    (table,) = [b for b in blocks_of(document) if isinstance(b, Table) and b.key == "findings_table"]
    row = run.family("findings").iloc[0]
    cells = [plain(cell) for cell in table.rows[0].cells]
    assert cells[1] == f"{int(row['x_covid'])} ({100 * row['x_covid'] / 52:.1f})"
    assert cells[3].startswith(f"{100 * row['effect']:.1f}".replace("-", "−"))


def test_not_different_is_never_called_alike_without_the_test(run):
    tables = dict(run.tables)
    comparisons = tables["comparisons"].copy()
    comparisons[["p_value", "p_holm", "p_alike"]] = 0.5
    comparisons["verdict"] = "open"
    found = replace(run, tables={**tables, "comparisons": comparisons})
    text = plain(conclusion(found))
    assert "likeness is not shown either" in text
    assert "'no significant difference' is not 'no difference'" in text
    comparisons = comparisons.assign(verdict="alike")
    assert "every comparison of findings and volumes is alike" in plain(
        conclusion(replace(run, tables={**tables, "comparisons": comparisons})).copy()
    ).lower().replace("Every", "every")


def with_comparisons(run, change):
    comparisons = run.tables["comparisons"].copy()
    return replace(run, tables={**run.tables, "comparisons": change(comparisons)})


def test_the_summary_and_the_conclusion_count_the_same(run):
    def one_of_each(table):
        table["verdict"] = "alike"
        names = {"air_bronchogram": "different", "ground_glass": "different, within the margin"}
        names |= {"lesion_ml|lung": "open", "lesion_ml|lung|w0": "not tested"}
        return table.assign(verdict=table["quantity"].map(names).fillna(table["verdict"]))

    text = plain(conclusion(with_comparisons(run, one_of_each)))
    assert "2 of 18 comparisons of findings and volumes differ" in text
    assert "15 are alike within the margin (1 of them both), and 1 is open" in text
    rows = with_comparisons(run, one_of_each).family("findings")
    assert verdict_clause(rows, "findings") == (
        "of 8 findings 2 differ, 7 are alike within the margin (1 of them both), none are open"
    )
    rows = with_comparisons(run, one_of_each).family("window_volume")
    assert verdict_clause(rows, "windows").endswith("none are open, 1 could not be tested")


def test_not_tested_is_not_called_alike_in_the_conclusion(run):
    table = with_comparisons(run, lambda t: t.assign(verdict="not tested"))
    assert "but for 18 of them likeness is not shown either" in plain(conclusion(table))


def test_alike_by_rank_with_means_apart_is_said(run):
    def apart(table):
        table = table.assign(verdict="alike", p_beside=0.5, alike_scale="probability of superiority")
        return table.assign(p_beside=table["p_beside"].where(table["quantity"] != "lesion_ml|left_9", 0.006))

    rows = with_comparisons(run, apart).family("segment_volume")
    assert means_apart(run, rows) == (
        " Of those alike by rank, 1 has means that differ by the t-test (L9 lateral basal)."
    )
    assert means_apart(run, rows.assign(verdict="open")) == ""


@pytest.mark.parametrize(
    ("low", "p", "words"),
    [(0.6, 0.01, "do tell the groups apart"), (0.6, 0.2, "do not agree"), (0.4, 0.01, "do not agree"),
     (0.4, 0.2, "do not show")],
)  # fmt: skip
def test_the_score_is_called_better_than_chance_only_where_both_tests_say_so(low, p, words):
    found = pd.Series({"ci_low": low, "ci_high": 0.7, "p_permutation": p})
    assert words in told_apart(found, 0.05)


def test_expected_counts_below_five_are_counted():
    # 52 and 80 patients: 12 with the finding make 4.7 expected of 52, 13 make 5.1; 120 leave 12 without
    rows = pd.DataFrame({"n_covid": 52, "n_other": 80, "x_covid": [6, 6, 50], "x_other": [6, 7, 70]})
    assert "In 2 of 3 rows fewer than five patients are expected" in sparse_note(rows)
    assert sparse_note(rows.iloc[[1]]) == ""


def test_without_maps_lobes_are_absent_and_said_so(drawn, settings, reported, bundle, tmp_path):
    tables = tables_of(drawn, settings, reported, lobes=False)
    found = run_of(tables, bundle, reported)
    document = compose(found)
    check_document(document)
    keys = {block.key for block in blocks_of(document) if isinstance(block, Table | Figure)}
    assert not {"lobes", "segments", "segments_figure"} & keys
    text = text_of(document)
    assert "No patient has lobes" in text
    assert "the lungs were found by CT number" in text
    draw_figures.draw_all(tmp_path, tables, settings)
    assert panels(document) - DRAWN_ELSEWHERE <= {path.name for path in tmp_path.glob("*.svg")}


def test_a_sheet_without_findings_and_clinical_values(drawn, settings, reported, bundle, tmp_path):
    bare = drawn[["patient", "group", *(c for c in drawn if c.startswith("ml_"))]]
    tables = tables_of(bare, settings, reported)
    document = compose(run_of(tables, bundle, reported))
    check_document(document)
    assert "The sheet has no finding for these patients." in text_of(document)
    draw_figures.draw_all(tmp_path, tables, settings)


def test_lesions_by_threshold_are_said_to_be_so(drawn, settings, reported, bundle):
    tables = tables_of(drawn, settings, reported)
    tables["how"] = tables["how"].assign(lesions_from=["drawn"] * 100 + ["by CT number"] * 32)
    text = text_of(compose(run_of(tables, bundle, reported)))
    assert "100 of 132 patients and were found by CT number in the other 32" in text
    assert "not alike, and a comparison that mixes them" in text


def test_reported_numbers_have_their_counterpart(run):
    found = {(c.group, c.quantity): c for c in counterparts(run)}
    row = run.family("findings").set_index("quantity").loc["ground_glass"]
    counterpart = found[("Table 2, COVID-19", "Ground glass opacities, %")]
    assert counterpart.reported == pytest.approx(73.07)
    assert counterpart.obtained == pytest.approx(100 * row["x_covid"] / row["n_covid"])
    lobe = found[("Table 3, Other viral pneumonia", "Left lower lobe, mean infection volume, cm³")]
    assert lobe.reported == pytest.approx(105.76)
    assert lobe.obtained == pytest.approx(run.family("lobe_volume")["mean_other"].iloc[-1])
    table = comparison_table(run)
    inside = table["reported"].between(table["ci_low"], table["ci_high"])
    assert (table["reported_within_interval"].dropna() == inside[table["ci_low"].notna()]).all()


@pytest.mark.parametrize("known", [True, False])
def test_the_report_of_a_prediction(known, drawn, bundle, tmp_path):
    random = np.random.default_rng(2)
    score = random.normal(size=len(drawn))
    predictions = pd.DataFrame(
        {"patient": drawn["patient"], "score": score, "probability": 1 / (1 + np.exp(-score)),
         "predicted": (score > -0.3).astype(int), "n_missing": 0, "group": drawn["group"] if known else None}
    )  # fmt: skip
    found = Prediction(
        predictions=predictions,
        performance=performance_of(predictions),
        roc=pd.DataFrame({"false_positive_rate": [0.0, 1.0], "true_positive_rate": [0.0, 1.0]}),
        measures=made_up_measures(drawn),
        ledger=pd.DataFrame(columns=["patient", "step", "cause", "excluded_from"]),
        faults=pd.DataFrame({"severity": ["warning"]}),
        bundle=bundle,
        card=paper_card("covid_ct"),
        records=[{"versions": {"numpy": "2.0"}}],
        cohort="mine",
        model_name="fitted",
        simulated=False,
        own=False,
    )
    document = compose_prediction(found)
    check_document(document)
    assert document.banner.startswith("MODEL OF SIMULATED PATIENTS")
    draw_prediction(tmp_path, found)
    assert panels(document) - DRAWN_ELSEWHERE == {path.name for path in tmp_path.glob("*.svg")}
    assert ("External validation" in document.kicker) == known
    if not known:
        assert "nothing can be said of how well the score does" in text_of(document)
