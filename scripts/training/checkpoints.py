"""Checkpoints: whole or not at all, and only ever those of the same code, data and settings.

A training's checkpoints lie in cache/checkpoints/<key>. The key holds everything that its weights follow from, so a
checkpoint of other code, data or parameters is not found. `training.json` beside it says whose it is: a training that
begins under another key removes those that its own earlier versions left.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.tables import read_json, write_json
from scripts.training.tensor_file import read_tensors, write_tensors
from scripts.workflow.contents import file_digest
from scripts.workflow.job import Job

CHECKPOINTS = Path("cache/checkpoints")
LAST, ABOUT = "last.safetensors", "training.json"
LIBRARIES = ("torch", "lightning", "torchvision", "monai", "numpy")


def checkpoint_key(**made_from: Any) -> str:
    """SHA-256, 64 hexadecimal digits, of everything that a training's weights follow from.

    Parameters
    ----------
    made_from : what JSON has: fingerprint of the code, settings, seed, digests of inputs, fold, threads, versions.
    """
    text = json.dumps(made_from, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def open_folder(key: str, target: str, root: Path = CHECKPOINTS) -> Path:
    """The folder of a training's checkpoints, made where there is none.

    Parameters
    ----------
    target : what the training makes (the path of its weights). Checkpoints of the same target under another key are of
        code, data or settings that have changed since: they are removed.
    """
    folder = root / key
    for other in root.glob(f"*/{ABOUT}"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            if other.parent != folder and read_json(other)["target"] == target:
                shutil.rmtree(other.parent)
    if not (folder / ABOUT).exists():
        write_json({"target": target}, folder / ABOUT)
    return folder


def checkpoint_folder(job: Job) -> Path:
    """The folder of the checkpoints of a job that trains, by its code, settings, seed, inputs, threads and libraries.

    Where an input is the table of all samples (`table`), it stands for the samples, whose digests it has
    (`collect_samples`); of every other input the digest of its content counts. A step that trains several networks
    gives each a folder in it. To be removed when the outputs are written (`remove`).
    """
    inputs = dict(job.input.items())
    if "table" in inputs:
        inputs.pop("samples", None)
    digests = {
        name: [file_digest(path) for path in ([value] if isinstance(value, str) else value)]
        for name, value in inputs.items()
    }
    target = str(next(iter(job.output)))
    key = checkpoint_key(
        rule=job.rule,
        target=target,
        code=job.code,
        settings=job.settings,
        seed=job.seed,
        inputs=digests,
        wildcards=dict(job.wildcards.items()),
        threads=job.threads,
        versions={name: importlib.metadata.version(name) for name in LIBRARIES},
    )
    return open_folder(key, target)


def save(state: Mapping[str, Any], folder: Path) -> None:
    """Write the state of a training in place of the one before."""
    write_tensors(dict(state), folder / LAST)


def load(folder: Path) -> dict[str, Any] | None:
    """The last state that was written; None where there is none, or none that can be read, which is said."""
    try:
        return read_tensors(folder / LAST)
    except FileNotFoundError:
        return None
    except ValueError as error:
        print(f"The checkpoint cannot be read, the training starts anew: {error}")
        return None


def remove(folder: Path) -> None:
    """Remove the checkpoints of a finished training."""
    shutil.rmtree(folder, ignore_errors=True)
