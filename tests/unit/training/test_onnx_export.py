"""ONNX files give torch's outputs on batches of any size, and one that does not is not kept."""

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from scripts.errors import InputError
from scripts.networks.catalogue import build_network
from scripts.training import onnx_export
from scripts.training.onnx_export import export_onnx, onnx_difference
from scripts.workflow.config import ROOT


@pytest.fixture(autouse=True)
def _same_start():
    torch.manual_seed(7)


def with_statistics(network, shape):
    """The network after a look at random images: its normalisation is not the start's."""
    network.train()(torch.rand(4, *shape))
    return network.eval()


@pytest.mark.parametrize(
    ("name", "shape", "sizes"),
    [
        ("resnet18", (3, 32, 32), {}),
        ("two_view_resnet18", (1, 20, 20, 20), {"sections": 20}),
        ("alexnet", (1, 64, 64), {"pooled": 2, "head_units": [8]}),
    ],
)
def test_outputs_are_torchs(name, shape, sizes, tmp_path):
    network = with_statistics(build_network(name, 3, shape[0], width=0.125, dropout=0.5, **sizes), shape)
    difference = export_onnx(network, shape, tmp_path / "model.onnx", batch_sizes=(1, 2, 7))
    assert 0 < difference < 1e-5
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    model = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(model)
    assert str(ROOT).encode() not in (tmp_path / "model.onnx").read_bytes()
    assert [value.name for value in model.graph.input] == ["image"]
    assert [value.name for value in model.graph.output] == ["logits"]


def test_a_file_of_another_network_is_seen(tmp_path):
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    export_onnx(network, (1, 2, 2), tmp_path / "model.onnx")
    assert onnx_difference(network, (1, 2, 2), tmp_path / "model.onnx") < 1e-6
    network[1].bias.data += 0.01
    assert onnx_difference(network, (1, 2, 2), tmp_path / "model.onnx") == pytest.approx(0.01, rel=0.7)
    with torch.no_grad():
        assert float(network(torch.zeros(1, 1, 2, 2)).abs().max()) < 10


def test_a_file_that_differs_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export, "onnx_difference", lambda *_: 2e-4)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    with pytest.raises(InputError, match="torch's outputs within 0.0001, found a difference of 0.0002"):
        export_onnx(network, (1, 2, 2), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(onnx_export, "onnx_difference", lambda *_: float("nan"))
    with pytest.raises(InputError, match="found a difference of nan"):
        export_onnx(network, (1, 2, 2), tmp_path / "model.onnx")


def test_a_batch_that_the_file_takes_for_another_size_is_seen(tmp_path):
    class Merges(nn.Module):
        def forward(self, x):
            return x.flatten(1).sum(dim=1, keepdim=True).expand(-1, 2)[:1]

    export_onnx(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2), tmp_path / "model.onnx")
    assert onnx_difference(Merges(), (1, 2, 2), tmp_path / "model.onnx") == np.inf
