"""Train one fold of a classifier of brain_tumor_types: the six-convolution CNN, VGG16, or the UNet's encoder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from scripts.papers.brain_tumor_types.training_parts import (
    build,
    build_from_unet,
    class_numbers,
    down_state,
    samples_of_part,
    snapshot_epochs,
    transform_of,
)
from scripts.splits.split_table import fold_of_split, read_split
from scripts.training.datasets import SampleDataset
from scripts.training.fit import Observe
from scripts.training.fold import train_fold
from scripts.training.predict import outputs_of
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def logits_at(epochs: list[int], dataset: SampleDataset, device: str) -> Observe:
    """Keeps the logits (n, n_classes) of a data set after some epochs (Figure 12)."""

    def observe(epoch: int, network: nn.Module) -> dict[str, Tensor]:
        return (
            {"logits": torch.from_numpy(outputs_of(network, dataset, device=device))}
            if epoch in epochs
            else {}
        )

    return observe


def main(job: Job) -> None:
    """Rule train_fold_brain_tumor_types, and train_encoder_brain_tumor_types with its UNet."""
    model = job.settings["models"][job.wildcards.model]
    if model["network"] != "unet":
        train_fold(job, build, transform_of(model))
        return
    start = build
    if model["start"] == "reconstruction":
        start = partial(build_from_unet, down=down_state(load_file(job.input.unet)))
    where = job.wildcards
    rows = fold_of_split(read_split(job.input.split), int(where.repeat), int(where.fold))
    source = SampleSource(job.input.samples, job.input.table)
    tested = SampleDataset(source, samples_of_part(rows, "test"), class_numbers(rows), transform_of(model))
    epochs = snapshot_epochs(model["training"]["epochs"], model["snapshots"])
    observe = logits_at(epochs, tested, job.settings["device"])
    train_fold(job, start, transform_of(model), observe=observe)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
