import os

import pytest
import torch

from scripts.errors import InputError
from scripts.training.devices import precision_on, repeatable, seeded, torch_device


def test_a_card_that_is_not_there_is_a_message(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="device: gpu: expected a graphics card that torch can use"):
        torch_device("gpu")
    with pytest.raises(InputError, match="expected one of cpu, gpu, found 'cuda'"):
        torch_device("cuda")
    assert torch_device("cpu").type == "cpu"


@pytest.mark.parametrize(
    ("device", "wanted", "bf16", "found"),
    [
        ("cpu", "auto", True, "32"),
        ("cpu", "bf16-mixed", True, "bf16-mixed"),
        ("gpu", "auto", True, "bf16-mixed"),
        ("gpu", "auto", False, "16-mixed"),
        ("gpu", "32", True, "32"),
    ],
)
def test_precision(monkeypatch, device, wanted, bf16, found):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
    assert precision_on(device, wanted) == found


def test_sixteen_bits_on_a_cpu_are_a_message():
    with pytest.raises(InputError, match="expected a precision that a CPU has, found '16-mixed'"):
        precision_on("cpu", "16-mixed")


def test_first_weights_follow_from_the_seed_and_nothing_else_is_drawn():
    torch.manual_seed(3)
    with seeded(1, "weights"):
        first = torch.rand(4)
    after = torch.rand(4)
    with seeded(1, "weights"):
        assert torch.equal(torch.rand(4), first)
    with seeded(2, "weights"):
        assert not torch.equal(torch.rand(4), first)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(4), after)


def test_everything_is_deterministic_for_as_long_as_it_lasts(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)  # a library may have set it
    before = torch.get_num_threads()
    with repeatable("cpu", before + 1):
        assert torch.are_deterministic_algorithms_enabled()
        assert not torch.is_deterministic_algorithms_warn_only_enabled()
        assert torch.get_num_threads() == before + 1
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before
    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ
    with repeatable("gpu", 1):
        assert torch.is_deterministic_algorithms_warn_only_enabled()
