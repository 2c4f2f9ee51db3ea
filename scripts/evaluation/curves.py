"""Curves of classifiers: ROC of each class against the rest, reliability of probabilities, learning over the epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.evaluation.predictions import FoldPlace, ModelPredictions, Repeat
from scripts.statistics.clustered_bootstrap import (
    Resamples,
    patient_codes,
    percentile_limits,
    replicates,
    share_limits,
)
from scripts.statistics.multiclass_roc import curves_on_grid
from scripts.statistics.probability_calibration import bins_of, reliability
from scripts.tables import read_table

GRID = np.linspace(0, 1, 101)
CALLED = "called"  # the class that a sample is called, whichever it is


def roc_table(
    model: ModelPredictions, known: pd.Index, resamples: Resamples, level: float = 0.95
) -> pd.DataFrame:
    """The ROC curve of each class against the rest, mean over repeats at each false positive rate.

    Returns
    -------
    model, class, false_positive_rate (0, 0.01, ... 1), true_positive_rate, lower, upper (pointwise percentiles, over
    patients).
    """
    tables = []
    drawn_patients = resamples.weights[: resamples.n_bootstrap]
    for c, word in enumerate(model.classes):

        def curve(repeat: Repeat, weights: np.ndarray, c: int = c) -> np.ndarray:
            return curves_on_grid(repeat.truth == c, repeat.probabilities[:, c], weights, GRID)

        estimate = np.mean([curve(r, np.ones((1, len(r.truth))))[0] for r in model.repeats], axis=0)
        drawn = [
            replicates(
                lambda w, r=r: curve(r, w), patient_codes(pd.Series(r.patients), known), drawn_patients
            )
            for r in model.repeats
        ]
        lower, upper = percentile_limits(np.mean(drawn, axis=0), level)
        tables.append(
            pd.DataFrame(
                {"model": model.model, "class": word, "false_positive_rate": GRID, "true_positive_rate": estimate,
                 "lower": lower, "upper": upper}
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def calibration_table(
    model: ModelPredictions, known: pd.Index, resamples: Resamples, n_bins: int, level: float = 0.95
) -> pd.DataFrame:
    """Observed share against predicted probability in bins of equal width, the predictions of all repeats together.

    Returns
    -------
    model, class (a class: its probability and whether it is the truth; 'called': the largest probability and whether
    the call is right), bin (from 1), bin_low, bin_high, n (predictions), predicted (mean), observed, lower, upper (over
    patients). Empty bins are left out.
    """
    truth = np.concatenate([r.truth for r in model.repeats])
    probabilities = np.concatenate([r.probabilities for r in model.repeats])
    codes = patient_codes(pd.Series(np.concatenate([r.patients for r in model.repeats])), known)
    called = np.concatenate([r.called for r in model.repeats])
    series = {word: (truth == c, probabilities[:, c]) for c, word in enumerate(model.classes)}
    series[CALLED] = (called == truth, probabilities.max(axis=1))
    edges = np.linspace(0, 1, n_bins + 1)
    tables = []
    for word, (happened, confidence) in series.items():
        once = np.ones((1, len(truth)))
        count, predicted, observed = (part[0] for part in reliability(happened, confidence, n_bins, once))
        drawn = replicates(
            lambda w, h=happened, p=confidence: reliability(h, p, n_bins, w)[2], codes, resamples.weights
        )
        bins = bins_of(confidence, n_bins)
        limits = [
            share_limits(
                drawn[:, b], observed[b], len(np.unique(codes[bins == b])), level, resamples.n_bootstrap
            )[:2]
            for b in range(n_bins)
        ]
        lower, upper = np.array(limits).T
        table = pd.DataFrame(
            {"model": model.model, "class": word, "bin": np.arange(1, n_bins + 1), "bin_low": edges[:-1],
             "bin_high": edges[1:], "n": count.astype(int), "predicted": predicted, "observed": observed,
             "lower": lower, "upper": upper}
        )  # fmt: skip
        tables.append(table[count > 0])
    return pd.concat(tables, ignore_index=True)


def learning_curves(histories: Sequence[tuple[FoldPlace, pd.DataFrame]]) -> pd.DataFrame:
    """How metrics went over the epochs, over the folds of each model that were still training.

    Parameters
    ----------
    histories : place and history (epoch, then a column a metric) of each training.

    Returns
    -------
    model, metric, epoch, mean, sd (NaN for one fold), lowest, highest, n_folds; models and metrics in their order of
    appearance.
    """
    columns = ["model", "metric", "epoch", "mean", "sd", "lowest", "highest", "n_folds"]
    tables = []
    for place, history in histories:
        metrics = [name for name in history.select_dtypes("number") if name != "epoch"]
        tables.append(history.melt("epoch", metrics, "metric").dropna().assign(model=place.model))
    if not tables:
        return pd.DataFrame(columns=columns)
    long = pd.concat(tables, ignore_index=True)
    found = long.groupby(["model", "metric", "epoch"], sort=False)["value"].agg(
        mean="mean", sd="std", lowest="min", highest="max", n_folds="size"
    )
    found = found.reset_index()
    for name in ("model", "metric"):
        found[name] = pd.Categorical(found[name], long[name].unique())
    return found.sort_values(["model", "metric", "epoch"], ignore_index=True).astype(
        {"model": object, "metric": object}
    )[columns]


def read_histories(paths: Iterable[str | Path]) -> list[tuple[FoldPlace, pd.DataFrame]]:
    """history.csv of each training with the training's place."""
    return [(FoldPlace.of(path), read_table(path)) for path in paths]
