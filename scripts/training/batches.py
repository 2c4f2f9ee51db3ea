"""Which items make a batch: a function of seed and epoch alone, so that any epoch can be begun anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from scripts.training.datasets import torch_generator


def batch_sizes(n: int, batch_size: int) -> list[int]:
    """Sizes of the batches of an epoch of `n` items; a single item that is left over joins the batch before it.

    Batch normalisation has no variance of one sample.
    """
    full, rest = divmod(n, batch_size)
    sizes = [batch_size] * full + ([rest] if rest else [])
    if rest == 1 and full:
        sizes[-2:] = [batch_size + 1]
    return sizes


class EpochBatches:
    """Batches of keys (epoch, item): a batch sampler of torch's DataLoader.

    Each batch of an optimiser step is given in `parts` consecutive parts whose sizes differ by at most one, so that the
    parts of a step hold the same items however many they are.

    Parameters
    ----------
    n : items of an epoch. parts : at most `batch_size`. shuffle : in an order drawn for each epoch.
    epoch : that the next iteration is of, from 0; Lightning sets it before each.
    """

    def __init__(
        self, n: int, batch_size: int, parts: int = 1, seed: int = 0, shuffle: bool = True, epoch: int = 0
    ) -> None:
        if not 1 <= parts <= batch_size:
            raise ValueError(f"expected 1 to {batch_size} parts of a batch, found {parts}")
        self.n, self.parts, self.seed, self.shuffle, self.epoch = n, parts, seed, shuffle, epoch
        self.sizes = batch_sizes(n, batch_size)

    @property
    def sampler(self) -> EpochBatches:
        """Where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """The epoch, from 0, that the next iteration is of."""
        self.epoch = epoch

    def __len__(self) -> int:
        return sum(min(self.parts, size) for size in self.sizes)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        epoch = self.epoch
        order = np.arange(self.n)
        if self.shuffle:
            drawn = torch_generator(self.seed, "order", epoch)
            order = torch.randperm(self.n, generator=drawn).numpy()
        for batch in np.split(order, np.cumsum(self.sizes)[:-1]):
            for part in np.array_split(batch, min(self.parts, len(batch))):
                yield [(epoch, int(item)) for item in part]

    def share(self, number: int, size: int) -> float:
        """Weight of the mean over part `number` (from 0, of `size` items) in that of its whole batch, times `parts`.

        Gradients of the parts are averaged over `parts`; with these weights that is the gradient of the whole batch.
        """
        return size * self.parts / self.sizes[number // self.parts]
