"""The device of a training and its precision; what makes a computation on it repeat."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from scripts.errors import InputError
from scripts.seeds import generator

DEVICES = ("cpu", "gpu")
CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


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
    """The precision of a training: `wanted`, or for auto 32 on a CPU and bf16-mixed (else 16-mixed) on a GPU.

    Raises
    ------
    InputError : 16-mixed on a CPU, which has no such arithmetic.
    """
    if device == "cpu":
        if wanted == "16-mixed":
            remedy = "Use bf16-mixed, 32 or auto, or set `device: gpu`."
            raise InputError("training.precision", "a precision that a CPU has", "'16-mixed'", remedy)
        return "32" if wanted == "auto" else wanted
    if wanted != "auto":
        return wanted
    return "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch could not get the memory that it asked for, on a card or on a CPU."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate" in str(error)


@contextlib.contextmanager
def seeded(seed: int, *names: str | int) -> Iterator[None]:
    """What torch draws meanwhile (the first weights of a network) follows from the seed and the names, as
    `scripts.seeds.generator`; afterwards its generators stand where they stood."""
    with torch.random.fork_rng():
        torch.manual_seed(int(generator(seed, *names).integers(1 << 63)))
        yield


@contextlib.contextmanager
def repeatable(device: str = "cpu", threads: int = 1) -> Iterator[None]:
    """The same numbers each time: deterministic algorithms and a fixed number of threads, for as long as it lasts.

    On a CPU everything repeats to the bit on the same number of threads. A few layers have no deterministic algorithm
    on a GPU (adaptive pooling, interpolation); torch warns of them there and they are used all the same.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warn_before = torch.is_deterministic_algorithms_warn_only_enabled()
    fill_before = torch.utils.deterministic.fill_uninitialized_memory
    benchmark, cublas = torch.backends.cudnn.benchmark, os.environ.get(CUBLAS)
    os.environ.setdefault(CUBLAS, ":4096:8")
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=device != "cpu")
    torch.utils.deterministic.fill_uninitialized_memory = (
        False  # it finds faults of libraries, and takes time
    )
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1], warn_only=warn_before)
        torch.utils.deterministic.fill_uninitialized_memory = fill_before
        torch.backends.cudnn.benchmark = benchmark
        if cublas is None:
            os.environ.pop(CUBLAS, None)
