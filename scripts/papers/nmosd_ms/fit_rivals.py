"""Rivals without a network under the folds of the networks: predictions of the held-out patients of every fold."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.papers.nmosd_ms.names import DISEASES, POSITIVE, RIVALS
from scripts.papers.nmosd_ms.rivals import by_map, by_volume, coarse_map
from scripts.tables import read_table, write_table
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def predictions(held_out: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """A fold's predictions as those of a network: sample, patient, part, label, p_ms, p_nmosd.

    Parameters
    ----------
    held_out : rows of the split, part test. probability : (n,) of NMOSD.
    """
    found = held_out[["sample", "patient", "part", "label"]].reset_index(drop=True)
    by_class = {POSITIVE: probability, next(d for d in DISEASES if d != POSITIVE): 1 - probability}
    return found.assign(**{f"p_{disease}": by_class[disease] for disease in DISEASES})


def main(job: Job) -> None:
    """Rule fit_rivals. Output: a list of prediction files for each rival, in the order of the split's folds."""
    table, split = read_table(job.input.table), read_table(job.input.split)
    source, cells = SampleSource(job.input.samples), job.settings["rivals"]["cells"]
    volume = table.set_index("sample")["lesion_ml"]
    maps = {sample: coarse_map(source.read(sample), cells) for sample in table["sample"]}
    options = {key: job.settings["rivals"][key] for key in ("c_grid", "inner_folds")}
    paths = {rival: list(job.output[rival]) for rival in RIVALS}
    for place, (_, fold) in enumerate(split.groupby(["repeat", "fold"], sort=True)):
        train, test = fold[fold["part"] == "train"], fold[fold["part"] == "test"]
        y = (train["label"] == POSITIVE).to_numpy().astype(int)
        found = {
            "lesion_volume": by_volume(
                volume[train["sample"]].to_numpy(), y, volume[test["sample"]].to_numpy()
            ),
            "lesion_map": by_map(
                np.array([maps[s] for s in train["sample"]]),
                y,
                np.array([maps[s] for s in test["sample"]]),
                **options,
            ),
        }
        for rival, probability in found.items():
            write_table(predictions(test, probability), paths[rival][place])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
