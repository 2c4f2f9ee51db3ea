"""What the training steps of brain_tumor_types share: the networks by name, and how samples reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional

from scripts.networks.catalogue import build_network
from scripts.papers.brain_tumor_types.networks import (
    CHANNELS,
    EncoderClassifier,
    SixConvolutions,
    start_as_keras,
)
from scripts.training.samples import SampleSource

# Red, green, blue of 0 to 1: what torchvision's weights (IMAGENET1K_V1) were trained on, by its documentation.
IMAGENET_MEAN, IMAGENET_SD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def to_input(picture: Tensor, size: int, normalised: bool = False) -> Tensor:
    """A prepared slice as the networks take it.

    Parameters
    ----------
    picture : (1, y, x) uint8. size : pixels on a side of the input (bilinear, antialiased).
    normalised : by the mean and SD of ImageNet's colours, which torchvision's weights expect; else 0 to 1.

    Returns
    -------
    (3, size, size) float32, three equal channels (before `normalised`).
    """
    if picture.shape[-2:] != (size, size):
        picture = functional.resize(picture, [size, size], antialias=True)
    made = (picture.float() / 255).expand(CHANNELS, -1, -1)
    return functional.normalize(made, IMAGENET_MEAN, IMAGENET_SD) if normalised else made.contiguous()


def transform_of(model: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """`to_input` with the settings of a model."""
    return partial(to_input, size=model["input_size"], normalised=model.get("pretrained") == "torchvision")


def build(model: Mapping[str, Any], n_classes: int, weights: Mapping[str, Tensor] | None) -> nn.Module:
    """The classifier of a model's settings; `weights` : pretrained ones, where the model starts from them.

    The convolutions of VGG16 are left as they are where its settings train the head alone; its head starts as Keras'.
    """
    if model["network"] == "six_convolutions":
        return SixConvolutions(n_classes, model["input_size"], **model["sizes"])
    if model["network"] == "unet":
        return EncoderClassifier(n_classes, model["input_size"], model["sizes"]["channels"])
    network = build_network(model["network"], n_classes, CHANNELS, weights, **model["sizes"])
    start_as_keras(network.classifier)
    if model["trained"] == "head":
        network.features.requires_grad_(False)
    return network


def build_from_unet(
    model: Mapping[str, Any], n_classes: int, weights: Mapping[str, Tensor] | None, down: Mapping[str, Tensor]
) -> nn.Module:
    """The encoder classifier, starting from the encoder that was trained with the decoder.

    Parameters
    ----------
    down : state of `TwoSidedUNet.down`.
    """
    network = build(model, n_classes, weights)
    network.features.load_state_dict(dict(down))
    return network


def down_state(unet: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's part of a UNet's state."""
    return {name.removeprefix("down."): t for name, t in unet.items() if name.startswith("down.")}


def samples_of_part(rows: pd.DataFrame, part: str) -> list[str]:
    """Samples of one part (train, validation, test) of a fold's rows, in their order."""
    return rows.loc[rows["part"] == part, "sample"].astype(str).tolist()


def class_numbers(rows: pd.DataFrame) -> dict[str, int]:
    """Sample -> number of its class, the labels in alphabetical order."""
    numbers = {label: number for number, label in enumerate(sorted(rows["label"].unique()))}
    return dict(zip(rows["sample"].astype(str), rows["label"].map(numbers), strict=True))


def spread_over_types(table: pd.DataFrame, most: int) -> list[str]:
    """Up to `most` samples, a type in turn and within it a patient in turn: of as many patients as there are.

    Parameters
    ----------
    table : sample, patient, label. Which slice of a patient comes first follows from the order of the samples: the
        middle one, then outwards.
    """
    ranked = []
    for (label, patient), rows in table.groupby(["label", "patient"], sort=True):
        samples = rows["sample"].astype(str).tolist()
        middle = len(samples) // 2
        order = sorted(range(len(samples)), key=lambda k: (abs(k - middle), k))
        ranked += [(turn, patient, label, samples[k]) for turn, k in enumerate(order)]
    by_type: dict[str, list[str]] = {}
    for _, _, label, sample in sorted(ranked):
        by_type.setdefault(label, []).append(sample)
    found: list[str] = []
    for turn in range(max(map(len, by_type.values()), default=0)):
        found += [by_type[label][turn] for label in sorted(by_type) if turn < len(by_type[label])]
    return found[:most]


def inputs_of(source: SampleSource, samples: Sequence[str], model: Mapping[str, Any]) -> Tensor:
    """(n, 3, size, size) inputs of some samples."""
    transform = transform_of(model)
    return torch.stack([transform(torch.from_numpy(source.read(sample).copy())) for sample in samples])


def snapshot_epochs(epochs: int, n: int) -> list[int]:
    """`n` epochs spread evenly up to the last: 5, 10, ..., 30 of 30 for 6; fewer where there are fewer epochs."""
    return sorted({max(1, round(epochs * k / n)) for k in range(1, n + 1)})
