"""One table of the 57-fold set of a cohort: 57 rows for each of its samples."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.tables import read_table, write_table
from scripts.training.collect_samples import collect_samples
from scripts.workflow.contents import file_digest
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule collect_expanded."""
    files = [str(path) for path in job.input.samples]
    tables = [read_table(path) for path in job.input.tables]
    table = collect_samples(tables, files, [file_digest(path) for path in files])
    kept = set(read_table(job.input.table)["patient"])
    write_table(table[table["patient"].isin(kept)].reset_index(drop=True), job.output.samples)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
