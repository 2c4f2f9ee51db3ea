"""Train a network: Lightning's loop, resumed where it was killed, with the weights of a training that was not."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import pandas as pd
import torch
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.plugins.environments import LightningEnvironment
from torch import Tensor
from torch.utils.data import DataLoader

from scripts.errors import InputError
from scripts.training import checkpoints as files
from scripts.training.batches import EpochBatches, batch_sizes
from scripts.training.datasets import SampleDataset
from scripts.training.devices import is_out_of_memory, precision_on, repeatable, torch_device
from scripts.training.loop import Keeper, TrainingLoop
from scripts.training.settings import TrainingSettings, lower_is_better
from scripts.training.tasks import Task

# (epoch from 1, network in evaluation mode, no gradients) -> what to keep of this epoch, by name
Observe = Callable[[int, torch.nn.Module], dict[str, Tensor]]
SAVE_EVERY_S = 60.0
# What Lightning warns of and is meant so here: one process loads on a CPU, no validation, frozen layers in evaluation
# mode, SLURM there and unused; and its own use of a name that torch has given up.
QUIET = (
    ".*does not have many workers",
    ".*have no `val_dataloader`",
    ".*in eval mode at the start of training",
    ".*`srun` command is available",
    ".*LeafSpec",
)


@dataclass(frozen=True)
class Fitted:
    """What came of a training; the network itself holds the kept weights.

    Attributes
    ----------
    history : a row an epoch: epoch (from 1), training_loss, training_<metric>, the same of validation, learning_rate,
        kept (true for the epoch of the kept weights). The losses are without penalties on weights.
    seconds : of each epoch, by a clock; beside the history, which is the same whenever it is made again.
    best_epoch : the epoch of the kept weights, from 1.
    batch_size : samples of an optimiser step. accumulation : parts in which each is computed, their gradients summed.
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


@dataclass(frozen=True)
class _Training:
    """What `fit` was asked for."""

    network: torch.nn.Module
    task: Task
    train: SampleDataset
    validation: SampleDataset | None
    settings: TrainingSettings
    seed: int
    folder: Path | None
    device: str
    observe: Observe | None
    every_s: float
    workers: int


def fit(
    network: torch.nn.Module,
    task: Task,
    train: SampleDataset,
    validation: SampleDataset | None,
    settings: TrainingSettings,
    seed: int,
    checkpoints: Path | None = None,
    device: str = "cpu",
    *,
    observe: Observe | None = None,
    every_s: float = SAVE_EVERY_S,
    workers: int = 0,
) -> Fitted:
    """Train `network`, from the last checkpoint in `checkpoints` where there is one.

    On a CPU the weights are the same to the bit however often the process was killed, on the same number of threads. A
    batch that does not fit the device is computed in two parts, then four, and so on, with the gradient of the whole
    batch (batch normalisation sees the parts), from the last checkpoint on; this is printed and in the result.

    Parameters
    ----------
    network : with its first weights. Parameters that do not require a gradient stay as they are.
    train, validation : data sets; without validation samples keep the last epoch, or stop early by a training metric.
    seed : of the order of samples and of what the network draws (dropout). The data set has its own.
    checkpoints : the folder of this training alone (`checkpoints.open_folder`), None for none.
    device : cpu or gpu.
    observe : called after each epoch; what it gives is kept with the checkpoints.
    every_s : seconds from one checkpoint to the next, at the end of an epoch.
    workers : processes that load samples beside this one; they change no number.

    Raises
    ------
    InputError : settings that need validation samples where there are none, no training sample, a loss that is not
        finite, a batch of which not even one sample at a time fits.
    """
    if not len(train):
        raise InputError("training", "at least one training sample", "none")
    if validation is not None and not len(validation):
        validation = None
    by_validation = settings.metric.startswith("validation_") and (
        settings.keep == "best" or settings.early_stopping
    )
    if validation is None and by_validation:
        remedy = "Give the split a validation_share, or set keep: last and early_stopping to null or to training_loss."
        raise InputError("training", f"validation samples for {settings.metric}", "none", remedy)
    asked = _Training(
        network, task, train, validation, settings, seed, checkpoints, device, observe, every_s, workers
    )  # fmt: skip
    torch_device(device)
    first = {name: tensor.detach().to("cpu", copy=True) for name, tensor in network.state_dict().items()}
    parts = 1
    with repeatable(device, torch.get_num_threads()):
        while True:
            state = files.load(checkpoints) if checkpoints is not None else None
            network.load_state_dict(state["network"] if state else first)
            parts = max(parts, state["parts"] if state else 1)
            try:
                return _run(asked, parts, state)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                told = str(error).splitlines()[0]
            parts = _more_parts(
                parts, settings.batch_size, max(batch_sizes(len(train), settings.batch_size)), told
            )
            gc.collect()
            if device == "gpu":
                torch.cuda.empty_cache()


