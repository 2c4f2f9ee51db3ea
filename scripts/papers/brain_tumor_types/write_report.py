"""Compose the report of brain_tumor_types from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.brain_tumor_types.names import METHOD_LABELS, MODEL_LABELS
from scripts.papers.brain_tumor_types.report import classification, cohort, methods, saliency
from scripts.papers.brain_tumor_types.report.comparison import comparison_section, comparison_table
from scripts.papers.brain_tumor_types.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section
from scripts.report.wording import estimate_text
from scripts.tables import read_json
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

OTHER_INPUTS = ("examples", "trainings", "truth")  # that are no tables


def accuracy_words(run: Run, scheme: str) -> str:
    """Accuracy of every network under one split."""
    return classification.listed({model: run.gap(model) for model in run.models()}, scheme)


def gap_words(run: Run) -> str:
    """The differences between the splits."""
    rows = ((MODEL_LABELS[model], run.gap(model)) for model in run.models())
    return ", ".join(
        f"{label} {estimate_text(row['gap'], row['gap_lower'], row['gap_upper'])}" for label, row in rows
    )


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    table = run.tables["saliency"]
    best = table.loc[table["hit"].idxmax()]
    return (
        (
            "Purpose",
            rich(
                "To run the study '{title}' again, with its whole method, on the {slices}.",
                title=run.card["short_title"],
                slices=run.cohort_line(),
            ),
        ),
        (
            "Materials and Methods",
            rich(
                "Contrast-enhanced T1 slices of three tumour types; a six-convolution CNN, VGG16 with a new head, and a UNet whose encoder is "
                "trained as a classifier; trained and tested with whole patients left out, and, as the paper does, with slices left out. Gradient "
                "saliency, integrated gradients, Grad-CAM and the joined UNet are measured against tumour masks."
            ),
        ),
        (
            "Results",
            rich(
                "Accuracy by {unit}: {by_patient}. By slice: {by_slice}; more by {gap}. The best map, {method} of {model}, hits the tumour in "
                "{hit} of the slices, a blind point in {chance:.2f}.",
                unit="patient" if run.known_patients else "run of neighbours",
                by_patient=accuracy_words(run, "patient"),
                by_slice=accuracy_words(run, "slice"),
                gap=gap_words(run),
                method=METHOD_LABELS[best["method"]],
                model=MODEL_LABELS[best["model"]],
                hit=estimate_text(best["hit"], best["hit_lower"], best["hit_upper"]),
                chance=float(best["by_chance"]),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals of the gap."""
    gap = run.tables["gap"]
    inflated = [MODEL_LABELS[m] for m in gap.loc[gap["gap_lower"] > 0, "model"]]
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
    if not inflated:
        return rich(
            "These data do not show that splitting by slice changes the accuracy of a network{ending}",
            ending=ending,
        )
    return rich(
        "Splitting by slice overstates the accuracy of {n} of {total} networks ({names}){ending}",
        n=len(inflated),
        total=len(gap),
        names=", ".join(inflated),
        ending=ending,
    )


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    items = []
    for model in run.models():
        row = run.gap(model)
        items.append(
            rich(
                "{model}: accuracy {patient} by {unit}, {slice} by slice.",
                model=MODEL_LABELS[model],
                patient=estimate_text(row["accuracy_patient"], row["lower_patient"], row["upper_patient"]),
                unit="patient" if run.known_patients else "run of neighbours",
                slice=estimate_text(row["accuracy_slice"], row["lower_slice"], row["upper_slice"]),
            )
        )
    if run.has("recovery"):
        judged = run.tables["recovery"]["ok"].astype(bool)
        items.append(
            rich(
                "Bayes: {bayes:.3f}. Planted truth: {ok} of {n} rules of recovery hold.",
                bayes=run.truth["bayes_accuracy"],
                ok=int(judged.sum()),
                n=len(judged),
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section(
        "Results",
        (cohort.section(run), classification.section(run), saliency.unet(run), saliency.section(run)),
    )
    recovery = (methods.recovery(run),) if run.has("recovery") else ()
    appendix = (
        methods.methods(run),
        departures_section(run.parameters),
        parameters_section(run.parameters),
        methods.provenance(run),
    )
    sections = (results, comparison_section(run), *recovery, *appendix, plausibility_section(run.reported))
    return study_document(run, run.cohort_line(), summary(run), key_results(run), sections)


def main(job: Job) -> None:
    """Rule write_report_brain_tumor_types."""
    given = dict(job.input.items())
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        training=dict(zip(MODEL_LABELS, map(read_json, job.input.trainings), strict=True)),
        sheet_digest=file_digest(job.input.sheet),
        truth=read_json(job.input.truth) if given.get("truth") else {},
    )
    write_study_report(job, compose(run), comparison_table(run), {"examples.svg": job.input.examples})


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
