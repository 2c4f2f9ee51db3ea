"""The network of the study, and how a sample becomes its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from scripts.networks.catalogue import build_network
from scripts.papers.glioma_grading.augmentation import COPIES, expand

CHANNELS = 3
# torchvision's mean and SD of ImageNet, in which its weights were learnt
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
AUGMENTATIONS = ("svhn", "repeated", "none")


def build(
    settings: Mapping[str, Any], n_classes: int, weights: Mapping[str, Tensor] | None = None
) -> nn.Module:
    """AlexNet with a new last layer for `n_classes`, all others from `weights` where they are given (Figure 3).

    Parameters
    ----------
    settings : `network` and `sizes` of a model of the card.
    """
    return build_network(settings["network"], n_classes, CHANNELS, weights, **settings.get("sizes", {}))


def transform(image: Tensor) -> Tensor:
    """uint8 (1, y, x) -> float32 (3, y, x): the grey picture in all channels, in units of ImageNet's SD."""
    scaled = image.float() / 255
    mean, sd = (torch.tensor(v).view(CHANNELS, 1, 1) for v in (MEAN, SD))
    return (scaled.expand(CHANNELS, -1, -1) - mean) / sd


def same(image: Tensor, copy: int) -> Tensor:
    """The image itself, whichever copy is asked for."""
    return image


def expansion(augmentation: str, sign: str) -> tuple[Callable[[Tensor, int], Tensor] | None, int]:
    """How training samples are multiplied: a function of image and copy (None for none), and the number of copies.

    Parameters
    ----------
    augmentation : 'svhn', the 57-fold set; 'repeated', each image 57 times; 'none'. sign : see `augmentation.amount`.

    Raises
    ------
    ValueError : another augmentation.
    """
    if augmentation not in AUGMENTATIONS:
        raise ValueError(f"expected one of {', '.join(AUGMENTATIONS)}, found '{augmentation}'")
    if augmentation == "none":
        return None, 1
    return (partial(expand, sign=sign) if augmentation == "svhn" else same), COPIES
