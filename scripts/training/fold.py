"""One fold of one model: the whole step that a paper's own train_fold.py hands its network and transforms to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch

from scripts.seeds import generator
from scripts.splits.split_table import fold_of_split, read_split
from scripts.tables import write_json, write_table
from scripts.training import checkpoints
from scripts.training.datasets import Augment, Expand, SampleDataset, Transform
from scripts.training.devices import repeatable, seeded
from scripts.training.fit import Fitted, Observe, fit
from scripts.training.predict import predict
from scripts.training.samples import SampleSource
from scripts.training.settings import TrainingSettings
from scripts.training.tasks import classification
from scripts.training.tensor_file import write_state, write_tensors
from scripts.workflow.job import Job
from scripts.workflow.provenance import NETWORK_PACKAGES, versions

# (settings of the model, n_classes, state of pretrained weights or None) -> the network; weights it draws itself come
# from torch's global generator, which is seeded before
Build = Callable[[Mapping[str, Any], int, Mapping[str, torch.Tensor] | None], torch.nn.Module]


@dataclass(frozen=True)
class Recipe:
    """What a paper gives to train a classifier.

    Attributes
    ----------
    build : the network, from models.<model> of the card.
    transform, augment, expand, copies : see `SampleDataset`. observe : see `fit`.
    """

    build: Build
    transform: Transform | None = None
    augment: Augment | None = None
    expand: Expand | None = None
    copies: int = 1
    observe: Observe | None = None


@dataclass(frozen=True)
class Trained:
    """A trained classifier: the network with its kept weights, in evaluation mode on the CPU.

    Attributes
    ----------
    classes : class words in the order of the logits. start : in words, what the first weights were.
    """

    network: torch.nn.Module
    classes: tuple[str, ...]
    fitted: Fitted
    settings: TrainingSettings
    start: str


def train_fold(
    job: Job,
    build: Build,
    transform: Transform | None = None,
    augment: Augment | None = None,
    expand: Expand | None = None,
    copies: int = 1,
    *,
    observe: Observe | None = None,
) -> Trained:
    """Train one fold of a classifier and write its files.

    Classes are the labels of the split in alphabetical order. `predictions` has a row for each validation and test
    sample: sample, patient, part, label, p_<class>. `training` says how the training went and on what; `timing` has the
    seconds of each epoch, by a clock; what `observe` gave goes to an output `observed`, where the rule has one.

    Parameters
    ----------
    job : a job of a rule with, as `fold_inputs`, `fold_outputs` and `training_settings` of rules/train.smk give them,
        input: samples (prepared/<batch>.safetensors, all), table (samples.parquet), split (<scheme>.csv), and
            pretrained (safetensors) for `pretrained: procedural` alone;
        output: weights, history, predictions, training, timing;
        wildcards: model, scheme, repeat, fold; settings: models.<model>, training, device, seed, weights.folder.
    build : the network, from models.<model>; transform, augment, expand, copies : see `SampleDataset`.
    observe : see `fit`.
    """
    recipe = Recipe(build, transform, augment, expand, copies, observe)
    where = job.wildcards
    rows = fold_of_split(read_split(job.input.split), int(where.repeat), int(where.fold))
    folder = checkpoints.checkpoint_folder(job)
    source = SampleSource(job.input.samples, job.input.table)
    names = (where.model, where.scheme, int(where.repeat), int(where.fold))
    with repeatable(job.settings["device"], job.threads):
        trained = train(job, recipe, source, rows, names, folder)
        asked = rows[rows["part"] != "train"].reset_index(drop=True)
        dataset = SampleDataset(source, list(asked["sample"]), None, transform)
        settings, device = trained.settings, job.settings["device"]
        probabilities = predict(trained.network, dataset, settings.batch_size, device)
    named = {f"p_{word}": probabilities[:, place] for place, word in enumerate(trained.classes)}
    write_table(asked[["sample", "patient", "part", "label"]].assign(**named), job.output.predictions)
    write_fitted(trained, job)
    checkpoints.remove(folder)
    return trained


def train_whole(
    job: Job, recipe: Recipe, source: SampleSource, model: str, epochs: int | None = None
) -> tuple[Trained, Any]:
    """Train a model on all samples of a cohort, as its folds were trained, for a frozen model.

    There is nothing to choose an epoch by, so the last one is kept.

    Parameters
    ----------
    job : with input samples, table (and pretrained), settings as of `train_fold`.
    epochs : the settings' by default; the median of the folds' best epochs is a good number.

    Returns
    -------
    the trained classifier, and the folder of its checkpoints, to be removed when it is written.
    """
    folder = checkpoints.checkpoint_folder(job)
    rows = source.table.assign(part="train")
    with repeatable(job.settings["device"], job.threads):
        changes = {"keep": "last", "early_stopping": None} | ({"epochs": epochs} if epochs else {})
        return train(job, recipe, source, rows, (model, "all"), folder, changes), folder


def train(
    job: Job,
    recipe: Recipe,
    source: SampleSource,
    rows: pd.DataFrame,
    names: Sequence[str | int],
    folder: Any,
    changes: Mapping[str, Any] | None = None,
) -> Trained:
    """Build a network and fit it to the rows whose part is train, with validation by those of part validation.

    Parameters
    ----------
    rows : part, sample, label. names : model first, and what else tells this training's random numbers from another's.
    """
    model = job.settings["models"][names[0]]
    settings = TrainingSettings.read(
        {**job.settings["training"], **model.get("training", {}), **(changes or {})}
    )
    classes = tuple(sorted(rows["label"].astype(str).unique()))
    labels = {
        str(s): classes.index(str(label)) for s, label in zip(rows["sample"], rows["label"], strict=True)
    }
    seed = int(generator(job.seed, *names).integers(1 << 32))
    weights, start = start_of(job, model)
    with seeded(seed, "first weights"):
        network = recipe.build(model, len(classes), weights)
    samples = {part: list(rows.loc[rows["part"] == part, "sample"]) for part in ("train", "validation")}
    training = SampleDataset(
        source, samples["train"], labels, recipe.transform, recipe.augment, seed,
        expand=recipe.expand, copies=recipe.copies,
    )  # fmt: skip
    validation = SampleDataset(source, samples["validation"], labels, recipe.transform)
    fitted = fit(
        network,
        classification(settings, training.targets, len(classes)),
        training,
        validation,
        settings,
        seed,
        folder,
        job.settings["device"],
        observe=recipe.observe,
        workers=max(0, job.threads - 1) if job.settings["device"] == "gpu" else 0,
    )
    return Trained(network, classes, fitted, settings, start)


def start_of(job: Job, model: Mapping[str, Any]) -> tuple[Mapping[str, torch.Tensor] | None, str]:
    """The pretrained weights that a model's card asks for (`pretrained`), None for none; and what they are."""
    how = model.get("pretrained", "none")
    if how == "none":
        return None, "random weights"
    from scripts.networks.catalogue import entry_of
    from scripts.networks.pretrained import pretrained_weights

    folder = job.settings["weights"]["folder"] if how == "torchvision" else None
    file = job.input.pretrained if how == "procedural" else None
    found = pretrained_weights(entry_of(model["network"]).pretrained_as, how, folder, file)
    return found.state, found.text


def write_fitted(trained: Trained, job: Job) -> None:
    """Write weights, history, training (how it went, and what it was made with), timing, and observed where the rule
    has it.
    """
    fitted, network = trained.fitted, trained.network
    write_state(network.state_dict(), job.output.weights)
    write_table(fitted.history, job.output.history)
    seconds = pd.DataFrame({"epoch": fitted.history["epoch"], "seconds": fitted.seconds})
    write_table(seconds, job.output.timing)
    if "observed" in dict(job.output.items()):
        write_tensors(fitted.observed, job.output.observed)
    facts = {
        "step": job.rule,
        "code": job.code,
        "versions": versions(NETWORK_PACKAGES),
        "classes": list(trained.classes),
        "start": trained.start,
        "device": fitted.device,
        "precision": fitted.precision,
        "threads": job.threads,
        "batch_size": fitted.batch_size,
        "accumulation": fitted.accumulation,
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "stopped": fitted.stopped,
        "n_parameters": sum(p.numel() for p in network.parameters()),
        "n_trained_parameters": sum(p.numel() for p in network.parameters() if p.requires_grad),
    }
    write_json(facts, job.output.training)
