"""Frozen models on another cohort, as a report: scores and classes of everybody; where responses are known, how well
these tell responders apart. Nothing is fitted here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import shutil
import tempfile

import numpy as np
import pandas as pd
import yaml

from scripts.model.svm_bundle import read_svm_bundle
from scripts.papers.nact_response.cohorts import (
    POOLED,
    RESPONSE_LABELS,
    VISITS,
    of_cohort,
)
from scripts.papers.nact_response.describe_cohort import preparation
from scripts.papers.nact_response.draw_figures import draw_roc_of
from scripts.papers.nact_response.outcome import with_outcome
from scripts.papers.nact_response.report import external, validation
from scripts.papers.nact_response.report.external import Prediction, count, shown_model
from scripts.papers.nact_response.report.registrations import preparation_section
from scripts.radiomics.collect_features import read_batches
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Document
from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.score_distribution import draw_score_distribution
from scripts.report.figures.style import PAGE_MM, drawing
from scripts.report.replication import MODEL_BANNER, SIMULATED_BANNER
from scripts.report.typesetting import render_pdf
from scripts.statistics.binary_performance import INTERVALS
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job

SCORES_MM = 125.0
THIRDS = ("cohort", "third", "lowest_score", "highest_score", "n", "n_responders", "share", "lower", "upper")
PICTURES = {"examples": "examples.svg", "worst": "worst_registrations.svg"}  # inputs that other rules drew


def score_thirds(predictions: pd.DataFrame, groups: list[str], interval: str) -> pd.DataFrame:
    """Share of responders by third of one model's scores, with its interval: columns THIRDS, third 1 the lowest.

    Parameters
    ----------
    predictions : of one model; patients without a known response are left out. Equal scores stay in the order given.
    groups : cohorts that are divided, each by itself; `POOLED` is everybody. interval : see `diagnostic_performance`.
    """
    rows = []
    for group in groups:
        members = of_cohort(predictions[predictions["response"].notna()], group)
        members = members.sort_values("score", kind="stable", ignore_index=True)
        for number, places in enumerate(np.array_split(np.arange(len(members)), 3), start=1):
            part = members.iloc[places]
            positive = int(part["response"].sum())
            share = INTERVALS[interval](positive, len(part))
            scores = {"lowest_score": part["score"].min(), "highest_score": part["score"].max()}
            rows.append(
                {"cohort": group, "third": number, **scores, "n": len(part), "n_responders": positive,
                 "share": share.estimate, "lower": share.ci_low, "upper": share.ci_high}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(THIRDS))


def draw_flow(folder: Path, found: Prediction) -> None:
    """Patients from the sheet to the scores, and to the validation where there is one."""
    lost, n = found.lost(), len(found.clinical)
    known = found.clinical["response"].dropna()
    validated: tuple[FlowNode, ...] = ()
    without: tuple[tuple[str, int], ...] = ()
    if found.groups():
        responders = int(known.sum())
        lines = (f"responders: {responders}, non-responders: {len(known) - responders}",)
        validated = (FlowNode("Validated", len(known), lines=lines),)
        without = (("no Miller-Payne grade", n - len(known)),) if n > len(known) else ()
    scored = FlowNode("Scored: features of both visits and of the Jacobian map", n, without, validated)
    causes = tuple((str(cause), int(times)) for cause, times in lost["cause"].value_counts().items())
    with drawing(folder / "flow.svg", PAGE_MM, 60.0) as figure:
        draw_flow_diagram(figure, FlowNode("Patients in the sample sheet", n + len(lost), causes, (scored,)))


def draw_prediction(folder: Path, found: Prediction) -> None:
    """The figures of the report, as far as the responses go."""
    draw_flow(folder, found)
    shown = found.of_model(found.shown_model())
    cutoff = found.bundle["models"][found.shown_model()]["cutoff"]["value"]
    with drawing(folder / "scores.svg", SCORES_MM, 72.0) as figure:
        draw_score_distribution(
            figure, shown["score"], shown["response"], cutoff, score_label="Score",
            outcomes=(RESPONSE_LABELS[0][:-1], RESPONSE_LABELS[1][:-1]),
            sides=("called non-responders", "responders"), at_cutoff_high=True,
        )  # fmt: skip
    for group in found.groups():
        several = len(found.groups()) > 1
        title = validation.GROUP_LABELS[group] if several else ""
        draw_roc_of(folder / f"roc_{group}.svg", found.roc, found.performance, group, title, below=several)


def compose_prediction(found: Prediction) -> Document:
    """The document; its figures are those of `draw_prediction`."""
    n, known = len(found.clinical), int(found.clinical["response"].notna().sum())
    validated, source = bool(found.groups()), found.bundle["source"]
    model_banner = MODEL_BANNER if source["kind"] == "simulated" else ""
    return Document(
        title=f"Frozen models of response on {'their own' if found.own else 'another'} cohort",
        subtitle=found.card["short_title"],
        kicker="External validation" if validated and not found.own else "Prediction",
        citation=" ".join(found.card["citation"].split()),
        short_title=f"Model {found.model_name} on {found.cohort}",
        cohort_line=f"'{found.cohort}', {count(n, 'patient', 'patients')} scored, "
        f"{known or 'none'} with a known response",
        facts=(("Model", f"{found.model_name}: {source['text']}"),),
        banner=SIMULATED_BANNER if found.simulated else model_banner,
        sections=(
            external.models_section(found),
            external.patients_section(found),
            external.scores_section(found),
            validation.validation_section(found) if validated else validation.without_responses(known),
            preparation_section(found.registrations, found.prepared, {POOLED: "All patients"}),
            external.frozen_settings(found.bundle["preparation"]),
            external.list_of_patients(found),
            external.provenance(found),
        ),
    )


def read_prediction(job: Job) -> Prediction:
    """The cohort and its models, from the inputs of the rule."""
    bundle, predictions = read_svm_bundle(job.input.model), read_table(job.input.predictions)
    model = shown_model(bundle)
    performance = read_table(job.input.performance)
    scored = read_table(job.input.clinical)
    scored = scored[scored["patient"].isin(set(predictions["patient"]))].reset_index(drop=True)
    corrected, segmented = (
        {visit: read_batches(list(job.input[f"{step}_{visit}"])) for visit in VISITS}
        for step in ("corrected", "segmented")
    )
    groups = list(dict.fromkeys(performance["cohort"]))
    interval = job.settings["evaluation"]["interval"]
    return Prediction(
        predictions=predictions,
        performance=performance,
        roc=read_table(job.input.roc),
        auc_comparison=read_table(job.input.auc_comparison),
        thirds=score_thirds(predictions[predictions["model"] == model], groups, interval),
        clinical=with_outcome(scored, bundle["preparation"]["outcome"]["ki67_threshold"]),
        ledger=read_table(job.input.ledger),
        faults=read_table(job.input.faults),
        registrations=read_table(job.input.registrations),
        prepared=preparation(corrected, segmented, scored, (POOLED,)),
        bundle=bundle,
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
    write_both(found.thirds, job.output.score_thirds)
    pictures, printed = Path(job.output.figures), Path(job.output.printed)
    for folder in (pictures, printed):
        folder.mkdir(parents=True, exist_ok=True)
    draw_prediction(pictures, found)
    document = compose_prediction(found)
    write_table_pages(document, printed)
    write_captions(document, job.output.captions)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(pictures, folder, dirs_exist_ok=True)
        for name, file in PICTURES.items():
            shutil.copyfile(job.input[name], Path(folder) / file)
        render_pdf(document, Path(folder), job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run

    run(globals()["snakemake"], main)
