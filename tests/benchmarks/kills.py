"""Kill -9 again and again, the same command again and again: python -m tests.benchmarks.kills [--kills 100]

A user's cohort of about 95 simulated patients is run through once without interruption, and then in another folder
with kills at random moments, drawn from a printed seed: mostly the snakemake process alone, so that its jobs are left
behind, sometimes its whole process group. A run that is done before its kill must have made the same tables byte for
byte; then the outputs of its last jobs, a random number of them, are removed, and it goes on.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.benchmarks.one_mask_changed import FEATURES, MINE, make_user_cohort
from tests.benchmarks.runs import CORES, ROOT, TARGET, Row, fresh_folder, print_rows, snakemake

TARGETS = {"paper": TARGET, "features": FEATURES}
LONGEST = 0.8  # of the uninterrupted run
WHOLE_GROUP = 0.2
ORPHANS_LIVE_S = 2.0
# What a user must never see after a kill: each would ask for a hand, or for nerves.
REFUSALS = (
    "LockException",
    "cannot be locked",
    "--unlock",
    "Incomplete",
    "incomplete",
    "corrupted",
    "Traceback",
)


@dataclass
class Tally:
    """What has been seen: kills while jobs were running, runs that came to their end, and everything amiss.

    beside_others: jobs of a killed run that lived when the next run's jobs had begun.
    """

    kills: int = 0
    with_jobs: int = 0
    orphans: int = 0
    longest_orphan_s: float = 0.0
    beside_others: int = 0
    ends: int = 0
    amiss: list[str] = field(default_factory=list)


def tables(folder: Path) -> dict[str, bytes]:
    """Every table below results/ and cache/: path -> bytes."""
    paths = [
        p
        for top in ("results", "cache")
        for p in (folder / top).rglob("*")
        if p.suffix in (".csv", ".parquet")
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def outputs_by_job(folder: Path) -> list[list[Path]]:
    """Outputs of each finished job, in the order in which the jobs ended, from Snakemake's own notes."""
    ends: dict[str, float] = {}
    outputs: dict[str, list[Path]] = {}
    notes = folder / ".snakemake" / "metadata"
    for note in notes.rglob("*"):
        if note.is_file():
            record = json.loads(note.read_text())
            name = "".join(part.removeprefix("@") for part in note.relative_to(notes).parts)
            job = record["log"][0]
            ends[job] = max(ends.get(job, 0.0), record["endtime"])
            outputs.setdefault(job, []).append(folder / urlsafe_b64decode(name).decode())
    return [outputs[job] for job in sorted(outputs, key=ends.__getitem__)]


def remove_last(folder: Path, draws: random.Random) -> None:
    """Remove the outputs of the last jobs, a random number of them, sometimes of all."""
    jobs = outputs_by_job(folder)
    for path in [path for job in jobs[draws.randrange(len(jobs)) :] for path in job]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


