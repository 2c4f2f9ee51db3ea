"""Figure 4: accuracy of training and held-out patients after each epoch, of every network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scripts.evaluation.predictions import FoldPlace
from scripts.papers.nmosd_ms.recipe import RIGHT
from scripts.tables import read_table, write_both
from scripts.training.tensor_file import read_tensors
from scripts.workflow.job import Job

PARTS = ("training", "held_out")


def curve(part: str, model: str, folds: Sequence[pd.Series]) -> pd.DataFrame:
    """Mean and range of the folds after each epoch: model, part, epoch, mean, lowest, highest, n_folds.

    Parameters
    ----------
    folds : accuracy of each fold, indexed by epoch from 1.
    """
    whole = pd.concat(folds, axis=1)
    return pd.DataFrame(
        {
            "model": model,
            "part": part,
            "epoch": whole.index,
            "mean": whole.mean(axis=1).to_numpy(),
            "lowest": whole.min(axis=1).to_numpy(),
            "highest": whole.max(axis=1).to_numpy(),
            "n_folds": whole.notna().sum(axis=1).to_numpy(),
        }
    )


def held_out_accuracy(observed: dict[int, dict[str, np.ndarray]]) -> pd.Series:
    """Share of held-out samples that are called rightly after each epoch; epochs from 1.

    Parameters
    ----------
    observed : epoch -> `right`, what `recipe.HeldOut` gave.
    """
    return pd.Series({int(epoch): float(np.mean(seen[RIGHT])) for epoch, seen in observed.items()}).sort_index()


def main(job: Job) -> None:
    """Rule follow_accuracy. Inputs: histories and observed of all folds of the networks."""
    found: dict[tuple[str, str], list[pd.Series]] = {}
    for path in job.input.histories:
        history = read_table(path).set_index("epoch")["training_accuracy"]
        found.setdefault((FoldPlace.of(path).model, PARTS[0]), []).append(history)
    for path in job.input.observed:
        seen = {epoch: {RIGHT: named[RIGHT].numpy()} for epoch, named in read_tensors(path).items()}
        found.setdefault((FoldPlace.of(path).model, PARTS[1]), []).append(held_out_accuracy(seen))
    tables = [curve(part, model, folds) for (model, part), folds in found.items()]
    write_both(pd.concat(tables, ignore_index=True), job.output.accuracy_by_epoch)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
