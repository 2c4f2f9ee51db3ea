"""Measures of classifiers over the folds and repeats of a split, with intervals over patients.

The estimate of a measure is that of the test samples of all folds of a repeat together, and the mean over repeats. Its
interval resamples patients and leaves the trained networks as they are: it says how far other patients would have moved
the figure, not how far another training would (the SD over repeats does). Areas pool scores of the networks of several
folds, which may lie on different scales; the mean over folds, beside it, does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.evaluation.predictions import ModelPredictions, Repeat
from scripts.statistics.classification_metrics import BY_CLASS, accuracy, by_class, confusion_counts, macro
from scripts.statistics.clustered_bootstrap import (
    Resamples,
    bca_limits,
    patient_codes,
    replicates,
    share_limits,
)
from scripts.statistics.multiclass_roc import hand_till_areas, one_vs_rest_areas
from scripts.statistics.probability_calibration import brier_scores, calibration_errors

ALL, MACRO = "all", "macro"
# Shares of cases: at 0 or 1 they have an exact interval where the bootstrap has no width
SHARES = ("accuracy", "precision", "sensitivity", "specificity")

Measure = tuple[str, str]


def measure_names(classes: Sequence[str]) -> list[Measure]:
    """(measure, class) in the order of tables: over all cases, means over the classes, each class against the rest."""
    overall = [(name, ALL) for name in ("accuracy", "auc_hand_till", "brier", "calibration_error")]
    return overall + [(name, of) for of in (MACRO, *classes) for name in (*BY_CLASS, "auc")]


def measure_values(
    truth: np.ndarray, probabilities: np.ndarray, weights: np.ndarray, n_bins: int
) -> np.ndarray:
    """Every measure of `measure_names` in each resample.

    Parameters
    ----------
    truth : (n,) codes. probabilities : (n, k). weights : (b, n). n_bins : of the calibration error.

    Returns
    -------
    (b, m); NaN where a measure does not exist.
    """
    n_classes = probabilities.shape[1]
    confusion = confusion_counts(truth, probabilities.argmax(1), n_classes, weights)
    areas = one_vs_rest_areas(truth, probabilities, weights)
    overall = [
        accuracy(confusion),
        hand_till_areas(truth, probabilities, weights),
        brier_scores(truth, probabilities, weights),
        calibration_errors(truth, probabilities, n_bins, weights),
    ]
    mean, each = macro(confusion), by_class(confusion)
    columns = [*overall, *(mean[name] for name in BY_CLASS), areas.mean(axis=1)]
    for c in range(n_classes):
        columns += [*(each[name][..., c] for name in BY_CLASS), areas[:, c]]
    return np.stack(columns, axis=1)


def of_repeats(model: ModelPredictions, n_bins: int) -> np.ndarray:
    """(n_repeats, m): each measure over all test samples of a repeat."""
    rows = [
        measure_values(r.truth, r.probabilities, np.ones((1, len(r.truth))), n_bins) for r in model.repeats
    ]
    return np.concatenate(rows)


def of_folds(model: ModelPredictions, n_bins: int) -> pd.DataFrame:
    """Each measure in each fold by itself: model, repeat, fold, measure, class, value."""
    names = measure_names(model.classes)
    tables = []
    for r in model.repeats:
        folds = np.unique(r.folds)
        values = measure_values(r.truth, r.probabilities, (r.folds == folds[:, None]).astype(float), n_bins)
        for fold, row in zip(folds, values, strict=True):
            table = pd.DataFrame(names, columns=["measure", "class"])
            tables.append(table.assign(value=row, model=model.model, repeat=r.number, fold=fold))
    return pd.concat(tables, ignore_index=True)[["model", "repeat", "fold", "measure", "class", "value"]]


def resampled(model: ModelPredictions, known: pd.Index, resamples: Resamples, n_bins: int) -> np.ndarray:
    """Each measure, the mean over repeats, in each resample of patients: (n_bootstrap + n_left_out, m).

    Parameters
    ----------
    known, resamples : the patients and how often each is in each resample; the same for all models.
    """

    def of(repeat: Repeat) -> np.ndarray:
        codes = patient_codes(pd.Series(repeat.patients), known)
        return replicates(
            lambda weights: measure_values(repeat.truth, repeat.probabilities, weights, n_bins),
            codes,
            resamples.weights,
        )

    return np.mean([of(repeat) for repeat in model.repeats], axis=0)


def performance_table(
    model: ModelPredictions,
    folds: pd.DataFrame,
    values: np.ndarray,
    n_bootstrap: int,
    n_bins: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """A row a measure and class.

    Parameters
    ----------
    folds : what `of_folds` gave. values : what `resampled` gave, the first `n_bootstrap` rows of drawn patients.

    Returns
    -------
    model, measure, class ('all', 'macro' or a class), estimate, lower, upper, interval (bootstrap; exact: Clopper and
    Pearson's of the patients concerned, where nobody or everybody is right; none: where neither has a width),
    mean_folds, sd_folds (over the folds of all repeats), sd_repeats (of the repeats' own estimates; NaN for one
    repeat), n_samples, n_patients (of class 'all' and 'macro' everybody, else those of the class).
    """
    repeats = of_repeats(model, n_bins)
    lower, upper = bca_limits(values, repeats.mean(axis=0), n_bootstrap, level)
    by_fold = folds.groupby(["measure", "class"], sort=False)["value"].agg(["mean", "std"])
    rows = []
    for column, (measure, of) in enumerate(measure_names(model.classes)):
        estimate = float(repeats[:, column].mean())
        low, high, how = float(lower[column]), float(upper[column]), "bootstrap"
        if measure in SHARES and of != MACRO:
            concerned = _patients_in_denominator(model, measure, of)
            low, high, how = share_limits(values[:, column], estimate, concerned, level, n_bootstrap)
        if not low < high:
            low, high, how = float("nan"), float("nan"), "none"
        n_samples, n_patients = _counts(model, of)
        fold_mean, fold_sd = by_fold.loc[(measure, of), ["mean", "std"]]
        rows.append(
            {"model": model.model, "measure": measure, "class": of, "estimate": estimate, "lower": low, "upper": high,
             "interval": how, "mean_folds": fold_mean, "sd_folds": fold_sd,
             "sd_repeats": repeats[:, column].std(ddof=1) if len(repeats) > 1 else float("nan"),
             "n_samples": n_samples, "n_patients": n_patients}
        )  # fmt: skip
    return pd.DataFrame(rows)


def confusion_table(
    model: ModelPredictions, known: pd.Index, resamples: Resamples, level: float = 0.95
) -> pd.DataFrame:
    """model, truth, called, n (mean over repeats), share of the truth's cases with its interval over patients."""
    k = len(model.classes)

    def shares(repeat: Repeat, weights: np.ndarray) -> np.ndarray:
        counts = confusion_counts(repeat.truth, repeat.called, k, weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return counts / counts.sum(axis=-1, keepdims=True)

    counts = np.mean([confusion_counts(r.truth, r.called, k) for r in model.repeats], axis=0)
    share = np.mean([shares(r, np.ones((1, len(r.truth))))[0] for r in model.repeats], axis=0)
    drawn = [
        replicates(
            lambda w, r=r: shares(r, w), patient_codes(pd.Series(r.patients), known), resamples.weights
        )
        for r in model.repeats
    ]
    values = np.mean(drawn, axis=0)
    rows = []
    for i, truth in enumerate(model.classes):
        patients = _patients_in_denominator(model, "sensitivity", truth)
        for j, called in enumerate(model.classes):
            low, high, _ = share_limits(
                values[:, i, j], float(share[i, j]), patients, level, resamples.n_bootstrap
            )
            rows.append((model.model, truth, called, counts[i, j], share[i, j], low, high))
    return pd.DataFrame(rows, columns=["model", "truth", "called", "n", "share", "lower", "upper"])


def _patients_in_denominator(model: ModelPredictions, measure: str, of: str) -> int:
    """Patients of whom a share is a share, over all repeats."""
    found: set[str] = set()
    for repeat in model.repeats:
        inside = np.ones(len(repeat.truth), dtype=bool)
        if of != ALL and measure != "accuracy":
            c = model.classes.index(of)
            inside = {"sensitivity": repeat.truth == c, "specificity": repeat.truth != c,
                      "precision": repeat.called == c}[measure]  # fmt: skip
        found |= set(repeat.patients[inside])
    return len(found)


def _counts(model: ModelPredictions, of: str) -> tuple[int, int]:
    """Samples and patients, over all repeats, of a class, or of all."""
    samples, patients = set(), set()
    for repeat in model.repeats:
        mine = repeat.truth == model.classes.index(of) if of in model.classes else slice(None)
        samples |= set(repeat.samples[mine])
        patients |= set(repeat.patients[mine])
    return len(samples), len(patients)
