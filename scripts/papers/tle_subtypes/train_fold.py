"""Train one fold of a network of tle_subtypes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.tle_subtypes.recipe import recipe_of
from scripts.training.fold import train_fold
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule train_fold_tle_subtypes."""
    train_fold(job, recipe_of(job).build)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
