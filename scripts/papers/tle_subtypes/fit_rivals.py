"""Support vector machines and random forests under the folds of the networks, on the signal and on its power in
bands."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scripts.papers.tle_subtypes.features import band_powers, signal_points, usable_bands
from scripts.papers.tle_subtypes.names import POSITIVE, RIVALS, SCHEMES, SUBTYPES
from scripts.papers.tle_subtypes.rivals import by_forest, by_machine
from scripts.seeds import generator
from scripts.splits.split_table import read_split
from scripts.tables import write_table
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def features_of(
    source: SampleSource, samples: list[str], settings: Mapping[str, Any], rate_hz: float
) -> dict[str, np.ndarray]:
    """'signal' and 'bands' -> (samples, features); settings: rivals (times, band_edges_hz)."""
    bands = usable_bands(settings["band_edges_hz"], rate_hz)
    signal, power = [], []
    for sample in samples:
        epoch = source.read(sample)[0]
        signal.append(signal_points(epoch, settings["times"]))
        power.append(band_powers(epoch, rate_hz, bands).astype(np.float32))
    return {"signal": np.stack(signal), "bands": np.stack(power)}


def predictions(test: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """A fold's predictions as those of a network: sample, patient, part, label, p_<class>.

    Parameters
    ----------
    test : rows of the split. probability : (n,) of `POSITIVE`.
    """
    found = test[["sample", "patient", "part", "label"]].reset_index(drop=True)
    by_class = {word: probability if word == POSITIVE else 1 - probability for word in SUBTYPES}
    return found.assign(**{f"p_{word}": by_class[word] for word in SUBTYPES})


def main(job: Job) -> None:
    """Rule fit_rivals. Inputs: samples, table, and each split by its name.

    Output: <rival>_<split>, a list of prediction files in the order of the split's folds.
    """
    source = SampleSource(job.input.samples, job.input.table)
    settings, rate = job.settings["rivals"], job.settings["signal"]["resample_hz"]
    samples = list(source.table["sample"])
    features = features_of(source, samples, settings, rate)
    place = {sample: k for k, sample in enumerate(samples)}
    for scheme in SCHEMES:
        outputs = {name: iter(list(job.output[f"{name}_{scheme}"])) for name in RIVALS}
        for (repeat, fold), rows in read_split(job.input[scheme]).groupby(["repeat", "fold"], sort=True):
            train, test = rows[rows["part"] == "train"], rows[rows["part"] == "test"]
            first, second = ([place[sample] for sample in part["sample"]] for part in (train, test))
            y = (train["label"] == POSITIVE).to_numpy().astype(int)
            for name in RIVALS:
                x = features["bands" if name.endswith("_bands") else "signal"]
                if name.startswith("svm"):
                    found = by_machine(x[first], y, x[second], settings["svm_penalty"])
                else:
                    seed = int(generator(job.seed, "fit_rivals", name, scheme, repeat, fold).integers(2**31))
                    found = by_forest(x[first], y, x[second], settings["trees"], seed)
                write_table(predictions(test, found), next(outputs[name]))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
