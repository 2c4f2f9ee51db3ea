"""Recompute a random share of the jobs of a finished run in a scratch folder, and compare what they give.

A job's inputs are the run's own files, so that each difference belongs to the job that made it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import json
import math
import shutil
import subprocess
from typing import Any

import pandas as pd

from scripts.errors import InputError
from scripts.seeds import generator
from scripts.tables import write_table
from scripts.verification.compare import DIFFERENT, Comparison, compare_output
from scripts.verification.mirror import mirror_run, restore
from scripts.workflow.config import ROOT
from scripts.workflow.job import Job

MOST_SHOWN = 8
# Not compared: the record of a batch's files holds their times, which a copy changes; the digests are of inputs.
RECORD_OF_FILES = "_contents.json"
# Nor the seconds of a training, which a clock gave; nor a network's weights where a card trained it, for rounding grows
# over many steps: what the network then predicts is compared.
TIMING, WEIGHTS = "/timing.csv", ".safetensors"


def drawn_jobs(jobs: list[dict[str, Any]], share: float, seed: int, draw: int) -> list[dict[str, Any]]:
    """A random share of the jobs, at least one, in their order; another `draw` gives others."""
    count = min(len(jobs), max(1, math.ceil(share * len(jobs))))
    chosen = generator(seed, "verify_run", draw).choice(len(jobs), size=count, replace=False)
    return [jobs[position] for position in sorted(chosen)]


def snakemake_command(configfile: Path, *arguments: str) -> list[str]:
    """Snakemake on this project, in the working directory of the call, by times of files alone."""
    start = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--workflow-profile",
        "none",
    ]
    return [
        *start,
        "--configfile",
        str(configfile),
        "--rerun-triggers",
        "mtime",
        "--quiet",
        "all",
        "--",
        *arguments,
    ]


def verify_run(
    folder: Path,
    scratch: Path,
    config: dict[str, Any],
    target: str,
    *,
    share: float,
    seed: int,
    draw: int,
    threads: int = 1,
    gpu_tolerance: float = 1e-3,
) -> pd.DataFrame:
    """Recompute jobs of the finished run in `folder`; a row for each output file.

    Parameters
    ----------
    scratch : a folder to work in; made, and removed at the end.
    share : of the jobs to recompute, in (0, 1]. draw : another number draws other jobs.
    gpu_tolerance : largest relative difference of numbers in tables and JSON of a job that asks for a GPU; other
        jobs must give the same bytes.

    Returns
    -------
    rule, output, verdict (same bytes, within tolerance, different), difference.

    Raises
    ------
    InputError : a job of the finished run cannot be computed again.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        inner = mirror_run(folder, scratch, leave_out=scratch.parent)
        configfile = scratch / "config.json"
        configfile.write_text(json.dumps(config), encoding="utf-8")
        program = [sys.executable, str(Path(__file__).with_name("planned.py"))]
        arguments = [str(ROOT / "Snakefile"), str(configfile), target]
        planned = subprocess.run(
            [*program, *arguments], cwd=inner, capture_output=True, text=True, check=False
        )
        if planned.returncode:
            raise InputError(target, "a finished run", "one that cannot be planned", planned.stderr[-2000:])
        rows = []
        for job in drawn_jobs(json.loads(planned.stdout.splitlines()[-1]), share, seed, draw):
            tolerance = gpu_tolerance if job["gpu"] else None
            found = _recompute(folder, inner, configfile, job, threads, tolerance)
            rows += [(job["rule"], c.path, c.verdict, c.what) for c in found]
            print(f"{job['rule']}: {', '.join(sorted({c.verdict for c in found}))}")
        return pd.DataFrame(rows, columns=["rule", "output", "verdict", "difference"])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _recompute(
    folder: Path, inner: Path, configfile: Path, job: dict[str, Any], threads: int, tolerance: float | None
) -> list[Comparison]:
    command = snakemake_command(configfile, job["outputs"][0])
    at = command.index("--")
    command[at:at] = ["--force", "--cores", str(threads)]
    done = subprocess.run(command, cwd=inner, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(
            job["outputs"][0],
            f"{job['rule']} to run again as it did",
            "a failure",
            f"Its words:\n{(done.stdout + done.stderr)[-2000:]}",
        )
    compared = compared_outputs(job["outputs"], on_a_card=tolerance is not None)
    found = [one for path in compared for one in compare_output(path, folder, inner, tolerance)]
    for path in job["outputs"]:
        restore(folder, inner, path)
    return found


def compared_outputs(outputs: list[str], on_a_card: bool) -> list[str]:
    """Outputs of a job whose recomputation is compared with them."""
    endings = (RECORD_OF_FILES, TIMING, WEIGHTS) if on_a_card else (RECORD_OF_FILES, TIMING)
    return [path for path in outputs if not path.endswith(endings)]


def require_same(table: pd.DataFrame) -> None:
    """Raise InputError, with the first differences, where a recomputed output differs."""
    differing = table[table["verdict"] == DIFFERENT]
    if len(differing):
        lines = [f"  - {r.rule}: {r.output}: {r.difference}" for r in differing.head(MOST_SHOWN).itertuples()]
        more = [f"  and {len(differing) - MOST_SHOWN} more"] if len(differing) > MOST_SHOWN else []
        raise InputError(
            "the finished run",
            "the same outputs again",
            f"{len(differing)} of {len(table)} different",
            "Were files, versions of libraries or the machine changed since?\n" + "\n".join([*lines, *more]),
        )


def main(job: Job) -> None:
    """Rule verify_run."""
    folder = Path.cwd()
    table = verify_run(
        folder,
        folder / "cache" / "verify" / job.wildcards.paper,
        job.settings["config"],
        f"results/{job.wildcards.paper}.pdf",
        share=job.settings["share"],
        seed=job.seed,
        draw=job.settings["draw"],
        threads=job.threads,
    )
    print(table.to_string(index=False))
    require_same(table)
    write_table(table, job.output.table)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
