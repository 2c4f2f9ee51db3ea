"""The networks of tle_subtypes: the multi-head self-attention model (MSAM), whole or without its parts, and the CNN.

All take a batch (n, 1, sensors, samples) of scaled epochs and give logits (n, n_classes). Equation 5 maps one number
to a probability by a sigmoid; the softmax of two logits is the same function of their difference, and equation 6 its
cross-entropy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from scripts.errors import InputError

TOKENS = ("sensors", "times")
GATHERED = ("flattened", "mean")
# Multilayer Perceptron Layer: 'corresponding to the activation functions of ELU, tanh, tanh, and relu'
ACTIVATIONS = (nn.ELU, nn.Tanh, nn.Tanh, nn.ReLU)


class SelfAttention(nn.Module):
    """Equation 2 with Q = K = V = X: softmax(X X^T / sqrt(d)) X, without a weight to be learnt.

    (n, positions, d) -> the same shape.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Each position as the mean of all, weighed by how alike they are."""
        weights = torch.softmax(x @ x.transpose(-2, -1) / math.sqrt(x.shape[-1]), dim=-1)
        return weights @ x


class Msam(nn.Module):
    """Dropout and four dense layers on every position, self-attention, multi-head self-attention, a linear layer.

    Parameters
    ----------
    positions, features : how many positions attention weighs, and how many numbers each has at first.
    heads : of the multi-head self-attention (equations 3 and 4, d_k = d_v = d / h, no bias); 0 leaves the layer out.
    self_attention : whether there is the layer of equation 2 before it.
    hidden : neurons of the four dense layers; heads must divide the last. dropout : share of the inputs set to 0.
    tokens : 'sensors', a position is a sensor, or 'times', a moment. gathered : 'flattened', the last layer sees every
        position, or 'mean'.
    """

    def __init__(
        self,
        positions: int,
        features: int,
        n_classes: int,
        *,
        heads: int = 4,
        self_attention: bool = True,
        hidden: Sequence[int] = (1024, 512, 128, 32),
        dropout: float = 0.2,
        tokens: str = "sensors",
        gathered: str = "flattened",
    ) -> None:
        super().__init__()
        _require("sizes.tokens", tokens, TOKENS)
        _require("sizes.gathered", gathered, GATHERED)
        if len(hidden) != len(ACTIVATIONS):
            raise InputError("sizes.hidden", f"{len(ACTIVATIONS)} dense layers", f"{len(hidden)}")
        width = hidden[-1]
        if heads and width % heads:
            raise InputError("heads", f"a divisor of the last dense layer's {width} neurons", f"{heads}")
        self.tokens, self.gathered = tokens, gathered
        layers: list[nn.Module] = [nn.Dropout(dropout)]
        for (n_in, n_out), activation in zip(pairwise((features, *hidden)), ACTIVATIONS, strict=True):
            layers += [nn.Linear(n_in, n_out), activation()]
        self.perceptron = nn.Sequential(*layers)
        self.self_attention = SelfAttention() if self_attention else None
        self.multi_head = nn.MultiheadAttention(width, heads, bias=False, batch_first=True) if heads else None
        self.classifier = nn.Linear(width * (positions if gathered == "flattened" else 1), n_classes)

    def encoded(self, x: Tensor) -> Tensor:
        """(n, positions, width): every position after the dense layers and the first attention, before the heads."""
        signals = x[:, 0] if self.tokens == "sensors" else x[:, 0].transpose(-2, -1)
        found = self.perceptron(signals)
        return found if self.self_attention is None else self.self_attention(found)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, n_classes)."""
        found = self.encoded(x)
        if self.multi_head is not None:
            found, _ = self.multi_head(found, found, found, need_weights=False)
        gathered = found.flatten(1) if self.gathered == "flattened" else found.mean(dim=1)
        return self.classifier(gathered)

    def received(self, x: Tensor) -> Tensor:
        """(n, positions): the attention that each position receives, mean over heads and over who gives it; rows sum
        to 1. Of the multi-head layer, of the other one where that is left out."""
        if self.multi_head is not None:
            found = self.encoded(x)
            _, weights = self.multi_head(found, found, found, need_weights=True, average_attn_weights=True)
        else:
            signals = x[:, 0] if self.tokens == "sensors" else x[:, 0].transpose(-2, -1)
            found = self.perceptron(signals)
            weights = torch.softmax(found @ found.transpose(-2, -1) / math.sqrt(found.shape[-1]), dim=-1)
        return weights.mean(dim=1)


class Cnn(nn.Module):
    """Convolutions over time, all sensors as channels, each with ReLU and a maximum; means over time; a linear layer.

    Parameters
    ----------
    sensors, samples : of an epoch. channels : of each convolution. kernel : samples of a convolution. pooled :
        samples of each maximum, fewer where the signal has become shorter. dropout : before the last layer.
    """

    def __init__(
        self,
        sensors: int,
        samples: int,
        n_classes: int,
        *,
        channels: Sequence[int] = (32, 64, 128),
        kernel: int = 7,
        pooled: int = 4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise((sensors, *channels)):
            layers += [nn.Conv1d(n_in, n_out, kernel, padding="same"), nn.ReLU()]
            window = min(pooled, samples)
            layers.append(nn.MaxPool1d(window))
            samples //= window
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels[-1], n_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, n_classes)."""
        return self.classifier(self.features(x[:, 0]).mean(dim=2))


def build(
    model: Mapping[str, Any], n_classes: int, weights: Mapping[str, Tensor] | None, *, shape: Sequence[int]
) -> nn.Module:
    """The network of a model of the card.

    Parameters
    ----------
    model : network ('msam' or 'cnn'), sizes, and of msam heads and self_attention. weights : None, nothing is
        pretrained.
    shape : (1, sensors, samples) of a sample.

    Raises
    ------
    InputError : another network, or sizes that do not fit.
    """
    _require("network", model["network"], ("msam", "cnn"))
    _, sensors, samples = shape
    if model["network"] == "cnn":
        return Cnn(sensors, samples, n_classes, **model["sizes"])
    size = (sensors, samples) if model["sizes"].get("tokens", "sensors") == "sensors" else (samples, sensors)
    return Msam(
        *size, n_classes, heads=model["heads"], self_attention=model["self_attention"], **model["sizes"]
    )


def _require(setting: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"models: {setting}", " or ".join(allowed), repr(value))
