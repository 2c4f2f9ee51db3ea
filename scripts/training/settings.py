"""How a network is trained: the `training` branch of a paper's card, every name known and every value possible."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from scripts.errors import InputError, nearest

CHOICES = {
    "optimizer": ("sgd", "adam", "adamw"),
    "schedule": ("none", "step", "cosine"),
    "precision": ("auto", "32", "16-mixed", "bf16-mixed"),
    "keep": ("best", "last"),
}
# Name -> (kind, least value, whether the least value itself is refused)
NUMBERS = {
    "learning_rate": (float, 0, True),
    "momentum": (float, 0, False),
    "weight_decay": (float, 0, False),
    "step_epochs": (int, 1, False),
    "step_factor": (float, 0, True),
    "epochs": (int, 1, False),
    "batch_size": (int, 1, False),
    "label_smoothing": (float, 0, False),
    "l2_head": (float, 0, False),
}


@dataclass(frozen=True)
class EarlyStopping:
    """When a training ends before its last epoch.

    Attributes
    ----------
    metric : a column of the history, such as 'validation_loss' (less is better) or 'validation_accuracy' (more is).
    patience : epochs without a change of more than `min_delta` for the better, after which it ends.
    """

    metric: str = "validation_loss"
    patience: int = 10
    min_delta: float = 0.0


@dataclass(frozen=True)
class TrainingSettings:
    """The `training` branch of a paper's card; defaults stand in for what a card leaves out.

    Attributes
    ----------
    optimizer : sgd, adam or adamw (weight decay as torch has it: coupled for sgd and adam, decoupled for adamw).
    learning_rate : at the first epoch. momentum : of sgd (without Nesterov). weight_decay : of every trained parameter.
    schedule : none; step: times `step_factor` after each `step_epochs` epochs; cosine: down to 0 at the last epoch.
    epochs : the most. batch_size : samples of an optimiser step, whatever part of them fits the device at a time.
    precision : 32, 16-mixed, bf16-mixed; auto is 32 on a CPU and bf16-mixed (16-mixed on older cards) on a GPU.
    gradient_clip : largest norm of all gradients together; None for no bound.
    early_stopping : None, or a mapping of metric, patience, min_delta.
    keep : the weights of the epoch with the best metric (that of early_stopping, else validation_loss; the first of
        equals), or of the last epoch.
    class_weights : weigh a sample by n / (n_classes * n_of_its_class) of the training samples, whose mean is 1.
    label_smoothing : share of each label spread evenly over the classes.
    l2_head : lambda of a penalty lambda * sum(w^2) on the weights (not the bias) of the last linear layer, or of the
        one that the network names (attribute `l2_layer`).
    """

    optimizer: str = "sgd"
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "none"
    step_epochs: int = 10
    step_factor: float = 0.1
    epochs: int = 10
    batch_size: int = 32
    precision: str = "auto"
    gradient_clip: float | None = None
    early_stopping: EarlyStopping | None = None
    keep: str = "best"
    class_weights: bool = False
    label_smoothing: float = 0.0
    l2_head: float = 0.0

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                hint = nearest(value, allowed).strip()
                raise InputError(f"training.{name}", f"one of {', '.join(allowed)}", repr(value), hint)
        for name, (kind, least, refused) in NUMBERS.items():
            _require_number(f"training.{name}", getattr(self, name), kind, least, refused)
        if self.gradient_clip is not None:
            _require_number("training.gradient_clip", self.gradient_clip, float, 0, True)
        if self.momentum >= 1 or self.label_smoothing >= 1:
            raise InputError(
                "training", "momentum and label_smoothing below 1", f"{self.momentum}, {self.label_smoothing}"
            )
        if not isinstance(self.class_weights, bool):
            raise InputError("training.class_weights", "true or false", repr(self.class_weights))

    @property
    def metric(self) -> str:
        """The column of the history by which the best epoch is chosen."""
        return self.early_stopping.metric if self.early_stopping else "validation_loss"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> TrainingSettings:
        """Settings from names and values as a card has them.

        Raises
        ------
        InputError : an unknown name (with the nearest one), or a value that cannot be.
        """
        values = dict(_known(cls, given, "training"))
        stopping = values.get("early_stopping")
        if stopping is not None and not isinstance(stopping, EarlyStopping):
            values["early_stopping"] = _early_stopping(stopping)
        if "precision" in values:
            values["precision"] = str(values["precision"])  # YAML reads 32 as a number
        return cls(**values)


def lower_is_better(metric: str) -> bool:
    """Whether less of a metric is better: of every loss and error it is."""
    return metric.endswith(("loss", "error"))


def _early_stopping(given: Any) -> EarlyStopping:
    where = "training.early_stopping"
    if not isinstance(given, Mapping):
        raise InputError(where, "metric, patience and min_delta, or null", repr(given))
    stopping = EarlyStopping(**_known(EarlyStopping, given, where))
    if not isinstance(stopping.metric, str) or not stopping.metric.startswith(("validation_", "training_")):
        raise InputError(f"{where}.metric", "a metric, validation_... or training_...", repr(stopping.metric))
    _require_number(f"{where}.patience", stopping.patience, int, 1, False)
    _require_number(f"{where}.min_delta", stopping.min_delta, float, 0, False)
    return stopping


def _known(kind: type, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    names = [field.name for field in fields(kind)]
    for name in given:
        if name not in names:
            hint = nearest(name, names).strip()
            raise InputError(f"{where}.{name}", f"one of {', '.join(names)}", f"'{name}'", hint)
    return dict(given)


def _require_number(where: str, value: Any, kind: type, least: float, refused: bool) -> None:
    number = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < least or (refused and value == least):
        what = "a whole number" if kind is int else "a number"
        raise InputError(
            where, f"{what} {'above' if refused else 'from'} {least}{'' if refused else ' on'}", repr(value)
        )
