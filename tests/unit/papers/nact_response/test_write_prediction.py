"""Frozen models on another cohort: what the report says is what the tables hold, with responses and without."""

import json

import numpy as np
import pandas as pd
import pytest

from scripts.papers.nact_response import evaluate_models, write_prediction
from scripts.papers.nact_response.cohorts import FULL_MODEL, MODEL_LABELS, POOLED
from scripts.papers.nact_response.report import external, validation
from scripts.papers.nact_response.report.external import Prediction, shown_model
from scripts.papers.nact_response.write_prediction import compose_prediction, draw_prediction, score_thirds
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Figure, Note, Paragraph, Table, blocks_of, check_document
from scripts.report.rich_text import plain
from scripts.workflow.papers import paper_card

CUTOFF = 0.5
DRAWN_ELSEWHERE = {"examples.svg", "worst_registrations.svg"}
PREPARATION = {"radiomics": {"bin_count": 32}, "outcome": {"ki67_threshold": 14.0}, "phases": {"chosen": 3}}


def bundle(kind="fitted", models=MODEL_LABELS):
    """What the report reads of a frozen model."""
    entry = {
        "features": [{}, {}, {}], "c": 4.0, "gamma": 0.25, "cv_auc": 0.8,
        "cutoff": {"value": CUTOFF, "rule": "largest sensitivity + specificity of some scores"},
    }  # fmt: skip
    return {
        "source": {"kind": kind, "text": "Fitted elsewhere."},
        "created_from": {"n": 61, "n_positive": 20, "training_digest": "ab" * 32, "code": "c0de", "seed": 1},
        "positive": "response",
        "preparation": PREPARATION,
        "models": dict.fromkeys(models, entry),
    }


def prediction_of(tables, known=None, own=False, **others):
    """A cohort of 40 of the made-up patients; `known` of their responses are known (all where None)."""
    rng = np.random.default_rng(3)
    members = tables["predictions"].query("model == 'baseline'").sample(40, random_state=2)
    table = tables["predictions"][tables["predictions"]["patient"].isin(members["patient"])]
    table = table.assign(predicted=(table["score"] >= CUTOFF).astype(int)).reset_index(drop=True)
    if known is not None:
        table["response"] = table["response"].where(table["patient"].isin(members["patient"].iloc[:known]))
    clinical = table[table["model"] == "baseline"][["patient", "cohort", "response"]].assign(
        subtype=rng.choice(["luminal_a", "basal_like"], 40)
    )
    cohorts = table if own else table.assign(cohort=POOLED)
    fewest = 1 if own else evaluate_models.FEWEST_OF_A_CLASS
    found = evaluate_models.evaluate(cohorts, dict.fromkeys(MODEL_LABELS, CUTOFF), "wilson", fewest)
    groups = list(dict.fromkeys(found["performance"]["cohort"]))
    prepared = tables["preparation"].query("cohort == 'testing'").assign(cohort=POOLED)
    record = {
        "step": "predict_nact_response", "code": "f00d", "versions": {"numpy": "2.0"},
        "input_names": {"model": "model.json", "clinical": "c.parquet"},
        "inputs": {"model.json": "1" * 64, "c.parquet": "2" * 64},
    }  # fmt: skip
    values = {
        "predictions": table,
        **{name: found[name] for name in ("performance", "roc", "auc_comparison")},
        "thirds": score_thirds(table[table["model"] == FULL_MODEL], groups, "wilson"),
        "clinical": clinical,
        "ledger": tables["exclusions"],
        "faults": pd.DataFrame(
            [("warning", 4, "T-001", "side", "a side", "none", "")],
            columns=["severity", "row", "patient", "column", "expected", "found", "remedy"],
        ),
        "registrations": tables["registrations"].head(40),
        "prepared": prepared,
        "bundle": bundle(),
        "card": paper_card("nact_response"),
        "records": [record, record | {"step": "evaluate_prediction_nact_response"}],
        "cohort": "clinic",
        "model_name": "theirs",
        "simulated": False,
        "own": own,
    }
    return Prediction(**values | others)


def said(document):
    """All words of the paragraphs and notes."""
    texts = []
    for block in blocks_of(document):
        if isinstance(block, Paragraph):
            texts.append(plain(block.text, check_document(document)))
        elif isinstance(block, Note):
            texts += [plain(item) for item in block.items]
    return " ".join(texts)


def tables_of(document):
    return {block.key: block for block in blocks_of(document) if isinstance(block, Table)}


