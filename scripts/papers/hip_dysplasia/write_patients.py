"""One page a patient: the film, its angles, the verdict."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import shutil
import tempfile
from collections.abc import Iterable

import yaml

from scripts.model.gaussian_bundle import read_gaussian_bundle
from scripts.papers.hip_dysplasia.report.pages import compose_pages, overlay_files
from scripts.report.document import Document
from scripts.report.typesetting import render_pdf
from scripts.tables import read_table
from scripts.workflow.job import Job


def typeset(document: Document, pictures: Iterable[Path], pdf: str | Path) -> None:
    """The document with its pictures, called by their own names, as a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        for picture in pictures:
            shutil.copyfile(picture, Path(folder) / picture.name)
        render_pdf(document, folder, pdf)


def main(job: Job) -> None:
    """Rule write_patients; settings: cohort, simulated."""
    ledger = read_table(job.input.ledger)
    document = compose_pages(
        read_table(job.input.verdicts),
        read_gaussian_bundle(job.input.model),
        yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
        job.settings["cohort"],
        job.settings["simulated"],
        ledger[ledger["excluded_from"] == "all"].drop_duplicates("patient"),
    )
    typeset(document, overlay_files(job.input.overlays).values(), job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
