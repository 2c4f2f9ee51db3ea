"""One run at a time in a folder; a killed run is cleared away by the next.

A run holds the lock of `.snakemake/run.lock` (flock) for as long as it lives and says in `.snakemake/run.json` who it
is. The kernel gives the lock back when a process ends, however it ends. So who gets the lock knows that no other run is
alive in this folder, and a record that is still there is of a run that was killed: its Snakemake locks, its jobs in
SLURM and its half-written notes are cleared away. No age, process list or answer of the user is needed for that.

Dry runs and commands that only look take no lock and change nothing.
"""

import atexit
import fcntl
import getpass
import json
import logging
import os
import platform
import re
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from snakemake.logging import logger
from snakemake.persistence.file import FilePersistence
from snakemake.settings.types import PersistenceBackend
from snakemake_interface_logger_plugins.common import LogEvent

from scripts import orphans
from scripts.workflow.slurm_leftovers import LeftoverError, cancel_jobs

STATE = ".snakemake"
LOCK, RECORD = "run.lock", "run.json"
PATIENCE_S = 1.0
BOOT = Path("/proc/sys/kernel/random/boot_id")
SLURM_RUN = re.compile(r"SLURM run ID: (\S+)")
UNLOCKED = "Unlocked working directory."
# Snakemake says this in a dry run, where it is no error.
LOCKED = "Error: Directory cannot be locked."


def attach(workflow: Any) -> None:
    """Watch over this run: called once by every process that reads the Snakefile, while it reads it."""
    name = orphans.announce_run(workflow.is_main_process)
    if not workflow.is_main_process:
        return
    logger.addHandler(RunGuard(workflow, name))
    logger.addFilter(_name_the_holder)


class RunGuard(logging.Handler):
    """Hears from Snakemake when the run begins, which SLURM jobs are its own, and that a user unlocks the folder.

    Snakemake reads the Snakefile also for commands that run nothing, and reads it before it has said which; that a
    run begins is first known from this record of its log, which comes before the jobs are planned.
    """

    def __init__(self, workflow: Any, name: str) -> None:
        super().__init__()
        self.workflow, self.name = workflow, name
        self.hold: Hold | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Raises SystemExit with a message where another run holds the folder."""
        message = str(record.msg)
        if getattr(record, "event", None) == LogEvent.WORKFLOW_STARTED:
            if not self.workflow.output_settings.dryrun and self.workflow.execution_settings.lock:
                self.hold = hold(Path.cwd(), self.name, self.workflow.workflow_settings.persistence_backend)
        elif message == UNLOCKED:
            release_by_hand(Path.cwd())
        elif self.hold is not None and (found := SLURM_RUN.match(message)):
            self.hold.note(slurm_run=found[1])


class Hold:
    """The folder's lock in the hand of this process, and the record that says so."""

    def __init__(self, folder: Path, lock: int, name: str) -> None:
        self.path = folder / STATE / RECORD
        self.lock = lock
        self.record = {
            "name": name,
            "user": getpass.getuser(),
            "host": platform.node(),
            "boot": _boot(),
            "pid": os.getpid(),
            "since": time.strftime("%Y-%m-%d %H:%M"),
            "command": shlex.join(["snakemake", *sys.argv[1:]]),
        }

    def note(self, **more: str) -> None:
        """Add to the record, which is whole at any moment."""
        self.record |= more
        fresh = self.path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(self.record), encoding="utf-8")
            os.replace(fresh, self.path)
        except OSError as error:
            logger.warning(
                f"{self.path} cannot be written ({error.strerror}): who holds this folder stays unsaid."
            )

    def end(self) -> None:
        """The run has ended by itself: nothing of it is left to clear away."""
        self.path.unlink(missing_ok=True)
        os.close(self.lock)


def hold(folder: Path, name: str, backend: PersistenceBackend = PersistenceBackend.FILE) -> Hold | None:
    """Take the folder for the run `name` until this process ends, and clear away what a killed run has left in it.

    None where the file system has no locks or cannot be written: there Snakemake's own must do. Raises SystemExit with
    a message where another run is alive in the folder, or where what was left cannot be cleared away safely.
    """
    try:
        (folder / STATE).mkdir(exist_ok=True)
        lock = os.open(folder / STATE / LOCK, os.O_RDWR | os.O_CREAT, 0o664)
    except OSError:
        return None
    end = time.monotonic() + PATIENCE_S  # one that has just been killed, or one that only asks who holds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(lock)
                raise SystemExit(f"\n{who_holds(folder)}\n") from None
            time.sleep(0.1)
        except OSError:
            os.close(lock)
            return None
    left = read_record(folder)
    if left:
        try:
            _clear_away(folder, left, backend)
        except BaseException:
            os.close(lock)
            raise
    taken = Hold(folder, lock, name)
    taken.note()
    atexit.register(taken.end)
    return taken


