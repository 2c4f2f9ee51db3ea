"""How the networks of nmosd_ms are trained: what the shared training step is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scripts.papers.nmosd_ms.augmentation import shift_and_flip
from scripts.papers.nmosd_ms.networks import build, whole_settings
from scripts.splits.split_table import fold_of_split, read_split
from scripts.training.datasets import Augment, as_float
from scripts.training.fold import Build
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job

AT_A_TIME = 8
RIGHT = "right"


def build_with(settings: Mapping[str, Any]) -> Build:
    """The paper's `build` with the cube's size and the compression of the settings."""

    def build_model(
        model: Mapping[str, Any], n_classes: int, weights: Mapping[str, Tensor] | None
    ) -> torch.nn.Module:
        return build(whole_settings(model, settings), n_classes, weights)

    return build_model


def augment_of(settings: Mapping[str, Any]) -> Augment:
    """Shifts and flips by the settings' `augmentation`."""
    chosen = settings["augmentation"]
    return partial(shift_and_flip, shift_share=chosen["shift_share"], flip_axes=tuple(chosen["flip_axes"]))


@dataclass(frozen=True)
class HeldOut:
    """The held-out samples of a fold, judged after each epoch; nothing is chosen by them.

    Attributes
    ----------
    images : (n, 1, z, y, x) uint8. targets : (n,) class indices.
    """

    images: Tensor
    targets: Tensor

    @classmethod
    def of(cls, job: Job) -> HeldOut:
        """The test samples of the job's fold; classes are the labels of the fold in alphabetical order."""
        where = job.wildcards
        rows = fold_of_split(read_split(job.input.split), int(where.repeat), int(where.fold))
        classes = sorted(rows["label"].unique())
        test = rows[rows["part"] == "test"]
        source = SampleSource(job.input.samples, job.input.table)
        images = np.stack([source.read(sample) for sample in test["sample"]])
        return cls(torch.from_numpy(images), torch.tensor([classes.index(w) for w in test["label"]]))

    def __call__(self, epoch: int, network: torch.nn.Module) -> dict[str, Tensor]:
        """`right`, (n,) uint8: which samples the network calls rightly, wherever it is."""
        device = next(network.parameters()).device
        called = [
            network(as_float(part).to(device)).argmax(dim=1).cpu() for part in self.images.split(AT_A_TIME)
        ]
        return {RIGHT: (torch.cat(called) == self.targets).to(torch.uint8)}
