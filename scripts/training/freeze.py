"""A model trained on all samples of a cohort, frozen: what a paper's own freeze_model step hands its recipe to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median_low
from typing import Any

import pandas as pd

from scripts.tables import read_json, write_table
from scripts.training import checkpoints
from scripts.training.datasets import SampleDataset
from scripts.training.fold import Recipe, Trained, train_whole
from scripts.training.frozen import training_facts, write_frozen
from scripts.training.onnx_export import export_onnx
from scripts.training.samples import SampleSource
from scripts.training.settings import TrainingSettings
from scripts.workflow.job import Job


def epochs_of(settings: TrainingSettings, folds: Sequence[Mapping[str, Any]]) -> int | None:
    """How long to train without validation samples: None for the settings' own epochs.

    Where the folds chose an epoch by their validation samples (`keep: best` or early stopping): the median of the
    folds' best epochs, of two middle ones the lower.

    Parameters
    ----------
    folds : what `training.json` of each fold says.
    """
    chosen = settings.keep == "best" or settings.early_stopping is not None
    return median_low(fold["best_epoch"] for fold in folds) if chosen and folds else None


def card_of(
    job: Job, trained: Trained, source: SampleSource, facts: Mapping[str, Any], model: str
) -> dict[str, Any]:
    """The card of a trained model, but for what `write_frozen` adds.

    Parameters
    ----------
    job : settings paper, simulated, preparation, models.<model>. facts : of `training_facts`.
    """
    settings, fitted = job.settings, trained.fitted
    whom = "simulated patients, who do not exist" if settings["simulated"] else "all patients of this run"
    return {
        "paper": settings["paper"],
        "source": {
            "kind": "simulated" if settings["simulated"] else "fitted",
            "text": f"Fitted on {whom}.",
        },
        "created_from": {
            "n_samples": len(source.table),
            "n_patients": int(source.table["patient"].nunique()),
            "training_digest": facts["training_digest"],
            "code": job.code,
            "seed": job.seed,
        },
        "network": {"model": model, "settings": settings["models"][model]},
        "input": facts["input"],
        "preparation": settings["preparation"],
        "classes": list(trained.classes),
        "training": {
            "settings": settings["training"],
            "start": trained.start,
            "epochs": len(fitted.history),
            "batch_size": fitted.batch_size,
            "accumulation": fitted.accumulation,
            "device": fitted.device,
            "precision": fitted.precision,
        },
    }


def freeze_model(job: Job, recipe: Recipe, rows: Sequence[str] = ()) -> None:
    """Train a model on all samples and write it as weights, card and ONNX.

    Parameters
    ----------
    job : its rule names
        input: samples (prepared/<batch>.safetensors, all), table (samples.parquet), folds (training.json of the
            model's folds), and pretrained (safetensors) for `pretrained: procedural` alone;
        output: card (card.json), weights (weights.safetensors), onnx, history, all in one folder;
        wildcards: model; settings: as of `scripts.training.fold.train_fold`, and paper, simulated, preparation.
    recipe : what the folds were trained with. rows : names of the rows (y) of a sample, where they have any.
    """
    model = job.wildcards.model
    values = job.settings["models"][model]
    settings = TrainingSettings.read({**job.settings["training"], **values.get("training", {})})
    epochs = epochs_of(settings, [read_json(path) for path in job.input.folds])
    source = SampleSource(job.input.samples, job.input.table)
    labels = {str(s): str(label) for s, label in source.table[["sample", "label"]].itertuples(index=False)}
    facts = training_facts(source, list(labels), labels)
    if rows:
        facts["input"]["rows"] = list(rows)
    trained, folder = train_whole(job, recipe, source, model, epochs)
    path = Path(job.output.card).parent
    write_frozen(path, trained.network, card_of(job, trained, source, facts, model))
    first = SampleDataset(source, [next(iter(labels))], None, recipe.transform)[0]["image"]
    difference = export_onnx(trained.network, tuple(first.shape), job.output.onnx)
    print(f"ONNX: outputs differ from torch's by {difference:.2g} of the largest at most.")
    write_table(pd.DataFrame(trained.fitted.history), job.output.history)
    checkpoints.remove(folder)
