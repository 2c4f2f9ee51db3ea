"""Pretraining on fractals: what is trained for which network, and that something is learned and handed on."""

import json

import pytest
import torch
from snakemake.iocontainers import Namedlist

from scripts.networks.catalogue import build_network
from scripts.networks.fractals import FractalSettings
from scripts.networks.pretrain_network import FractalSource, base_network, learnt, main, pretraining_samples
from scripts.networks.pretrained import pretrained_weights
from scripts.workflow.job import Job

FRACTALS = {"n_categories": 4, "n_instances": 24, "pixels": 32, "points": 3000, "least_filled": 0.15}
TRAINING = {"epochs": 8, "batch_size": 16, "learning_rate": 0.03, "keep": "last"}


def test_a_network_with_torchvisions_name_is_pretrained_as_it_is():
    assert base_network("resnet34", 3, {"width": 0.5}) == ("resnet34", 3, {"width": 0.5})


def test_of_a_two_view_network_the_2d_stages_are_pretrained():
    sizes = {"width": 0.25, "dropout": 0.15, "sections": 20, "kernel": 7}
    assert base_network("two_view_resnet18", 1, sizes) == ("resnet18", 1, {"width": 0.25, "dropout": 0.15})


def test_the_last_instances_of_each_category_are_for_validation():
    train, validation = pretraining_samples(FractalSettings.read(FRACTALS | {"n_categories": 2}), 0.25)
    assert train == [f"{c}/{i}" for c in (0, 1) for i in range(18)]
    assert validation == [f"{c}/{i}" for c in (0, 1) for i in range(18, 24)]
    assert len(pretraining_samples(FractalSettings.read(FRACTALS), 0.0)[1]) == 4


def test_a_sample_has_the_fractal_in_every_channel():
    settings = FractalSettings.read(FRACTALS)
    image = FractalSource(settings, 5, 3).read("2/7")
    assert image.shape == (3, 32, 32)
    assert (image[0] == image[2]).all()
    assert (image == FractalSource(settings, 5, 3).read("2/7")).all()


@pytest.fixture
def pretrained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = {
        "network": "two_view_resnet18", "in_channels": 1, "sizes": {"width": 0.125, "sections": 20}, "device": "cpu",
        "pretraining": {"fractals": FRACTALS, "training": TRAINING, "validation_share": 0.25},
    }  # fmt: skip
    output = Namedlist(fromdict={"weights": "cache/w.safetensors", "training": "cache/w.json"})
    main(Job("pretrain_network", Namedlist(), output, Namedlist(), settings, [], 3, 1, "c0de", None))
    return tmp_path


def test_a_network_learns_fractals_and_hands_its_stages_on(pretrained):
    facts = json.loads((pretrained / "cache" / "w.json").read_text())
    assert facts["validation_accuracy"] > 0.5
    assert facts["chance_accuracy"] == 0.25
    assert facts["epochs"] == 8
    found = pretrained_weights("resnet18", "procedural", procedural=pretrained / "cache" / "w.safetensors")
    assert "4 x 24 fractal images of 32 x 32 pixels" in found.text
    network = build_network("two_view_resnet18", 2, 1, weights=found.state, width=0.125, sections=20)
    assert torch.equal(network.layer3[0].conv1.weight, found.state["layer3.0.conv1.weight"])
    assert not list((pretrained / "cache" / "checkpoints").iterdir())


@pytest.mark.parametrize(
    ("right", "n", "categories", "words"),
    [
        # P(X >= 5) of Binomial(10, 1/4) is 0.078, P(X >= 7) is 0.0035 (tables of the binomial distribution)
        (5, 10, 4, "50% of held-out ones rightly: no more than chance (25%), so that it learnt nothing"),
        (7, 10, 4, "70% of held-out ones rightly (chance 25%)"),
        (0, 10, 4, "0% of held-out ones rightly: no more than chance (25%), so that it learnt nothing"),
    ],
)
def test_a_pretraining_says_whether_it_learnt_anything(right, n, categories, words):
    assert learnt(right / n, n, categories) == f"of which it tells {words}"
