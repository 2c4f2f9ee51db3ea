"""The 57-fold set: an image as it is, and after each of the 56 fixed operations of `policy`.

Ranges of the magnitudes are those of AutoAugment (Cubuk et al. 2018, Table 6): shear up to 0.3, translation up to
150 of 331 pixels, rotation up to 30 degrees, contrast 0.1 to 1.9, solarising from 256 down to 0, each in ten equal
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

from scripts.papers.glioma_grading.policy import Operation, Steps, fixed_operations

LEVELS = 10  # magnitudes 0 to 9
LARGEST = {
    "ShearX": 0.3,
    "ShearY": 0.3,
    "TranslateX": 150 / 331,  # of the width
    "TranslateY": 150 / 331,  # of the height
    "Rotate": 30.0,  # degrees
    "Contrast": 0.9,  # added to 1
}
SIGNS = ("positive", "whole_range")
OPERATIONS = fixed_operations()
COPIES = 1 + len(OPERATIONS)


def amount(operation: Operation, sign: str = "positive") -> float:
    """What a magnitude means: a slope, a share of the side, degrees, a change of contrast; for Solarize the threshold.

    Parameters
    ----------
    sign : AutoAugment draws a sign at random, a fixed operation cannot. 'positive': magnitude 0 is no change and 9
        the largest; 'whole_range': 0 is the largest negative and 9 the largest positive change.

    Raises
    ------
    ValueError : an operation without a magnitude, or another sign.
    """
    if sign not in SIGNS:
        raise ValueError(f"expected a sign of {SIGNS}, found '{sign}'")
    share = operation.magnitude / (LEVELS - 1)
    if operation.name == "Solarize":
        return 255.0 * (1 - share)
    if operation.name not in LARGEST:
        raise ValueError(f"'{operation.name}' has no magnitude")
    return LARGEST[operation.name] * (share if sign == "positive" else 2 * share - 1)


def _affine(
    image: torch.Tensor, translate: tuple[int, int] = (0, 0), shear: tuple[float, float] = (0.0, 0.0)
):
    """Moved by whole pixels, or sheared about the upper left corner by slopes (x, y); outside is black."""
    degrees = [math.degrees(math.atan(slope)) for slope in shear]
    return F.affine(
        image, 0.0, list(translate), 1.0, degrees, InterpolationMode.NEAREST, [0.0], center=[0, 0] if any(shear)
        else None
    )  # fmt: skip


def apply_operation(image: torch.Tensor, operation: Operation, sign: str = "positive") -> torch.Tensor:
    """One operation on an image.

    Parameters
    ----------
    image : uint8 (channel, y, x), 1 or 3 channels. sign : see `amount`.

    Returns
    -------
    uint8, of the same shape. Pixels that come from outside the image are black, as what is outside the tumour.
    """
    name = operation.name
    if name == "Invert":
        return F.invert(image)
    if name == "Equalize":
        return F.equalize(image)
    if name == "AutoContrast":
        return F.autocontrast(image)
    value = amount(operation, sign)
    height, width = image.shape[-2:]
    apply: dict[str, Callable[[], torch.Tensor]] = {
        "ShearX": lambda: _affine(image, shear=(value, 0.0)),
        "ShearY": lambda: _affine(image, shear=(0.0, value)),
        "TranslateX": lambda: _affine(image, translate=(int(value * width), 0)),
        "TranslateY": lambda: _affine(image, translate=(0, int(value * height))),
        "Rotate": lambda: F.rotate(image, value, InterpolationMode.NEAREST, fill=[0.0]),
        "Contrast": lambda: F.adjust_contrast(image, 1.0 + value),
        "Solarize": lambda: F.solarize(image, value),
    }
    return apply[name]()


def apply_steps(image: torch.Tensor, steps: Steps, sign: str = "positive") -> torch.Tensor:
    """The operations one after another."""
    for operation in steps:
        image = apply_operation(image, operation, sign)
    return image


def expand(image: torch.Tensor, copy: int, sign: str = "positive") -> torch.Tensor:
    """Member `copy` of the 57-fold set of an image: 0 is the image itself, k operation k - 1 of OPERATIONS.

    Raises
    ------
    IndexError : no such member.
    """
    if not 0 <= copy < COPIES:
        raise IndexError(f"expected a copy from 0 to {COPIES - 1}, found {copy}")
    return image if copy == 0 else apply_steps(image, OPERATIONS[copy - 1], sign)
