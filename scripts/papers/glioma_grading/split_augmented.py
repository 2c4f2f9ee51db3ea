"""The 57-fold set divided image by image, copies of a test image in the training set: shown, never believed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import pandas as pd

from scripts.papers.glioma_grading.names import LEAKY_SCHEME
from scripts.splits.scheme import SplitScheme
from scripts.splits.split_samples import split_samples
from scripts.splits.split_table import PAIRS
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule split_augmented; settings: splits.<LEAKY_SCHEME>."""
    scheme = SplitScheme.read(job.settings["splits"][LEAKY_SCHEME], LEAKY_SCHEME)
    nobody = pd.DataFrame(
        columns=list(PAIRS)
    )  # pairs are not looked for: all copies of an image are near-identical
    write_table(split_samples(read_table(job.input.table), nobody, scheme, job.seed), job.output.split)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
