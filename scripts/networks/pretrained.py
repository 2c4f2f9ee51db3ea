"""Where pretrained weights come from: a user's folder, torchvision's own download, fractal images, or nowhere.

A file of torchvision carries the first digits of its SHA-256 in its name (resnet18-f37072fd.pth). A file with another
content is refused, wherever it lies.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.hub import download_url_to_file, get_dir
from torchvision.models import get_model_weights

from scripts.errors import InputError, nearest
from scripts.tables import write_whole

SOURCES = ("torchvision", "procedural", "none")
WEIGHTS = "IMAGENET1K_V1"
ABOUT = "about"
TWO_WAYS = (
    "Either name a folder with that file in the configuration (`weights: {folder: ...}`), or run once where "
    "torchvision can download it; or set `pretrained: procedural` or `pretrained: none`."
)


@dataclass(frozen=True)
class Pretrained:
    """Weights and what a report says of them.

    Parameters
    ----------
    state : name -> tensor, on the CPU. source : 'torchvision' or 'procedural'. text : in words. sha256 : of the file.
    """

    state: Mapping[str, torch.Tensor]
    source: str
    text: str
    sha256: str


def pretrained_weights(
    network: str, how: str, folder: str | Path | None = None, procedural: str | Path | None = None
) -> Pretrained | None:
    """The pretrained weights of a network, None for `how` = 'none'.

    Parameters
    ----------
    network : torchvision's name (resnet18, resnet34, alexnet, vgg16), also for 'procedural'. '' where there are none.
    how : 'torchvision' (ImageNet, IMAGENET1K_V1), 'procedural' or 'none'.
    folder : with torchvision's files; None for torchvision's own download and its cache (`TORCH_HOME`).
    procedural : the file that `pretrain_network` wrote.

    Raises
    ------
    InputError : no such source, no weights for this network, no file, one of another content, nothing to download from.
    """
    if how not in SOURCES:
        raise InputError(
            "pretrained", f"one of {', '.join(SOURCES)}", f"'{how}'", nearest(how, SOURCES).strip()
        )
    if how == "none":
        return None
    if not network:
        raise InputError(
            f"pretrained: {how}", "a network that has pretrained weights", "one that has none (3-D)",
            "Set `pretrained: none`.",
        )  # fmt: skip
    if how == "procedural":
        return _procedural(network, procedural)
    name = weights_file(network)
    if folder is not None:
        path = Path(folder) / name
        if not path.is_file():
            raise InputError(
                f"weights folder {folder}", f"torchvision's file {name}", "no such file", TWO_WAYS
            )
    else:
        path = _downloaded(network)
    digest = _checked_digest(path)
    return Pretrained(_read(path), "torchvision", f"torchvision's {WEIGHTS} of {network} ({name})", digest)


def weights_file(network: str) -> str:
    """Name of torchvision's file for a network, such as resnet18-f37072fd.pth."""
    return _url(network).rpartition("/")[2]


def _url(network: str) -> str:
    return get_model_weights(network)[WEIGHTS].url


def _downloaded(network: str) -> Path:
    """torchvision's file in torch's cache, brought there if need be."""
    path = Path(get_dir()) / "checkpoints" / weights_file(network)
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            download_url_to_file(_url(network), str(path), stated_digest(path.name), progress=False)
        except (OSError, RuntimeError) as error:  # no way to the file (URLError), or another content
            raise InputError(
                f"pretrained weights of {network}", f"torchvision's file {path.name}",
                f"none, and no download ({error})", TWO_WAYS,
            ) from None  # fmt: skip
    return path


def stated_digest(file_name: str) -> str:
    """The first digits of the SHA-256 that a file of torchvision must have, from its name."""
    return re.search(r"-([0-9a-f]{8,})\.pth$", file_name)[1]


def _checked_digest(path: Path) -> str:
    """SHA-256 of the file; InputError where the digits in its name are not its first."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    stated = stated_digest(path.name)
    if not digest.startswith(stated):
        raise InputError(
            str(path), f"a file whose SHA-256 begins with {stated}", f"one with {digest[: len(stated)]}",
            "It was cut off or changed: fetch it again.",
        )  # fmt: skip
    return digest


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (
        Exception
    ) as error:  # torch tells of a file of another kind by many exceptions, some of them pickle's own
        raise InputError(str(path), "tensors and nothing else", str(error).partition("\n")[0]) from None


def _procedural(network: str, path: str | Path | None) -> Pretrained:
    if path is None or not Path(path).is_file():
        raise InputError(
            f"procedural weights of {network}", "a file of the rule pretrain_network", f"{path or 'none'}"
        )
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get(ABOUT, "{}"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(str(path), "weights (safetensors)", str(error)) from None
    if about.get("network") != network:
        raise InputError(
            str(path), f"weights of {network}", f"of {about.get('network', 'an unnamed network')}"
        )
    return Pretrained(state, "procedural", about["text"], hashlib.sha256(Path(path).read_bytes()).hexdigest())


def save_procedural(state: Mapping[str, torch.Tensor], network: str, text: str, path: str | Path) -> None:
    """Write the weights of a network trained on generated images, with what they are in words.

    The same weights give the same bytes: one entry of metadata, for safetensors keeps no order of several.
    """
    about = json.dumps({"network": network, "text": text}, sort_keys=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_whole(path, lambda part: save_file(tensors, part, metadata={ABOUT: about}))
