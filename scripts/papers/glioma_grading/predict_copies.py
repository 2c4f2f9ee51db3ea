"""What the transferred networks say of all 57 images of their test patients: the honest folds, tested the printed way.

The network of a fold has seen none of the 57, for its folds divide patients; `compare_orders` sets this beside the
model whose folds divide images.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd
import torch
from safetensors.torch import load_file

from scripts.papers.glioma_grading.names import BEST_MODEL
from scripts.papers.glioma_grading.networks import build, transform
from scripts.splits.split_table import read_split
from scripts.tables import write_table
from scripts.training.datasets import SampleDataset
from scripts.training.predict import predict
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

BATCH = 128


def copies_of_test(split: pd.DataFrame, copies: pd.DataFrame) -> pd.DataFrame:
    """repeat, fold, sample (a copy), patient, label: the copies of each fold's test patients.

    Parameters
    ----------
    split : repeat, fold, part, patient. copies : sample, patient, label, copy (`expand_samples`).
    """
    tested = split.loc[split["part"] == "test", ["repeat", "fold", "patient"]]
    merged = tested.merge(copies, on="patient", validate="many_to_many")
    return merged[["repeat", "fold", "sample", "patient", "label", "copy"]]


def main(job: Job) -> None:
    """Rule predict_copies; settings: models.<BEST_MODEL>, device. Inputs: weights of all folds in order, samples
    and table of the 57-fold set, split."""
    torch.set_num_threads(job.threads)
    split = read_split(job.input.split)
    classes = sorted(split["label"].unique())
    source = SampleSource(list(job.input.samples), job.input.table)
    wanted = copies_of_test(split, source.table).sort_values(["repeat", "fold", "sample"], ignore_index=True)
    parts = []
    folds = wanted.groupby(["repeat", "fold"], sort=True)
    for weights, (_, rows) in zip(job.input.weights, folds, strict=True):
        network = build(job.settings["models"][BEST_MODEL], len(classes))
        network.load_state_dict(load_file(weights))
        dataset = SampleDataset(source, rows["sample"].tolist(), transform=transform)
        found = predict(network, dataset, BATCH, job.settings["device"])
        probabilities = pd.DataFrame(found, columns=[f"p_{name}" for name in classes], index=rows.index)
        parts.append(rows.join(probabilities))
    write_table(pd.concat(parts, ignore_index=True), job.output.predictions)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
