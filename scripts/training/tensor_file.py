"""Nested Python values with tensors in them as one safetensors file: the tensors, and the rest as JSON in its header.

No pickle: what is read back is numbers, texts and tensors, and never code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from scripts.tables import write_whole

TREE = "tree"
KIND = "#"


def write_tensors(value: Any, path: str | Path) -> None:
    """Write dicts, lists and tuples of tensors, texts, numbers, truth values and None; whole or not at all.

    Raises
    ------
    TypeError : anything else is in it.
    """
    tensors: dict[str, torch.Tensor] = {}
    tree = json.dumps(_without_tensors(value, tensors))

    write_state(tensors, path, {TREE: tree})


def write_state(
    state: Mapping[str, torch.Tensor], path: str | Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors by name, such as a network's state, as safetensors; whole or not at all.

    The same tensors give the same bytes, where `metadata` has at most one entry: safetensors keeps no order of more.
    """
    tensors = {name: tensor.detach().to("cpu").contiguous() for name, tensor in state.items()}

    def write(part: Path) -> None:
        part.touch()
        mode = (
            part.stat().st_mode
        )  # as any file of this user: safetensors makes its own readable to nobody else
        save_file(tensors, part, metadata=dict(metadata) if metadata else None)
        part.chmod(mode)
        with part.open("rb") as written:
            os.fsync(written.fileno())

    write_whole(path, write)


def read_tensors(path: str | Path) -> Any:
    """What `write_tensors` wrote, tensors on the CPU.

    Raises
    ------
    OSError : no such file. ValueError : not such a file, or one that was cut off.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tree = json.loads((file.metadata() or {})[TREE])
            return _with_tensors(tree, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"{path}: not a file of tensors and their tree ({error})") from error


def _without_tensors(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """`value` as JSON has it; its tensors go into `tensors`, under numbers."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().to("cpu", copy=True).contiguous()
        return {KIND: "tensor", "name": name}
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and KIND not in value:
            return {key: _without_tensors(item, tensors) for key, item in value.items()}
        pairs = [[_without_tensors(part, tensors) for part in pair] for pair in value.items()]
        return {KIND: "dict", "items": pairs}
    if isinstance(value, tuple):
        return {KIND: "tuple", "items": [_without_tensors(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_without_tensors(item, tensors) for item in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"expected tensors, numbers and texts, found {type(value).__name__}: {value!r}")


def _with_tensors(tree: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(tree, list):
        return [_with_tensors(item, tensors) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if KIND not in tree:
        return {key: _with_tensors(item, tensors) for key, item in tree.items()}
    if tree[KIND] == "tensor":
        return tensors[tree["name"]]
    items = [_with_tensors(item, tensors) for item in tree["items"]]
    return tuple(items) if tree[KIND] == "tuple" else {key: item for key, item in items}
