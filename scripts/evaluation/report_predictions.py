"""A frozen network on a cohort, as a report: calls, probabilities, and how right they are where classes are known."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from scripts.evaluation.evaluate_classifiers import evaluate_classifiers
from scripts.evaluation.predictions import FoldPlace, predictions_of
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.classifier_prediction import compose_scored, draw_scored
from scripts.report.scored_cohort import Scored
from scripts.report.table_files import write_table_files
from scripts.report.typesetting import render_pdf
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.contents import file_digest
from scripts.workflow.job import Job
from scripts.workflow.provenance import versions

TABLES = ("performance", "confusion", "roc_points", "calibration")
PLACE = "cohort"


def evaluation_of(
    predictions: pd.DataFrame, model: str, settings: Mapping[str, Any], seed: int
) -> dict[str, pd.DataFrame]:
    """The tables of the samples whose class is known, by name (`TABLES`); none where no class is known.

    Parameters
    ----------
    predictions : sample, patient, label (missing where unknown), predicted, p_<class>...
    settings : n_bootstrap, calibration_bins.
    """
    known = predictions[predictions["label"].notna()]
    if known.empty:
        return {}
    fold = known.drop(columns="predicted").assign(part="test")
    models = predictions_of([(FoldPlace(model, PLACE, 1, 1), fold)])
    return {
        name: table
        for name, table in evaluate_classifiers(models, [], settings, seed).items()
        if name in TABLES
    }


def lost_samples(failures: pd.DataFrame, ledger: pd.DataFrame) -> pd.DataFrame:
    """patient, cause: those whom the network refused, and those who were lost on the way to it."""
    return pd.concat([failures[["patient", "cause"]], ledger[["patient", "cause"]]], ignore_index=True)


def main(job: Job) -> None:
    """Rule report_predictions; settings: evaluation (n_bootstrap, calibration_bins), own, simulated."""
    model, settings = job.wildcards.model, job.settings
    predictions = read_table(job.input.predictions)
    tables = evaluation_of(predictions, model, settings["evaluation"], job.seed)
    for name in TABLES:
        write_both(tables.get(name, pd.DataFrame(columns=["model"])), job.output[name])
    named = {
        "card of the network": job.input.card,
        "weights": job.input.weights,
        "predictions": job.input.predictions,
    }
    card = read_json(job.input.card)
    scored = Scored(
        model=model,
        cohort=job.wildcards.cohort,
        predictions=predictions,
        lost=lost_samples(read_table(job.input.failures), read_table(job.input.ledger)),
        tables=tables,
        card=card,
        own=settings["own"],
        simulated=settings["simulated"],
        paper=yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
        paper_name=job.wildcards.paper,
        record={"step": job.rule, "code": job.code, "versions": versions()},
        digests=[(f"{name} (SHA-256)", file_digest(path)) for name, path in named.items()],
    )
    figures = Path(job.output.figures)
    figures.mkdir(parents=True, exist_ok=True)
    draw_scored(figures, scored)
    document = compose_scored(scored)
    write_table_files(document, job.output.printed)
    write_table_pages(document, job.output.printed)
    write_captions(document, job.output.captions)
    render_pdf(document, figures, job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
