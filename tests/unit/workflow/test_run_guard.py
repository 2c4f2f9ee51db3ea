"""One run at a time in a folder, and what a killed run leaves."""

import errno
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from scripts.orphans import RUN
from scripts.workflow import run_guard
from scripts.workflow.config import ROOT
from scripts.workflow.run_guard import LOCK, RECORD, STATE, Hold, hold, read_record, who_holds
from scripts.workflow.slurm_leftovers import LeftoverError

HOLDER = """
import sys, time
from pathlib import Path
sys.argv = ["snakemake", "results/a.pdf", "--cores", "2"]
from scripts.workflow.run_guard import hold
taken = hold(Path.cwd(), "theirs")
taken.note(slurm_run="1234-abcd")
print("held", flush=True)
if sys.stdin.readline() == "end\\n":
    raise SystemExit
"""


@pytest.fixture(autouse=True)
def no_exit_handlers(monkeypatch):
    """Holds of this process are given back by the tests."""
    monkeypatch.setattr(run_guard.atexit, "register", lambda function: function)


@pytest.fixture
def other(tmp_path):
    """Another process that holds the folder; killed afterwards if it still lives."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout.readline() == "held\n"
    yield started
    started.kill()
    started.communicate()


def killed(process):
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL


@pytest.fixture
def no_slurm(monkeypatch):
    """Runs whose jobs were cancelled."""
    cancelled = []
    monkeypatch.setattr(run_guard, "cancel_jobs", lambda run: cancelled.append(run) or 2)
    return cancelled


def test_a_held_folder_is_refused_with_who_holds_it_since_when_and_what_to_do(tmp_path, other):
    with pytest.raises(SystemExit) as refused:
        hold(tmp_path, "mine")
    record = read_record(tmp_path)
    told = str(refused.value)
    assert f"process {other.pid}, since {record['since']}:" in told
    assert f"by {record['user']} on {record['host']}" in told
    assert "snakemake results/a.pdf --cores 2" in told
    assert f"kill {other.pid}" in told
    assert "Wait for it to end" in told
    assert read_record(tmp_path) == record


def test_a_run_that_has_ended_leaves_no_record(tmp_path, other):
    other.communicate("end\n")
    assert other.returncode == 0
    assert read_record(tmp_path) == {}
    assert who_holds(tmp_path) == ""
    taken = hold(tmp_path, "mine")
    assert read_record(tmp_path)["pid"] == os.getpid()
    taken.end()
    assert read_record(tmp_path) == {}


def test_what_a_killed_run_left_is_cleared_away(tmp_path, other, no_slurm):
    state = tmp_path / STATE
    for name in ("locks/0.input.lock", "locks/0.output.lock", "scripts/tmp1.step.py"):
        (state / name).parent.mkdir(exist_ok=True)
        (state / name).write_text("cache/a.csv\n")
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    job = subprocess.Popen(sleep, env=os.environ | {RUN: f"{other.pid}:theirs"})
    killed(other)
    assert "was killed" in who_holds(tmp_path)
    assert job.poll() is None
    taken = hold(tmp_path, "mine")
    assert job.poll() is not None
    assert not list(state.glob("locks/*"))
    assert not (state / "scripts").exists()
    assert no_slurm == ["1234-abcd"]
    assert "slurm_run" not in read_record(tmp_path)
    taken.end()


def test_locks_without_a_record_are_left_to_snakemake(tmp_path):
    """Nobody knows whose they are: another version of this project may be at work."""
    lock = tmp_path / STATE / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("cache/a.csv\n")
    hold(tmp_path, "mine").end()
    assert lock.exists()


def test_jobs_that_cannot_be_cancelled_stop_the_run_and_stay_on_record(tmp_path, other, monkeypatch):
    def refuse(run):
        raise LeftoverError("Jobs 11, 12 have not ended.")

    monkeypatch.setattr(run_guard, "cancel_jobs", refuse)
    killed(other)
    with pytest.raises(SystemExit, match=r"Jobs 11, 12 have not ended\.\n.*snakemake --unlock"):
        hold(tmp_path, "mine")
    assert read_record(tmp_path)["slurm_run"] == "1234-abcd"


def test_a_run_on_another_host_is_not_taken_for_dead(tmp_path, other, no_slurm):
    killed(other)
    path = tmp_path / STATE / RECORD
    record = json.loads(path.read_text()) | {"host": "login2", "boot": "another"}
    path.write_text(json.dumps(record))
    with pytest.raises(SystemExit, match=r"on login2.*\n.*\n.*snakemake --unlock"):
        hold(tmp_path, "mine")
    assert json.loads(path.read_text()) == record
    run_guard.release_by_hand(tmp_path)
    assert no_slurm == ["1234-abcd"]
    hold(tmp_path, "mine").end()


def test_the_same_machine_under_another_name_is_known(tmp_path, other, no_slurm):
    """A container's host name differs at each start; the kernel that gives the locks is the same."""
    killed(other)
    path = tmp_path / STATE / RECORD
    record = json.loads(path.read_text())
    assert record["boot"]
    path.write_text(json.dumps(record | {"host": "f3a9c0"}))
    hold(tmp_path, "mine").end()


def test_unlocking_takes_nothing_from_a_living_run(tmp_path, other, no_slurm):
    run_guard.release_by_hand(tmp_path)
    assert read_record(tmp_path)["pid"] == other.pid
    assert no_slurm == []
    with pytest.raises(SystemExit):
        hold(tmp_path, "mine")


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_a_record_that_cannot_be_read_is_of_a_killed_run(tmp_path, text):
    lock = tmp_path / STATE / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("cache/a.csv\n")
    (tmp_path / STATE / RECORD).write_text(text)
    hold(tmp_path, "mine").end()
    assert not lock.exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP])
