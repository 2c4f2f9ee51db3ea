"""Figure 3 as a table (layers, their parameters, which weights are transferred), and how each training went."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import torch
from torch import nn

from scripts.evaluation.predictions import FoldPlace
from scripts.networks.catalogue import new_layers
from scripts.papers.glioma_grading.names import BEST_MODEL, LABELS
from scripts.papers.glioma_grading.networks import CHANNELS, build
from scripts.tables import read_json, write_both
from scripts.workflow.job import Job

COLUMNS = ("layer", "kind", "output", "parameters", "transferred")


def network_layers(settings: Mapping[str, Any], size: int, n_classes: int = len(LABELS)) -> pd.DataFrame:
    """COLUMNS, a row a layer with weights, in the order of the forward pass; `output` as '64 x 56 x 56'.

    Nothing is computed: the network is built without memory for its weights.

    Parameters
    ----------
    settings : a model of the card (network, sizes, pretrained). size : edge of the input in pixels.
    """
    with torch.device("meta"):
        network = build(settings, n_classes).eval()
        image = torch.zeros(1, CHANNELS, size, size)
    new = new_layers(settings["network"], settings.get("sizes", {}))
    rows: list[dict[str, Any]] = []
    kinds = {nn.Conv2d: "convolution", nn.Linear: "fully connected"}

    def note(name: str, module: nn.Module, output: torch.Tensor) -> None:
        kind = kinds[type(module)]
        rows.append(
            {
                "layer": f"{'conv' if kind == 'convolution' else 'fc'} {len(rows) + 1}",
                "kind": kind,
                "output": " x ".join(map(str, output.shape[1:])),
                "parameters": sum(p.numel() for p in module.parameters()),
                "transferred": settings["pretrained"] != "none" and not f"{name}.".startswith(tuple(new)),
            }
        )

    for name, module in network.named_modules():
        if type(module) in kinds:
            module.register_forward_hook(lambda m, _, output, name=name: note(name, m, output))
    network(image)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def trainings(paths: Sequence[str]) -> pd.DataFrame:
    """model, scheme, repeat, fold, and what training.json says: start, epochs, best_epoch, stopped, device, and so on.

    Parameters
    ----------
    paths : of training.json, one a training.
    """
    rows = [vars(FoldPlace.of(path)) | read_json(path) for path in paths]
    table = pd.DataFrame(rows)
    return table.assign(classes=[", ".join(words) for words in table["classes"]])


def main(job: Job) -> None:
    """Rule describe_network; settings: models.<BEST_MODEL>, crop.size. Input: trainings, the JSON files."""
    write_both(trainings(list(job.input.trainings)), job.output.trainings)
    model, size = job.settings["models"][BEST_MODEL], job.settings["crop"]["size"]
    write_both(network_layers(model, size), job.output.network_layers)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
