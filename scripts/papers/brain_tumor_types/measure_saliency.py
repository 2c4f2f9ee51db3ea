"""What the classifiers look at: maps of three methods and of the joined UNet, measured against the tumour masks.

Maps explain the class that the network predicts, on test slices of the fold whose networks are read.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from scipy.ndimage import distance_transform_edt
from torch import Tensor, nn

from scripts.papers.brain_tumor_types.networks import TwoSidedUNet, joined
from scripts.papers.brain_tumor_types.training_parts import (
    build,
    inputs_of,
    spread_over_types,
)
from scripts.saliency.attribution import grad_cam, gradient, integrated_gradients
from scripts.saliency.pointing_game import point
from scripts.splits.split_table import fold_of_split, read_split
from scripts.tables import write_table, write_whole
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

BATCH = 16
HEAD_ABOVE = 0.1  # of the grey values: what is brighter is the head, where a blind guess would point
EXAMPLES = 2  # slices whose pictures are kept, Figures 13 and 14
# What Grad-CAM looks at: the last convolution (Selvaraju et al. 2017), before the pooling that follows it.
CAM_LAYERS = {"cnn": "features.16", "vgg16": "features.29", "encoder": "features"}
POINTING = (
    "model",
    "method",
    "sample",
    "patient",
    "label",
    "predicted",
    "hit",
    "inside",
    "by_chance",
    "centre",
)


def maps_of(
    network: nn.Module, inputs: Tensor, steps: int, layer: str = "features"
) -> tuple[dict[str, NDArray], NDArray]:
    """Method -> (n, y, x) maps of the predicted classes, and the classes (n,)."""
    with torch.no_grad():
        classes = network.eval()(inputs).argmax(dim=1)
    found = {
        "gradient": gradient(network, inputs, classes),
        "integrated_gradients": integrated_gradients(network, inputs, classes, 0.0, steps)[0],
        "grad_cam": grad_cam(network, inputs, classes, layer),
    }
    return found, classes.numpy()


@torch.no_grad()
def unet_pictures(unet: TwoSidedUNet, both: TwoSidedUNet, inputs: Tensor) -> tuple[NDArray, NDArray]:
    """(n, y, x) mean over the channels of what the UNet draws, and the joined one with the classifier's encoder."""
    return tuple(network.eval()(inputs).mean(dim=1).double().numpy() for network in (unet, both))  # type: ignore[return-value]


def unet_map(drawn: NDArray, joined_drawn: NDArray) -> NDArray:
    """Where the classifier's encoder changes the picture: |joined - UNet|, (n, y, x), at least 0.

    Our reading of 'where the model was looking' (4.1.1, 5.1): the paper judges the joined picture by eye.
    """
    return np.abs(joined_drawn - drawn)


def at_size(mask: NDArray, size: int) -> NDArray:
    """A mask (y, x) on `size` x `size` pixels, nearest neighbour; a tumour too small for them keeps a pixel."""
    rows = (np.arange(size) + 0.5) * mask.shape[0] / size
    columns = (np.arange(size) + 0.5) * mask.shape[1] / size
    small = mask[np.ix_(rows.astype(int), columns.astype(int))] > 0
    if not small.any():
        middle = np.argwhere(mask > 0).mean(axis=0) * size / np.array(mask.shape)
        small[tuple(middle.astype(int))] = True
    return small


