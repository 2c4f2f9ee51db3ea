"""The networks of the study: those of the catalogue, and the compression of one view alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from scripts.networks.catalogue import build_network, count_parameters
from scripts.networks.residual import ResidualStages, start_convolutions
from scripts.networks.two_view import CompressionBlock

ONE_VIEW = {"one_view_resnet18": 18, "one_view_resnet34": 34}
TWO_VIEW = "two_view"


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
    settings: Mapping[str, Any], n_classes: int, weights: Mapping[str, torch.Tensor] | None = None
) -> nn.Module:
    """The network of a model of the card.

    Parameters
    ----------
    settings : `network`, `sizes` (width, dropout; of a 3-D network biases and first_stride), `sections` (voxels of an
        edge of the cube) and `compression` (kernel and stride of the views).
    weights : pretrained weights of the 2-D network behind the compression, or None.
    """
    name, sizes = settings["network"], dict(settings["sizes"])
    if not name.endswith("_3d"):
        sizes |= {"sections": settings["sections"], **settings["compression"]}
    if name in ONE_VIEW:
        return OneViewResidual(ONE_VIEW[name], n_classes, **sizes)
    return build_network(name, n_classes, 1, weights, **sizes)


def whole_settings(model: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A model of the card with all that `build` needs: sections and compression from the other branches of the card."""
    return {**model, "sections": settings["preparation"]["size"], "compression": settings["compression"]}


def parameters_of(settings: Mapping[str, Any], n_classes: int = 2) -> int:
    """Number of parameters of a model's network; none is allocated. settings : see `build`."""
    with torch.device("meta"):
        return count_parameters(build(settings, n_classes))
