"""External validation: a frozen model on another cohort. Scores for everybody; where outcomes are given, how well
they tell recurrences apart. Nothing is fitted here but the measures themselves."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd
import yaml

from scripts.model.bundle import read_bundle
from scripts.papers.crc_nomogram import evaluation
from scripts.papers.crc_nomogram.cohorts import with_features
from scripts.papers.crc_nomogram.report.prediction import compose_prediction, draw_prediction
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.typesetting import render_pdf
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job


def validation_tables(table: pd.DataFrame, settings: dict, seed: int) -> dict[str, pd.DataFrame]:
    """What the outcomes allow: nothing without events, no calibration without a baseline survival.

    Parameters
    ----------
    table : outcome table of the cohort (see `evaluation`). settings : branches nomogram and evaluation.
    """
    if table.empty or table["recurrence"].sum() < evaluation.FEWEST_EVENTS:
        return {}
    months = [float(m) for m in settings["nomogram"]["months"]]
    options = settings["evaluation"]
    followed_beyond = [m for m in months if (table["dfs_months"] > m).any() and table["recurrence"].sum()]
    found = {
        "risk_groups": evaluation.risk_group_table(table),
        "kaplan_meier": evaluation.kaplan_meier_table(table),
        "at_risk": evaluation.at_risk(table),
    }
    table = evaluation.staged(table) if "linear_predictor" in table else table
    predicted = [
        m for m in followed_beyond if f"survival_{m:g}m" in table and table[f"survival_{m:g}m"].notna().all()
    ]
    if followed_beyond:
        found["discrimination"] = evaluation.discrimination_table(
            table, followed_beyond, options["n_bootstrap"], seed, "external"
        )
    if predicted:
        found["calibration"] = evaluation.calibration_tables(table, predicted, options["calibration_groups"])
        found["calibration_slope"] = evaluation.slope_table(table)
        found["decision_curve"] = evaluation.decision_table(table, max(predicted), None)
        found["comparison"] = evaluation.comparison_table(
            table, max(predicted), options["roc_method"], options["n_bootstrap"], seed, "external"
        )
    return found


def main(job: Job) -> None:
    """Rule validate_prediction."""
    model, predictions = read_bundle(job.input.model), read_table(job.input.predictions)
    clinical = with_features(read_table(job.input.clinical), predictions)
    if {"dfs_months", "recurrence"} <= set(clinical.columns):
        table = evaluation.outcome_table(clinical, predictions)
    else:
        table = clinical.iloc[:0]
    found = validation_tables(table, job.settings, job.seed)
    folder = Path(job.output.tables)
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in found.items():
        write_both(values, folder / f"{name}.csv")
    pictures = Path(job.output.figures)
    pictures.mkdir(parents=True, exist_ok=True)
    draw_prediction(pictures, found, predictions, table, model)
    document = compose_prediction(
        found,
        predictions,
        model,
        read_table(job.input.ledger),
        cohort=job.wildcards.cohort,
        model_name=job.wildcards.model,
        simulated=job.settings["simulated"],
        record=read_json(job.input.records),
        n_followed=len(table),
        card=yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
    )
    write_table_pages(document, folder)
    write_captions(document, job.output.captions)
    render_pdf(document, pictures, job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
