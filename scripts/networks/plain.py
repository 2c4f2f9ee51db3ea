"""AlexNet (Krizhevsky et al. 2012; 2014) and VGG16 (Simonyan and Zisserman 2015) of torchvision, of any width.

Layers keep torchvision's kinds, order and names, so that its weight files fit at the published width.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn
from torchvision.models import alexnet, vgg16

from scripts.networks.residual import scaled, start_convolutions

PUBLISHED = {"alexnet": (alexnet, 6), "vgg16": (vgg16, 7)}  # and pixels on each axis of what the head takes
PUBLISHED_UNITS = (4096, 4096)


class PlainNetwork(nn.Module):
    """Convolutions, mean pooling to a fixed size, a head of linear layers.

    (n, in_channels, y, x) -> logits (n, n_classes).

    Parameters
    ----------
    name : 'alexnet' or 'vgg16'.
    width : share of the published channels, and of the units of the published head.
    head_units : units of the layers before the last. None: torchvision's head (4096, 4096). Otherwise a new one: linear
        and ReLU for each, and dropout before the last layer.
    pooled : pixels on each axis of what the head takes; published 6 (AlexNet) and 7 (VGG16).
    dropout : rate in the head; published 0.5.
    """

    def __init__(
        self,
        name: str,
        n_classes: int,
        in_channels: int = 3,
        width: float = 1.0,
        head_units: Sequence[int] | None = None,
        pooled: int | None = None,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        build, size = PUBLISHED[name]
        with torch.device("meta"):  # the pattern; its 61 or 138 million weights are never made
            pattern = build(weights=None, dropout=dropout)
        pooled = size if pooled is None else pooled
        convolutions = [m.out_channels for m in pattern.features if isinstance(m, nn.Conv2d)]
        channels = [scaled(n, width) for n in convolutions]
        self.features = _rebuilt(pattern.features, in_channels, channels)
        self.avgpool = nn.AdaptiveAvgPool2d(pooled)
        entering = channels[-1] * pooled**2
        if head_units is None:
            units = [scaled(n, width) for n in PUBLISHED_UNITS]
            self.classifier = _rebuilt(pattern.classifier, entering, [*units, n_classes])
        else:
            self.classifier = _new_head(entering, head_units, n_classes, dropout)
        if name == "vgg16":  # as torchvision starts it; AlexNet keeps torch's own start
            start_convolutions(self)
            for module in self.classifier.modules():
                if isinstance(module, nn.Linear):
                    nn.init.normal_(module.weight, 0, 0.01)
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


def _rebuilt(pattern: nn.Sequential, entering: int, sizes: Sequence[int]) -> nn.Sequential:
    """The layers of `pattern`, with `sizes` for the channels or units of those that have weights."""
    layers, leaving = [], iter(sizes)
    for module in pattern:
        if isinstance(module, nn.Conv2d):
            n = next(leaving)
            layers.append(nn.Conv2d(entering, n, module.kernel_size, module.stride, module.padding))
            entering = n
        elif isinstance(module, nn.Linear):
            n = next(leaving)
            layers.append(nn.Linear(entering, n))
            entering = n
        else:
            layers.append(copy.deepcopy(module))
    return nn.Sequential(*layers)


def _new_head(entering: int, units: Sequence[int], n_classes: int, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n in units:
        layers += [nn.Linear(entering, n), nn.ReLU(inplace=True)]
        entering = n
    return nn.Sequential(*layers, nn.Dropout(dropout), nn.Linear(entering, n_classes))
