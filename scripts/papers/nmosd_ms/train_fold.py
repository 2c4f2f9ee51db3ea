"""Train one fold of one model of nmosd_ms."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from functools import partial

from scripts.papers.nmosd_ms.augmentation import shift_and_flip
from scripts.papers.nmosd_ms.networks import build
from scripts.training.fold import train_fold
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule train_fold_nmosd_ms; settings beside those of `train_fold`: augmentation, compression, preparation.size."""
    chosen = job.settings["augmentation"]
    augment = partial(shift_and_flip, shift_share=chosen["shift_share"], flip_axes=tuple(chosen["flip_axes"]))
    network = partial(
        build, sections=job.settings["preparation"]["size"], compression=job.settings["compression"]
    )
    train_fold(job, network, augment=augment)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
