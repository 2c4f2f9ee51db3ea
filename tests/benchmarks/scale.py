"""What a run of 10,000 patients costs beside its computing: python -m tests.benchmarks.scale [--patients 10000]
[--cases-per-job 128] [--project FOLDER]

The target is planned, run and run again on a copy of the project in which every step ends at once and only creates
its outputs: planning, scheduling, the start of jobs, their records and the look at all files are real, nothing is
computed. With --project another checkout is measured, to compare before and after.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tests.benchmarks.dry_run_10000 import write_cohort
from tests.benchmarks.runs import (
    CORES,
    ROOT,
    TARGET,
    Row,
    Usage,
    fresh_folder,
    measured,
    print_rows,
    steps_done,
)

# The first statement of each step's script; the rest stays, so that the fingerprint of its code costs what it costs.
ONLY_OUTPUTS = """if "snakemake" in globals():
    from pathlib import Path as Created

    for created in map(Created, globals()["snakemake"].output):
        (created.parent if created.suffix else created).mkdir(parents=True, exist_ok=True)
        created.suffix and created.touch()
    raise SystemExit(0)

"""
LEFT_OUT = (".git", ".snakemake", ".venv", "cache", "results", "logs", "benchmarks")


def hollow_project(project: Path, copy: Path) -> None:
    """Copy a project with steps that create empty outputs."""
    for name in ("Snakefile", "rules", "scripts", "config", "resources", "envs", "profiles"):
        source = project / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns(*LEFT_OUT, "__pycache__"))
        elif source.exists():
            copy.mkdir(exist_ok=True)
            shutil.copy(source, copy / name)
    for path in (copy / "scripts").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if '"snakemake" in globals()' in text and path.name != "step.py":
            path.write_text(ONLY_OUTPUTS + text, encoding="utf-8")


def run(folder: Path, copy: Path, *arguments: str) -> Usage:
    """Snakemake on the copied project."""
    command = [sys.executable, "-m", "snakemake", "-s", str(copy / "Snakefile"), "--cores", str(CORES)]
    return measured([*command, TARGET, "--configfile", "mine.yaml", *arguments], folder, PYTHONPATH=str(copy))


def rows(folder: Path, patients: int = 10_000, cases_per_job: int = 128, project: Path = ROOT) -> list[Row]:
    """Plan, run, and run again with nothing to do."""
    copy = folder / "project"
    hollow_project(project, copy)
    write_cohort(folder, patients, cases_per_job)
    plan = run(folder, copy, "-n")
    first = run(folder, copy)
    again = run(folder, copy)
    jobs = steps_done(first.output)
    if not jobs or "Nothing to be done" not in again.output:
        raise SystemExit(f"not what was meant:\n{first.output[-2000:]}\n{again.output[-2000:]}")
    what = f"{patients:,} patients, {cases_per_job} a job, {jobs:,} jobs"
    beyond = first.seconds - plan.seconds
    return [
        Row(f"{what}: dry run", f"{plan.seconds:.1f} s", f"{plan.cpu_seconds:.1f} s CPU, {plan.peak_mb:.0f} MB"),
        Row(f"{what}: run that computes nothing", f"{first.seconds:.1f} s",
            f"{first.cpu_seconds:.1f} s CPU, {first.peak_mb:.0f} MB"),
        Row("  of which beyond planning, by job", f"{beyond / jobs * 1000:.0f} ms", f"{jobs / beyond:.1f} jobs/s"),
        Row(f"{what}: nothing changed", f"{again.seconds:.1f} s",
            f"{again.cpu_seconds:.1f} s CPU, {again.peak_mb:.0f} MB"),
    ]  # fmt: skip


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--patients", type=int, default=10_000)
    arguments.add_argument("--cases-per-job", type=int, default=128)
    arguments.add_argument("--project", type=Path, default=ROOT, help="the checkout to measure")
    asked = arguments.parse_args()
    with fresh_folder() as folder:
        print_rows("Scale", rows(folder, asked.patients, asked.cases_per_job, asked.project.resolve()))


if __name__ == "__main__":
    main()
