"""The networks of the study: those of the catalogue, and the compression of one view alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from scripts.networks.catalogue import build_network, count_parameters
from scripts.networks.residual import ResidualStages, start_convolutions
from scripts.networks.two_view import CompressionBlock
from scripts.networks.weights import adapt

ONE_VIEW = {"one_view_resnet18": 18, "one_view_resnet34": 34}
TWO_VIEW = "two_view"
NEW_LAYERS = ("fc.", "view.")  # parameters that pretrained weights never fill


class OneViewResidual(ResidualStages):
    """(n, 1, z, y, x) -> logits (n, n_classes): sections along z become channels, once, and give all 64 channels.

    Parameters as those of `scripts.networks.two_view.TwoViewResidual`.
    """

    def __init__(
        self,
        depth: int,
        n_classes: int,
        sections: int = 100,
        width: float = 1.0,
        dropout: float = 0.0,
        kernel: int = 7,
        stride: int = 3,
    ) -> None:
        super().__init__(depth, n_classes, width, dropout)
        self.view = CompressionBlock(sections, self.entering, kernel, stride)
        start_convolutions(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.forward_stages(self.view(x[:, 0]))


def build(
    settings: Mapping[str, Any],
    n_classes: int,
    weights: Mapping[str, torch.Tensor] | None = None,
    *,
    sections: int = 100,
    compression: Mapping[str, int] = MappingProxyType({}),
) -> nn.Module:
    """The network of a model of the card.

    Parameters
    ----------
    settings : `network` and `sizes` (width, dropout; of a 3-D network biases and first_stride).
    weights : pretrained weights of the 2-D network behind the compression, or None.
    sections : voxels of an edge of the cube. compression : kernel and stride of the views.
    """
    name, sizes = settings["network"], dict(settings.get("sizes", {}))
    if name in ONE_VIEW:
        network = OneViewResidual(ONE_VIEW[name], n_classes, sections, **sizes, **compression)
        if weights is not None:
            adapt(weights, network, NEW_LAYERS)
        return network
    if name.startswith(TWO_VIEW):
        sizes |= {"sections": sections, **compression}
    return build_network(name, n_classes, 1, weights, **sizes)


def parameters_of(settings: Mapping[str, Any], n_classes: int = 2, **others: Any) -> int:
    """Number of parameters of a model's network; none is allocated. `others`: sections and compression of `build`."""
    with torch.device("meta"):
        return count_parameters(build(settings, n_classes, **others))
