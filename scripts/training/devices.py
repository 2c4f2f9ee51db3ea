"""The device of a training and its precision; what makes a computation on it repeat."""

from __future__ import annotations

import torch

from scripts.errors import InputError

DEVICES = ("cpu", "gpu")


def torch_device(device: str) -> torch.device:
    """The torch device of `cpu` or `gpu` (the first visible card: a step sees only those it holds).

    Raises
    ------
    InputError : gpu, and torch sees none.
    """
    if device not in DEVICES:
        raise InputError("device", f"one of {', '.join(DEVICES)}", repr(device))
    if device == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError(
            "device: gpu",
            "a graphics card that torch can use",
            f"none (torch {torch.__version__})",
            "Install a torch with CUDA for this driver, or set `device: cpu`.",
        )
    return torch.device("cuda", 0)


def precision_on(device: str, wanted: str) -> str:
    """The precision of a training: `wanted`, or for auto 32 on a CPU and on a GPU the widest 16-bit format it has."""
    if wanted != "auto":
        return wanted
    if device == "cpu":
        return "32"
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
