"""Fractal images -> a pretrained network that no picture went into; shared by all papers with these settings."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import inspect
from typing import Any

import numpy as np
from scipy.stats import binomtest

from scripts.networks.catalogue import build_network, entry_of
from scripts.networks.fractals import FractalSettings, draw_category, draw_instance
from scripts.networks.pretrained import save_procedural
from scripts.tables import write_json
from scripts.training import checkpoints
from scripts.training.datasets import SampleDataset
from scripts.training.devices import repeatable, seeded
from scripts.training.fit import fit
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import classification
from scripts.workflow.job import Job

STEP = "pretrain_network"
KEPT_BYTES = 256e6
SURE = 0.01


class FractalSource:
    """Fractals as samples, drawn when they are asked for: `scripts.training.datasets` reads them as a cohort's.

    A sample's id is '<category>/<instance>'. All of them are kept in memory once drawn where they fit into 256 MB.
    """

    def __init__(self, settings: FractalSettings, seed: int, channels: int) -> None:
        self.settings, self.seed, self.channels = settings, seed, channels
        self._systems: dict[int, np.ndarray] = {}
        self._kept: dict[str, np.ndarray] = {}
        self._keeps = settings.n_categories * settings.n_instances * settings.pixels**2 <= KEPT_BYTES

    def read(self, sample: str) -> np.ndarray:
        """(channels, pixels, pixels) uint8, all channels the same."""
        image = self._kept.get(sample)
        if image is None:
            category, instance = map(int, sample.split("/"))
            image = draw_instance(self._system(category), self.seed, category, instance, self.settings)
            if self._keeps:
                self._kept[sample] = image
        return np.repeat(image[None], self.channels, axis=0)

    def mask(self, sample: str) -> None:
        """Fractals have none."""

    def _system(self, category: int) -> np.ndarray:
        if category not in self._systems:
            self._systems[category] = draw_category(self.seed, category, self.settings)
        return self._systems[category]


def pretraining_samples(settings: FractalSettings, validation_share: float) -> tuple[list[str], list[str]]:
    """Ids of training and validation samples: of each category the last instances, at least one, are validation's."""
    n_validation = max(1, round(settings.n_instances * validation_share))
    last = settings.n_instances - n_validation
    train, validation = [], []
    for category in range(settings.n_categories):
        train += [f"{category}/{instance}" for instance in range(last)]
        validation += [f"{category}/{instance}" for instance in range(last, settings.n_instances)]
    return train, validation


def base_network(name: str, in_channels: int, sizes: dict[str, Any]) -> tuple[str, int, dict[str, Any]]:
    """The network that is pretrained for another: name, channels, sizes. Of a two-view network, its 2-D stages."""
    base = entry_of(name).pretrained_as
    if base == name:
        return base, in_channels, sizes
    known = inspect.signature(entry_of(base).build).parameters
    return base, 1, {size: value for size, value in sizes.items() if size in known}


def learnt(accuracy: float, n_held_out: int, n_categories: int) -> str:
    """What a pretraining learnt, in words: the share of held-out images that it tells rightly, and whether that is more
    than guessing (exact binomial test, P < 0.01)."""
    right, chance = round(accuracy * n_held_out), 1 / n_categories
    rightly = f"of which it tells {accuracy:.0%} of held-out ones rightly"
    if binomtest(right, n_held_out, chance, alternative="greater").pvalue < SURE:
        return f"{rightly} (chance {chance:.0%})"
    return f"{rightly}: no more than chance ({chance:.0%}), so that it learnt nothing"


def main(job: Job) -> None:
    """Settings: network, in_channels, sizes, device, and pretraining: fractals, training, validation_share."""
    plan = job.settings["pretraining"]
    fractals = FractalSettings.read(plan["fractals"])
    training = TrainingSettings.read(plan["training"])
    name, channels, sizes = base_network(
        job.settings["network"], job.settings["in_channels"], job.settings["sizes"]
    )
    train, validation = pretraining_samples(fractals, plan["validation_share"])
    labels = {sample: int(sample.split("/")[0]) for sample in (*train, *validation)}
    source = FractalSource(fractals, job.seed, channels)
    train_set, validation_set = (
        SampleDataset(source, part, labels, seed=job.seed) for part in (train, validation)
    )
    folder = checkpoints.checkpoint_folder(job)
    device = job.settings["device"]
    with seeded(job.seed, STEP):
        network = build_network(name, fractals.n_categories, channels, **sizes)
    with repeatable(device, job.threads):
        fitted = fit(
            network,
            classification(training, train_set.targets, fractals.n_categories),
            train_set,
            validation_set,
            training,
            job.seed,
            folder,
            device,
            workers=max(0, job.threads - 1) if device == "gpu" else 0,
        )
    kept = fitted.history.set_index("epoch").loc[fitted.best_epoch]
    text = (
        f"{name} trained in this project on {fractals.n_categories} x {fractals.n_instances} fractal images of "
        f"{fractals.pixels} x {fractals.pixels} pixels (Kataoka et al. 2020), "
        + learnt(float(kept["validation_accuracy"]), len(validation), fractals.n_categories)
    )
    print(text)
    save_procedural(network.state_dict(), name, text, job.output.weights)
    facts = {
        "network": name,
        "sizes": sizes,
        "fractals": vars(fractals),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "validation_accuracy": float(kept["validation_accuracy"]),
        "chance_accuracy": 1 / fractals.n_categories,
        "device": fitted.device,
        "precision": fitted.precision,
        "text": text,
        "history": fitted.history.to_dict("records"),
    }
    write_json(facts, job.output.training)
    checkpoints.remove(folder)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
