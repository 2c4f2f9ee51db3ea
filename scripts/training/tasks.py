"""What a network is trained for: a loss, and what is measured of a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from scripts.training.settings import TrainingSettings

Batch = Mapping[str, Tensor]


def no_metrics(outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Nothing but the loss."""
    return {}


def just_the_image(network: torch.nn.Module, batch: Batch) -> Tensor:
    """The network's output for the images of a batch."""
    return network(batch["image"])


@dataclass(frozen=True)
class Task:
    """A task of a network.

    Attributes
    ----------
    loss : (outputs, batch) -> the mean over the samples of the batch, a scalar. The batch is what the data set's items
        are, stacked: image, target, index, mask. A reconstruction takes batch["image"] for its target.
    metrics : (outputs, batch) -> name -> mean over the samples, a scalar; in the history as training_<name> and
        validation_<name>, beside the loss.
    forward : (network, batch) -> outputs.
    """

    loss: Callable[[Tensor, Batch], Tensor]
    metrics: Callable[[Tensor, Batch], dict[str, Tensor]] = no_metrics
    forward: Callable[[torch.nn.Module, Batch], Tensor] = just_the_image


def classification(settings: TrainingSettings, targets: np.ndarray, n_classes: int) -> Task:
    """Cross-entropy of logits (n, n_classes) by the settings' class weights and label smoothing; metric accuracy.

    Parameters
    ----------
    targets : class index of each training sample, for the weights n / (n_classes * n_of_class).
    """
    weights = class_weights(targets, n_classes) if settings.class_weights else None

    def loss(outputs: Tensor, batch: Batch) -> Tensor:
        target = batch["target"]
        each = functional.cross_entropy(
            outputs.float(), target, reduction="none", label_smoothing=settings.label_smoothing
        )
        return (each if weights is None else each * weights.to(each.device)[target]).mean()

    return Task(loss, accuracy)


def class_weights(targets: np.ndarray, n_classes: int) -> Tensor:
    """n / (n_classes * n_c) of each class c, (n_classes,); 0 for a class without a sample."""
    counts = np.bincount(targets, minlength=n_classes).astype(float)
    weights = np.divide(len(targets), n_classes * counts, out=np.zeros(n_classes), where=counts > 0)
    return torch.tensor(weights, dtype=torch.float32)


def accuracy(outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
    """Share of samples whose largest logit is their class."""
    return {"accuracy": (outputs.argmax(1) == batch["target"]).float().mean()}
