"""A step of our training against the same step in plain torch: python -m tests.benchmarks.training_step [--device gpu]

The same network, batches, optimiser and seed: a loop written out with torch alone, and `scripts.training.fit`. On a
CPU both end with the same weights to the bit, or the table says so. An epoch of one is followed by an epoch of the
other, so that both have the same neighbours on a shared machine; the least seconds of each count, on a CPU the
processor's. On a GPU also half precision, torch.compile, and the share of the card's stated peak (--peak, in
teraflops).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torchvision
from torch.nn import functional
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from scripts.training.batches import EpochBatches
from scripts.training.datasets import SampleDataset
from scripts.training.devices import repeatable, torch_device
from scripts.training.fit import fit
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import classification
from tests.benchmarks.runs import Row, print_rows

AIM = 1.03
SEED, CLASSES = 5, 3


class Pictures:
    """Random 8-bit pictures, kept in memory."""

    def __init__(self, n: int, side: int) -> None:
        random = np.random.default_rng(SEED)
        self.images = {str(k): random.integers(0, 256, (3, side, side), dtype=np.uint8) for k in range(n)}

    def read(self, sample: str) -> np.ndarray:
        return self.images[sample]


def network(name: str) -> torch.nn.Module:
    """A network of torchvision with its first weights."""
    torch.manual_seed(SEED)
    return torchvision.models.get_model(name, weights=None, num_classes=CLASSES)


def dataset(n: int, side: int) -> SampleDataset:
    """Pictures with classes."""
    source = Pictures(n, side)
    return SampleDataset(source, list(source.images), {name: int(name) % CLASSES for name in source.images})


def plain_epochs(
    model: torch.nn.Module, data: SampleDataset, settings: TrainingSettings, device: str, workers: int,
    amp: torch.dtype | None = None,
) -> Iterator[None]:  # fmt: skip
    """A loop in plain torch, an epoch at a time."""
    where = torch_device(device)
    model = model.to(where).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.learning_rate, momentum=settings.momentum)
    batches = EpochBatches(len(data), settings.batch_size, seed=SEED)
    loader = DataLoader(
        data,
        batch_sampler=batches,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device == "gpu",
    )
    for epoch in range(settings.epochs):
        batches.set_epoch(epoch)
        total = torch.zeros((), device=where)
        for batch in loader:
            images, target = (batch[name].to(where, non_blocking=True) for name in ("image", "target"))
            optimizer.zero_grad()
            with torch.autocast(where.type, amp, enabled=amp is not None):
                loss = functional.cross_entropy(model(images).float(), target)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        float(total)  # waits for the card
        yield


def loading_seconds(data: SampleDataset, settings: TrainingSettings, workers: int) -> float:
    """Seconds to load an epoch and do nothing with it."""
    batches = EpochBatches(len(data), settings.batch_size, seed=SEED)
    begin = time.process_time()
    for _ in DataLoader(data, batch_sampler=batches, num_workers=workers):
        pass
    return time.process_time() - begin


def in_turns(train: Callable, plain: Iterator[None], clock: Callable[[], float]) -> tuple[float, float]:
    """Least seconds of an epoch of ours and of the plain loop; the first of each is warming up."""
    mine, theirs, ended = [], [], [clock()]

    def observe(epoch: int, net: torch.nn.Module) -> dict:
        begin = clock()
        with torch.enable_grad():
            next(plain)
        mine.append(begin - ended[-1])
        ended.append(clock())
        theirs.append(ended[-1] - begin)
        return {}

    train(observe)
    return min(mine[1:]), min(theirs[1:])


def rows(
    name: str, side: int, n: int, batch: int, epochs: int, device: str, threads: int, peak: float
) -> list[Row]:
    """The lines of the table."""
    data, workers = dataset(n, side), threads - 1 if device == "gpu" else 0
    clock = time.perf_counter if device == "gpu" else time.process_time
    found = []
    formats = {"32": None} | ({"bf16-mixed": torch.bfloat16} if device == "gpu" else {})
    for precision, amp in formats.items():
        settings = TrainingSettings(epochs=epochs, batch_size=batch, precision=precision, keep="last")
        mine, theirs = network(name), network(name)
        task = classification(settings, data.targets, CLASSES)

        def train(observe: Callable, settings=settings, mine=mine, task=task) -> None:
            fit(mine, task, data, None, settings, SEED, None, device, observe=observe, workers=workers)

        with repeatable(device, threads):
            best, plain = in_turns(train, plain_epochs(theirs, data, settings, device, workers, amp), clock)
        theirs.cpu()
        same = all(torch.equal(a, b) for a, b in zip(mine.parameters(), theirs.parameters(), strict=True))
        what = f"{name}, {side} px, batch {batch}, {precision}: images/s" + (
            "" if same else " (OTHER WEIGHTS)"
        )
        found.append(
            Row(what, f"{n / best:.1f}", f"{n / plain:.1f}", best / plain, f"<= {AIM}", best / plain <= AIM)
        )
        if device == "gpu" and peak:
            found.append(
                Row(
                    f"share of the card's peak, {precision}",
                    f"{flops(name, side) * n / best / peak / 1e12:.1%}",
                )
            )
    loading = loading_seconds(data, settings, workers)
    found.append(Row("loading alone, share of an epoch", f"{loading / best:.1%}"))
    if device == "gpu":
        compiled = plain_epochs(torch.compile(network(name)), data, settings, device, workers, amp)
        times = []
        for _ in range(epochs):
            begin = clock()
            next(compiled)
            times.append(clock() - begin)
        fastest = min(times[2:])
        what = "torch.compile, bf16-mixed: images/s"
        found.append(Row(what, f"{n / fastest:.1f}", f"{n / best:.1f}", fastest / best))
    return found


def flops(name: str, side: int) -> float:
    """Floating-point operations of a training step of one image."""
    counter = FlopCounterMode(display=False)
    with counter:
        network(name)(torch.zeros(2, 3, side, side)).sum().backward()
    return counter.get_total_flops() / 2


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--network", default="resnet18")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peak", type=float, default=0.0, help="teraflops that the card is said to reach")
    a = parser.parse_args()
    table = rows(a.network, a.side, a.images, a.batch, a.epochs, a.device, a.threads, a.peak)
    print_rows("A training step", table)


if __name__ == "__main__":
    main()