class Orphans:
    """Processes of killed runs that still live, and for how long."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.living: list[tuple[psutil.Process, float]] = []

    def look(self, run: int) -> None:
        """Take the time of those that live while the process `run` is the next run."""
        now = time.monotonic()
        self.living = [(process, killed) for process, killed in self.living if _lives(process)]
        for _, killed in self.living:
            self.tally.longest_orphan_s = max(self.tally.longest_orphan_s, now - killed)
        with contextlib.suppress(psutil.NoSuchProcess):
            if self.living and any(
                ".snakemake" in " ".join(job.cmdline()) for job in psutil.Process(run).children()
            ):
                self.tally.beside_others += sum(_lives(process) for process, _ in self.living)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def kill_again_and_again(
    folder: Path,
    command: list[str],
    kills: int,
    seed: int,
    longest_s: float,
    expected: dict[str, bytes],
    tell: bool = False,
) -> Tally:
    """Start `command` in `folder` until it has been killed `kills` times, then let it come to its end.

    A kill comes 0.1 to `longest_s` seconds after the start, evenly drawn from `seed`.
    """
    draws = random.Random(seed)
    tally = Tally()
    orphans = Orphans(tally)
    while True:
        last = tally.kills == kills
        moment = None if last else draws.uniform(0.1, longest_s)
        whole_group = draws.random() < WHOLE_GROUP
        status, said = _start(folder, command, moment, whole_group, tally, orphans)
        tally.amiss += [
            f"after kill {tally.kills}: {word!r} in its output" for word in REFUSALS if word in said
        ]
        if tell:
            print(
                f"kill {tally.kills}: " + ("done before it" if status == 0 else f"after {moment:.2f} s"),
                flush=True,
            )
        if status == 0:
            tally.ends += 1
            tally.amiss += [f"end {tally.ends}: {fault}" for fault in _differences(expected, tables(folder))]
            if last:
                return tally
            remove_last(folder, draws)
        elif status != -signal.SIGKILL:
            raise SystemExit(f"The run ended with status {status}:\n{said[-4000:]}")


def _start(
    folder: Path, command: list[str], moment: float | None, whole_group: bool, tally: Tally, orphans: Orphans
) -> tuple[int, str]:
    """One start of the command, killed after `moment` seconds if it is not done before; its status and its words."""
    log = folder / "terminal.log"
    with log.open("wb") as words:
        started = subprocess.Popen(
            command, cwd=folder, stdout=words, stderr=subprocess.STDOUT, start_new_session=True
        )
        begin = time.monotonic()
        while started.poll() is None and (moment is None or time.monotonic() - begin < moment):
            orphans.look(started.pid)
            time.sleep(0.02)
        if started.poll() is None:
            jobs = psutil.Process(started.pid).children(recursive=True)
            if whole_group:
                os.killpg(started.pid, signal.SIGKILL)
            else:
                started.kill()
            killed = time.monotonic()
            started.wait()
            tally.kills += 1
            tally.with_jobs += bool(jobs)
            tally.orphans += 0 if whole_group else len(jobs)
            orphans.living += [(job, killed) for job in jobs]
    return started.returncode, log.read_text(encoding="utf-8", errors="replace")


def _differences(expected: dict[str, bytes], found: dict[str, bytes]) -> list[str]:
    names = sorted(expected.keys() | found.keys())
    return [f"{name} differs" for name in names if expected.get(name) != found.get(name)]


def rows(folder: Path, kills: int, seed: int, target: str, tell: bool = False) -> list[Row]:
    """Make the cohort, run it through, and kill the same run in a copy of the folder."""
    whole, killed = folder / "whole", folder / "killed"
    whole.mkdir()
    make_user_cohort(whole)
    for leftover in ("cache", "results", "logs", "benchmarks", ".snakemake"):
        shutil.rmtree(whole / leftover, ignore_errors=True)
    shutil.copytree(whole, killed)
    uninterrupted = snakemake(whole, TARGETS[target], *MINE)
    longest_s = LONGEST * uninterrupted.seconds
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", str(CORES)]
    tally = kill_again_and_again(
        killed, [*command, TARGETS[target], *MINE], kills, seed, longest_s, tables(whole), tell
    )
    for fault in tally.amiss:
        print(f"  {fault}")
    return [
        Row(f"{target}: {tally.kills} kills, {tally.with_jobs} of them with jobs running (seed {seed})",
            f"{tally.ends} ends, {len(tally.amiss)} faults", "same tables, no message", None, "none", not tally.amiss),
        Row(f"{target}: of {tally.orphans} jobs left behind, still there when the next run's jobs began",
            str(tally.beside_others), "", None, "none", tally.beside_others == 0),
        Row(f"{target}: the longest that a job left behind lived on", f"{tally.longest_orphan_s:.2f} s", "", None,
            f"{ORPHANS_LIVE_S:.0f} s", tally.longest_orphan_s < ORPHANS_LIVE_S),
    ]  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--target", choices=TARGETS, default="paper")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with fresh_folder() as folder:
        print_rows("Kills", rows(folder, asked.kills, asked.seed, asked.target, tell=True))


if __name__ == "__main__":
    main()
