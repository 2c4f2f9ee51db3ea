"""One fold of one model: the whole step that a paper's own train_fold.py hands its network and transforms to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from scripts.training.datasets import Augment, Expand, Transform
from scripts.training.fit import Observe
from scripts.workflow.job import Job

# (settings of the model, n_classes, state of pretrained weights or None) -> the network; weights it draws itself come
# from torch's global generator, which is seeded before
Build = Callable[[Mapping[str, Any], int, Mapping[str, torch.Tensor] | None], torch.nn.Module]


def train_fold(
    job: Job,
    build: Build,
    transform: Transform | Callable[[Mapping[str, Any]], Transform] | None = None,
    augment: Augment | None = None,
    expand: Expand | None = None,
    copies: int = 1,
    *,
    observe: Observe | None = None,
) -> None:
    """Train one fold and write its five files.

    Parameters
    ----------
    job : its rule names
        input: samples (prepared/<batch>.safetensors, all), table (samples.parquet), split (results/.../<scheme>.csv),
            and pretrained (safetensors) where the model's card says `pretrained: procedural`;
        output: weights, history, predictions, training, timing;
        wildcards: model, repeat, fold; settings: `training_settings` of rules/train.smk
            (models.<model>, training, device, seed, and weights.folder for `pretrained: torchvision`).
    build : the network, from `settings["models"][model]`.
    transform, augment, expand, copies : see `SampleDataset`.

    Classes are the labels of the split's file in alphabetical order; p_<class> are the columns of the predictions.
    """
    raise NotImplementedError
