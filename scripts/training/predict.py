"""Class probabilities of a trained network."""

from __future__ import annotations

import numpy as np
import torch

from scripts.training.datasets import SampleDataset


def predict(
    network: torch.nn.Module, dataset: SampleDataset, batch_size: int = 32, device: str = "cpu"
) -> np.ndarray:
    """Softmax of the network's logits for every sample, in single precision and without augmentation.

    Parameters
    ----------
    dataset : its samples, one item each (`without_augmentation`).
    batch_size : most samples at a time; halved where they do not fit. device : cpu or gpu.

    Returns
    -------
    (n_samples, n_classes) float64; rows sum to 1.
    """
    raise NotImplementedError


def outputs_of(
    network: torch.nn.Module, dataset: SampleDataset, batch_size: int = 32, device: str = "cpu"
) -> np.ndarray:
    """The network's outputs for every sample, (n_samples, ...) float32, as `predict`."""
    raise NotImplementedError
