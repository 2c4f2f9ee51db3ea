"""No process outlives its run: a job ends with the Snakemake process that started it, a worker with its job.

A killed Snakemake (kill -9, out of memory) leaves its jobs behind. They would go on writing files that the next run
writes as well, so each of them watches the process that it belongs to and ends with it at once. The next run ends those
that were killed before they could begin to watch.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import uuid

import psutil

# "<process id>:<name of the run>", the first of the Snakemake process nearest above; set by it, inherited by its jobs.
RUN = "REPRISE_RUN_PROCESS"
PR_SET_PDEATHSIG = 1
PATIENCE_S = 30


def announce_run(is_main_process: bool) -> str:
    """Called by every process that reads the Snakefile: its jobs end with it; the name of its run.

    A process that is itself part of a run ends with the process above it.
    """
    above, name = _run()
    # The number can be a stranger's: SLURM hands the environment of the submitting host to its jobs.
    if above and _is_above(above):
        _end_with(above)
    if is_main_process or not name:
        name = uuid.uuid4().hex
    os.environ[RUN] = f"{os.getpid()}:{name}"
    return name


def die_with_run() -> None:
    """Called by every job: from now on this process ends when its run does; at once if the run has ended already."""
    above, _ = _run()
    if above and above != os.getpid():
        _end_with(above)


def end_all(name: str) -> int:
    """End every process on this machine of a run whose own process is dead; how many there were.

    Raises TimeoutError where one does not end.
    """
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(RUN, "").endswith(f":{name}"):
                process.kill()
                left.append(process)
    _, living = psutil.wait_procs(left, timeout=PATIENCE_S)
    if living:
        numbers = ", ".join(str(process.pid) for process in living)
        raise TimeoutError(
            f"Jobs of the killed run do not end: processes {numbers}. Wait until they are gone."
        )
    return len(left)


def die_with_parent(parent: int) -> None:
    """Called by a worker process, with the process id of the one that started it."""
    if sys.platform != "linux":
        _end_with(parent)
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _run() -> tuple[int, str]:
    number, _, name = os.environ.get(RUN, "").partition(":")
    return (int(number), name) if number.isdigit() else (0, "")


def _is_above(number: int) -> bool:
    """Whether a process is among those that this one descends from: a dead one is not, nor one that got its number."""
    process = psutil.Process()
    while (process := process.parent()) is not None:
        if process.pid == number:
            return True
    return False


def _end_with(number: int) -> None:
    try:
        process = psutil.Process(number)
    except psutil.NoSuchProcess:
        os._exit(1)
    if not _is_above(number):
        os._exit(1)

    def wait() -> None:
        process.wait()
        os._exit(1)

    threading.Thread(target=wait, name="end with the run", daemon=True).start()
