import json

import pytest
import torch

from scripts.training import checkpoints


class Named(dict):
    """Inputs, outputs or wildcards as Snakemake hands them over."""

    def __iter__(self):
        return iter(self.values())

    def __getattr__(self, name):
        return self[name]


@pytest.fixture
def job(tmp_path, monkeypatch):
    """job(**changes): a job that trains, in a folder of its own."""
    from scripts.workflow.job import Job

    monkeypatch.chdir(tmp_path)
    for name in ("table.parquet", "split.csv", "batch.safetensors"):
        (tmp_path / name).write_text(name)

    def make(**changes):
        facts = {
            "rule": "train_fold_made_up",
            "input": Named(
                samples=["batch.safetensors"], table="table.parquet", split="split.csv", pretrained=[]
            ),
            "output": Named(weights="weights.safetensors", history="history.csv"),
            "wildcards": Named(model="small", fold="1"),
            "settings": {"training": {"epochs": 3}},
            "cases": [],
            "seed": 7,
            "threads": 1,
            "code": "0123456789abcdef",
            "log": None,
        }
        return Job(**(facts | changes))

    return make


def test_the_same_job_finds_its_checkpoints_again(job):
    folder = checkpoints.checkpoint_folder(job())
    checkpoints.save({"weights": torch.ones(2)}, folder)
    assert checkpoints.checkpoint_folder(job()) == folder
    assert torch.equal(checkpoints.load(folder)["weights"], torch.ones(2))
    assert folder.parent.as_posix() == "cache/checkpoints"
    assert len(folder.name) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "fedcba9876543210"},
        {"settings": {"training": {"epochs": 4}}},
        {"seed": 8},
        {"threads": 2},
        {"wildcards": Named(model="small", fold="2")},
        {"rule": "train_fold_other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_code_settings_seed_threads_or_fold_have_other_checkpoints(job, changes):
    first = checkpoints.checkpoint_folder(job())
    checkpoints.save({"a": 1}, first)
    other = checkpoints.checkpoint_folder(job(**changes))
    assert other != first
    assert checkpoints.load(other) is None


@pytest.mark.parametrize("name", ["table.parquet", "split.csv"])
def test_other_data_have_other_checkpoints(job, tmp_path, name):
    first = checkpoints.checkpoint_folder(job())
    (tmp_path / name).write_text("other data")
    assert checkpoints.checkpoint_folder(job()) != first


def test_the_table_stands_for_the_samples_and_without_one_they_count(job, tmp_path):
    alone = Named(samples=["batch.safetensors"])
    first, second = (checkpoints.checkpoint_folder(j) for j in (job(), job(input=alone)))
    (tmp_path / "batch.safetensors").write_text("other data")
    assert checkpoints.checkpoint_folder(job()) == first
    assert checkpoints.checkpoint_folder(job(input=alone)) != second


def test_other_libraries_have_other_checkpoints(job, monkeypatch):
    first = checkpoints.checkpoint_folder(job())
    monkeypatch.setattr(checkpoints.importlib.metadata, "version", lambda name: "0.0")
    assert checkpoints.checkpoint_folder(job()) != first


def test_what_an_earlier_version_of_the_same_training_left_is_removed_and_no_other(job):
    old = checkpoints.checkpoint_folder(job())
    beside = checkpoints.checkpoint_folder(job(output=Named(weights="other.safetensors")))
    new = checkpoints.checkpoint_folder(job(seed=2))
    assert not old.exists()
    assert new.exists()
    assert beside.exists()
    assert json.loads((new / "training.json").read_text()) == {"target": "weights.safetensors"}


def test_an_unreadable_checkpoint_is_said_and_not_used(job, capsys):
    folder = checkpoints.checkpoint_folder(job())
    (folder / "last.safetensors").write_bytes(b"half a checkpoint")
    assert checkpoints.load(folder) is None
    assert "The checkpoint cannot be read, the training starts anew" in capsys.readouterr().out


def test_checkpoints_are_removed_once(job):
    folder = checkpoints.checkpoint_folder(job())
    checkpoints.remove(folder)
    checkpoints.remove(folder)
    assert not folder.exists()
