"""Checkpoints: safetensors and JSON, whole or not at all, and of the same code, data and settings or not used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHECKPOINTS = Path("cache/checkpoints")


def checkpoint_key(
    code: str, settings: Mapping[str, Any], seed: int, inputs: Mapping[str, str], **place: Any
) -> str:
    """SHA-256 of everything that a training's weights follow from.

    Parameters
    ----------
    code : fingerprint of the step's code. inputs : name -> digest of what it reads. place : model, fold, threads, ...
    """
    raise NotImplementedError
