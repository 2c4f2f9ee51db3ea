"""Residual networks (He et al. 2016) of 18 and 34 layers, in two dimensions and in three.

In two dimensions: torchvision's blocks under torchvision's names, so that its weight files fit at the published width.
In three: MONAI's network.
"""

from __future__ import annotations

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from scripts.errors import InputError

# Blocks of each of the four stages, by depth (He et al. 2016, Table 1)
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
CHANNELS = (64, 128, 256, 512)


def scaled(channels: int, width: float) -> int:
    """Channels of a layer at a share of its published width, at least 1."""
    if not width > 0:
        raise InputError("width of a network", "a number above 0", f"{width}")
    return max(1, round(channels * width))


class ResidualStages(nn.Module):
    """What follows the first layer: four stages, mean over the image, dropout, one linear layer.

    Parameters
    ----------
    depth : 18 or 34. n_classes : outputs (logits). width : share of the published 64, 128, 256, 512 channels.
    dropout : rate before the linear layer.
    """

    def __init__(self, depth: int, n_classes: int, width: float = 1.0, dropout: float = 0.0) -> None:
        super().__init__()
        self.entering = scaled(CHANNELS[0], width)
        channels, stages = self.entering, []
        for published, blocks, stride in zip(CHANNELS, BLOCKS[depth], (1, 2, 2, 2), strict=True):
            leaving = scaled(published, width)
            stages.append(_stage(channels, leaving, blocks, stride))
            channels = leaving
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, n_classes)

    def forward_stages(self, x: torch.Tensor) -> torch.Tensor:
        """(n, `entering`, y, x) -> (n, n_classes)."""
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))


class Residual2D(ResidualStages):
    """ResNet-18 or -34: (n, in_channels, y, x) -> logits (n, n_classes). Other parameters: `ResidualStages`."""

    def __init__(
        self, depth: int, n_classes: int, in_channels: int, width: float = 1.0, dropout: float = 0.0
    ) -> None:
        super().__init__(depth, n_classes, width, dropout)
        self.conv1 = nn.Conv2d(in_channels, self.entering, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.entering)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        start_convolutions(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.forward_stages(self.maxpool(self.relu(self.bn1(self.conv1(x)))))


def residual_3d(
    depth: int,
    n_classes: int,
    in_channels: int,
    width: float = 1.0,
    dropout: float = 0.0,
    biases: bool = True,
    first_stride: int = 2,
) -> nn.Module:
    """3-D ResNet-18 or -34 of MONAI (Hara et al. 2018): (n, in_channels, z, y, x) -> logits (n, n_classes).

    Parameters
    ----------
    biases : whether the first convolution and those of the shortcuts have biases, though batch normalisation follows.
        With them the network has the 33,161,986 and 63,471,618 parameters of nmosd_ms, Table 3; without them 960 fewer.
    first_stride : of the first convolution, on every axis.
    """
    from monai.networks.nets.resnet import ResNet, ResNetBlock

    network = ResNet(
        block=ResNetBlock,
        layers=list(BLOCKS[depth]),
        block_inplanes=[scaled(channels, width) for channels in CHANNELS],
        spatial_dims=3,
        n_input_channels=in_channels,
        conv1_t_size=7,
        conv1_t_stride=first_stride,
        shortcut_type="B",
        num_classes=n_classes,
        bias_downsample=biases,
    )
    if biases:
        first = network.conv1
        network.conv1 = nn.Conv3d(
            in_channels, first.out_channels, first.kernel_size, first.stride, first.padding, bias=True
        )
    network.fc = nn.Sequential(nn.Dropout(dropout), network.fc)
    start_convolutions(network)
    return network


def start_convolutions(network: nn.Module) -> None:
    """Draw the weights of all convolutions by He et al. (2015), variance 2 / fan-out, as torchvision does; biases 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _stage(entering: int, leaving: int, blocks: int, stride: int) -> nn.Sequential:
    shortcut = None
    if stride != 1 or entering != leaving:
        shortcut = nn.Sequential(
            nn.Conv2d(entering, leaving, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(leaving)
        )
    first = BasicBlock(entering, leaving, stride, shortcut)
    return nn.Sequential(first, *(BasicBlock(leaving, leaving) for _ in range(blocks - 1)))
