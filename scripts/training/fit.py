"""Train a network: Lightning's loop, resumed where it was killed, with the weights of a training that was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from scripts.training.datasets import SampleDataset
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import Task

# (epoch, network in evaluation mode, no gradients) -> what to keep of this epoch, by name
Observe = Callable[[int, torch.nn.Module], dict[str, Tensor]]


@dataclass(frozen=True)
class Fitted:
    """What came of a training; the network itself holds the kept weights.

    Attributes
    ----------
    history : a row an epoch: epoch (from 1), training_loss, validation_loss, further metrics, learning_rate, kept.
    seconds : of each epoch, by a clock; beside the history, which is the same whenever it is made again.
    best_epoch : the epoch of the kept weights, from 1.
    batch_size : samples of an optimiser step. accumulation : parts it was computed in.
    stopped : why it ended, in words.
    device, precision : what it ran on.
    observed : epoch -> what `observe` gave.
    """

    history: pd.DataFrame
    seconds: list[float]
    best_epoch: int
    batch_size: int
    accumulation: int
    stopped: str
    device: str
    precision: str
    observed: dict[int, dict[str, Tensor]] = field(default_factory=dict)


def fit(
    network: torch.nn.Module,
    task: Task,
    train: SampleDataset,
    validation: SampleDataset | None,
    settings: TrainingSettings,
    seed: int,
    checkpoints: Path | None,
    device: str = "cpu",
    *,
    observe: Observe | None = None,
) -> Fitted:
    """Train `network`, from the last checkpoint in `checkpoints` where there is one.

    On a CPU the weights are the same to the bit however often the process was killed, on the same number of threads.

    Parameters
    ----------
    network : with its first weights, which must be a function of the seed (`seeded`). Parameters that do not require a
        gradient stay as they are.
    train, validation : data sets; no validation needs `keep: last` and no early stopping. Validation samples are not
        augmented.
    seed : of the order of samples, augmentation and dropout.
    checkpoints : the folder of this training alone (`checkpoints.checkpoint_folder`), None for none.
    device : cpu or gpu.
    observe : called after each epoch; what it gives is kept in the checkpoints (UNet pictures of some epochs).

    Raises
    ------
    InputError : settings that ask for validation samples where there are none; a batch of one sample that does not fit.
    """
    raise NotImplementedError
