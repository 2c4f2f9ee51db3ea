"""Where pretrained weights come from: files made here, with right and wrong SHA-256."""

import hashlib
from urllib.error import URLError

import pytest
import torch

from scripts.errors import InputError
from scripts.networks import pretrained
from scripts.networks.pretrained import pretrained_weights, save_procedural, weights_file

STATE = {"conv1.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.tensor([0.5])}


def make_file(folder, monkeypatch, content=STATE, change=b""):
    """A file named as torchvision names its own, with the first digits of its SHA-256; then `change` behind it."""
    part = folder / "part"
    torch.save(content, part)
    name = f"resnet18-{hashlib.sha256(part.read_bytes()).hexdigest()[:8]}.pth"
    monkeypatch.setattr(pretrained, "_url", lambda network: f"https://nowhere.invalid/models/{name}")
    path = part.rename(folder / name)
    with path.open("ab") as file:
        file.write(change)
    return path


# torchvision's documentation of IMAGENET1K_V1 and the addresses in its source
@pytest.mark.parametrize(
    ("network", "name"),
    [
        ("resnet18", "resnet18-f37072fd.pth"),
        ("resnet34", "resnet34-b627a593.pth"),
        ("alexnet", "alexnet-owt-7be5be79.pth"),
        ("vgg16", "vgg16-397923af.pth"),
    ],
)
def test_files_have_torchvisions_names(network, name):
    assert weights_file(network) == name


def test_a_file_of_the_users_folder_is_read(tmp_path, monkeypatch):
    path = make_file(tmp_path, monkeypatch)
    found = pretrained_weights("resnet18", "torchvision", tmp_path)
    assert found.state.keys() == STATE.keys()
    assert all(torch.equal(found.state[name], STATE[name]) for name in STATE)
    assert found.source == "torchvision"
    assert path.name in found.text
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_with_another_content_is_refused(tmp_path, monkeypatch):
    path = make_file(tmp_path, monkeypatch, change=b"x")
    with pytest.raises(
        InputError, match=rf"{path.name}: expected a file whose SHA-256 begins with .* fetch it again"
    ):
        pretrained_weights("resnet18", "torchvision", tmp_path)


def test_torchvisions_own_name_does_not_save_a_wrong_file(tmp_path):
    torch.save(STATE, tmp_path / "resnet18-f37072fd.pth")
    with pytest.raises(InputError, match="SHA-256 begins with f37072fd, found one with "):
        pretrained_weights("resnet18", "torchvision", tmp_path)


class Harmful:
    """A pickle of this would make a folder when it is read."""

    def __reduce__(self):
        import os

        return os.mkdir, ("harm",)


def test_a_file_with_code_in_it_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_file(tmp_path, monkeypatch, content={"conv1.weight": Harmful()})
    with pytest.raises(InputError, match="expected tensors and nothing else"):
        pretrained_weights("resnet18", "torchvision", tmp_path)
    assert not (tmp_path / "harm").exists()


def test_a_folder_without_the_file_stops_with_both_ways(tmp_path):
    with pytest.raises(
        InputError, match=r"resnet18-f37072fd.pth, found no such file.*folder.*download.*procedural"
    ):
        pretrained_weights("resnet18", "torchvision", tmp_path)


def test_without_a_folder_torchvision_downloads_into_its_own_cache(tmp_path, monkeypatch):
    path = make_file(tmp_path, monkeypatch)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    asked = []

    def download(url, place, hash_prefix, progress):
        asked.append((url, hash_prefix))
        path.rename(place)

    monkeypatch.setattr(pretrained, "download_url_to_file", download)
    for _ in range(2):  # the second time from the cache
        assert pretrained_weights("resnet18", "torchvision").state.keys() == STATE.keys()
    assert asked == [(f"https://nowhere.invalid/models/{path.name}", path.stem.split("-")[1])]


def test_a_broken_file_in_the_cache_is_refused(tmp_path, monkeypatch):
    path = make_file(tmp_path, monkeypatch, change=b"x")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    cache = tmp_path / "home" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    path.rename(cache / path.name)
    with pytest.raises(InputError, match="cut off or changed"):
        pretrained_weights("resnet18", "torchvision")


@pytest.mark.parametrize(
    "error", [URLError("no route"), RuntimeError("invalid hash value"), TimeoutError("late")]
)
def test_with_neither_folder_nor_download_one_line_names_both_ways(error, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    def fails(*arguments, **named):
        raise error

    monkeypatch.setattr(pretrained, "download_url_to_file", fails)
    with pytest.raises(InputError) as caught:
        pretrained_weights("vgg16", "torchvision")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("vgg16-397923af.pth", "weights: {folder", "download", "procedural", "pretrained: none"):
        assert part in message


def test_none_gives_nothing():
    assert pretrained_weights("resnet18", "none") is None
    assert pretrained_weights("", "none") is None


def test_other_words_and_networks_without_weights_are_refused():
    with pytest.raises(InputError, match="found 'imagenet'"):
        pretrained_weights("resnet18", "imagenet")
    with pytest.raises(InputError, match="Did you mean 'torchvision'"):
        pretrained_weights("resnet18", "torchvison")
    with pytest.raises(InputError, match=r"found one that has none \(3-D\)"):
        pretrained_weights("", "torchvision")


def test_procedural_weights_come_back_and_their_bytes_repeat(tmp_path):
    for name in ("a", "b"):
        save_procedural(STATE, "resnet18", "on 3 fractals", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = pretrained_weights("resnet18", "procedural", procedural=tmp_path / "a")
    assert all(torch.equal(found.state[name], STATE[name]) for name in STATE)
    assert (found.source, found.text) == ("procedural", "on 3 fractals")


def test_procedural_weights_of_another_network_are_refused(tmp_path):
    save_procedural(STATE, "resnet18", "on 3 fractals", tmp_path / "a")
    with pytest.raises(InputError, match="expected weights of alexnet, found of resnet18"):
        pretrained_weights("alexnet", "procedural", procedural=tmp_path / "a")
    (tmp_path / "a").write_bytes(b"nothing")
    with pytest.raises(InputError, match="safetensors"):
        pretrained_weights("alexnet", "procedural", procedural=tmp_path / "a")
    with pytest.raises(InputError, match="rule pretrain_network, found none"):
        pretrained_weights("alexnet", "procedural")
