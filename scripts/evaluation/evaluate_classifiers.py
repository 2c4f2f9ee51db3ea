"""The tables of all models of a split: performance, confusion, ROC, calibration, comparisons, learning curves."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.evaluation.comparisons import comparison_table
from scripts.evaluation.curves import calibration_table, learning_curves, read_histories, roc_table
from scripts.evaluation.performance import confusion_table, of_folds, performance_table, resampled
from scripts.evaluation.predictions import (
    FoldPlace,
    ModelPredictions,
    patients_of,
    read_predictions,
)
from scripts.seeds import generator
from scripts.statistics.clustered_bootstrap import patient_resamples
from scripts.tables import write_both
from scripts.workflow.job import Job


def evaluate_classifiers(
    models: Sequence[ModelPredictions],
    histories: Sequence[tuple[FoldPlace, pd.DataFrame]],
    settings: Mapping[str, Any],
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Every table of the step by its name.

    Parameters
    ----------
    models : all on the same test samples. histories : of all their trainings.
    settings : n_bootstrap (resamples of patients, the same for every model), calibration_bins.
    """
    n_bins = settings["calibration_bins"]
    known = patients_of(models)
    n_bootstrap = settings["n_bootstrap"]
    resamples = patient_resamples(len(known), n_bootstrap, generator(seed, "evaluate_classifiers"))
    folds = {model.model: of_folds(model, n_bins) for model in models}
    values = {model.model: resampled(model, known, resamples, n_bins) for model in models}
    all_folds = pd.concat(folds.values(), ignore_index=True)
    return {
        "performance": pd.concat(
            [performance_table(m, folds[m.model], values[m.model], n_bootstrap, n_bins) for m in models],
            ignore_index=True,
        ),
        "fold_performance": all_folds,
        "confusion": pd.concat([confusion_table(m, known, resamples) for m in models], ignore_index=True),
        "roc_points": pd.concat([roc_table(m, known, resamples) for m in models], ignore_index=True),
        "calibration": pd.concat(
            [calibration_table(m, known, resamples, n_bins) for m in models], ignore_index=True
        ),
        "comparisons": comparison_table(models, all_folds, values, n_bootstrap, n_bins),
        "learning_curves": learning_curves(histories),
    }


def main(job: Job) -> None:
    """Rule evaluate_classifiers; settings: evaluation (n_bootstrap, calibration_bins), seed."""
    models = read_predictions(job.input.predictions)
    histories = read_histories(job.input.histories)
    for name, table in evaluate_classifiers(models, histories, job.settings["evaluation"], job.seed).items():
        write_both(table, job.output[name])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
