"""The networks by name: what a card's `models:` block may say under `network`.

| name | input | sizes (default) |
|---|---|---|
| resnet18, resnet34 | (channel, y, x) | width (1), dropout (0) |
| resnet18_3d, resnet34_3d | (channel, z, y, x) | width (1), dropout (0), biases (true), first_stride (2) |
| two_view_resnet18, two_view_resnet34 | (1, s, s, s) | sections (100), width (1), dropout (0), kernel (7), stride (3) |
| alexnet, vgg16 | (channel, y, x) | width (1), head_units (published), pooled (6, 7), dropout (0.5) |

All give logits. A width below 1 is for reduced runs: the same layers with fewer channels.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from scripts.errors import InputError, nearest
from scripts.networks.plain import PlainNetwork
from scripts.networks.residual import Residual2D, residual_3d
from scripts.networks.two_view import TwoViewResidual
from scripts.networks.weights import adapt


@dataclass(frozen=True)
class Entry:
    """A network of the catalogue.

    Parameters
    ----------
    build : (n_classes, in_channels, **sizes) -> network.
    pretrained_as : the network whose pretrained weights it takes: torchvision's name, '' for none.
    new : beginnings of the names of parameters that pretrained weights never fill: the head, and what only this has.
    features : name of the module whose output Grad-CAM looks at.
    axes : of the input, after the channel.
    """

    build: Callable[..., nn.Module]
    pretrained_as: str
    new: tuple[str, ...]
    features: str
    axes: str = "yx"


def _two_view(
    depth: int, n_classes: int, in_channels: int, sections: int = 100, width: float = 1.0,
    dropout: float = 0.0, kernel: int = 7, stride: int = 3,
) -> nn.Module:  # fmt: skip
    if in_channels != 1:
        raise InputError("in_channels of a two-view network", "1", f"{in_channels}")
    return TwoViewResidual(depth, n_classes, sections, width, dropout, kernel, stride)


CATALOGUE: Mapping[str, Entry] = {
    **{
        f"resnet{depth}": Entry(partial(Residual2D, depth), f"resnet{depth}", ("fc.",), "layer4")
        for depth in (18, 34)
    },
    **{
        f"resnet{depth}_3d": Entry(partial(residual_3d, depth), "", ("fc.",), "layer4", "zyx")
        for depth in (18, 34)
    },
    **{
        f"two_view_resnet{depth}": Entry(
            partial(_two_view, depth),
            f"resnet{depth}",
            ("fc.", "first_view.", "second_view."),
            "layer4",
            "zyx",
        )
        for depth in (18, 34)
    },
    **{
        name: Entry(partial(PlainNetwork, name), name, ("classifier.6.",), "features")
        for name in ("alexnet", "vgg16")
    },
}


def entry_of(name: str) -> Entry:
    """The catalogue's entry; InputError with the nearest name where there is none."""
    try:
        return CATALOGUE[name]
    except KeyError:
        raise InputError(
            "network", f"one of {', '.join(CATALOGUE)}", f"'{name}'", nearest(name, CATALOGUE).strip()
        ) from None


def build_network(
    name: str,
    n_classes: int,
    in_channels: int,
    weights: Mapping[str, torch.Tensor] | None = None,
    **sizes: Any,
) -> nn.Module:
    """A network of the catalogue, started at random (torch's generator) or from pretrained weights.

    Parameters
    ----------
    weights : parameters by name as `pretrained_weights` gives them: all but the head (of a new head, its whole) come
        from there, the first layer summed to `in_channels` (`scripts.networks.weights.adapt`).
    sizes : see the module's table.

    Raises
    ------
    InputError : no such network or size, or weights that do not fit.
    """
    entry = entry_of(name)
    known = [p for p in inspect.signature(entry.build).parameters if p not in ("n_classes", "in_channels")]
    for size in sizes:
        if size not in known:
            raise InputError(
                f"size of {name}", f"one of {', '.join(known)}", f"'{size}'", nearest(size, known).strip()
            )
    network = entry.build(n_classes=n_classes, in_channels=in_channels, **sizes)
    if weights is not None:
        adapt(weights, network, new_layers(name, sizes))
    return network


def new_layers(name: str, sizes: Mapping[str, Any]) -> tuple[str, ...]:
    """Beginnings of the names of the parameters that pretrained weights never fill."""
    new_head = sizes.get("head_units") is not None
    return ("classifier.",) if new_head else entry_of(name).new


def count_parameters(network: nn.Module, trainable: bool = False) -> int:
    """Numbers that training changes (weights and biases, those of normalisation too), or only those not frozen."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad or not trainable)
