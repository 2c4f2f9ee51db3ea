"""What a trained network says of samples."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader

from scripts.training.batches import EpochBatches
from scripts.training.datasets import SampleDataset
from scripts.training.devices import is_out_of_memory, repeatable, torch_device


def predict(
    network: torch.nn.Module, dataset: SampleDataset, batch_size: int = 32, device: str = "cpu"
) -> np.ndarray:
    """Softmax of the network's logits for every sample, without augmentation.

    Parameters
    ----------
    dataset : its samples, one item each (`without_augmentation`).
    batch_size : most samples at a time; halved where they do not fit. device : cpu or gpu.

    Returns
    -------
    (n_samples, n_classes) float64; rows sum to 1.
    """
    logits = outputs_of(network, dataset, batch_size, device)
    return torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy()


def outputs_of(
    network: torch.nn.Module, dataset: SampleDataset, batch_size: int = 32, device: str = "cpu"
) -> np.ndarray:
    """The network's outputs for every sample, (n_samples, ...) float32, as `predict`; the network ends on the CPU."""
    plain = dataset.without_augmentation()
    where = torch_device(device)
    network.to(where).eval()
    try:
        with torch.inference_mode(), repeatable(device, torch.get_num_threads()):
            while True:
                try:
                    return _outputs(network, plain, batch_size, where)
                except RuntimeError as error:
                    if not is_out_of_memory(error) or batch_size == 1:
                        raise
                batch_size = -(-batch_size // 2)
                print(f"Predicting {batch_size} samples at a time: more do not fit the device.")
    finally:
        network.cpu()


def _outputs(
    network: torch.nn.Module, dataset: SampleDataset, batch_size: int, device: torch.device
) -> np.ndarray:
    loader = DataLoader(dataset, batch_sampler=EpochBatches(len(dataset), batch_size, shuffle=False))
    found = [network(batch["image"].to(device)).float().cpu() for batch in loader]
    return torch.cat(found).numpy() if found else np.empty((0,), dtype=np.float32)
