"""The rivals on handcrafted features, cross-validated on the very folds of the networks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.glioma_grading.extract_handcrafted import HANDCRAFTED
from scripts.papers.glioma_grading.handcrafted import fit_and_predict
from scripts.papers.glioma_grading.names import RIVALS
from scripts.seeds import generator
from scripts.splits.split_table import read_split
from scripts.tables import read_table, write_both, write_table
from scripts.workflow.job import Job

TEST = "test"


def read_batches(paths: list[str]) -> pd.DataFrame:
    """The tables of all batches under one another."""
    return pd.concat([read_table(path) for path in paths], ignore_index=True)


def fold_predictions(
    name: str, split: pd.DataFrame, features: pd.DataFrame, settings: Mapping[str, Any], seed: int
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Predictions of one fold's test patients (sample, patient, part, label, p_<class>) by a rival fitted on its
    others.

    Training and validation patients of the networks are both training patients here: the inner folds choose the
    penalty.

    Parameters
    ----------
    split : the rows of one fold: part, sample, patient, label. features : HANDCRAFTED by patient; a patient without
        has missing features.
    """
    values = features.reindex(split["patient"])[list(HANDCRAFTED)].to_numpy(float)
    tested = (split["part"] == TEST).to_numpy()
    labels = split["label"].to_numpy(str)
    found, chosen = fit_and_predict(name, values[~tested], labels[~tested], values[tested], settings, seed)
    test = split.loc[tested, ["sample", "patient", "part", "label"]].reset_index(drop=True)
    columns = [f"p_{label}" for label in np.unique(labels[~tested])]
    return test.join(pd.DataFrame(found, columns=columns)), chosen


def main(job: Job) -> None:
    """Rule fit_rivals; settings: handcrafted. Output: predictions of each rival's folds, in order; penalties."""
    split = read_split(job.input.split)
    features = read_batches(list(job.input.features)).set_index("patient")
    rows = []
    for name in RIVALS:
        outputs = iter(job.output[name])
        for (repeat, fold), part in split.groupby(["repeat", "fold"], sort=True):
            seed = int(generator(job.seed, "fit_rivals", name, repeat, fold).integers(2**31))
            table, chosen = fold_predictions(
                name, part.reset_index(drop=True), features, job.settings["handcrafted"], seed
            )
            write_table(table, next(outputs))
            rows += [
                {"model": name, "repeat": repeat, "fold": fold, "parameter": k, "value": v}
                for k, v in chosen.items()
            ]
    write_both(pd.DataFrame(rows), job.output.rival_penalties)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
