"""Two-view compression of a volume in front of a 2-D residual network (nmosd_ms: Model structure, equations 3-7).

A volume (1, h, w, l) is taken as an image of h channels, and again as one of w channels. Each view passes a convolution
(kernel 7, stride 3, 32 channels), batch normalisation and ReLU; both are concatenated to 64 channels, what the first
stage of a ResNet takes: the blocks stand in the place of its first layer. The text does not say so, but Table 3
leaves no room for another reading: see `compression_parameters`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from scripts.errors import InputError
from scripts.networks.residual import ResidualStages, scaled, start_convolutions

KERNEL, STRIDE, CHANNELS = 7, 3, 32


class CompressionBlock(nn.Module):
    """One view (equations 5, 6): (n, sections, a, b) -> (n, channels, a', b'), a' = (a - kernel) // stride + 1."""

    def __init__(
        self, sections: int, channels: int = CHANNELS, kernel: int = KERNEL, stride: int = STRIDE
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(sections, channels, kernel, stride)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.relu(self.bn(self.conv(x)))


class TwoViewResidual(ResidualStages):
    """(n, 1, s, s, s) -> logits (n, n_classes); order of the axes (z, y, x), s = `sections`.

    Parameters
    ----------
    sections : voxels on each axis: 100 in the paper. The views must be of equal size, hence the volume a cube.
    width : share of the published channels, of the views (32 each) as of the stages; half of the first stage's each.
    kernel, stride : of the compression. depth, n_classes, dropout : see `ResidualStages`.
    """

    def __init__(
        self,
        depth: int,
        n_classes: int,
        sections: int = 100,
        width: float = 1.0,
        dropout: float = 0.0,
        kernel: int = KERNEL,
        stride: int = STRIDE,
    ) -> None:
        super().__init__(depth, n_classes, width, dropout)
        view = scaled(CHANNELS, width)
        if 2 * view != self.entering:
            raise InputError(
                "width of a two-view network", "one that gives the first stage twice a view's channels",
                f"{self.entering} and {view} channels at width {width}", "Use 0.5, 0.25, 0.125 or so.",
            )  # fmt: skip
        self.sections = sections
        self.first_view = CompressionBlock(sections, view, kernel, stride)
        self.second_view = CompressionBlock(sections, view, kernel, stride)
        start_convolutions(self)

    def compress(self, x: torch.Tensor) -> torch.Tensor:
        """(n, 1, s, s, s) -> (n, 64, s', s') at the published width: equations 3 to 7."""
        expected = (1, self.sections, self.sections, self.sections)
        if tuple(x.shape[1:]) != expected:
            raise InputError("input of a two-view network", f"(n, {expected})", f"{tuple(x.shape)}")
        volume = x[:, 0]
        return torch.cat([self.first_view(volume), self.second_view(volume.transpose(1, 2))], dim=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return self.forward_stages(self.compress(x))


def compression_parameters(
    sections: Sequence[int],
    kernel: int = KERNEL,
    channels: int = CHANNELS,
    bias: bool = True,
    norm: bool = True,
) -> int:
    """Parameters of the compression blocks, one a view: sum of channels * (sections * kernel**2 + bias + 2 * norm).

    Table 3 of nmosd_ms has 11,475,330 and 21,583,490 parameters. Without their first convolution and its
    normalisation, torchvision's ResNet-18 and -34 with two outputs have 11,168,002 and 21,276,162: each leaves
    307,328. With 100 sections, kernel 7 and 32 channels the two convolutions alone have 313,600 weights, so the
    printed count is not that of the block in the text. It is exactly that of 2 x 32 kernels 7 x 7 over 98 sections
    without biases and with normalisation uncounted; the block of the text has 313,792, and the network 6,464 more
    than printed (0.06 %, 0.03 %). Were the first layer kept, 297,792 would be left, which no such block has either.
    """
    return sum(channels * (n * kernel**2 + int(bias) + 2 * int(norm)) for n in sections)
