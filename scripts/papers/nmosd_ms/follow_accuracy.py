"""Figure 4: accuracy of training and held-out patients after each epoch; and how each training went."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scripts.evaluation.curves import learning_curves
from scripts.evaluation.predictions import FoldPlace
from scripts.papers.nmosd_ms.recipe import RIGHT
from scripts.tables import read_json, read_table, write_both
from scripts.training.tensor_file import read_tensors
from scripts.workflow.job import Job

TRAINING = (
    "n_parameters",
    "epochs",
    "batch_size",
    "accumulation",
    "device",
    "precision",
    "start",
    "stopped",
)


def with_held_out(history: pd.DataFrame, observed: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """Accuracies of a fold after each epoch: epoch, training_accuracy, held_out_accuracy.

    Parameters
    ----------
    history : epoch and training_accuracy. observed : epoch -> `right`, what `recipe.HeldOut` gave.
    """
    right = {int(epoch): float(seen[RIGHT].float().mean()) for epoch, seen in observed.items()}
    found = history[["epoch", "training_accuracy"]].copy()
    found["held_out_accuracy"] = found["epoch"].map(right)
    return found


def trainings_table(paths: Sequence[str]) -> pd.DataFrame:
    """model, repeat, fold and `TRAINING` of each training, from its training.json."""
    rows = []
    for path in paths:
        place, facts = FoldPlace.of(path), read_json(path)
        row = {"model": place.model, "repeat": place.repeat, "fold": place.fold}
        rows.append(row | {name: facts[name] for name in TRAINING})
    return pd.DataFrame(rows)


def main(job: Job) -> None:
    """Rule follow_accuracy. Inputs: histories, observed and trainings of all folds of the networks, in one order."""
    curves = [
        (FoldPlace.of(history), with_held_out(read_table(history), read_tensors(observed)))
        for history, observed in zip(job.input.histories, job.input.observed, strict=True)
    ]
    write_both(learning_curves(curves), job.output.accuracy_by_epoch)
    write_both(trainings_table(list(job.input.trainings)), job.output.trainings)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
