"""Write down what the features of a cohort are extracted with, and the code that extracts them.

The file is what makes every batch run again when a setting or the code changes. Batches wait for the cohort's admission
through an `ancient` input, and Snakemake does not look at the parameters of jobs whose `ancient` inputs are remade
in the same run; this file depends on nothing, so its own parameters are always looked at.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.tables import write_json
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule settle_extraction: settings are radiomics (branch of the parameters) and extraction_code (fingerprint)."""
    write_json(job.settings, job.output.extraction)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
