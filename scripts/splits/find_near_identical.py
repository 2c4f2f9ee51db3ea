"""Samples of a cohort whose images are nearly identical, so that no split puts them on both sides."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.preprocess.settings import settings_of
from scripts.splits.near_identical import NearIdenticalSettings, near_identical_pairs
from scripts.tables import write_table
from scripts.training.samples import SampleSource
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule find_near_identical; settings: near_identical (may be empty)."""
    settings = settings_of(NearIdenticalSettings, job.settings["near_identical"], "near_identical")
    source = SampleSource(job.input.samples, job.input.table)
    pairs = near_identical_pairs(source.table, source.read, settings)
    apart = int((pairs["patient_a"] != pairs["patient_b"]).sum())
    print(f"{len(source.table)} samples: {len(pairs)} near-identical pairs, {apart} of them of two patients")
    write_table(pairs, job.output.pairs)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
