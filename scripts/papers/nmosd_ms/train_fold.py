"""Train one fold of one model of nmosd_ms, and follow its held-out patients over the epochs (Figure 4)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.nmosd_ms.recipe import HeldOut, augment_of, build_with
from scripts.training.fold import train_fold
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule train_fold_nmosd_ms; settings beside those of `train_fold`: augmentation, compression, preparation.size."""
    train_fold(job, build_with(job.settings), augment=augment_of(job.settings), observe=HeldOut.of(job))


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
