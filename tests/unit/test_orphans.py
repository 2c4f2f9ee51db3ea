"""No process outlives the one that it belongs to, whichever way that one ends."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest

from scripts.orphans import RUN, end_all
from scripts.workflow.config import ROOT

LIMIT_S = 60
# A run (reads the Snakefile), a job of it, two worker processes of the job. Each writes its number when it is at work.
STORY = """
import os, subprocess, sys, time
from pathlib import Path
from scripts import orphans
from scripts.parallel import map_cases

def note(name):
    Path(f"{name}.new").write_text(str(os.getpid()))
    os.replace(f"{name}.new", f"{name}.pid")

def work(name):
    note(name)
    time.sleep(600)

if __name__ == "__main__":
    role = sys.argv[1]
    if role == "job":
        orphans.die_with_run()
        note("job")
        map_cases(work, ["first", "second"], 2)
    else:
        orphans.announce_run(role != "inner")
        note(role)
        following = {"run": "job", "outer": "inner", "inner": "job"}[role]
        subprocess.run([sys.executable, __file__, following])
"""


@pytest.fixture
def start(tmp_path):
    """start(role): the story from there on, in a session of its own; a dict of process by name when all work."""
    (tmp_path / "story.py").write_text(textwrap.dedent(STORY))
    sessions = []

    def begin(role, names, **variables):
        environment = {key: value for key, value in os.environ.items() if key != RUN} | variables
        started = subprocess.Popen(
            [sys.executable, "story.py", role],
            cwd=tmp_path,
            env=environment | {"PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        sessions.append(started)
        files = {name: tmp_path / f"{name}.pid" for name in names}
        wait_until(lambda: all(path.exists() for path in files.values()) or started.poll() is not None)
        assert started.poll() is None, "the story ended before everybody was at work"
        return started, {name: psutil.Process(int(path.read_text())) for name, path in files.items()}

    yield begin
    for started in sessions:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def wait_until(condition):
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def ended(process):
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_run_takes_its_job_and_the_jobs_workers_along(start):
    started, processes = start("run", ["run", "job", "first", "second"])
    started.kill()
    started.wait()
    wait_until(lambda: all(map(ended, processes.values())))


def test_a_killed_job_takes_its_workers_along(start):
    _, processes = start("run", ["run", "job", "first", "second"])
    processes["job"].kill()
    wait_until(lambda: all(ended(processes[name]) for name in ("job", "first", "second")))


def test_a_run_inside_a_run_ends_with_the_outer_one(start):
    """Snakemake starts itself again for some jobs."""
    started, processes = start("outer", ["outer", "inner", "job", "first", "second"])
    started.kill()
    started.wait()
    wait_until(lambda: all(map(ended, processes.values())))


def test_a_run_does_not_end_with_a_process_it_does_not_descend_from(start):
    """SLURM hands the submitting host's environment to the jobs: the number there can be anybody's."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        _, processes = start("run", ["run", "job", "first", "second"], **{RUN: f"{stranger.pid}:theirs"})
    finally:
        stranger.kill()
        stranger.wait()
    gone, living = psutil.wait_procs(list(processes.values()), timeout=1)
    assert (len(gone), len(living)) == (0, 4)


@pytest.mark.parametrize("number", ["dead", "stranger"])
def test_a_job_whose_run_has_ended_before_it_could_watch_does_nothing(tmp_path, number):
    """Its number is free, or another process's by now."""
    (tmp_path / "story.py").write_text(textwrap.dedent(STORY))
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if number == "dead":
        stranger.kill()
        stranger.wait()
    done = subprocess.run(
        [sys.executable, "story.py", "job"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), RUN: f"{stranger.pid}:mine"},
        timeout=LIMIT_S,
    )
    stranger.kill()
    stranger.wait()
    assert done.returncode == 1
    assert not (tmp_path / "job.pid").exists()


SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_next_run_ends_the_jobs_that_did_not_begin_to_watch_and_no_others():
    """Killed while they were still importing. A run elsewhere may have got the dead run's number by now."""
    runs = ["7:dead", "8:dead", "7:alive", ""]
    processes = [subprocess.Popen(SLEEPER, env=os.environ | {RUN: run}) for run in runs]
    try:
        assert end_all("dead") == 2
        assert [process.poll() is None for process in processes] == [False, False, True, True]
        assert end_all("dead") == 0
    finally:
        for process in processes:
            process.kill()
            process.wait()
