"""A made-up cohort and network, small enough to train in a blink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file
from torch import nn

from scripts.training.datasets import SampleDataset
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import classification

SIDE = 8


def image(number: int) -> np.ndarray:
    """(1, 8, 8) float32 of noise; the upper half of odd ones is brighter."""
    values = np.random.default_rng(number).normal(size=(1, SIDE, SIDE)).astype(np.float32)
    values[:, : SIDE // 2] += 0.8 * (number % 2)
    return values


class Memory:
    """A source of samples that are drawn when they are read; a sample's id is its number."""

    def read(self, sample: str) -> np.ndarray:
        return image(int(sample))

    def mask(self, sample: str) -> None:
        return None


def jitter(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """A random augmentation."""
    return tensor + 0.1 * torch.randn(tensor.shape, generator=generator)


def dataset(first: int, last: int, **options: object) -> SampleDataset:
    """Samples first..last - 1 with their classes."""
    labels = {str(number): number % 2 for number in range(first, last)}
    return SampleDataset(Memory(), list(labels), labels, **options)


def network(seed: int = 1) -> nn.Module:
    """Convolution, batch normalisation, dropout, a linear head: everything that has a state or draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.2), nn.Linear(144, 2)
        )


def task(settings: TrainingSettings, train: SampleDataset):
    """Two classes."""
    return classification(settings, train.targets, 2)


def same(one: nn.Module | dict, other: nn.Module | dict) -> bool:
    """Whether two networks have the same state to the bit."""
    first, second = (m if isinstance(m, dict) else m.state_dict() for m in (one, other))
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def write_prepared(
    folder: Path, batches: dict[str, range], words: tuple[str, ...] = ("b", "a")
) -> list[Path]:
    """prepared/<batch>.safetensors, .parquet and _failures.csv of samples s<number>, two a patient; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for batch, numbers in batches.items():
        save_file({f"s{n}": image(n) for n in numbers}, folder / f"{batch}.safetensors")
        rows = [(f"s{n}", f"p{n // 4 * 2 + n % 2}", words[n % 2]) for n in numbers]
        table = pd.DataFrame(rows, columns=["sample", "patient", "label"])
        table.to_parquet(folder / f"{batch}.parquet", index=False)
        pd.DataFrame(columns=["patient", "step", "cause", "log"]).to_csv(
            folder / f"{batch}_failures.csv", index=False
        )
        files.append(folder / f"{batch}.safetensors")
    return files
