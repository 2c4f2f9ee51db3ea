"""What the planted truth itself would reach under the folds of the networks (simulated cohorts only).

`best_score` calls every patient by the true odds, and needs no training; `true_counts` is a logistic regression on the
true numbers of lesions by region, fitted on the training patients of each fold: what so few patients can teach a
reader who counts without error.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scripts.papers.nmosd_ms.fit_rivals import predictions
from scripts.papers.nmosd_ms.names import ORACLES, POSITIVE
from scripts.tables import read_json, read_table, write_table
from scripts.workflow.job import Job


def count_features(patients: pd.DataFrame) -> pd.DataFrame:
    """Indexed by patient: log(1 + number) of the lesions of each region, and of all of them.

    Parameters
    ----------
    patients : patient and the columns n_<region> of the truth.
    """
    counts = patients.set_index("patient").filter(regex="^n_")
    return np.log1p(counts.assign(n_all=counts.sum(axis=1)))


def by_counts(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> np.ndarray:
    """(n,) probability of class 1 by logistic regression (ridge, C = 1) on features of `count_features`."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(train.to_numpy(), y)
    return model.predict_proba(test.to_numpy())[:, 1]


def main(job: Job) -> None:
    """Rule fit_oracles. Output: a list of prediction files for each oracle, in the order of the split's folds."""
    truth = pd.DataFrame(read_json(job.input.truth)["patients"])
    features, odds = count_features(truth), truth.set_index("patient")["log_odds"]
    paths = {oracle: list(job.output[oracle]) for oracle in ORACLES}
    split = read_table(job.input.split)
    for place, (_, fold) in enumerate(split.groupby(["repeat", "fold"], sort=True)):
        train, test = fold[fold["part"] == "train"], fold[fold["part"] == "test"]
        y = (train["label"] == POSITIVE).to_numpy().astype(int)
        found = {
            "best_score": expit(odds[test["patient"]].to_numpy()),
            "true_counts": by_counts(features.loc[train["patient"]], y, features.loc[test["patient"]]),
        }
        for oracle, probability in found.items():
            write_table(predictions(test, probability), paths[oracle][place])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
