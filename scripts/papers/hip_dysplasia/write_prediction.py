"""The report of a frozen criterion on another cohort, and a page a patient."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import yaml

from scripts.model.gaussian_bundle import read_gaussian_bundle
from scripts.papers.hip_dysplasia.report.pages import compose_pages, overlay_files
from scripts.papers.hip_dysplasia.report.prediction import compose_prediction
from scripts.papers.hip_dysplasia.write_patients import typeset
from scripts.tables import read_json, read_table
from scripts.workflow.job import Job


def main(job: Job) -> None:
    """Rule write_prediction; settings: cohort, simulated."""
    verdicts, model = read_table(job.input.verdicts), read_gaussian_bundle(job.input.model)
    ledger, simulated = read_table(job.input.ledger), job.settings["simulated"]
    card = yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8"))
    cohort = job.settings["cohort"]
    names = {"cohort": cohort, "model": job.wildcards.model}
    report = compose_prediction(verdicts, model, ledger, card, read_json(job.input.records), names, simulated)
    typeset(report, (), job.output.pdf)
    lost = ledger[ledger["excluded_from"] == "all"].drop_duplicates("patient")
    pages = compose_pages(verdicts, model, card, cohort, simulated, lost)
    typeset(pages, overlay_files(job.input.overlays).values(), job.output.patients)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
