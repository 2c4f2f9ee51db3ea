"""Pretrained weights into a network that is not quite the one they came from: other classes, other channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from scripts.errors import InputError


@dataclass(frozen=True)
class Adapted:
    """What became of a network's parameters and buffers, by name.

    Parameters
    ----------
    loaded : filled as they are. summed : the first layer's, where the numbers of channels differ. new : left as they
        were.
    unused : of the weights, what the network has no place for.
    """

    loaded: tuple[str, ...]
    summed: tuple[str, ...]
    new: tuple[str, ...]
    unused: tuple[str, ...]


def adapt(state: Mapping[str, torch.Tensor], network: nn.Module, new: Sequence[str] | None = None) -> Adapted:
    """Fill a network in place with pretrained weights, all but its head.

    Where the first layer takes another number of channels, its weights are summed over the channels they have and
    shared out evenly over those of the network, w'[:, c] = sum_k w[:, k] / n': an image with the same values in all
    its channels gives what the original gives for that image in all of its own. So one grey channel gets the sum.

    Parameters
    ----------
    state : name -> tensor.
    new : beginnings of names that are left as they are; None for the network's last linear layer.

    Raises
    ------
    InputError : a parameter outside `new` has no weights of its shape (a narrower network than the weights are of).
    """
    new = last_linear(network) if new is None else tuple(new)
    own = network.state_dict()
    first = _first_layer(network)
    filled: dict[str, torch.Tensor] = {}
    summed, left, faults = [], [], []
    for name, mine in own.items():
        if name.startswith(new):
            left.append(name)
        elif name not in state:
            faults.append(f"{name}: not among the weights")
        elif (theirs := state[name]).shape == mine.shape:
            filled[name] = theirs
        elif name == first and _differ_in_channels(theirs, mine):
            filled[name] = (theirs.sum(dim=1, keepdim=True) / mine.shape[1]).expand_as(mine)
            summed.append(name)
        else:
            faults.append(f"{name}: {_words(mine)} in the network, {_words(theirs)} in the weights")
    if faults:
        more = f", and {len(faults) - 1} more such" if len(faults) > 1 else ""
        raise InputError(
            "pretrained weights", "weights of this network at this width", f"{faults[0]}{more}",
            "A narrower network needs weights of its own: `pretrained: procedural` or `none`.",
        )  # fmt: skip
    network.load_state_dict(filled, strict=False)
    loaded = tuple(name for name in filled if name not in summed)
    unused = tuple(name for name in state if name not in filled)
    return Adapted(loaded, tuple(summed), tuple(left), unused)


def last_linear(network: nn.Module) -> tuple[str, ...]:
    """Beginning of the names of the network's last linear layer, its head."""
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return (f"{names[-1]}.",) if names else ()


def _first_layer(network: nn.Module) -> str:
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    names = [name for name, module in network.named_modules() if isinstance(module, convolutions)]
    stem = "conv1" if "conv1" in names else (names or [""])[0]  # ours register their stages before it
    return f"{stem}.weight"


def _differ_in_channels(theirs: torch.Tensor, mine: torch.Tensor) -> bool:
    same_rest = theirs.shape[:1] == mine.shape[:1] and theirs.shape[2:] == mine.shape[2:]
    return theirs.ndim == mine.ndim > 2 and same_rest


def _words(tensor: torch.Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"
