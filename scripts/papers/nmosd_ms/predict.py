"""Probabilities of NMOSD and MS of a cohort's patients by a frozen network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.nmosd_ms.recipe import build_with
from scripts.training.apply_frozen import apply_frozen
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule predict_nmosd_ms; `preparation` holds the card's preparation and compression."""
    apply_frozen(job, build_with(job.settings["preparation"]))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
