"""Which graphics cards a step may use: the cards of a workstation, handed out by id.

A step with the resource `gpu` holds that many cards for as long as it runs, and sees no others. A card is held by a
lock on a file of its own, one folder for all runs of a user on a machine: two runs in different folders never meet on a
card, and the kernel frees the cards of a step that dies. Under SLURM the scheduler has already chosen.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from scripts.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL_S = 1.0
# The folder of a session (XDG_RUNTIME_DIR) goes with the session, which a run may outlive.
LOCKS = Path("/tmp")


def on_its_cards(main: Callable[[Any], None], wanted: int) -> Callable[[Any], None]:
    """`main`, holding `wanted` cards while it runs; `main` itself where a step wants none."""

    def with_cards(job: Any) -> None:
        with cards(wanted):
            main(job)

    return with_cards if wanted > 0 else main


@contextlib.contextmanager
def cards(wanted: int, folder: Path | None = None) -> Iterator[list[str]]:
    """Hold `wanted` cards, waiting until so many are free; CUDA_VISIBLE_DEVICES names them and no others.

    Cards that SLURM gave to this job alone are left as they are.

    Raises
    ------
    InputError : where the machine has fewer cards than are wanted.
    """
    known = visible_cards(os.environ)
    job = os.environ.get("SLURM_JOB_ID", "")
    if len(known) < wanted:
        raise InputError(
            "this machine",
            f"{wanted} GPU{'s' if wanted > 1 else ''} for this step",
            f"{len(known) or 'none'} ({VISIBLE} is {os.environ.get(VISIBLE, 'not set')!r})",
            "Run it on a machine with the cards, e.g. on a cluster with --workflow-profile profiles/slurm; "
            "`nvidia-smi -L` lists the cards that the driver knows.",
        )
    if job and len(known) == wanted:
        yield known
        return
    folder = folder or lock_folder(LOCKS, job)
    with contextlib.ExitStack() as held:
        mine = _wait_for(known, wanted, folder, held)
        # With ids as nvidia-smi counts them, not fastest card first.
        with _environment({VISIBLE: ",".join(mine), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}):
            yield mine


def visible_cards(environment: Mapping[str, str]) -> list[str]:
    """Ids of the cards that this process may use: those of CUDA_VISIBLE_DEVICES, or all that the driver lists.

    A card named by its UUID gets its number where the driver lists it, so that all runs call it the same.
    """
    listed = _listed_by_driver()
    given = environment.get(VISIBLE)
    if given is None:
        return list(listed.values())
    ids = [part.strip() for part in given.split(",")]
    usable = ids[: next((i for i, name in enumerate(ids) if name in ("", "-1")), len(ids))]
    return list(dict.fromkeys(listed.get(name, name) for name in usable))


def _listed_by_driver() -> dict[str, str]:
    """UUID -> number of each card in `nvidia-smi -L`; empty where there is no driver."""
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = re.findall(r"^GPU (\d+):.*?\(UUID: ([^)]+)\)", done.stdout, re.MULTILINE)
    return {uuid: number for number, uuid in rows}


def lock_folder(parent: Path, slurm_job: str = "") -> Path:
    """The folder of this user's locks on this machine; within a SLURM job its own, as ids count within the job.

    Raises
    ------
    InputError : where somebody else owns it.
    """
    folder = parent / f"reprise-gpus-{os.getuid()}{f'-job-{slurm_job}' if slurm_job else ''}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise InputError(str(folder), "a folder of your own", "somebody else's", "Have it removed.")
    return folder


def _wait_for(known: list[str], wanted: int, folder: Path, held: contextlib.ExitStack) -> list[str]:
    """Lock `wanted` of the cards, all or none at a time, so that two waiting steps never hold half each."""
    said = False
    while True:
        with contextlib.ExitStack() as taken:
            mine = []
            for card in known:
                if len(mine) < wanted and (lock := _take(folder / f"gpu_{card.replace('/', '_')}.lock")):
                    taken.enter_context(lock)
                    mine.append(card)
            if len(mine) == wanted:
                held.enter_context(taken.pop_all())
                return mine
        if not said:
            print(f"Waiting for {wanted} of {len(known)} GPUs: other steps hold them.")
            said = True
        time.sleep(POLL_S)


def _take(path: Path) -> IO[bytes] | None:
    """The locked file, or None where another process holds it. The lock ends with the file's last process."""
    lock = path.open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables with other values for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