def read_record(folder: Path) -> dict[str, Any]:
    """Who runs in a folder, or ran there and was killed; empty where nobody did."""
    try:
        record = json.loads((folder / STATE / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"unreadable": True}
    return record if isinstance(record, dict) else {"unreadable": True}


def is_held(folder: Path) -> bool:
    """Whether a run is alive in a folder."""
    try:
        lock = os.open(folder / STATE / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(lock)
    return False


def who_holds(folder: Path) -> str:
    """Who runs in a folder, since when, what, and what to do about it; of a killed run the same; '' for nobody."""
    record = read_record(folder)
    if is_held(folder):
        if "pid" not in record:
            return f"A run has just begun in {folder}. Wait for it to end; then start this one again."
        return (
            f"A run is at work in {folder}: {_told(record)}\n"
            "Only one at a time can write there. Wait for it to end and start this one again, or stop it on "
            f"{record['host']} with: kill {record['pid']}"
        )
    if "pid" in record:
        return f"A run in {folder} was killed: {_told(record)}\nThe next run clears away what it left and goes on."
    return ""


def release_by_hand(folder: Path) -> None:
    """`--unlock`: the user says that no run is alive. A run that is keeps its lock and its record all the same."""
    record = read_record(folder)
    if not record or is_held(folder):
        return
    try:
        _cancel_jobs(record)
    except LeftoverError as error:
        logger.warning(str(error))
    (folder / STATE / RECORD).unlink(missing_ok=True)


def _told(record: dict[str, Any]) -> str:
    return (
        f"by {record['user']} on {record['host']}, process {record['pid']}, since {record['since']}:\n"
        f"    {record['command']}"
    )


def _boot() -> str:
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _is_from_here(record: dict[str, Any]) -> bool:
    """Whether the lock of this machine's kernel says that the run is over.

    Some network file systems keep locks for each machine: then a run on another one could be alive and unseen.
    """
    return record.get("host") == platform.node() or (
        record.get("boot", "") != "" and record["boot"] == _boot()
    )


def _clear_away(folder: Path, record: dict[str, Any], backend: PersistenceBackend) -> None:
    """What a killed run has left. Its finished files stay; what it had begun, Snakemake has marked and makes again."""
    if "pid" in record and not _is_from_here(record):
        raise SystemExit(
            f"\nThe last run in {folder} has not ended by itself, and from this host it cannot be seen whether it is "
            f"alive: {_told(record)}\nWhen it is over: snakemake --unlock; then start this one again.\n"
        )
    since = f" of {record['since']}" if "since" in record else ""
    logger.info(f"The run{since} was killed; this one goes on where it stopped.")
    try:
        cancelled = _cancel_jobs(record)
        if record.get("name"):
            orphans.end_all(record["name"])
        if backend == PersistenceBackend.FILE:
            FilePersistence(path=folder / STATE).cleanup_locks()
            mark_broken_metadata(folder)
        shutil.rmtree(folder / STATE / "scripts", ignore_errors=True)
    except (LeftoverError, TimeoutError) as error:
        raise SystemExit(
            f"\n{error}\nTo go on without that: snakemake --unlock; then start this one again.\n"
        ) from None
    except OSError as error:
        raise SystemExit(
            f"\nThe last run in {folder} was killed, and what it left cannot be removed: {error}.\n"
            f"Expected a folder that {getpass.getuser()} may write in.\n"
        ) from None
    if cancelled:
        logger.info(f"Jobs of the killed run cancelled in SLURM: {cancelled}.")


def _cancel_jobs(record: dict[str, Any]) -> int:
    return cancel_jobs(record["slurm_run"]) if record.get("slurm_run") else 0


def mark_broken_metadata(folder: Path) -> None:
    """Notes of Snakemake that were cut off while they were written: their files are marked to be made again.

    Snakemake itself warns of such a note at each start, and has forgotten the parameters that its file was made with.
    """
    notes, marks = folder / STATE / "metadata", folder / STATE / "incomplete"
    for path in notes.rglob("*"):
        if path.is_file() and not _ends_whole(path):
            mark = marks / path.relative_to(notes)
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text('{"external_jobid": null}', encoding="utf-8")
            path.unlink()


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) == 0:
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read() == b"}"


def _name_the_holder(record: logging.LogRecord) -> bool:
    """Puts who holds the folder in the place of Snakemake's words, which can only guess; drops them for nobody."""
    refused = getattr(record, "exception", None) == "LockException"
    if refused or str(record.msg).startswith(LOCKED):
        holder = who_holds(Path.cwd())
        if refused and not holder:
            return True
        record.msg = holder
        return bool(holder)
    return True
