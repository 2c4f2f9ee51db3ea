"""Train one fold of one model of glioma_grading."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.glioma_grading.networks import build, expansion, transform
from scripts.training.fold import train_fold
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Settings beside those of `train_fold`: augmentation (sign)."""
    model = job.settings["models"][job.wildcards.model]
    expand, copies = expansion(model["augmentation"], job.settings["augmentation"]["sign"])
    train_fold(job, build, transform, expand=expand, copies=copies)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
