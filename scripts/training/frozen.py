"""The frozen network: a folder of weights (safetensors) and a readable card that says what it takes and gives.

Layout of the card: `config/schemas/frozen_network.schema.json`. Axes of a sample (channel, y, x) or (channel, z, y, x).
Neither file is code: the network is built by the paper's own `build` and must have just the weights of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from scripts.errors import FaultList, InputError
from scripts.model.bundle_file import read_checked, refuse_faults
from scripts.tables import write_json, write_whole
from scripts.training.samples import SampleSource

if TYPE_CHECKING:
    from scripts.training.fold import Build

SCHEMA = Path(__file__).parents[2] / "config" / "schemas" / "frozen_network.schema.json"
CARD, WEIGHTS = "card.json", "weights.safetensors"
AXES = {3: "channel, y, x", 4: "channel, z, y, x"}

Card = dict[str, Any]


@dataclass(frozen=True)
class Frozen:
    """A frozen network, in evaluation mode on the CPU, and its card."""

    network: torch.nn.Module
    card: Card

    @property
    def classes(self) -> list[str]:
        """The words of the outputs, in their order."""
        return self.card["classes"]


def training_facts(source: SampleSource, samples: Sequence[str], labels: Mapping[str, str]) -> dict[str, Any]:
    """What the card says of the training samples, from one pass over them.

    Returns
    -------
    `input` (shape, axes, dtype, range) and `training_digest`: SHA-256 of the samples' ids, labels and values in order
    of the ids.

    Raises
    ------
    InputError : samples of different shapes or kinds, or values that are not finite.
    """
    digest, seen, low, high = hashlib.sha256(), set(), np.inf, -np.inf
    for sample in sorted(samples):
        image = source.read(sample)
        seen.add((image.shape, str(image.dtype)))
        low, high = min(low, float(image.min())), max(high, float(image.max()))
        digest.update(f"{sample}\x1f{labels[sample]}\x1f".encode())
        digest.update(np.ascontiguousarray(image).tobytes())
    if len(seen) != 1 or not np.isfinite([low, high]).all():
        found = ", ".join(f"{dtype} {shape}" for shape, dtype in sorted(seen)) or "none"
        raise InputError("training samples", "finite images of one shape", f"{found}, {low:g} to {high:g}")
    ((shape, dtype),) = seen
    taken = {"shape": list(shape), "axes": AXES[len(shape)], "dtype": dtype, "range": [low, high]}
    return {"input": taken, "training_digest": digest.hexdigest()}


def write_frozen(folder: str | Path, network: torch.nn.Module, card: Mapping[str, Any]) -> Card:
    """Write weights and card; numbers come back bit for bit from `read_frozen`.

    Parameters
    ----------
    card : all of the schema but `weights` and `network.n_parameters`, which follow from the network.

    Returns
    -------
    The card as written.

    Raises
    ------
    InputError : a card that does not follow the schema; a weight that is not finite.
    """
    folder = Path(folder)
    state = {
        name: tensor.detach().cpu().contiguous().clone() for name, tensor in network.state_dict().items()
    }
    bad = [name for name, tensor in state.items() if not torch.isfinite(tensor).all()]
    if bad:
        raise InputError("weights of the network", "finite numbers", f"others in {', '.join(bad[:5])}")
    write_whole(folder / WEIGHTS, lambda part: save_file(state, part))
    n_parameters = sum(p.numel() for p in network.parameters())
    full = dict(card) | {
        "schema_version": 1,
        "network": dict(card["network"]) | {"n_parameters": n_parameters},
        "weights": {"sha256": _digest(folder / WEIGHTS)},
    }
    refuse_faults(full, str(folder / CARD), SCHEMA, _consistency_faults)
    write_json(full, folder / CARD)
    return full


def read_card(folder: str | Path) -> Card:
    """The card of a frozen network; every fault is named in one InputError."""
    return read_checked(Path(folder) / CARD, SCHEMA, _consistency_faults)


def read_frozen(folder: str | Path, build: Build) -> Frozen:
    """A frozen network, ready to be applied.

    Parameters
    ----------
    build : (settings of the model, n_classes, None) -> network.

    Raises
    ------
    InputError : no such files, a card with faults, weights that are not those of the card or not of this network.
    """
    folder = Path(folder)
    card = read_card(folder)
    path = folder / WEIGHTS
    if not path.is_file():
        raise InputError(str(path), "the weights beside the card", "no such file")
    if (found := _digest(path)) != card["weights"]["sha256"]:
        raise InputError(
            str(path), f"the card's weights (SHA-256 {card['weights']['sha256'][:12]}...)", f"others ({found[:12]}...)",
            "Keep card and weights of one network together.",
        )  # fmt: skip
    try:
        state = load_file(path)
    except SafetensorError as error:
        raise InputError(str(path), "weights (safetensors)", str(error)) from None
    network = build(card["network"]["settings"], len(card["classes"]), None)
    if faults := list(_misfits(state, network)):
        raise FaultList(str(path), faults, "The code builds another network than the one that was frozen.")
    network.load_state_dict(state)
    return Frozen(network.eval(), card)


def misfit(card: Card, image: np.ndarray) -> str:
    """Why a sample is none that the network takes, in words; '' if it is one.

    A value may lie beyond the training samples' range by the extent of that range, and no further: an image in other
    units is refused, a brighter one is not.
    """
    taken = card["input"]
    if list(image.shape) != taken["shape"] or str(image.dtype) != taken["dtype"]:
        return (
            f"expected {taken['dtype']} {tuple(taken['shape'])} ({taken['axes']}), "
            f"found {image.dtype} {image.shape}"
        )
    low, high = float(image.min()), float(image.max())
    if not np.isfinite([low, high]).all():
        return "expected finite values, found others"
    first, last = taken["range"]
    if low < first - (last - first) or high > last + (last - first):
        return (
            f"expected values like {first:g} to {last:g} of the training samples, found {low:g} to {high:g}"
        )
    return ""


def _misfits(state: Mapping[str, torch.Tensor], network: torch.nn.Module) -> Iterator[str]:
    own = network.state_dict()
    for name in own.keys() - state.keys():
        yield f"{name}: not in the file"
    for name in state.keys() - own.keys():
        yield f"{name}: not in the network"
    for name in own.keys() & state.keys():
        if own[name].shape != state[name].shape or own[name].dtype != state[name].dtype:
            yield (
                f"{name}: {own[name].dtype} {tuple(own[name].shape)} in the network, {state[name].dtype} "
                f"{tuple(state[name].shape)} in the file"
            )


def _consistency_faults(card: Card) -> Iterable[str]:
    taken = card["input"]
    if AXES[len(taken["shape"])] != taken["axes"]:
        yield f"input/axes: '{taken['axes']}' for a shape of {len(taken['shape'])} numbers"
    if taken["range"][0] > taken["range"][1]:
        yield "input/range: its ends are in the wrong order"
    if "rows" in taken and len(taken["rows"]) != taken["shape"][-2]:
        yield f"input/rows: {len(taken['rows'])} names for {taken['shape'][-2]} rows"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
