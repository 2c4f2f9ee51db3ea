import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from scripts.errors import InputError
from scripts.training import checkpoints
from scripts.training.fold import Recipe, train_fold, train_whole
from scripts.training.samples import SampleSource
from scripts.training.tensor_file import read_tensors
from scripts.workflow.job import Job
from tests.unit.training.tiny import jitter, same, write_prepared

FILES = {
    "weights": "weights.safetensors", "history": "history.csv", "predictions": "predictions.parquet",
    "training": "training.json", "timing": "timing.csv",
}  # fmt: skip
SETTINGS = {
    "models": {"small": {"units": 5, "training": {"epochs": 4}}},
    "training": {"epochs": 9, "batch_size": 4, "optimizer": "adam", "learning_rate": 0.01},
    "device": "cpu",
}


class Named(dict):
    """Inputs, outputs or wildcards as Snakemake hands them over."""

    def __iter__(self):
        return iter(self.values())

    def __getattr__(self, name):
        return self[name]


def build(settings, n_classes, weights):
    assert weights is None
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, settings["units"]), nn.ReLU(), nn.Linear(settings["units"], n_classes)
    )


@pytest.fixture
def job(tmp_path, monkeypatch):
    """job(**changes): fold 2 of repeat 1, in a folder of its own; 24 samples in two batches."""
    monkeypatch.chdir(tmp_path)
    samples = write_prepared(tmp_path / "prepared", {"b0": range(12), "b1": range(12, 24)})
    source = SampleSource(samples)
    source.table.to_parquet("samples.parquet", index=False)
    parts = ["train"] * 12 + ["validation"] * 4 + ["test"] * 8
    by_number = source.table.sort_values("sample", key=lambda s: s.str[1:].astype(int))
    rows = [by_number.assign(repeat=1, fold=fold, part=parts) for fold in (1, 2)]
    pd.concat(rows)[["repeat", "fold", "part", "sample", "patient", "label"]].to_csv("split.csv", index=False)

    def make(**changes):
        facts = {
            "rule": "train_fold_made_up",
            "input": Named(samples=[str(p) for p in samples], table="samples.parquet", split="split.csv"),
            "output": Named({name: f"out/{file}" for name, file in FILES.items()}),
            "wildcards": Named(model="small", scheme="folds", repeat="1", fold="2"),
            "settings": SETTINGS,
            "cases": [],
            "seed": 7,
            "threads": 1,
            "code": "0123456789abcdef",
            "log": None,
        }
        return Job(**(facts | changes))

    return make


def test_a_fold_leaves_its_files_and_no_checkpoint(job, tmp_path):
    trained = train_fold(job(), build, augment=jitter)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FILES.values())
    assert list((tmp_path / "cache" / "checkpoints").iterdir()) == []
    predictions = pd.read_parquet("out/predictions.parquet")
    assert list(predictions.columns) == ["sample", "patient", "part", "label", "p_a", "p_b"]
    assert predictions["part"].value_counts().to_dict() == {"test": 8, "validation": 4}
    images = torch.stack(
        [torch.from_numpy(SampleSource(job().input.samples).read(s)) for s in predictions["sample"]]
    )
    with torch.no_grad():
        wanted = torch.softmax(trained.network(images).double(), 1).numpy()
    assert np.allclose(predictions[["p_a", "p_b"]].to_numpy(), wanted, atol=1e-6)
    facts = json.loads((tmp_path / "out" / "training.json").read_text())
    assert facts["classes"] == ["a", "b"]
    assert facts["epochs"] == 4  # of the model, before that of all models
    assert facts["n_parameters"] == facts["n_trained_parameters"] == 64 * 5 + 5 + 5 * 2 + 2
    assert facts["start"] == "random weights"
    assert same(load_file("out/weights.safetensors"), trained.network)
    assert list(pd.read_csv("out/timing.csv").columns) == ["epoch", "seconds"]
    kept = pd.read_csv("out/history.csv").query("kept")
    assert kept["epoch"].tolist() == [facts["best_epoch"]]


def test_folds_and_seeds_begin_with_other_weights_and_a_fold_repeats(job):
    first = train_fold(job(), build).network
    assert same(first, train_fold(job(), build).network)
    assert not same(first, train_fold(job(seed=8), build).network)
    places = {"model": "small", "scheme": "folds", "repeat": "1"}
    other = train_fold(job(wildcards=Named(places, fold="1")), build).network
    assert not same(first, other)  # the same samples in both folds here: only chance differs


def test_what_is_observed_is_written_where_the_rule_has_it(job):
    outputs = Named(
        {name: f"out/{file}" for name, file in FILES.items()}, observed="out/observed.safetensors"
    )
    train_fold(
        job(output=outputs), build, observe=lambda epoch, net: {"bias": net[3].bias} if epoch == 2 else {}
    )
    assert list(read_tensors("out/observed.safetensors")) == [2]


def test_a_fold_that_the_split_does_not_have_is_a_message(job):
    places = {"model": "small", "scheme": "folds", "repeat": "1", "fold": "3"}
    with pytest.raises(InputError, match="expected fold 3 of repeat 1"):
        train_fold(job(wildcards=Named(places)), build)


def test_a_whole_cohort_is_trained_to_the_last_epoch(job):
    source = SampleSource(job().input.samples, "samples.parquet")
    early = SETTINGS | {
        "training": SETTINGS["training"] | {"early_stopping": {"patience": 1, "min_delta": 9.0}}
    }
    trained, folder = train_whole(job(settings=early), Recipe(build), source, "small", epochs=3)
    assert len(trained.fitted.history) == trained.fitted.best_epoch == 3
    assert not [name for name in trained.fitted.history if name.startswith("validation")]
    assert checkpoints.load(folder)["ends"] == "all 3 epochs"
