"""Probabilities of the three grades of a cohort's patients by a frozen network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.glioma_grading.networks import build, transform
from scripts.training.apply_frozen import apply_frozen
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule predict_glioma_grading."""
    apply_frozen(job, build, transform)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
