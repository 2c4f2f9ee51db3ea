"""What Lightning's loop runs: the steps of a training, and what is kept of each epoch.

Everything that chance decides in an epoch is drawn anew from (seed, epoch), and the learning rate is a function of the
epoch, so that the state after an epoch is all that the next one needs: weights, the optimiser's, the scaler's of mixed
precision, the early stopping's, and the record of the epochs before. A checkpoint holds this, and a training that goes
on from it begins its next epoch as the uninterrupted one does. Lightning's own resuming is not used: it restores the
place within its loops, calls the hooks at the end of a finished epoch again, and saves before schedulers have stepped.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping
from torch import Tensor, nn

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.training import checkpoints
from scripts.training.batches import EpochBatches
from scripts.training.settings import TrainingSettings, lower_is_better
from scripts.training.tasks import Batch, Task

TOLD_EVERY_S = 10.0


def learning_rate(settings: TrainingSettings, epoch: int) -> float:
    """The learning rate of an epoch, from 0.

    none: constant. step: rate * factor^floor(epoch / step_epochs). cosine: rate * (1 + cos(pi * epoch / epochs)) / 2.
    """
    if settings.schedule == "step":
        return settings.learning_rate * settings.step_factor ** (epoch // settings.step_epochs)
    if settings.schedule == "cosine":
        return settings.learning_rate * (1 + math.cos(math.pi * epoch / settings.epochs)) / 2
    return settings.learning_rate


def optimizer_of(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """The optimiser of the settings over all parameters that require a gradient."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    rates = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer == "sgd":
        return torch.optim.SGD(trained, momentum=settings.momentum, **rates)
    kind = torch.optim.Adam if settings.optimizer == "adam" else torch.optim.AdamW
    return kind(trained, **rates)


def head_weight(network: nn.Module) -> Tensor:
    """The weights of the layer that the network names as `l2_layer`, else of its last linear layer."""
    if named := getattr(network, "l2_layer", ""):
        return network.get_submodule(named).weight
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise InputError("training.l2_head", "a network with a linear layer", type(network).__name__)
    return layers[-1].weight


class Means:
    """Means over samples, kept as sums on the device so that no step waits for one."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.samples = 0

    def add(self, values: dict[str, Tensor], samples: int) -> None:
        """Means over a batch of so many samples."""
        for name, value in values.items():
            weighted = value.detach().float() * samples
            self.sums[name] = self.sums[name] + weighted if name in self.sums else weighted
        self.samples += samples

    def take(self, prefix: str) -> dict[str, float]:
        """The means, by prefixed name; empties the sums."""
        found = {f"{prefix}{name}": float(value) / self.samples for name, value in self.sums.items()}
        self.sums, self.samples = {}, 0
        return found


class TrainingLoop(lightning.LightningModule):
    """The steps of a training, for Lightning's Trainer."""

    def __init__(
        self,
        network: nn.Module,
        task: Task,
        settings: TrainingSettings,
        batches: EpochBatches,
        seed: int,
        optimizer_state: dict[str, Any] | None = None,
        scaler_state: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.network, self.task, self.settings = network, task, settings
        self.batches, self.seed = batches, seed
        self.optimizer_state, self.scaler_state = optimizer_state, scaler_state
        self.training_means, self.validation_means = Means(), Means()
        self.row: dict[str, float] = {}
        self.on_sigterm = signal.getsignal(signal.SIGTERM)
        self.head = (
            [head_weight(network)] if settings.l2_head else []
        )  # in a list: it is no parameter of this module

    def configure_optimizers(self) -> torch.optim.Optimizer:
        optimizer = optimizer_of(self.network, self.settings)
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer

    def on_train_start(self) -> None:
        # Lightning lets a process that is told to end finish its epoch; the next run loses nothing by ending at once
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.on_sigterm)
        if self.scaler_state:
            self.trainer.precision_plugin.load_state_dict(self.scaler_state)

    def on_train_epoch_start(self) -> None:
        epoch = self.current_epoch
        torch.manual_seed(int(generator(self.seed, "epoch", epoch).integers(1 << 63)))
        for group in self.optimizers(use_pl_optimizer=False).param_groups:
            group["lr"] = learning_rate(self.settings, epoch)

    def _measured(self, batch: Batch, means: Means) -> Tensor:
        outputs = self.task.forward(self.network, batch)
        loss = self.task.loss(outputs, batch)
        with torch.no_grad():
            means.add({"loss": loss, **self.task.metrics(outputs, batch)}, len(batch["index"]))
        return loss

    def training_step(self, batch: Batch, number: int) -> Tensor:
        loss = self._measured(batch, self.training_means)
        for weight in self.head:
            loss = loss + self.settings.l2_head * weight.square().sum()
        if self.batches.parts > 1:
            loss = loss * self.batches.share(number, len(batch["index"]))
        return loss

    def validation_step(self, batch: Batch, number: int) -> None:
        self._measured(batch, self.validation_means)

    def on_train_epoch_end(self) -> None:
        self.row = {"epoch": self.current_epoch + 1, **self.training_means.take("training_")}
        if self.validation_means.samples:
            self.row |= self.validation_means.take("validation_")
        self.row["learning_rate"] = learning_rate(self.settings, self.current_epoch)
        if not math.isfinite(self.row["training_loss"]):
            found = f"{self.row['training_loss']} in epoch {self.row['epoch']}"
            remedy = "Lower training.learning_rate, or set training.gradient_clip or precision: 32."
            raise InputError("training", "a finite loss", found, remedy)
        metric = self.settings.metric
        if self.settings.early_stopping and metric not in self.row:
            known = ", ".join(name for name in self.row if name not in ("epoch", "learning_rate"))
            raise InputError("training.early_stopping.metric", f"one of {known}", repr(metric))
        if metric in self.row:
            self.log(metric, self.row[metric])


