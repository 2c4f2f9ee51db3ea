"""What the report of every paper shares: the run that it is written from, its front page, the files that it becomes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Document, Section
from scripts.report.table_files import write_table_files
from scripts.report.typesetting import render_pdf
from scripts.reported.printed import read_reported
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

SIMULATED_BANNER = "SIMULATED PATIENTS: drawn by a program, not results about people"
MODEL_BANNER = "MODEL OF SIMULATED PATIENTS: for trying the software, not for anybody's care"
SHARED_INPUTS = ("reported", "paper", "template", "sheet", "figures", "records")  # of every rule write_report


@dataclass(frozen=True)
class StudyRun:
    """One finished run of a paper; each paper adds what else it has.

    Attributes
    ----------
    tables : result tables by name. reported : the paper's printed numbers. card : its file in config/papers.
    parameters : every parameter as it ran, a dict each: name, value, published, standing, reason, changed.
    records : provenance of the steps, in order. cohort : its name. simulated : whether it is the built-in one.
    """

    tables: dict[str, pd.DataFrame]
    reported: dict[str, Any]
    card: dict[str, Any]
    parameters: list[dict[str, Any]]
    records: list[dict[str, Any]]
    cohort: str
    simulated: bool
    seed: int

    def value(self, name: str) -> Any:
        """Value of a parameter as it ran."""
        return next(p["value"] for p in self.parameters if p["name"] == name)

    def has(self, table: str) -> bool:
        """Whether the run has a table (recovery: simulated cohorts only)."""
        return table in self.tables

    @property
    def whose(self) -> str:
        """ "cohort 'my_hospital'", or that it is the built-in one."""
        return "built-in simulated cohort" if self.simulated else f"cohort '{self.cohort}'"


def run_fields(job: Job, other_inputs: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a StudyRun, from the inputs and settings of a rule write_report.

    Parameters
    ----------
    other_inputs : names of inputs that are no tables, beside SHARED_INPUTS.
    """
    named = {*SHARED_INPUTS, *other_inputs}
    return {
        "tables": {name: read_table(path) for name, path in job.input.items() if name not in named},
        "reported": read_reported(job.input.reported),
        "card": yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
        "parameters": job.settings["parameters"],
        "records": [read_json(path) for path in job.input.records],
        "cohort": job.settings["cohort"],
        "simulated": job.settings["simulated"],
        "seed": job.seed,
    }


def study_document(
    run: StudyRun,
    cohort_line: str,
    summary: Sequence[tuple[Any, Any]],
    key_results: Sequence[Any],
    sections: Sequence[Section],
) -> Document:
    """A report with the front page that all papers have.

    Parameters
    ----------
    cohort_line : whose patients these are. summary : structured abstract, (heading, text) pairs.
    """
    return Document(
        title=" ".join(run.card["title"].split()),
        subtitle="The study run again",
        kicker="Replication report",
        short_title=run.card["short_title"],
        citation=" ".join(run.card["citation"].split()),
        doi=run.card.get("doi", ""),
        cohort_line=cohort_line,
        banner=SIMULATED_BANNER if run.simulated else "",
        summary=summary,
        key_results=key_results,
        sections=sections,
    )


def write_study_report(
    job: Job, document: Document, comparison: pd.DataFrame, pictures: Mapping[str, str | Path] | None = None
) -> None:
    """Every output of a rule write_report: the PDF, its tables and captions, reported beside obtained.

    Parameters
    ----------
    comparison : `scripts.report.counterparts.counterpart_table`.
    pictures : name of a panel's file -> picture that another rule drew, beside those of the folder of figures.
    """
    write_both(comparison, job.output.reported_and_obtained)
    write_table_files(document, job.output.printed)
    write_table_pages(document, job.output.printed)
    write_captions(document, job.output.captions)
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures"
        shutil.copytree(job.input.figures, figures)
        for name, picture in (pictures or {}).items():
            shutil.copyfile(picture, figures / name)
        render_pdf(document, figures, job.output.pdf)
