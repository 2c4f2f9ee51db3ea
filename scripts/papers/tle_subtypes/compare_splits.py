"""What dividing epochs instead of patients adds to every measure, and how many patients the epochs' mean calls
right."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.evaluation.performance import measure_names, of_repeats, resampled
from scripts.evaluation.predictions import ModelPredictions, patients_of, read_predictions
from scripts.papers.tle_subtypes.names import AUC, BY_EPOCH, BY_PATIENT, MEASURES, SCHEMES
from scripts.seeds import generator
from scripts.statistics.clustered_bootstrap import bca_limits, patient_resamples
from scripts.statistics.intervals import wilson_interval
from scripts.tables import write_both
from scripts.workflow.job import Job

SHOWN = {**MEASURES, "auc": AUC}
GAP = ("model", "measure", *SCHEMES, "gap", "lower", "upper")
CALLS = ("model", "scheme", "n", "right", "accuracy", "lower", "upper")


def gap_table(
    by_patient: Sequence[ModelPredictions],
    by_epoch: Sequence[ModelPredictions],
    n_bootstrap: int,
    n_bins: int,
    random: np.random.Generator,
) -> pd.DataFrame:
    """GAP: each measure under both splits, and the difference, by epoch minus by patient, with its interval.

    Both splits test the same epochs and the same resamples of patients are used for both, so that the difference is
    paired.
    """
    known = patients_of([*by_patient, *by_epoch])
    resamples = patient_resamples(len(known), n_bootstrap, random)
    others = {model.model: model for model in by_epoch}
    rows = []
    for model in by_patient:
        names = measure_names(model.classes)
        pair = {BY_PATIENT: model, BY_EPOCH: others[model.model]}
        estimates = {scheme: of_repeats(one, n_bins).mean(axis=0) for scheme, one in pair.items()}
        values = {scheme: resampled(one, known, resamples, n_bins) for scheme, one in pair.items()}
        difference = estimates[BY_EPOCH] - estimates[BY_PATIENT]
        lower, upper = bca_limits(values[BY_EPOCH] - values[BY_PATIENT], difference, n_bootstrap)
        for measure, (name, of, _) in SHOWN.items():
            k = names.index((name, of))
            found = (estimates[BY_PATIENT][k], estimates[BY_EPOCH][k], difference[k], lower[k], upper[k])
            rows.append((model.model, measure, *map(float, found)))
    return pd.DataFrame(rows, columns=list(GAP))


def patient_calls(models: Sequence[ModelPredictions], scheme: str) -> pd.DataFrame:
    """CALLS: patients whose epochs' mean probability is largest for their own class, with Wilson's interval.

    Of several repeats the mean of all probabilities of the patient's epochs counts.
    """
    rows = []
    for model in models:
        patients = np.concatenate([repeat.patients for repeat in model.repeats])
        truth = pd.Series(np.concatenate([repeat.truth for repeat in model.repeats]), index=patients)
        chances = pd.DataFrame(
            np.concatenate([repeat.probabilities for repeat in model.repeats]), index=patients
        )
        called = chances.groupby(level=0).mean().to_numpy().argmax(axis=1)
        right = int((called == truth.groupby(level=0).first().to_numpy()).sum())
        interval = wilson_interval(right, len(called))
        rows.append((model.model, scheme, len(called), right, *vars(interval).values()))
    return pd.DataFrame(rows, columns=list(CALLS))


def main(job: Job) -> None:
    """Rule compare_splits. Inputs: by_patient, by_epoch (predictions of all folds of all models of either split)."""
    models = {scheme: read_predictions(list(job.input[scheme])) for scheme in SCHEMES}
    settings = job.settings["evaluation"]
    random = generator(job.seed, "compare_splits")
    gap = gap_table(
        *(models[scheme] for scheme in SCHEMES), settings["n_bootstrap"], settings["calibration_bins"], random
    )
    write_both(gap, job.output.gap)
    calls = pd.concat([patient_calls(models[scheme], scheme) for scheme in SCHEMES], ignore_index=True)
    write_both(calls, job.output.patient_calls)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