def test_without_locks_in_the_file_system_snakemakes_own_must_do(tmp_path, monkeypatch, number):
    def flock(lock, kind):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(run_guard.fcntl, "flock", flock)
    assert hold(tmp_path, "mine") is None
    assert read_record(tmp_path) == {}
    assert who_holds(tmp_path) == ""


def test_a_folder_that_cannot_be_written_is_left_to_snakemake(tmp_path, monkeypatch):
    (tmp_path / STATE).write_text("a file in the place of the folder")
    assert hold(tmp_path, "mine") is None
    assert who_holds(tmp_path) == ""


def test_who_asks_does_not_refuse_a_run_that_begins_meanwhile(tmp_path, monkeypatch):
    (tmp_path / STATE).mkdir()
    asking = os.open(tmp_path / STATE / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr(run_guard.time, "sleep", lambda seconds: fcntl.flock(asking, fcntl.LOCK_UN))
    hold(tmp_path, "mine").end()
    os.close(asking)


def test_a_full_disk_does_not_stop_the_run(tmp_path, monkeypatch, caplog):
    def replace(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(run_guard.os, "replace", replace)
    with caplog.at_level(logging.WARNING, logger=logger.name):
        taken = hold(tmp_path, "mine")
    assert "cannot be written (No space left on device)" in caplog.text
    taken.end()


def test_broken_metadata_marks_its_file_as_incomplete(tmp_path):
    notes, marks = tmp_path / STATE / "metadata", tmp_path / STATE / "incomplete"
    notes.mkdir(parents=True)
    long = notes / "@abc" / "def"
    long.parent.mkdir()
    for path, text in (
        (notes / "empty", ""),
        (long, '{"rule": "x", "inp'),
        (notes / "whole", '{"rule": "x"}'),
    ):
        path.write_text(text)
    run_guard.mark_broken_metadata(tmp_path)
    assert [p.name for p in notes.rglob("*") if p.is_file()] == ["whole"]
    found = [p for p in marks.rglob("*") if p.is_file()]
    assert sorted(p.relative_to(marks).as_posix() for p in found) == ["@abc/def", "empty"]
    assert all(json.loads(p.read_text()) == {"external_jobid": None} for p in found)


def workflow(dryrun=False, lock=True, main=True):
    return SimpleNamespace(
        is_main_process=main,
        output_settings=SimpleNamespace(dryrun=dryrun),
        execution_settings=SimpleNamespace(lock=lock),
        workflow_settings=SimpleNamespace(persistence_backend="file"),
    )


@pytest.fixture
def attached(tmp_path, monkeypatch):
    """attached(...): a workflow whose Snakefile is being read in `tmp_path`; the log's handlers are put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(RUN, "")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(logger, "level", logging.INFO)
    holds: list[Hold] = []
    monkeypatch.setattr(run_guard.atexit, "register", lambda end: holds.append(end))

    def attach(**kinds):
        run_guard.attach(workflow(**kinds))

    yield attach
    for end in holds:
        end()


def begin():
    logger.info("Workflow has started!", extra={"event": LogEvent.WORKFLOW_STARTED})


def test_a_run_takes_the_folder_when_it_begins_and_notes_its_slurm_jobs(attached, tmp_path):
    attached()
    assert not run_guard.is_held(tmp_path)
    begin()
    assert run_guard.is_held(tmp_path)
    logger.info("SLURM run ID: mine_12-ab")
    assert read_record(tmp_path)["slurm_run"] == "mine_12-ab"
    assert os.environ[RUN].startswith(f"{os.getpid()}:")


@pytest.mark.parametrize("kind", [{"dryrun": True}, {"lock": False}, {"main": False}])
def test_who_writes_nothing_or_asked_for_no_lock_takes_none(attached, tmp_path, kind):
    attached(**kind)
    begin()
    assert not (tmp_path / STATE).exists()
    assert os.environ[RUN].startswith(f"{os.getpid()}:")


def test_a_dry_run_changes_nothing_of_a_killed_run(attached, tmp_path, other, no_slurm):
    killed(other)
    record = read_record(tmp_path)
    attached(dryrun=True)
    begin()
    assert read_record(tmp_path) == record
    assert no_slurm == []


def test_a_second_run_is_stopped_where_it_begins(attached, other):
    attached()
    with pytest.raises(SystemExit, match="A run is at work"):
        begin()


class Shown(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@pytest.fixture
def shown(attached):
    attached(dryrun=True)
    handler = Shown()
    logger.addHandler(handler)
    return handler.lines


WARNED = "Error: Directory cannot be locked. Another Snakemake instance is running."


def test_snakemakes_words_on_locks_give_way_to_who_holds_the_folder(shown, other, tmp_path):
    logger.info(WARNED)
    logger.error("LockException:\nError: Directory cannot be locked.", extra={"exception": "LockException"})
    logger.info("Building DAG of jobs...")
    assert shown == [who_holds(tmp_path), who_holds(tmp_path), "Building DAG of jobs..."]
    assert f"process {other.pid}" in shown[0]


def test_with_nobody_there_the_warning_goes_and_the_error_stays(shown):
    logger.info(WARNED)
    logger.error("LockException: of another version", extra={"exception": "LockException"})
    assert shown == ["LockException: of another version"]


def test_unlocking_forgets_a_killed_run(shown, other, tmp_path, no_slurm):
    killed(other)
    logger.info("Unlocked working directory.")
    assert read_record(tmp_path) == {}
    assert Path(tmp_path, STATE, LOCK).exists()
