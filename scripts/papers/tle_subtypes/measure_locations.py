"""Which sensors MSAM attends to, and which it uses: attention received, and what changes where a sensor is silenced."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))


import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn

from scripts.papers.tle_subtypes.names import BEST_MODEL, SUBTYPES
from scripts.papers.tle_subtypes.networks import Msam, build
from scripts.papers.tle_subtypes.recipe import shape_of_samples
from scripts.preprocess.helmet import sensor_map
from scripts.splits.split_table import fold_of_split, read_split
from scripts.tables import read_table, write_both
from scripts.training.devices import repeatable
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

COLUMNS = ("repeat", "fold", "sensor", "x", "y", "attention", "loss", "moved")


def spread_over_patients(rows: pd.DataFrame, most: int) -> list[str]:
    """Up to `most` samples: the first of every patient, then the second of every patient, and so on.

    Parameters
    ----------
    rows : sample, patient.
    """
    turn = rows.groupby("patient").cumcount()
    order = rows.assign(turn=turn).sort_values(["turn", "patient", "sample"], kind="stable")
    return order["sample"].astype(str).head(most).tolist()


def attention_received(network: nn.Module, images: torch.Tensor, sensors: int) -> np.ndarray:
    """(sensors,) mean over the epochs of the attention that each sensor receives (sum 1); NaN where attention
    weighs moments."""
    if not isinstance(network, Msam) or network.tokens != "sensors":
        return np.full(sensors, np.nan)
    with torch.inference_mode():
        return network.received(images).mean(dim=0).double().numpy()


def without_each_sensor(
    network: nn.Module, images: torch.Tensor, targets: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """What changes where a sensor's samples are 0: (sensors,) rise of the mean cross-entropy of the epochs, and
    (sensors,) mean absolute change of their log-odds.

    The rise is negative for a sensor that the network trusts too much; the change of the log-odds says how much it is
    used, rightly or wrongly.

    Parameters
    ----------
    images : (n, 1, sensors, samples). targets : (n,) classes, 0 or 1.
    """
    losses, moves = [], []
    with torch.inference_mode():
        whole = network(images).double()
        loss = nn.functional.cross_entropy(whole, targets)
        for sensor in range(images.shape[2]):
            silenced = images.clone()
            silenced[:, :, sensor] = 0
            logits = network(silenced).double()
            losses.append(float(nn.functional.cross_entropy(logits, targets) - loss))
            moves.append(float((logits - whole).diff(dim=1).abs().mean()))
    return np.array(losses), np.array(moves)


def main(job: Job) -> None:
    """Rule measure_locations. Inputs: samples, table, split, weights (of BEST_MODEL's folds, in order), sensors
    (tables)."""
    source, split = SampleSource(job.input.samples, job.input.table), read_split(job.input.split)
    sensors = sensor_map([read_table(path) for path in job.input.sensors])
    model, shape = job.settings["models"][BEST_MODEL], shape_of_samples(job)
    places = list(split.groupby(["repeat", "fold"], sort=True).groups)
    most = -(-job.settings["locations"]["most"] // len(places))
    rows = []
    for (repeat, fold), weights in zip(places, job.input.weights, strict=True):
        network = build(model, len(SUBTYPES), None, shape=shape)
        network.load_state_dict(load_file(weights))
        network.eval()
        fold_rows = fold_of_split(split, repeat, fold)
        tested = fold_rows[fold_rows["part"] == "test"]
        samples = spread_over_patients(tested, most)
        labels = tested.set_index("sample")["label"]
        images = torch.from_numpy(np.stack([source.read(sample) for sample in samples]))
        targets = torch.tensor([SUBTYPES.index(labels[sample]) for sample in samples])
        with repeatable("cpu", job.threads):
            attention = attention_received(network, images, shape[1])
            loss, moved = without_each_sensor(network, images, targets)
        for k, (name, x, y) in enumerate(sensors.itertuples(index=False)):
            rows.append((repeat, fold, name, x, y, float(attention[k]), float(loss[k]), float(moved[k])))
    write_both(pd.DataFrame(rows, columns=list(COLUMNS)), job.output.locations)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
