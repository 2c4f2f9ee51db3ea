"""Compose the report of nmosd_ms from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.nmosd_ms.names import BEST_MODEL, MODEL_LABELS
from scripts.papers.nmosd_ms.report import beyond, methods, networks, patients
from scripts.papers.nmosd_ms.report.comparison import comparison_section, comparison_table
from scripts.papers.nmosd_ms.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section, provenance_section
from scripts.report.wording import estimate_text
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

PICTURES = {"examples": "examples.svg", "preparation": "preparation.svg"}  # inputs that other rules drew
OTHER_INPUTS = ("samples", "split", *PICTURES)  # that are no tables


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    listed = "; ".join(
        f"{label} {networks.measure_words(run, model, 'accuracy')}"
        for model, label in networks.PAPER_MODELS.items()
    )
    return (
        (
            "Purpose",
            rich(
                "To run the study '{title}' again, with its whole method, on the {patients}.",
                title=run.card["short_title"],
                patients=run.patients_line(),
            ),
        ),
        (
            "Materials and Methods",
            rich(
                "Lesion masks drawn on T2-FLAIR volumes were cut to the box of the head and resized to a cube. 3-D residual networks, and 2-D residual "
                "networks behind a compression of two views, with and without pretraining, told NMOSD from MS in a {folds}.",
                folds=run.folds_words(),
            ),
        ),
        (
            "Results",
            rich(
                "Accuracy on held-out patients: {listed}. The lesion volume alone reaches {volume}.",
                listed=listed,
                volume=networks.measure_words(run, "lesion_volume", "accuracy"),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals."""
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
    area = run.performance(BEST_MODEL, "auc")
    first = (
        "tells NMOSD from MS better than chance"
        if area["lower"] > 0.5
        else "is not shown to tell NMOSD from MS better than chance"
    )
    claims = []
    for other, words in (
        ("two_view_18", "the same network from scratch"),
        ("resnet_18_3d", "the 3-D network"),
        ("lesion_volume", "the lesion volume alone"),
    ):
        row = run.difference(BEST_MODEL, other, "bootstrap", "accuracy")
        if row is not None:
            told = "supported" if row["lower"] > 0 else "contradicted" if row["upper"] < 0 else "not shown"
            claims.append(f"a gain over {words} is {told}")
    return rich(
        "{model} {first}; {claims}{ending}",
        model=MODEL_LABELS[BEST_MODEL],
        first=first,
        claims=", ".join(claims),
        ending=ending,
    )


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    items = []
    for model in (BEST_MODEL, "two_view_18", "resnet_18_3d", "lesion_volume"):
        if run.performance(model, "accuracy") is not None:
            items.append(
                rich(
                    "{model}: accuracy {accuracy}, AUC {auc}.",
                    model=MODEL_LABELS[model],
                    accuracy=networks.measure_words(run, model, "accuracy"),
                    auc=networks.measure_words(run, model, "auc"),
                )
            )
    if run.has("recovery"):
        table = run.tables["recovery"]
        bayes = table.loc[table["group"] == "Accuracy", "bayes"].iloc[0]
        items.append(
            rich(
                "Planted truth: {ok} of {n} rules of recovery hold; the best possible accuracy is {bayes}.",
                ok=int(table["ok"].sum()),
                n=len(table),
                bayes=estimate_text(bayes, None, None, 3),
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section("Results", (patients.section(run), networks.section(run)))
    further = Section("Beyond the paper", (beyond.rivals(run), beyond.views(run), beyond.calibration(run)))
    recovery = (beyond.recovery(run),) if run.has("recovery") else ()
    appendix = (
        methods.methods(run),
        departures_section(run.parameters),
        parameters_section(run.parameters),
        provenance_section("nmosd_ms", run.digests, run.seed, run.records),
    )
    sections = (
        results,
        comparison_section(run),
        *recovery,
        further,
        *appendix,
        plausibility_section(run.reported),
    )
    return study_document(run, run.patients_line(), summary(run), key_results(run), sections)


def main(job: Job) -> None:
    """Rule write_report."""
    digests = {"sample sheet": job.input.sheet, "samples": job.input.samples, "split": job.input.split}
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        digests=[(f"{name} (SHA-256)", file_digest(path)) for name, path in digests.items()],
    )
    write_study_report(
        job, compose(run), comparison_table(run), {file: job.input[name] for name, file in PICTURES.items()}
    )


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