def test_with_responses_every_measure_is_printed(made_up_tables):
    found = prediction_of(made_up_tables)
    document = compose_prediction(found)
    tables = tables_of(document)
    assert {"performance", "delong", "thirds", "models", "frozen", "scores_by_patient"} <= set(tables)
    rows = {row.cells[0]: row.cells for row in tables["performance"].rows}
    assert list(rows) == list(MODEL_LABELS.values())
    full = found.of_model(FULL_MODEL)
    called, y = full["score"] >= CUTOFF, full["response"] == 1
    by_hand = [called[y].mean(), (~called)[~y].mean(), y[called].mean(), (~y)[~called].mean()]
    assert [cell.split(" ")[0] for cell in rows[MODEL_LABELS[FULL_MODEL]][4:]] == [
        f"{v:.2f}" for v in by_hand
    ]
    pairs = [(a > b) for a in full["score"][y] for b in full["score"][~y]]
    assert rows[MODEL_LABELS[FULL_MODEL]][1].startswith(f"{np.mean(pairs):.2f} (")
    assert document.kicker == "External validation"
    assert f"40 patients have a Miller-Payne grade, {int(y.sum())} of 4 or 5" in said(document)
    assert "Nothing is fitted" in said(document)


def test_without_responses_there_is_no_validation(made_up_tables):
    document = compose_prediction(prediction_of(made_up_tables, known=0))
    assert not {"performance", "delong", "thirds"} & set(tables_of(document))
    assert "roc" not in {getattr(block, "key", "") for block in blocks_of(document)}
    assert document.kicker == "Prediction"
    assert "The cohort has no Miller-Payne grades" in said(document)
    assert "No patient has a Miller-Payne grade" in said(document)
    patients = tables_of(document)["scores_by_patient"]
    assert [column.label for column in patients.columns] == ["Patient", "Score", "Called", "Models"] * 2


def test_too_few_responses_are_told_apart_from_none(made_up_tables):
    found = prediction_of(made_up_tables, known=6)
    assert found.groups() == []
    assert "Fewer than 5 responders or non-responders are known" in said(compose_prediction(found))


def test_other_patients_are_one_cohort_and_the_studys_own_are_two(made_up_tables):
    assert prediction_of(made_up_tables).groups() == [POOLED]
    own = prediction_of(made_up_tables, own=True)
    assert set(own.groups()) == {"development", "testing"}
    document = compose_prediction(own)
    assert "Nothing is fitted" not in said(document)
    assert "says nothing of new patients" in said(document)
    assert document.kicker == "Prediction"
    headings = [row.cells[0] for row in tables_of(document)["performance"].rows if row.heading]
    assert set(headings) == {"Development set", "Testing set"}


@pytest.mark.parametrize(("known", "own"), [(None, False), (None, True), (0, False)])
def test_every_figure_is_drawn_and_every_block_has_its_caption(made_up_tables, tmp_path, known, own):
    found = prediction_of(made_up_tables, known=known, own=own)
    document = compose_prediction(found)
    draw_prediction(tmp_path, found)
    wanted = {p.file for block in blocks_of(document) if isinstance(block, Figure) for p in block.panels}
    assert {path.name for path in tmp_path.glob("*.svg")} == wanted - DRAWN_ELSEWHERE
    write_captions(document, tmp_path / "captions")
    (tmp_path / "printed").mkdir()
    write_table_pages(document, tmp_path / "printed")
    labels = json.loads((tmp_path / "captions" / "labels.json").read_text())
    shown = {path.stem for path in [*tmp_path.glob("*.svg"), *(tmp_path / "printed").glob("*.html")]}
    assert shown <= set(labels)


def test_thirds_by_hand():
    table = pd.DataFrame(
        {
            "patient": list("abcdefgh"),
            "cohort": "testing",
            "score": [0.9, 0.1, 0.5, 0.3, 0.7, -1.0, 2.0, 9.0],
            "response": [1, 0, 1, 0, 1, 0, 0, np.nan],
        }
    )
    thirds = score_thirds(table, [POOLED], "wilson")
    assert thirds["n"].tolist() == [3, 2, 2]
    assert thirds["n_responders"].tolist() == [0, 2, 1]
    assert thirds["lowest_score"].tolist() == [-1.0, 0.5, 0.9]
    assert thirds["highest_score"].tolist() == [0.3, 0.7, 2.0]
    # Wilson, 1 of 2: centre 0.5, half width z sqrt(0.125 + z^2 / 16) / (2 + z^2) * 2 with z = 1.959964
    z = 1.959964
    half = z * np.sqrt(0.25 / 2 + z**2 / 16) / (1 + z**2 / 2)
    assert thirds["upper"].iloc[2] == pytest.approx(0.5 + half, abs=1e-6)
    assert score_thirds(table, [], "wilson").empty


