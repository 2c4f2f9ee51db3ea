"""What each job pays before it computes: python -m tests.benchmarks.job_start

A job of Snakemake is a new interpreter that imports Snakemake's own part, the step and what the step imports. CPU
seconds of that alone, step by step, and the imports that cost all jobs of the target together the most.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

from tests.benchmarks.runs import ROOT, TARGET, Row, fresh_folder, measured, print_rows

PREAMBLE = "from snakemake.logging import logger; from snakemake.iocontainers import Snakemake"
LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)$", re.MULTILINE)
REPEATS = 3
LISTED = 25


def steps_of_target(folder: Path) -> Counter:
    """Importable name of each step -> number of its jobs."""
    measured([sys.executable, "-m", "tests.benchmarks.planned_jobs", TARGET, "jobs.json"], folder)
    jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
    return Counter(".".join(Path(job["script"]).relative_to(ROOT).with_suffix("").parts) for job in jobs)


def start_seconds(folder: Path, code: str) -> float:
    """Least CPU seconds of a new interpreter that runs `code`."""
    return min(measured([sys.executable, "-c", code], folder).cpu_seconds for _ in range(REPEATS))


def import_seconds(folder: Path, code: str) -> dict[str, float]:
    """Wall seconds of each import with what it imports first, by dotted name; project modules left out."""
    told = measured([sys.executable, "-X", "importtime", "-c", code], folder).output
    return {
        name: int(total) / 1e6
        for _, total, _, name in LINE.findall(told)
        if not name.startswith(("scripts", "_")) and name.count(".") < 2
    }


def rows(folder: Path, tell: bool = False) -> list[Row]:
    """CPU seconds before computing, all jobs of the target added up; `tell` prints them step by step."""
    steps = steps_of_target(folder)
    bare = start_seconds(folder, "pass")
    preamble = start_seconds(folder, PREAMBLE)
    seconds = {step: start_seconds(folder, f"{PREAMBLE}; import {step}") for step in steps}
    total = sum(seconds[step] * jobs for step, jobs in steps.items())
    jobs = sum(steps.values())
    if tell:
        print(
            f"a bare interpreter {bare:.2f} s, with Snakemake's part {preamble:.2f} s; with the step, CPU seconds:"
        )
        for step, count in steps.items():
            print(f"  {step:52}{count:3} x {seconds[step]:.2f}")
        costs: Counter = Counter()
        users: Counter = Counter()
        for step, count in steps.items():
            for name, cost in import_seconds(folder, f"{PREAMBLE}; import {step}").items():
                costs[name] += cost * count
                users[name] += count
        print("imports that cost the most, wall seconds over all jobs (each with what it imports first):")
        for name, cost in costs.most_common(LISTED):
            print(f"  {name:40}{cost:6.1f} s in {users[name]} jobs")
    return [
        Row(f"start of {jobs} jobs, CPU time, against bare interpreters", f"{total:.1f} s", f"{bare * jobs:.1f} s bare",
            total / (bare * jobs)),
    ]  # fmt: skip


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        print_rows("Start of jobs", rows(folder, tell=True))


if __name__ == "__main__":
    main()
