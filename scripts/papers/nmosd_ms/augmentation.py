"""Random shifts and flips of a cube (Data Processing, step iv)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

AXES = {"z": -3, "y": -2, "x": -1}


def shift_and_flip(
    image: Tensor, generator: torch.Generator, shift_share: float = 0.0, flip_axes: Sequence[str] = ()
) -> Tensor:
    """Shift along every axis by a whole number of voxels, and mirror with probability one half along each named axis.

    Parameters
    ----------
    image : (channel, z, y, x). generator : what is drawn depends on it alone.
    shift_share : the largest shift, as a share of the axis' length; voxels that come in from outside are 0.
    flip_axes : of z, y, x. Mirroring x exchanges left and right.
    """
    for axis in AXES.values():
        n = image.shape[axis]
        most = int(shift_share * n)
        by = int(torch.randint(-most, most + 1, (1,), generator=generator)) if most else 0
        if by:
            image = torch.roll(image, by, axis)
            image.narrow(axis, 0 if by > 0 else n + by, abs(by)).zero_()
    for name in flip_axes:
        if torch.rand(1, generator=generator) < 0.5:
            image = image.flip(AXES[name])
    return image
