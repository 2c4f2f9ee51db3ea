"""The frozen score on another cohort, as a report: score, probability and call of everybody; where the groups are
known, how well it tells them apart. Nothing is fitted here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import shutil
import tempfile

import yaml

from scripts.model.logistic_bundle import read_logistic_bundle
from scripts.papers.covid_ct.names import GROUP_LABELS
from scripts.papers.covid_ct.report import external
from scripts.papers.covid_ct.report.external import Prediction
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Document
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.roc import RocLine, draw_roc
from scripts.report.figures.score_distribution import draw_score_distribution
from scripts.report.figures.style import COLUMN_MM, PAGE_MM, drawing
from scripts.report.replication import MODEL_BANNER, SIMULATED_BANNER
from scripts.report.typesetting import render_pdf
from scripts.tables import read_json, read_table
from scripts.workflow.job import Job


def draw_prediction(folder: Path, found: Prediction) -> None:
    """The figures of the report, as far as the groups are known."""
    folder.mkdir(parents=True, exist_ok=True)
    lost, n = found.lost(), len(found.predictions)
    causes = tuple((str(cause), int(times)) for cause, times in lost["cause"].value_counts().items())
    known = int(found.known().sum())
    children = (FlowNode("Group known", known),) if known else ()
    scored = FlowNode("Scored", n, (("no group", n - known),) if known and known < n else (), children)
    with drawing(folder / "flow.svg", PAGE_MM, 60.0) as figure:
        draw_flow_diagram(figure, FlowNode("Patients in the sample sheet", n + len(lost), causes, (scored,)))
    outcome = found.predictions["group"].map({"covid": 1.0, "other": 0.0})
    with drawing(folder / "scores.svg", 125.0, 72.0) as figure:
        draw_score_distribution(
            figure, found.predictions["score"], outcome.to_numpy(float), found.bundle["cutoff"]["value"],
            score_label="Score", outcomes=(GROUP_LABELS["other"], GROUP_LABELS["covid"]),
            sides=("called other", "COVID-19"), at_cutoff_high=True,
        )  # fmt: skip
    if len(found.performance):
        auc = found.measure("auc")
        line = RocLine(
            "Frozen score", found.roc["false_positive_rate"], found.roc["true_positive_rate"],
            auc["estimate"], auc["ci_low"], auc["ci_high"],
        )  # fmt: skip
        with drawing(folder / "roc.svg", COLUMN_MM, 80.0) as figure:
            draw_roc(figure, [line])


def compose_prediction(found: Prediction) -> Document:
    """The document; its figures are those of `draw_prediction`."""
    n, known = len(found.predictions), int(found.known().sum())
    validated = len(found.performance) > 0
    model_banner = MODEL_BANNER if found.bundle["source"]["kind"] == "simulated" else ""
    return Document(
        title=f"Frozen score on {'its own' if found.own else 'another'} cohort",
        subtitle=found.card["short_title"],
        kicker="External validation" if validated and not found.own else "Prediction",
        citation=" ".join(found.card["citation"].split()),
        short_title=f"Score {found.model_name} on {found.cohort}",
        cohort_line=f"'{found.cohort}', {n} scored, {known or 'none'} of a known group",
        facts=(("Model", f"{found.model_name}: {found.bundle['source']['text']}"),),
        banner=SIMULATED_BANNER if found.simulated else model_banner,
        sections=(
            external.score_section(found),
            external.patients_section(found),
            external.validation_section(found),
            external.frozen_section(found),
            external.list_of_patients(found),
            external.provenance(found),
        ),
    )


def read_prediction(job: Job) -> Prediction:
    """The cohort and its score, from the inputs of the rule."""
    return Prediction(
        predictions=read_table(job.input.predictions),
        performance=read_table(job.input.performance),
        roc=read_table(job.input.roc).astype(float),
        measures=read_table(job.input.measures),
        ledger=read_table(job.input.ledger),
        faults=read_table(job.input.faults),
        bundle=read_logistic_bundle(job.input.model),
        card=yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
        records=[read_json(path) for path in job.input.records],
        cohort=job.wildcards.cohort,
        model_name=job.wildcards.model,
        simulated=job.settings["simulated"],
        own=job.settings["own"],
    )


def main(job: Job) -> None:
    """Rule write_prediction."""
    found = read_prediction(job)
    pictures, printed = Path(job.output.figures), Path(job.output.printed)
    printed.mkdir(parents=True, exist_ok=True)
    draw_prediction(pictures, found)
    document = compose_prediction(found)
    write_table_pages(document, printed)
    write_captions(document, job.output.captions)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(pictures, folder, dirs_exist_ok=True)
        shutil.copyfile(job.input.lesions, Path(folder) / "lesions.svg")
        render_pdf(document, Path(folder), job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
