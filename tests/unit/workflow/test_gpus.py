import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.errors import InputError
from scripts.workflow import gpus
from scripts.workflow.step import run

ROOT = Path(__file__).resolve().parents[3]
LISTED = (
    "GPU 0: NVIDIA A (UUID: GPU-aa)\n  MIG 1g.5gb Device 0: (UUID: MIG-1)\nGPU 1: NVIDIA B (UUID: GPU-bb)\n"
)
# Holds cards in a process of its own: says which, and ends when its input ends.
HOLDER = """
import os, sys
from pathlib import Path
from scripts.workflow.gpus import cards
with cards(int(sys.argv[1]), Path(sys.argv[2])):
    print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine with two cards: its folder of locks is the value."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "nvidia-smi").write_text(f"#!/bin/sh\ncat <<'END'\n{LISTED}END\n")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(gpus, "POLL_S", 0.05)
    monkeypatch.setattr(gpus, "LOCKS", tmp_path)
    locks = tmp_path / "locks"
    locks.mkdir()
    return locks


@pytest.fixture
def holders(machine):
    """holders(wanted): a process that holds so many cards, and the ids that it saw."""
    started = []

    def start(wanted, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(wanted), str(machine)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def refuses_at_once(monkeypatch):
    """Waiting for a card becomes an error, so that no test waits for one that never comes."""

    def no_waiting(seconds):
        raise TimeoutError("would wait")

    monkeypatch.setattr(gpus, "time", SimpleNamespace(sleep=no_waiting))


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (None, ["0", "1"]),
        ("1", ["1"]),
        ("1,0", ["1", "0"]),
        ("", []),
        ("-1", []),
        ("0,-1,1", ["0"]),
        ("GPU-bb", ["1"]),
        ("1,GPU-bb", ["1"]),
        ("MIG-1", ["MIG-1"]),
    ],
)
def test_visible_cards_are_those_of_the_environment_or_of_the_driver(given, ids):
    assert gpus.visible_cards({} if given is None else {"CUDA_VISIBLE_DEVICES": given}) == ids


def test_a_machine_without_a_driver_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpus.visible_cards({}) == []
    with (
        pytest.raises(InputError, match="expected 1 GPU for this step, found none .*profiles/slurm"),
        gpus.cards(1),
    ):
        pass


def test_more_cards_than_there_are_is_refused_and_not_waited_for(machine):
    with pytest.raises(InputError, match="expected 3 GPUs for this step, found 2"), gpus.cards(3, machine):
        pass


def test_two_processes_get_different_cards_and_a_third_waits(holders, machine, monkeypatch, capsys):
    _, first = holders(1)
    second_process, second = holders(1)
    assert {first, second} == {"0", "1"}
    waits = []

    def wait(seconds):
        waits.append(seconds)
        second_process.communicate("")  # the second ends

    monkeypatch.setattr(gpus, "time", SimpleNamespace(sleep=wait))
    with gpus.cards(1, machine) as mine:
        assert mine == [second]
    assert len(waits) == 1
    assert capsys.readouterr().out == "Waiting for 1 of 2 GPUs: other steps hold them.\n"


def test_a_killed_process_frees_its_card(holders, machine, monkeypatch):
    refuses_at_once(monkeypatch)
    process, _ = holders(2)
    with pytest.raises(TimeoutError), gpus.cards(1, machine):
        pass
    process.kill()
    process.wait()
    with gpus.cards(2, machine) as mine:
        assert mine == ["0", "1"]


def test_a_step_that_waits_for_two_holds_none_meanwhile(holders, machine, monkeypatch):
    refuses_at_once(monkeypatch)
    _, first = holders(1)
    with pytest.raises(TimeoutError), gpus.cards(2, machine):
        pass
    with gpus.cards(1, machine) as mine:
        assert mine == [{"0": "1", "1": "0"}[first]]


def test_a_card_called_by_its_uuid_is_the_same_card(holders, machine, monkeypatch):
    refuses_at_once(monkeypatch)
    assert holders(1, CUDA_VISIBLE_DEVICES="GPU-bb")[1] == "1"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with pytest.raises(TimeoutError), gpus.cards(1, machine):
        pass


def test_the_step_sees_its_cards_in_the_order_of_the_driver_and_the_environment_is_put_back(
    machine, monkeypatch
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with gpus.cards(1, machine):
        assert (os.environ["CUDA_VISIBLE_DEVICES"], os.environ["CUDA_DEVICE_ORDER"]) == ("0", "PCI_BUS_ID")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert "CUDA_DEVICE_ORDER" not in os.environ


def test_what_slurm_gave_is_left_alone(holders, machine, monkeypatch):
    holders(2)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with gpus.cards(1, machine) as mine:
        assert mine == ["1"]
        assert "CUDA_DEVICE_ORDER" not in os.environ


def test_steps_within_one_slurm_job_share_its_cards_out(monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with gpus.cards(1) as mine:
        assert mine == ["0"]
        assert (tmp_path / f"reprise-gpus-{os.getuid()}-job-7" / "gpu_0.lock").exists()


def test_a_folder_of_locks_that_is_a_link_is_refused(tmp_path):
    (tmp_path / f"reprise-gpus-{os.getuid()}").symlink_to(tmp_path)
    with pytest.raises(InputError, match="expected a folder of your own"):
        gpus.lock_folder(tmp_path)


def test_a_step_without_cards_runs_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    main = SimpleNamespace()
    assert gpus.on_its_cards(main, 0) is main
    with pytest.raises(InputError, match="expected 2 GPUs"):
        gpus.on_its_cards(print, 2)("a job")


def test_a_step_with_the_resource_gpu_runs_on_that_many_cards(tmp_path):
    named = SimpleNamespace(items=dict.items.__get__({}))
    seen = []
    run(
        SimpleNamespace(
            rule="train",
            input=named,
            output=named,
            params=named,
            wildcards=named,
            threads=1,
            log=[str(tmp_path / "train.log")],
            resources=SimpleNamespace(gpu=2),
        ),
        lambda job: seen.append(os.environ["CUDA_VISIBLE_DEVICES"]),
    )
    assert seen == ["0,1"]