def test_the_flow_counts_everybody(made_up_tables, monkeypatch, tmp_path):
    trees = []
    monkeypatch.setattr(write_prediction, "draw_flow_diagram", lambda _, tree: trees.append(tree))
    write_prediction.draw_flow(tmp_path, prediction_of(made_up_tables, known=30))
    write_prediction.draw_flow(tmp_path, prediction_of(made_up_tables, known=0))
    validated, scored = trees
    assert (validated.n, validated.excluded) == (41, (("the images do not overlap", 1),))
    (node,) = validated.children
    assert (node.n, node.excluded) == (40, (("no Miller-Payne grade", 10),))
    assert node.children[0].n == 30
    assert scored.children[0].children == ()


def test_patients_without_the_subtype_and_exclusions_are_told(made_up_tables):
    found = prediction_of(made_up_tables)
    found.clinical.loc[found.clinical.index[:3], "subtype"] = None
    document = compose_prediction(found)
    assert "3 patients lack the molecular subtype" in said(document)
    assert "1 was excluded" in said(document)
    assert tables_of(document)["ledger"].rows[0].cells[0] == "X-1"
    assert "no fault that excludes a patient and 1 warning" in said(document)
    assert tables_of(document)["faults"].rows[0].cells[1] == "T-001"
    clean = compose_prediction(
        prediction_of(made_up_tables, faults=found.faults.head(0), ledger=found.ledger.head(0))
    )
    assert not {"faults", "ledger"} & set(tables_of(clean))
    assert "none was excluded" in said(clean)


def test_the_frozen_settings_and_digests_are_printed(made_up_tables):
    document = compose_prediction(prediction_of(made_up_tables))
    cells = [plain(cell) for row in tables_of(document)["frozen"].rows for cell in row.cells]
    pairs = dict(zip(cells[::2], cells[1::2], strict=True))
    assert pairs == {
        "radiomics.bin_count": "32",
        "outcome.ki67_threshold": "14",
        "phases.chosen": "3",
        "": "",
    }
    digests = {plain(row.cells[0]): plain(row.cells[1]) for row in tables_of(document)["digests"].rows}
    assert digests["frozen models"] == "1" * 64
    assert digests["training table of the models"] == "ab" * 32
    assert digests["code of evaluate prediction"] == "f00d"


def test_banners(made_up_tables):
    mine = compose_prediction(prediction_of(made_up_tables))
    assert mine.banner == ""
    theirs = compose_prediction(prediction_of(made_up_tables, bundle=bundle("simulated")))
    assert theirs.banner.startswith("MODEL OF SIMULATED PATIENTS")
    drawn = compose_prediction(prediction_of(made_up_tables, bundle=bundle("simulated"), simulated=True))
    assert drawn.banner.startswith("SIMULATED PATIENTS")


def test_each_patient_has_the_score_the_call_and_how_many_models_agree(made_up_tables):
    found = prediction_of(made_up_tables)
    rows = external.list_of_patients(found).blocks[1].rows
    listed = [row.cells[k : k + 5] for row in rows for k in (0, 5)]
    full = found.of_model(FULL_MODEL)
    assert [cells[0] for cells in listed] == full["patient"].tolist()
    first = full.iloc[0]
    agree = found.predictions[found.predictions["patient"] == first["patient"]]["predicted"].sum()
    assert listed[0][2:] == (
        "yes" if first["score"] >= CUTOFF else "no", f"{agree} of 6", "yes" if first["response"] else "no",
    )  # fmt: skip


def test_a_bundle_without_the_full_model_shows_its_last():
    assert shown_model(bundle()) == FULL_MODEL
    assert shown_model(bundle(models=["fusion", "baseline"])) == "fusion"


def test_tables_of_nobody_keep_their_columns(made_up_tables):
    unknown = made_up_tables["predictions"].assign(response=np.nan)
    cutoffs = dict.fromkeys(MODEL_LABELS, CUTOFF)
    empty = evaluate_models.evaluate(unknown, cutoffs, "wilson")
    full = evaluate_models.evaluate(made_up_tables["predictions"], cutoffs, "wilson")
    for name, table in empty.items():
        assert table.empty
        assert list(table) == list(full[name])
    assert validation.GROUP_LABELS[POOLED] == "All patients"
