"""Cold target against its bare computations on the same cores: python -m tests.benchmarks.cold_target

Prints the ratio, then, rule by rule, the seconds that jobs took under Snakemake (each in a new interpreter) and bare.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.runs import CORES, TARGET, Row, Usage, fresh_folder, measured, print_rows, snakemake

MODULE = "tests.benchmarks"
AIM = 1.15


@dataclass(frozen=True)
class ColdRun:
    """A cold run and its bare counterpart; `jobs` are the planned ones, `bare` what bare_target wrote down."""

    folder: Path
    cold: Usage
    bare_run: Usage
    plan_seconds: float
    jobs: list[dict]
    bare: dict
    under_snakemake: dict[int, float]


def run_cold(folder: Path, target: str = TARGET) -> ColdRun:
    """Make the target in `folder`/cold with Snakemake, and in `folder`/bare without."""
    for name in ("cold", "bare"):
        (folder / name).mkdir()
    python = [sys.executable, "-m"]
    measured([*python, f"{MODULE}.planned_jobs", target, "jobs.json"], folder / "bare")
    plan = snakemake(folder / "cold", "-n", target)
    cold = snakemake(folder / "cold", target)
    bare_run = measured(
        [*python, f"{MODULE}.bare_target", "jobs.json", "seconds.json"],
        folder / "bare",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    )
    jobs = json.loads((folder / "bare" / "jobs.json").read_text(encoding="utf-8"))
    bare = json.loads((folder / "bare" / "seconds.json").read_text(encoding="utf-8"))
    under_snakemake = {
        job["id"]: float((folder / "cold" / job["benchmark"]).read_text().splitlines()[1].split("\t")[0])
        for job in jobs
    }
    return ColdRun(folder, cold, bare_run, plan.seconds, jobs, bare, under_snakemake)


def rows(run: ColdRun) -> list[Row]:
    """The ratios of wall seconds and of CPU seconds."""
    wall = run.cold.seconds / run.bare_run.seconds
    steps = f"{len(run.jobs)} jobs, {CORES} cores"
    return [
        Row(f"cold target, wall ({steps})", f"{run.cold.seconds:.1f} s", f"{run.bare_run.seconds:.1f} s bare", wall,
            f"<= {AIM}", wall <= AIM),
        Row("cold target, CPU time", f"{run.cold.cpu_seconds:.1f} s", f"{run.bare_run.cpu_seconds:.1f} s bare",
            run.cold.cpu_seconds / run.bare_run.cpu_seconds),
    ]  # fmt: skip


def print_difference(run: ColdRun) -> None:
    """Where the time goes: Snakemake's own, and a new interpreter with its imports for each job."""
    by_rule: dict[str, list[tuple[float, float]]] = {}
    for job in run.jobs:
        pair = (run.under_snakemake[job["id"]], run.bare["jobs"][str(job["id"])])
        by_rule.setdefault(job["rule"], []).append(pair)
    print(f"\n{'rule':36}{'jobs':>5}{'snakemake s':>13}{'bare s':>9}{'difference':>12}")
    for rule, pairs in by_rule.items():
        ours, bare = (sum(side) for side in zip(*pairs, strict=True))
        print(f"{rule:36}{len(pairs):5}{ours:13.1f}{bare:9.1f}{ours - bare:12.1f}")
    ours, bare = sum(run.under_snakemake.values()), sum(run.bare["jobs"].values())
    print(f"{'all jobs, added up':36}{len(run.jobs):5}{ours:13.1f}{bare:9.1f}{ours - bare:12.1f}")
    print(f"cold run beyond its jobs on {CORES} full cores: {run.cold.seconds - ours / CORES:.1f} s, "
          f"of which planning {run.plan_seconds:.1f} s (a dry run)")  # fmt: skip
    print(f"bare run: imports {run.bare['imports']:.1f} s, computing {run.bare['computing']:.1f} s; "
          f"beyond its jobs on {CORES} full cores {run.bare['computing'] - bare / CORES:.1f} s")  # fmt: skip
    print(
        f"cold run against the bare computing without its imports: {run.cold.seconds / run.bare['computing']:.2f}"
    )


def main() -> None:
    """Run and print."""
    with fresh_folder() as folder:
        run = run_cold(folder)
    print_rows("Cold target", rows(run))
    print_difference(run)


if __name__ == "__main__":
    main()
