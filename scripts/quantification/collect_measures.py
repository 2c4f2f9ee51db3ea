"""One table of lesion volumes of a cohort from all batches, and the exclusion ledger with the cases that failed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.radiomics.collect_features import collect_features, read_batches
from scripts.tables import read_table, write_table
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Collect the batches of a cohort; settings: max_failed_cases."""
    measures = read_batches(list(job.input.tables))
    table, ledger = collect_features(
        measures,
        read_batches(list(job.input.failures)),
        read_table(job.input.clinical),
        read_table(job.input.ledger),
        job.settings["max_failed_cases"],
        [name for name in measures.columns if name != "patient"],
    )
    write_table(table, job.output.table)
    write_table(ledger, job.output.ledger)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
