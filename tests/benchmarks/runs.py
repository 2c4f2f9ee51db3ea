"""Timed commands in fresh folders, and the table that every benchmark adds its rows to."""

import contextlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = "results/crc_nomogram.pdf"
CORES = 2


@dataclass(frozen=True)
class Usage:
    """What a command took: wall seconds, CPU seconds and peak memory (MB) of it and its children, and its words."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, the two sides, their ratio, and what was aimed at."""

    what: str
    ours: str
    against: str = ""
    ratio: float | None = None
    aim: str = ""
    met: bool | None = None


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="reprise_benchmark_") as folder:
        yield Path(folder)


def measured(command: list[str], folder: Path, **variables: str) -> Usage:
    """Run a command in `folder` with the project importable; a failure stops the benchmark with its last words.

    Peak memory is the largest of any one process of the command, not their sum.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    with tempfile.TemporaryFile() as words:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=words, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        words.seek(0)
        output = words.read().decode("utf-8", errors="replace")
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{output[-4000:]}")
    per_mb = 1e6 if platform.system() == "Darwin" else 1e3
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / per_mb, output)


def snakemake(folder: Path, *arguments: str) -> Usage:
    """Run snakemake on the project from `folder`, as a user would."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "-s",
        str(ROOT / "Snakefile"),
        "--cores",
        str(CORES),
        *arguments,
    ]
    return measured(command, folder)


def conditions() -> str:
    """The machine, in a line: a ratio from a busy one says little."""
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {busy}"


def steps_done(output: str) -> int:
    """Steps of a run that did them all, by its own words or Snakemake's; 0 for a run that did not."""
    done = re.search(r"(\d+) of \1 steps (?:\(100%\) )?done", output)
    return int(done[1]) if done else 0


def print_rows(title: str, rows: list[Row]) -> None:
    """Print the table of a benchmark, or of all."""
    print(f"\n{title} ({conditions()})")
    cells = [("measure", "ours", "against", "ratio", "aim", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        cells.append(
            (
                row.what,
                row.ours,
                row.against,
                ratio,
                row.aim,
                {None: "", True: "met", False: "missed"}[row.met],
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