def blind_hits(picture: NDArray, mask: NDArray, tolerance: float) -> tuple[float, float]:
    """What maps without knowledge hit: a point anywhere in the head, and the middle of the picture.

    Parameters
    ----------
    picture, mask : (y, x), grey values of 0 to 1 and the tumour. tolerance : in pixels.

    Returns
    -------
    Expected share of hits of a point drawn evenly over the head (pixels above 0.1), 1 or 0 of the middle.
    """
    near = mask > 0 if tolerance <= 0 else distance_transform_edt(np.asarray(mask) == 0) <= tolerance
    head = picture > HEAD_ABOVE
    by_chance = near[head] if head.any() else near
    return float(by_chance.mean()), float(near[tuple(n // 2 for n in picture.shape)])


def pointing_rows(
    model: str,
    maps: Mapping[str, NDArray],
    pictures: NDArray,
    masks: Sequence[NDArray],
    tolerance: float,
) -> list[dict[str, Any]]:
    """A dict for each method and slice: model, method, hit, inside, by_chance, centre (see POINTING).

    Parameters
    ----------
    maps : method -> (n, y, x). pictures : (n, y, x) of 0 to 1. tolerance : share of the picture's side.
    """
    pixels = tolerance * pictures.shape[-1]
    rows = []
    for k, mask in enumerate(masks):
        by_chance, centre = blind_hits(pictures[k], mask, pixels)
        for method, stack in maps.items():
            game = point(stack[k], mask, pixels)
            rows.append(
                {"model": model, "method": method, "slice": k, "hit": game.hit, "inside": game.inside,
                 "by_chance": by_chance, "centre": centre}
            )  # fmt: skip
    return rows


def classifier(model: Mapping[str, Any], state: Mapping[str, Tensor], n_classes: int) -> nn.Module:
    """A trained classifier of a fold."""
    network = build(model, n_classes, None)
    network.load_state_dict(dict(state))
    return network.eval()


def main(job: Job) -> None:
    """Rule measure_saliency_brain_tumor_types; settings: models, saliency; inputs: weights of each model, unet."""
    settings, models = job.settings["saliency"], job.settings["models"]
    source = SampleSource(job.input.samples, job.input.table)
    split = fold_of_split(read_split(job.input.split), job.settings["repeat"], job.settings["fold"])
    words = sorted(split["label"].unique())
    table = split[split["part"] == "test"].set_index("sample", drop=False)
    masked = table[[source.mask(sample) is not None for sample in table["sample"]]]
    chosen = spread_over_types(masked.reset_index(drop=True), settings["n_slices"])
    rows, kept = [], {}
    for name, model in models.items():
        network = classifier(model, load_file(job.input[name]), len(words))
        unets = None
        if name == "encoder":
            unet = TwoSidedUNet(model["sizes"]["channels"])
            unet.load_state_dict(load_file(job.input.unet))
            unets = (unet, joined(unet, network))
        for start in range(0, len(chosen), BATCH):
            samples = chosen[start : start + BATCH]
            inputs = inputs_of(source, samples, model)
            maps, classes = maps_of(network, inputs, settings["path_steps"], CAM_LAYERS[name])
            pictures = inputs_of(source, samples, {"input_size": model["input_size"]})[:, 0].numpy()
            if unets is not None:
                drawn = unet_pictures(*unets, inputs)
                maps["unet"] = unet_map(*drawn)
            masks = [at_size(source.mask(sample), model["input_size"]) for sample in samples]
            for row in pointing_rows(name, maps, pictures, masks, settings["tolerance"]):
                k = row.pop("slice")
                said = table.loc[samples[k]]
                rows.append(
                    row | {"sample": samples[k], "patient": said["patient"], "label": said["label"],
                           "predicted": words[int(classes[k])]}
                )  # fmt: skip
            if start == 0:
                kept |= _pictures(name, maps, pictures, masks)
                if unets is not None:
                    kept |= {
                        f"unet/{which}": d[:EXAMPLES]
                        for which, d in zip(("own", "joined"), drawn, strict=True)
                    }
    tensors = {key: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for key, value in kept.items()}
    write_table(pd.DataFrame(rows, columns=list(POINTING)), job.output.pointing)
    write_whole(job.output.examples, lambda path: save_file(tensors, path))


def _pictures(
    name: str, maps: Mapping[str, NDArray], pictures: NDArray, masks: Sequence[NDArray]
) -> dict[str, NDArray]:
    """What the figures show of the first slices: <model>/<method>, <model>/picture, <model>/mask."""
    shown = {f"{name}/{method}": stack[:EXAMPLES] for method, stack in maps.items()}
    return shown | {f"{name}/picture": pictures[:EXAMPLES], f"{name}/mask": np.array(masks[:EXAMPLES], float)}


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
