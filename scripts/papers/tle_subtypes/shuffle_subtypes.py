"""What a classifier seems to learn of subtypes that were dealt out to the patients at random.

Nothing about other patients can be learnt from them, so that whatever is right more often than by chance is what
epochs of one patient tell of one another.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import pandas as pd

from scripts.papers.tle_subtypes.fit_rivals import features_of
from scripts.papers.tle_subtypes.names import POSITIVE, SCHEMES
from scripts.papers.tle_subtypes.rivals import by_forest
from scripts.seeds import generator
from scripts.splits.split_table import read_split
from scripts.tables import write_both
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

COLUMNS = ("permutation", "scheme", "accuracy", "chance")


def shuffled(labels: pd.Series, random: np.random.Generator) -> pd.Series:
    """The same subtypes dealt out to the patients anew.

    Parameters
    ----------
    labels : of each patient, indexed by patient.
    """
    return pd.Series(random.permutation(labels.to_numpy()), index=labels.index)


def accuracy_of_shuffled(
    split: pd.DataFrame, labels: pd.Series, features: pd.DataFrame, trees: int, seed: int
) -> float:
    """Share of test epochs of all folds that a forest calls as the shuffled labels say.

    Parameters
    ----------
    split : repeat, fold, part, sample, patient. labels : patient -> class. features : a row a sample.
    """
    right = total = 0
    for _, rows in split.groupby(["repeat", "fold"], sort=True):
        train, test = rows[rows["part"] == "train"], rows[rows["part"] == "test"]
        y = (train["patient"].map(labels) == POSITIVE).to_numpy().astype(int)
        truth = (test["patient"].map(labels) == POSITIVE).to_numpy()
        values = (features.loc[part["sample"]].to_numpy() for part in (train, test))
        first, second = values
        found = by_forest(first, y, second, trees, seed)
        right, total = right + int(((found > 0.5) == truth).sum()), total + len(test)
    return right / total


def main(job: Job) -> None:
    """Rule shuffle_subtypes. Inputs: samples, table, and the split of each scheme by its name."""
    source = SampleSource(job.input.samples, job.input.table)
    names = list(source.table["sample"])
    rate, settings = job.settings["signal"]["resample_hz"], job.settings["leak"]
    bands = features_of(source, names, {**job.settings["rivals"], "times": 1}, rate)["bands"]
    features = pd.DataFrame(bands, index=names)
    labels = source.table.drop_duplicates("patient").set_index("patient")["label"]
    chance = float(source.table["label"].value_counts(normalize=True).max())
    splits = {scheme: read_split(job.input[scheme]) for scheme in SCHEMES}
    rows = []
    for k in range(1, settings["permutations"] + 1):
        random = generator(job.seed, "shuffle_subtypes", k)
        dealt, seed = shuffled(labels, random), int(random.integers(2**31))
        for scheme, split in splits.items():
            share = accuracy_of_shuffled(split, dealt, features, settings["trees"], seed)
            rows.append((k, scheme, share, chance))
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.shuffled)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
