from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file

from scripts.papers.nmosd_ms.follow_accuracy import trainings_table, with_held_out
from scripts.papers.nmosd_ms.networks import build
from scripts.papers.nmosd_ms.recipe import HeldOut, augment_of, build_with
from scripts.tables import write_json

torch.set_num_threads(1)
SETTINGS = {
    "preparation": {"size": 13},
    "compression": {"kernel": 7, "stride": 3},
    "augmentation": {"shift_share": 0.2, "flip_axes": ["x"]},
}
MODEL = {"network": "two_view_resnet18", "sizes": {"width": 0.125, "dropout": 0.15}}


def test_the_network_has_the_size_of_the_cube():
    network = build_with(SETTINGS)(MODEL, 2, None)
    whole = {**MODEL, "sections": 13, "compression": SETTINGS["compression"]}
    assert [p.shape for p in network.parameters()] == [p.shape for p in build(whole, 2).parameters()]


def test_augmentation_follows_its_settings():
    image = torch.zeros(1, 10, 10, 10)
    image[0, 5, 5, 5] = 1
    places = {
        tuple(torch.nonzero(augment_of(SETTINGS)(image, torch.Generator().manual_seed(seed))[0])[0].tolist())
        for seed in range(150)
    }
    assert {p[0] for p in places} == {3, 4, 5, 6, 7}
    assert {p[2] for p in places} == {2, 3, 4, 5, 6, 7}  # mirrored, 5 becomes 4


class ByMean(torch.nn.Module):
    """Calls the second class where the image is bright."""

    def __init__(self):
        super().__init__()
        self.threshold = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        bright = x.mean(dim=(1, 2, 3, 4)) - self.threshold
        return torch.stack([-bright, bright], dim=1)


@pytest.fixture
def job(tmp_path):
    shades = {"a": 255, "b": 0, "c": 255, "d": 0, "e": 200}
    images = {name: np.full((1, 4, 4, 4), shade, np.uint8) for name, shade in shades.items()}
    save_file(images, tmp_path / "b.safetensors")
    labels = ["nmosd", "ms", "ms", "ms", "nmosd"]
    table = pd.DataFrame({"sample": list(shades), "patient": list(shades), "label": labels})
    table.to_parquet(tmp_path / "samples.parquet")
    split = table.assign(repeat=1, fold=[2, 2, 2, 2, 2], part=["test", "test", "test", "train", "train"])
    split.to_csv(tmp_path / "split.csv", index=False)
    return SimpleNamespace(
        input=SimpleNamespace(
            samples=[tmp_path / "b.safetensors"],
            table=tmp_path / "samples.parquet",
            split=tmp_path / "split.csv",
        ),
        wildcards=SimpleNamespace(repeat="1", fold="2"),
    )


def test_held_out_patients_are_judged_as_they_are(job):
    held_out = HeldOut.of(job)
    assert held_out.targets.tolist() == [1, 0, 0]  # ms, nmosd in alphabetical order
    with torch.no_grad():
        assert held_out(1, ByMean())["right"].tolist() == [1, 1, 0]


def test_accuracies_of_an_epoch_stand_beside_each_other(job):
    held_out = HeldOut.of(job)
    with torch.no_grad():
        observed = {1: held_out(1, ByMean()), 3: {"right": torch.tensor([1, 1, 1], dtype=torch.uint8)}}
    history = pd.DataFrame({"epoch": [1, 2, 3], "training_accuracy": [0.5, 0.6, 0.7], "training_loss": 1.0})
    found = with_held_out(history, observed)
    assert found["held_out_accuracy"].tolist()[0] == pytest.approx(2 / 3)
    assert np.isnan(found["held_out_accuracy"].tolist()[1])
    assert found["held_out_accuracy"].tolist()[2] == 1
    assert list(found) == ["epoch", "training_accuracy", "held_out_accuracy"]


def test_trainings_are_told_by_their_place(tmp_path):
    facts = {"n_parameters": 5, "epochs": 2, "batch_size": 8, "accumulation": 1, "device": "cpu", "precision": "32",
             "start": "random weights", "stopped": "all 2 epochs", "classes": ["ms", "nmosd"]}  # fmt: skip
    path = tmp_path / "training/two_view_18/cross_validation/r2_f3/training.json"
    write_json(facts, path)
    (row,) = trainings_table([str(path)]).to_dict("records")
    assert (row["model"], row["repeat"], row["fold"], row["epochs"]) == ("two_view_18", 2, 3, 2)
