"""The frozen network: the very same outputs after a round trip, and a refusal in words of what does not fit."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file

from scripts.errors import InputError
from scripts.networks.catalogue import build_network
from scripts.training.frozen import misfit, read_card, read_frozen, training_facts, write_frozen
from scripts.training.samples import SampleSource

SETTINGS = {"network": "resnet18", "sizes": {"width": 0.125}}
LABELS = {"a": "glioma", "b": "meningioma", "c": "glioma"}


@pytest.fixture(autouse=True)
def _same_start():
    torch.manual_seed(7)


def build(settings, n_classes, weights):
    return build_network(settings["network"], n_classes, 1, weights, **settings["sizes"])


@pytest.fixture
def source(tmp_path):
    """Three samples of 1 x 32 x 32 in 8 bits; one value is 7, one 250, the others lie between."""
    rng = np.random.default_rng(1)
    images = {name: rng.integers(20, 200, size=(1, 32, 32), dtype=np.uint8) for name in LABELS}
    images["b"][0, 3, 4], images["c"][0, 5, 6] = 7, 250
    save_file(images, tmp_path / "b0.safetensors")
    table = pd.DataFrame(
        {"sample": list(LABELS), "patient": ["P1", "P2", "P1"], "label": list(LABELS.values())}
    )
    table.to_parquet(tmp_path / "b0.parquet", index=False)
    return SampleSource([tmp_path / "b0.safetensors"])


def card_of(source):
    facts = training_facts(source, list(LABELS), LABELS)
    return {
        "paper": "brain_tumor_types",
        "source": {"kind": "simulated", "text": "Fitted on patients who do not exist."},
        "created_from": {
            "n_samples": 3, "n_patients": 2, "training_digest": facts["training_digest"], "code": "c0de", "seed": 1,
        },
        "network": {"model": "cnn", "settings": SETTINGS},
        "input": facts["input"],
        "preparation": {"resize": {"pixels": 32}},
        "classes": ["glioma", "meningioma"],
        "training": {"epochs": 3},
    }  # fmt: skip


@pytest.fixture
def frozen(source, tmp_path):
    """Folder of a frozen network, and the network itself with running means that are not their start."""
    network = build(SETTINGS, 2, None).train()
    network(torch.rand(4, 1, 32, 32))
    write_frozen(tmp_path / "model", network, card_of(source))
    return tmp_path / "model", network.eval()


def test_outputs_come_back_bit_for_bit(frozen):
    folder, network = frozen
    read = read_frozen(folder, build)
    images = torch.rand(3, 1, 32, 32)
    assert torch.equal(read.network(images), network(images))
    assert not read.network.training
    assert read.classes == ["glioma", "meningioma"]
    assert read.card["network"]["n_parameters"] == sum(p.numel() for p in network.parameters())


def test_the_same_network_gives_the_same_bytes(frozen, source, tmp_path):
    folder, network = frozen
    write_frozen(tmp_path / "again", network, card_of(source))
    for name in ("card.json", "weights.safetensors"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "weights.safetensors"]


def test_the_card_says_what_the_training_images_were(source):
    facts = training_facts(source, ["c", "a", "b"], LABELS)
    assert facts["input"] == {
        "shape": [1, 32, 32], "axes": "channel, y, x", "dtype": "uint8", "range": [7.0, 250.0],
    }  # fmt: skip
    digest = hashlib.sha256()
    for name in "abc":
        digest.update(f"{name}\x1f{LABELS[name]}\x1f".encode() + source.read(name).tobytes())
    assert facts["training_digest"] == digest.hexdigest()
    other = training_facts(source, list(LABELS), LABELS | {"a": "meningioma"})
    assert other["training_digest"] != facts["training_digest"]


def test_training_images_of_two_shapes_are_refused(tmp_path):
    save_file(
        {"a": np.zeros((1, 4, 4), np.float32), "b": np.zeros((1, 4, 5), np.float32)},
        tmp_path / "x.safetensors",
    )
    with pytest.raises(
        InputError, match=r"finite images of one shape, found float32 \(1, 4, 4\), float32 \(1, 4, 5\)"
    ):
        training_facts(SampleSource([tmp_path / "x.safetensors"]), ["a", "b"], {"a": "x", "b": "y"})


def edited(folder, change):
    """The card after `change` of its content."""
    path = folder / "card.json"
    card = json.loads(path.read_text())
    change(card)
    path.write_text(json.dumps(card))
    return folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("classes"), "'classes' is a required property"),
        (lambda c: c.update(clases=[]), "Did you mean 'classes'"),
        (
            lambda c: c["input"].update(axes="channel, z, y, x"),
            "input/axes: 'channel, z, y, x' for a shape of 3",
        ),
        (lambda c: c["input"].update(range=[3.0, 1.0]), "input/range: its ends are in the wrong order"),
        (lambda c: c["input"].update(rows=["MLF11"]), "input/rows: 1 names for 32 rows"),
        (
            lambda c: c["weights"].update(sha256="0" * 64),
            r"expected the card's weights \(SHA-256 000000000000",
        ),
        (
            lambda c: c["classes"].append("pituitary"),
            r"fc.bias: torch.float32 \(3,\) in the network, .* \(2,\)",
        ),
        (lambda c: c["network"]["settings"].update(network="resnet34"), "4 faults|faults"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(frozen, change, message):
    folder, _ = frozen
    with pytest.raises(InputError, match=message):
        read_frozen(edited(folder, change), build)


def test_other_weights_are_refused(frozen):
    folder, _ = frozen
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="Keep card and weights of one network together"):
        read_frozen(folder, build)
    path.unlink()
    with pytest.raises(InputError, match="the weights beside the card, found no such file"):
        read_frozen(folder, build)
    (folder / "card.json").unlink()
    with pytest.raises(InputError, match="no such file"):
        read_card(folder)


def test_weights_that_are_not_numbers_are_not_written(source, tmp_path):
    network = build(SETTINGS, 2, None)
    network.fc.bias.data[0] = float("nan")
    with pytest.raises(InputError, match="finite numbers, found others in fc.bias"):
        write_frozen(tmp_path / "model", network, card_of(source))
    assert not (tmp_path / "model" / "card.json").exists()


def test_an_image_that_the_network_does_not_take_is_told(source):
    card = card_of(source)
    image = source.read("a")
    assert misfit(card, image) == ""
    assert (
        misfit(card, image[:, :31]) == "expected uint8 (1, 32, 32) (channel, y, x), found uint8 (1, 31, 32)"
    )
    assert "found float32" in misfit(card, image.astype(np.float32))


def test_values_in_other_units_are_told(source):
    card = card_of(source)
    card["input"] |= {"dtype": "float32", "range": [-1.0, 3.0]}
    image = np.zeros((1, 32, 32), np.float32)
    image[0, 0, 0] = 7.0  # 3 + (3 - -1)
    assert misfit(card, image) == ""
    image[0, 0, 0] = 7.01
    assert misfit(card, image) == "expected values like -1 to 3 of the training samples, found 0 to 7.01"
    image[0, 0, 0] = -5.0  # -1 - (3 - -1)
    assert misfit(card, image) == ""
    image[0, 0, 0] = -5.01
    assert "found -5.01 to 0" in misfit(card, image)
    image[0, 0, 0] = np.nan
    assert misfit(card, image) == "expected finite values, found others"
