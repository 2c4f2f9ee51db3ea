"""Divide and then augment, or augment and then divide: what each order measures, of the same network.

Two questions are kept apart. Which images are tested: each patient's own, or all 57 of the set. And whether copies
of them were in the training set: never, where folds divide patients; nearly always, where they divide images.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.evaluation.predictions import FoldPlace
from scripts.papers.glioma_grading.names import COPY_MARK, copy_of
from scripts.seeds import generator
from scripts.splits.split_table import read_split
from scripts.statistics.clustered_bootstrap import (
    patient_codes,
    patient_draws,
    percentile_limits,
    replicates,
    share_limits,
)
from scripts.statistics.multiclass_roc import one_vs_rest_areas
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job

BY_PATIENT, BY_IMAGE = "by_patient", "by_image"
OWN, ALL, AVERAGED = "own_images", "all_images", "averaged"
COLUMNS = (
    "order", "tested", "n_patients", "n_images", "accuracy", "accuracy_lower", "accuracy_upper", "mean_folds",
    "sd_folds", "az", "az_lower", "az_upper",
)  # fmt: skip


def only_tested(predictions: pd.DataFrame) -> pd.DataFrame:
    """Test rows of predictions with `image` (the sample that a copy is of) and `copy` (0 for the sample itself)."""
    table = predictions
    if "part" in table:
        table = table[table["part"] == "test"]
    names = [copy_of(name) if COPY_MARK in name else (name, 0) for name in table["sample"]]
    return table.assign(image=[n for n, _ in names], copy=[c for _, c in names]).reset_index(drop=True)


def averaged(rows: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """One row an image: the mean of the probabilities of its copies."""
    keys = ["repeat", "fold", "image", "patient", "label"]
    columns = [f"p_{name}" for name in classes]
    return rows.groupby(keys, sort=True)[columns].mean().reset_index()


def measured(
    rows: pd.DataFrame, classes: Sequence[str], patients: pd.Index, draws: np.ndarray
) -> dict[str, float]:
    """Accuracy and mean one-against-the-rest area of predictions, with intervals over resampled patients; mean and
    SD of the folds' accuracies.

    Parameters
    ----------
    rows : repeat, fold, patient, label, p_<class>. patients, draws : see `clustered_bootstrap`.
    """
    truth = pd.Categorical(rows["label"], categories=classes).codes.astype(int)
    probabilities = rows[[f"p_{name}" for name in classes]].to_numpy(float)
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    codes = patient_codes(rows["patient"], patients)

    def share(weights: np.ndarray) -> np.ndarray:
        return weights @ right / weights.sum(axis=1)

    def area(weights: np.ndarray) -> np.ndarray:
        return one_vs_rest_areas(truth, probabilities, weights).mean(axis=1)

    once = np.ones((1, len(rows)))
    estimate = float(share(once)[0])
    n_patients = rows["patient"].nunique()
    lower, upper, _ = share_limits(replicates(share, codes, draws), estimate, n_patients)
    az_lower, az_upper = percentile_limits(replicates(area, codes, draws))
    folds = pd.Series(right).groupby([rows["repeat"].to_numpy(), rows["fold"].to_numpy()]).mean()
    return {
        "n_patients": n_patients,
        "n_images": len(rows),
        "accuracy": estimate,
        "accuracy_lower": lower,
        "accuracy_upper": upper,
        "mean_folds": float(folds.mean()),
        "sd_folds": float(folds.std(ddof=1)),
        "az": float(area(once)[0]),
        "az_lower": float(az_lower),
        "az_upper": float(az_upper),
    }


def compare(
    honest: pd.DataFrame, copies: pd.DataFrame, leaky: pd.DataFrame, n_bootstrap: int, seed: int
) -> pd.DataFrame:
    """COLUMNS of both orders, a row for each way of testing.

    Parameters
    ----------
    honest : test predictions of folds of patients, one image each. copies : the same networks on all 57 images.
    leaky : test predictions of folds of images. All with repeat, fold, sample, patient, label, p_<class>.
    """
    classes = sorted(column.removeprefix("p_") for column in honest if column.startswith("p_"))
    patients = pd.Index(sorted(honest["patient"].unique()))
    draws = patient_draws(len(patients), n_bootstrap, generator(seed, "compare_orders"))
    of_images = only_tested(leaky)
    ways = [
        (BY_PATIENT, OWN, only_tested(honest)),
        (BY_PATIENT, ALL, only_tested(copies)),
        (BY_PATIENT, AVERAGED, averaged(only_tested(copies), classes)),
        (BY_IMAGE, OWN, of_images[of_images["copy"] == 0].reset_index(drop=True)),
        (BY_IMAGE, ALL, of_images),
    ]
    found = [
        {"order": order, "tested": tested, **measured(rows, classes, patients, draws)}
        for order, tested, rows in ways
    ]
    return pd.DataFrame(found)[list(COLUMNS)]


def leak(split: pd.DataFrame) -> dict[str, float]:
    """How often a test image has copies of its patient in the training set.

    Parameters
    ----------
    split : repeat, fold, part, sample, patient, of folds that divide images.

    Returns
    -------
    n_images (of a fold, mean), leaking (share of test images with a training image of the same patient), copies (their
    mean number).
    """
    counts = []
    for _, fold in split.groupby(["repeat", "fold"]):
        trained = fold[fold["part"] == "train"]["patient"].value_counts()
        counts.append(fold.loc[fold["part"] == "test", "patient"].map(trained).fillna(0))
    every = pd.concat(counts)
    return {
        "n_images": float(np.mean([len(c) for c in counts])),
        "leaking": float((every > 0).mean()),
        "copies": float(every.mean()),
    }


def by_fold(paths: Sequence[str]) -> pd.DataFrame:
    """The predictions of all folds under one another, with the repeat and fold that their paths name."""
    parts = [(FoldPlace.of(path), read_table(path)) for path in paths]
    return pd.concat([table.assign(repeat=at.repeat, fold=at.fold) for at, table in parts], ignore_index=True)


def main(job: Job) -> None:
    """Rule compare_orders; settings: evaluation.n_bootstrap."""
    leaky_split = read_split(job.input.leaky_split)
    table = compare(
        by_fold(list(job.input.honest)),
        read_table(job.input.copies),
        by_fold(list(job.input.leaky)),
        job.settings["evaluation"]["n_bootstrap"],
        job.seed,
    )
    write_both(table, job.output.orders)
    write_both(pd.DataFrame([leak(leaky_split)]), job.output.leak)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