def _more_parts(parts: int, batch_size: int, longest: int, told: str) -> int:
    """Twice the parts, said; InputError where the parts have one sample each already."""
    if parts >= batch_size:
        remedy = "Use a larger device, or smaller images."
        raise InputError("training.batch_size", "a sample that fits the device", f"'{told}'", remedy)
    parts = min(2 * parts, batch_size)
    print(
        f"A batch of {batch_size} does not fit the device: {parts} parts of at most {-(-longest // parts)}, gradients "
        "accumulated."
    )
    return parts


def _run(asked: _Training, parts: int, state: dict[str, Any] | None) -> Fitted:
    """Train from a state (None: from the first weights) to the end."""
    settings, network = asked.settings, asked.network
    precision = precision_on(asked.device, settings.precision)
    rows = state["rows"] if state else []
    batches = EpochBatches(len(asked.train), settings.batch_size, parts, asked.seed, epoch=len(rows))
    loop = TrainingLoop(
        network, asked.task, settings, batches, asked.seed,
        state["optimizer"] if state else None, state["scaler"] if state else None,
    )  # fmt: skip
    stopping = _early_stopping(settings, state)
    keeper = Keeper(loop, stopping, asked.folder, asked.every_s, asked.observe, state)
    stopped = state["ends"] if state else ""
    if state:
        print(f"Going on after epoch {len(rows)} of {settings.epochs}.")
    if not stopped:
        stopped = _train(asked, loop, keeper, stopping, precision)
    network.cpu()
    if keeper.best:
        network.load_state_dict(keeper.best)
    network.eval()
    best = keeper.best_epoch or len(keeper.rows)
    history = pd.DataFrame(keeper.rows).astype({"epoch": int})
    return Fitted(
        history=history.assign(kept=history["epoch"] == best),
        seconds=keeper.seconds,
        best_epoch=best,
        batch_size=settings.batch_size,
        accumulation=parts,
        stopped=stopped,
        device=asked.device,
        precision=precision,
        observed=keeper.observed,
    )


def _train(
    asked: _Training, loop: TrainingLoop, keeper: Keeper, stopping: EarlyStopping | None, precision: str
) -> str:
    """Run Lightning's loop; why it ended."""
    settings, parts = asked.settings, loop.batches.parts
    asked.network.train()
    with warnings.catch_warnings():
        for message in QUIET:
            warnings.filterwarnings("ignore", message=message)
        logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # tips, and which devices there are
        trainer = lightning.Trainer(
            accelerator="gpu" if asked.device == "gpu" else "cpu",
            devices=1,
            precision={"32": "32-true"}.get(precision, precision),
            max_epochs=settings.epochs,
            accumulate_grad_batches=parts,
            gradient_clip_val=settings.gradient_clip,
            callbacks=[keeper, *([stopping] if stopping else [])],
            default_root_dir=asked.folder,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            plugins=[LightningEnvironment()],  # one process, also inside a job of SLURM
        )
        done = trainer.fit_loop.epoch_progress.current
        done.processed = done.completed = len(keeper.rows)
        try:
            trainer.fit(loop, _loader(asked, loop.batches), _validation_loader(asked, parts))
        except SystemExit as left:  # Lightning's answer to Ctrl-C
            if isinstance(left.__context__, KeyboardInterrupt):
                raise KeyboardInterrupt from None
            raise
    return keeper.why_it_ends(trainer)


def _early_stopping(settings: TrainingSettings, state: dict[str, Any] | None) -> EarlyStopping | None:
    rule = settings.early_stopping
    if rule is None:
        return None
    stopping = EarlyStopping(
        rule.metric,
        min_delta=rule.min_delta,
        patience=rule.patience,
        mode="min" if lower_is_better(rule.metric) else "max",
        check_finite=False,
        check_on_train_epoch_end=True,
    )
    if state:
        stopping.load_state_dict(state["stopping"])
    return stopping


def _loader(asked: _Training, batches: EpochBatches) -> DataLoader:
    return DataLoader(
        asked.train,
        batch_sampler=batches,
        num_workers=asked.workers,
        persistent_workers=asked.workers > 0,
        pin_memory=asked.device == "gpu",
        generator=torch.Generator(),  # its own: it draws a number at each epoch
    )


def _validation_loader(asked: _Training, parts: int) -> DataLoader | None:
    if asked.validation is None:
        return None
    largest = -(-asked.settings.batch_size // parts)
    batches = EpochBatches(len(asked.validation), largest, shuffle=False)
    return _loader(replace(asked, train=asked.validation), batches)
