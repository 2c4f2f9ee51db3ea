"""Samples as a network takes them: expanded, augmented, transformed; chance is a function of seed, epoch and sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from scripts.seeds import generator
from scripts.training.samples import SampleSource

Transform = Callable[[Tensor], Tensor]
Augment = Callable[[Tensor, torch.Generator], Tensor]
Expand = Callable[[Tensor, int], Tensor]
NO_LABEL = -1


def as_float(image: Tensor) -> Tensor:
    """float32: 8-bit values divided by 255, others as they are."""
    return image.float() / 255 if image.dtype == torch.uint8 else image.float()


def torch_generator(seed: int, *names: str | int) -> torch.Generator:
    """The torch generator (CPU) of one purpose, as `scripts.seeds.generator`."""
    return torch.Generator().manual_seed(int(generator(seed, *names).integers(1 << 63)))


class SampleDataset(Dataset):
    """Samples of a source, `copies` items each; item i * copies + c is copy c of sample i.

    An item is made in this order: read; `expand(tensor, c)` where there are copies; `augment(tensor, generator)`;
    `transform(tensor)`. All take and give tensors with the axes of the sample, (channel, y, x) or (channel, z, y, x);
    the first two see the stored values (uint8 or float32), the last gives the network's float32.

    Parameters
    ----------
    source, samples : where from, and which, by id.
    labels : sample -> class index; None for tasks without classes.
    transform : see above; `as_float` where it is None. The same of training, validation and new samples.
    augment : random, of training samples only; draws from the given generator alone. None for none.
    seed : of the augmentation; the generator of an item follows from (seed, epoch, sample, copy) and nothing else, so
        that neither the order of the items, nor the number of loading processes, nor an interruption matters.
    expand, copies : a fixed augmentation of `copies` images a sample; `expand(tensor, 0)` is the image itself.
    masks : whether items have their sample's mask.
    """

    def __init__(
        self,
        source: SampleSource,
        samples: Sequence[str],
        labels: Mapping[str, int] | None = None,
        transform: Transform | None = None,
        augment: Augment | None = None,
        seed: int = 0,
        *,
        expand: Expand | None = None,
        copies: int = 1,
        masks: bool = False,
    ) -> None:
        if copies < 1 or (copies > 1 and expand is None):
            raise ValueError(f"expected expand for {copies} copies")
        self.source, self.samples = source, [str(sample) for sample in samples]
        self.transform, self.augment, self.seed = transform or as_float, augment, seed
        self.expand, self.copies, self.masks = expand, copies, masks
        self.targets = np.array(
            [NO_LABEL if labels is None else labels[s] for s in self.samples], dtype=np.int64
        )

    def __len__(self) -> int:
        return len(self.samples) * self.copies

    def __getitem__(self, key: int | tuple[int, int]) -> dict[str, Tensor]:
        """An item: `image` (float32), `target` (int64, -1 for no class), `index` (of the sample), `mask` where wanted.

        Parameters
        ----------
        key : (epoch, item), or an item, of epoch 0.
        """
        epoch, item = key if isinstance(key, tuple) else (0, key)
        index, copy = divmod(item, self.copies)
        sample = self.samples[index]
        image = torch.from_numpy(np.array(self.source.read(sample)))  # a copy: augmentation may write into it
        if self.expand is not None:
            image = self.expand(image, copy)
        if self.augment is not None:
            image = self.augment(image, torch_generator(self.seed, "augment", epoch, sample, copy))
        made = {
            "image": self.transform(image),
            "target": torch.tensor(self.targets[index]),
            "index": torch.tensor(index),
        }
        if self.masks:
            mask = self.source.mask(sample)
            made["mask"] = torch.from_numpy(np.array(mask))
        return made

    def without_augmentation(self) -> SampleDataset:
        """The same samples, one item each, as they are."""
        plain = SampleDataset(self.source, self.samples, None, self.transform, masks=self.masks)
        plain.targets = self.targets
        return plain