class Keeper(Checkpoint):
    """The record of the epochs, the weights of the best one, and the checkpoints; called last in each epoch."""

    def __init__(
        self,
        loop: TrainingLoop,
        stopping: EarlyStopping | None,
        folder: Path | None,
        every_s: float,
        observe: Callable[[int, nn.Module], dict[str, Tensor]] | None,
        former: dict[str, Any] | None,
    ) -> None:
        self.loop, self.stopping, self.folder, self.every_s, self.observe = (
            loop,
            stopping,
            folder,
            every_s,
            observe,
        )
        former = former or {}
        self.rows: list[dict[str, float]] = former.get("rows", [])
        self.seconds: list[float] = former.get("seconds", [])
        self.best_epoch: int = former.get("best_epoch", 0)
        self.best: dict[str, Tensor] = former.get("best", {})
        self.observed: dict[int, dict[str, Tensor]] = former.get("observed", {})
        self.saved = self.told = self.begun = time.monotonic()

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.begun = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        row = self.loop.row
        if self.loop.settings.keep == "best" and self._is_better(row):
            self.best_epoch = int(row["epoch"])
            self.best = {
                name: t.detach().to("cpu", copy=True) for name, t in self.loop.network.state_dict().items()
            }
        self.rows.append(row)
        if self.observe is not None:
            self._look(int(row["epoch"]))
        now = time.monotonic()
        self.seconds.append(round(now - self.begun, 3))
        ends = self.why_it_ends(trainer)
        if ends or now - self.told >= TOLD_EVERY_S or len(self.rows) == 1:
            self.told = now
            self._tell(row)
        if self.folder is not None and (ends or now - self.saved >= self.every_s):
            checkpoints.save(self.state(trainer, ends), self.folder)
            self.saved = time.monotonic()

    def _is_better(self, row: dict[str, float]) -> bool:
        metric = self.loop.settings.metric
        value, former = row[metric], [r[metric] for r in self.rows if int(r["epoch"]) == self.best_epoch]
        if not former or not math.isfinite(former[0]):
            return True
        return value < former[0] if lower_is_better(metric) else value > former[0]

    def _look(self, epoch: int) -> None:
        network = self.loop.network
        modes = {module: module.training for module in network.modules()}
        network.eval()
        with torch.no_grad():
            if seen := self.observe(epoch, network):
                self.observed[epoch] = {name: t.detach().to("cpu", copy=True) for name, t in seen.items()}
        for module, mode in modes.items():
            module.training = mode

    def why_it_ends(self, trainer: lightning.Trainer) -> str:
        """In words; '' where the training goes on."""
        epochs = self.loop.settings.epochs
        if trainer.should_stop:
            rule = self.loop.settings.early_stopping
            return f"{rule.metric} was no better for {rule.patience} epochs" if rule else "stopped"
        return f"all {epochs} epochs" if len(self.rows) >= epochs else ""

    def _tell(self, row: dict[str, float]) -> None:
        epochs, values = self.loop.settings.epochs, {k: v for k, v in row.items() if k != "epoch"}
        shown = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        print(f"epoch {int(row['epoch'])} of {epochs} in {self.seconds[-1]:.1f} s: {shown}", flush=True)

    def state(self, trainer: lightning.Trainer, ends: str) -> dict[str, Any]:
        """Everything that the rest of the training follows from."""
        (optimizer,) = trainer.optimizers
        return {
            "network": self.loop.network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scaler": trainer.precision_plugin.state_dict(),
            "stopping": self.stopping.state_dict() if self.stopping else None,
            "parts": self.loop.batches.parts,
            "ends": ends,
            "rows": self.rows,
            "seconds": self.seconds,
            "best_epoch": self.best_epoch,
            "best": self.best,
            "observed": self.observed,
        }
