"""Let a checked cohort pass, or stop with one screen of faults before anything is computed from it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from typing import Any

from scripts.cohort.admission import NotAdmitted
from scripts.tables import read_json, write_json


def admit(verdict: dict[str, Any]) -> None:
    """Raise NotAdmitted, with the check's message, where the verdict says stop."""
    if verdict["stop"]:
        raise NotAdmitted(verdict["message"])


def main(job: Any) -> None:
    """Copy the verdict to where the computing steps wait for it, or stop."""
    verdict = read_json(job.input.verdict)
    admit(verdict)
    write_json(verdict, job.output.admitted)
    print(verdict["message"])


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
