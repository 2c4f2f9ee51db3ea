"""The layers of MSAM as published and as run, and how each training went."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from scripts.evaluation.predictions import FoldPlace
from scripts.papers.tle_subtypes.names import BEST_MODEL, SUBTYPES
from scripts.papers.tle_subtypes.networks import SelfAttention, build
from scripts.tables import read_json, write_both
from scripts.workflow.job import Job

COLUMNS = ("size", "layer", "output", "parameters")
KINDS = {
    nn.Dropout: "dropout",
    nn.Linear: "dense",
    nn.MultiheadAttention: "multi-head self-attention",
    SelfAttention: "self-attention",
}


def layer_table(model: Mapping[str, Any], shape: tuple[int, ...], size: str) -> pd.DataFrame:
    """COLUMNS: a row a layer in the order of the forward pass; `output` as '20 x 128', positions by neurons.

    Nothing is computed: the network is built without memory for its weights.

    Parameters
    ----------
    model : a model of the card, of the network msam. shape : (1, sensors, samples). size : word for the table.
    """
    with torch.device("meta"):
        network = build(model, len(SUBTYPES), None, shape=shape).eval()
        image = torch.zeros(1, *shape)
    rows: list[tuple[str, str, str, int]] = []

    def note(module: nn.Module, output: Any) -> None:
        found = output[0] if isinstance(output, tuple) else output
        text = " x ".join(map(str, found.shape[1:]))
        rows.append((size, KINDS[type(module)], text, sum(p.numel() for p in module.parameters())))

    for module in network.modules():
        if type(module) in KINDS:
            module.register_forward_hook(lambda m, _, output: note(m, output))
    network(image)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shape_of(settings: Mapping[str, Any]) -> tuple[int, int, int]:
    """(1, sensors, samples) of an epoch by the settings of its preparation (signal, epochs)."""
    signal, epochs = settings["signal"], settings["epochs"]
    return 1, signal["sensors"], round(epochs["seconds"] * signal["resample_hz"])


def trainings(paths: Sequence[str]) -> pd.DataFrame:
    """model, scheme, repeat, fold, and what training.json says.

    Parameters
    ----------
    paths : of training.json, one a training.
    """
    table = pd.DataFrame([vars(FoldPlace.of(path)) | read_json(path) for path in paths])
    return table.assign(classes=[", ".join(words) for words in table["classes"]])


def main(job: Job) -> None:
    """Rule describe_networks. Settings: models, signal, epochs as run, and `published`, the same as published."""
    write_both(trainings(list(job.input.trainings)), job.output.trainings)
    published, own = job.settings["published"], job.settings
    tables = [
        layer_table(values["models"][BEST_MODEL], shape_of(values), size)
        for size, values in (("published", published), ("run", own))
    ]
    write_both(pd.concat(tables, ignore_index=True), job.output.layers)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
