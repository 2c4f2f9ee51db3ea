"""The networks that only this paper has: the six-convolution CNN (4.2.1) and the UNet of two sides (4.1.1).

The UNet's left side is an autoencoder: down layers of a 3 x 3 convolution with batch normalisation, up layers of a
3 x 3 deconvolution with batch normalisation. Its right side is one 1 x 1 convolution from the picture's three channels
to one, never trained, which tells the output layer where things are but not what colour they have. A classifier's
encoder in the place of the UNet's own gives the joined network (Figure 4).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from scripts.errors import InputError

CHANNELS = 3


def start_as_keras(network: nn.Module) -> None:
    """First weights as Keras draws them, in which the paper was written (4.2, 4.3): Glorot's uniform, biases 0."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


class SixConvolutions(nn.Module):
    """Six times convolution, ReLU and 2 x 2 max pooling; a dense layer with ReLU, dropout, the classes.

    (n, 3, size, size) -> logits (n, n_classes).

    Parameters
    ----------
    channels : of the six convolutions (4.2.1: 64, 256, 512, 1024, 1024, 1024). units : of the first dense layer.
    kernel : odd, pixels on a side; borders are padded with zeros. dropout : rate after the first dense layer.

    Raises
    ------
    InputError : other than six channel counts, an even kernel, or a picture smaller than 64 pixels.
    """

    N_CONVOLUTIONS = 6

    def __init__(
        self,
        n_classes: int,
        size: int,
        channels: Sequence[int],
        units: int,
        kernel: int = 3,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if len(channels) != self.N_CONVOLUTIONS:
            raise InputError(
                "models.cnn.sizes.channels", f"{self.N_CONVOLUTIONS} numbers", f"{len(channels)}"
            )
        if kernel % 2 == 0:
            raise InputError("models.cnn.sizes.kernel", "an odd number", f"{kernel}")
        left = size >> self.N_CONVOLUTIONS
        if left < 1:
            raise InputError("models.cnn.input_size", f"at least {1 << self.N_CONVOLUTIONS}", f"{size}")
        layers: list[nn.Module] = []
        for entering, leaving in zip((CHANNELS, *channels), channels, strict=False):
            layers += [
                nn.Conv2d(entering, leaving, kernel, padding=kernel // 2),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*layers)
        self.dense = nn.Linear(channels[-1] * left * left, units)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(units, n_classes)
        start_as_keras(self)
        self.l2_layer = "dense"  # the penalty `l2_head` is of this layer: 4.2.1, 'in the first Dense layer'

    def forward(self, pictures: Tensor) -> Tensor:
        hidden = torch.relu(self.dense(self.features(pictures).flatten(1)))
        return self.head(self.dropout(hidden))


def _down(entering: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(entering, leaving, 3, stride=2, padding=1), nn.BatchNorm2d(leaving), nn.ReLU(inplace=True)
    )


def _up(entering: int, leaving: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(entering, leaving, 3, stride=2, padding=1, output_padding=1),
        nn.BatchNorm2d(leaving),
        nn.ReLU(inplace=True),
    )


def encoder_layers(channels: Sequence[int]) -> nn.Sequential:
    """The down layers, each half the size: (n, 3, s, s) -> (n, channels[-1], s / 2^k, s / 2^k)."""
    return nn.Sequential(*(_down(a, b) for a, b in zip((CHANNELS, *channels), channels, strict=False)))


class EncoderClassifier(nn.Module):
    """The UNet's encoder with a flatten layer and a fully connected layer (Figure 3).

    (n, 3, size, size) -> logits (n, n_classes).

    Raises
    ------
    InputError : a size that the layers do not divide.
    """

    def __init__(self, n_classes: int, size: int, channels: Sequence[int]) -> None:
        super().__init__()
        step = 1 << len(channels)
        if size % step:
            raise InputError("models.encoder.input_size", f"a multiple of {step}", f"{size}")
        self.features = encoder_layers(channels)
        self.head = nn.Linear(channels[-1] * (size // step) ** 2, n_classes)
        start_as_keras(self)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures).flatten(1))


class TwoSidedUNet(nn.Module):
    """An autoencoder (left) and a frozen path of places (right) that meet in the output layer (Figure 2).

    (n, 3, s, s) of 0 to 1 -> (n, 3, s, s) of 0 to 1.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.down = encoder_layers(channels)
        going = list(reversed(channels))
        self.up = nn.Sequential(*(_up(a, b) for a, b in zip(going, [*going[1:], going[-1]], strict=True)))
        self.location = nn.Conv2d(CHANNELS, 1, kernel_size=1)
        self.output = nn.Conv2d(channels[0] + 1, CHANNELS, 3, padding=1)
        start_as_keras(self)
        self.location.requires_grad_(False)

    def forward(self, pictures: Tensor) -> Tensor:
        coloured = self.up(self.down(pictures))
        return torch.sigmoid(self.output(torch.cat([coloured, self.location(pictures)], dim=1)))


def left_only(unet: TwoSidedUNet, seed: int) -> TwoSidedUNet:
    """The left side's trained weights with a new random right side (Figure 5, layer 'rand')."""
    made = copy.deepcopy(unet)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        start_as_keras(made.location)
    return made.eval()


def right_only(unet: TwoSidedUNet, seed: int) -> TwoSidedUNet:
    """The right side's weights with new random weights everywhere else (Figure 6)."""
    made = copy.deepcopy(unet)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for side in (made.down, made.up, made.output):
            for layer in side.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.reset_parameters()
            start_as_keras(side)
    return made.eval()


def joined(unet: TwoSidedUNet, classifier: EncoderClassifier) -> TwoSidedUNet:
    """The classifier's encoder with the UNet's decoder and right side (Figure 4); nothing is trained any more."""
    made = copy.deepcopy(unet)
    made.down.load_state_dict(classifier.features.state_dict())
    return made.eval()
