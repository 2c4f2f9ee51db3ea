import pytest
import torch
from safetensors import safe_open

from scripts.training.tensor_file import read_tensors, write_state, write_tensors

VALUE = {
    "weights": {"a.b": torch.arange(6, dtype=torch.float64).reshape(2, 3), "count": torch.tensor(3)},
    "state": {0: {"step": torch.tensor(2.0), "none": None}, 1: {}},
    "groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1], "fused": None, "foreach": True}],
    "rows": [{"loss": float("nan"), "far": float("inf"), "third": 1 / 3}],
    "#": "a key of this name",
    "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "empty": torch.zeros(0, 4),
}


def alike(one, other):
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and torch.equal(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and all(map(alike, one, other)) and len(one) == len(other)
    return type(one) is type(other) and (one == other or (one != one and other != other))


def test_what_is_written_comes_back_with_its_kinds(tmp_path):
    write_tensors(VALUE, tmp_path / "state.safetensors")
    assert alike(read_tensors(tmp_path / "state.safetensors"), VALUE)


def test_others_may_read_it_as_any_file_and_the_same_tensors_give_the_same_bytes(tmp_path):
    (tmp_path / "any").touch()
    for name in ("one", "two"):
        write_state({"b": torch.ones(2), "a": torch.zeros(3, 2).T}, tmp_path / name, {"about": "x"})
    assert (tmp_path / "one").stat().st_mode == (tmp_path / "any").stat().st_mode
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_it_is_a_plain_safetensors_file(tmp_path):
    write_tensors(VALUE, tmp_path / "state.safetensors")
    with safe_open(tmp_path / "state.safetensors", framework="np") as file:
        assert len(list(file.keys())) == 5


def test_tensors_that_share_memory_and_views_are_written_whole(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    write_tensors({"base": base, "same": base, "turned": base.T}, tmp_path / "s.safetensors")
    found = read_tensors(tmp_path / "s.safetensors")
    assert torch.equal(found["same"], base)
    assert torch.equal(found["turned"], base.T)


@pytest.mark.parametrize("thing", [object(), {1, 2}, b"bytes", print, torch.nn.Linear(1, 1)])
def test_anything_else_is_refused_and_the_old_file_stays(tmp_path, thing):
    write_tensors({"old": 1}, tmp_path / "s.safetensors")
    with pytest.raises(TypeError, match="expected tensors, numbers and texts"):
        write_tensors({"new": [thing]}, tmp_path / "s.safetensors")
    assert read_tensors(tmp_path / "s.safetensors") == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["s.safetensors"]


@pytest.mark.parametrize("keep", [0, 5, 40, 400])
def test_a_file_that_was_cut_off_is_known(tmp_path, keep):
    path = tmp_path / "s.safetensors"
    write_tensors(VALUE, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match="not a file of tensors"):
        read_tensors(path)


def test_a_file_without_a_tree_is_known_and_a_missing_one_is_missing(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "plain.safetensors")
    with pytest.raises(ValueError, match="not a file of tensors"):
        read_tensors(tmp_path / "plain.safetensors")
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "none.safetensors")
