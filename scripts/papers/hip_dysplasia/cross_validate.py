"""Every hip judged by a criterion that its patient had no part in: leave-patients-out folds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.hip_dysplasia.criterion import fit_criterion, judge, sample_values
from scripts.seeds import generator
from scripts.tables import read_table, write_both
from scripts.workflow.job import Job


def fold_of_patients(patients: pd.Series, n_folds: int, seed: int) -> pd.Series:
    """Fold (0, 1, ...) of each row: patients in a random order are dealt out in turn, both hips of one together."""
    names = patients.drop_duplicates().sort_values().to_numpy()
    order = generator(seed, "hip_dysplasia", "cross_validate").permutation(len(names))
    fold = dict(zip(names[order], np.arange(len(names)) % n_folds, strict=True))
    return patients.map(fold)


def cross_validate(samples: pd.DataFrame, settings: dict[str, Any], seed: int) -> pd.DataFrame:
    """patient, side, fold, n_normal (hips of the training patients in the densest cluster), and what `judge` says.

    Parameters
    ----------
    settings : measurement.signs, clustering, criterion.level, evaluation.n_folds.
    """
    values = sample_values(samples, settings["measurement"]["signs"])
    folds = fold_of_patients(samples["patient"], settings["evaluation"]["n_folds"], seed).to_numpy()
    parts = []
    for fold in np.unique(folds):
        test = folds == fold
        _, region = fit_criterion(values[~test], settings["clustering"])
        judged = judge(values[test], region, settings["criterion"]["level"])
        named = (
            samples.loc[test, ["patient", "side"]].reset_index(drop=True).assign(fold=fold, n_normal=region.n)
        )
        parts.append(pd.concat([named, judged], axis=1))
    whole = pd.concat(parts, ignore_index=True)
    return samples[["patient", "side"]].merge(whole, on=["patient", "side"], validate="one_to_one")


def main(job: Job) -> None:
    """Rule cross_validate."""
    samples = read_table(job.input.samples)
    write_both(cross_validate(samples, job.settings, job.seed), job.output.cross_validated)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
