"""The default target: what is in the folder afterwards, that it is right, and that nothing but the seed decides it."""

import hashlib
import json
import os
import signal
import subprocess
import time

import numpy as np
import pandas as pd
import pytest

from tests.end_to_end.pdf_text import pdf_pages
from tests.end_to_end.runs import (
    BANNER,
    CACHE,
    LIMIT_S,
    PDF,
    RESULTS,
    TABLES,
    command,
    finished,
    result_tables,
    table,
)

DECLARED = [
    "lasso_cross_validation",
    "lasso_path",
    "feature_filter",
    "cutoff_roc",
    "scores",
    "table1",
    "patient_flow",
    "exclusions",
    "table2",
    "risk_groups",
    "kaplan_meier",
    "at_risk",
    "discrimination",
    "roc",
    "auc_comparison",
    "calibration",
    "calibration_slopes",
    "decision_curve",
    "proportional_hazards",
    "stability",
    "stability_summary",
    "rivals",
    "published_scores",
    "published_discrimination",
    "published_risk_groups",
    "published_kaplan_meier",
    "published_at_risk",
    "hallmark_correlation",
    "hallmark_scores",
    "recovery",
    "recovery_features",
    "reported_and_obtained",
]
DIGESTS = f"{RESULTS.as_posix()}/printed_tables/digests"
STOPPED_AFTER = "fit_model.json"


def test_the_pdf_says_on_every_page_that_its_patients_are_simulated(simulated_run):
    assert (simulated_run / PDF).read_bytes().startswith(b"%PDF")
    pages = pdf_pages(simulated_run / PDF)
    assert len(pages) > 5
    assert all(BANNER in page for page in pages)


@pytest.mark.parametrize("name", DECLARED)
def test_every_table_is_there_for_people_and_for_programs(simulated_run, name):
    whole = table(simulated_run, name)
    text = pd.read_csv(simulated_run / TABLES / f"{name}.csv", dtype=str, keep_default_na=False)
    assert list(text.columns) == list(whole.columns)
    assert len(text) == len(whole)
    for column in whole:
        told, exact = text[column], whole[column]
        if exact.dtype.kind == "b":
            assert told.tolist() == ["" if value is pd.NA else str(value) for value in exact]
        elif exact.dtype.kind in "if":
            values = [float(cell or "nan") for cell in told]
            np.testing.assert_array_equal(values, exact.to_numpy(float))
        else:
            assert told.tolist() == ["" if value is None or value != value else str(value) for value in exact]


def test_there_is_no_table_that_nobody_declared(simulated_run):
    assert {path.stem for path in (simulated_run / TABLES).iterdir()} == set(DECLARED)


def test_figures_are_vector_files_that_a_browser_can_open(simulated_run):
    figures = [p for p in (simulated_run / RESULTS / "figures").iterdir() if not p.name.startswith(".")]
    assert len(figures) > 10
    for figure in figures:
        text = figure.read_text(encoding="utf-8")
        assert figure.suffix == ".svg"
        assert "<svg" in text[:1000]
        assert text.rstrip().endswith("</svg>")


def test_provenance_names_the_files_that_are_there(simulated_run):
    records = sorted((simulated_run / RESULTS / "provenance").glob("*.json"))
    assert {"fit_model", "apply_model", "evaluate_model", "write_report"} <= {path.stem for path in records}
    seen = 0
    for path in records:
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["seed"] in (2020, None), path.name
        for name, digest in (record["inputs"] | record["outputs"]).items():
            file = simulated_run / name
            if file.is_file():
                assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, name
                seen += 1
    assert seen > 60


def test_what_one_step_gave_is_what_the_next_one_took(simulated_run):
    records = [
        json.loads(path.read_bytes()) for path in (simulated_run / RESULTS / "provenance").glob("*.json")
    ]
    given = {name: digest for record in records for name, digest in record["outputs"].items()}
    taken = [
        (name, digest) for record in records for name, digest in record["inputs"].items() if name in given
    ]
    assert all(given[name] == digest for name, digest in taken)
    assert len(taken) > 20


def test_a_second_run_has_nothing_to_do(simulated_run):
    assert "Nothing to be done" in finished(simulated_run, PDF).said


def test_the_planted_truth_is_found(simulated_run):
    recovery = table(simulated_run, "recovery").set_index(["quantity", "cohort"])
    planted = recovery.loc[("Planted hallmarks in the heatmap", "With expression")]
    assert planted["estimate"] >= 0.75
    read = recovery.loc[("Correlation of rad-score and planted image risk", "Validation cohort")]
    assert read["estimate"] > 0.6
    for cohort in ("Primary cohort", "Validation cohort"):
        oracle = recovery.loc[("C-index of the oracle", cohort)]
        assert oracle["covered"]
        assert oracle["ci_low"] < oracle["planted"] < oracle["ci_high"]


def test_a_killed_run_on_other_cores_and_batches_ends_in_the_same_bytes(simulated_run, tmp_path):
    """Neither the kill, nor the order of jobs, nor which patients share a job reaches a result."""
    started = subprocess.Popen(
        command(PDF, "--config", "cases_per_job=40", cores=3),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + LIMIT_S
    while not (tmp_path / RESULTS / "provenance" / STOPPED_AFTER).exists():
        assert started.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.1)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    assert not (tmp_path / PDF).exists()

    again = finished(tmp_path, PDF, "--config", "cases_per_job=40")
    assert "extract_features" not in again.rules
    batches = list((tmp_path / CACHE / "simulated" / "check").iterdir())
    assert len(batches) > len(list((simulated_run / CACHE / "simulated" / "check").iterdir()))

    expected, found = result_tables(simulated_run), result_tables(tmp_path)
    assert list(found) == list(expected)
    differing = [name for name in expected if found[name] != expected[name]]
    assert differing == [f"{DIGESTS}.{ending}" for ending in ("csv", "parquet")]
    first, second = (
        pd.read_csv(folder / f"{DIGESTS}.csv").set_index("Item") for folder in (simulated_run, tmp_path)
    )
    unequal = first.index[(first != second).any(axis=1)]
    assert unequal.tolist() == [
        "sample sheet (SHA-256)"
    ]  # the built-in sheet names the batch's folder in its paths
    assert (tmp_path / RESULTS / "model.json").read_bytes() == (
        simulated_run / RESULTS / "model.json"
    ).read_bytes()


def test_another_seed_draws_other_patients(simulated_run, tmp_path):
    scores = TABLES / "scores.csv"
    finished(tmp_path, scores, "--config", "seed=7")
    assert (tmp_path / scores).read_bytes() != (simulated_run / scores).read_bytes()
    first, second = (pd.read_csv(folder / scores) for folder in (simulated_run, tmp_path))
    assert list(first["patient"]) == list(second["patient"])
    assert abs(np.corrcoef(first["rad_score"], second["rad_score"])[0, 1]) < 0.25
