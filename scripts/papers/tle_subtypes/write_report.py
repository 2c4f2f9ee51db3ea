"""Compose the report of tle_subtypes from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.tle_subtypes.names import BEST_MODEL, BY_EPOCH, BY_PATIENT, MODEL_LABELS
from scripts.papers.tle_subtypes.report import beyond, methods, models, patients
from scripts.papers.tle_subtypes.report.comparison import comparison_section, comparison_table
from scripts.papers.tle_subtypes.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section, provenance_section
from scripts.report.wording import number_text
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

OTHER_INPUTS = ("samples", "splits")  # that are no tables


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
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
                "Resting-state MEG was filtered, resampled and cut into epochs of {seconds:g} s. A model of dense layers and multi-head self-attention "
                "(MSAM) with 2 to 16 heads, without either of its attentions, a CNN, support vector machines and random forests told complex from "
                "simple partial seizures in a {patient} by patient, and, as the paper is understood, by epoch.",
                seconds=run.value("epochs.seconds"),
                patient=run.folds_words(BY_PATIENT),
            ),
        ),
        (
            "Results",
            rich(
                "Accuracy on epochs of held-out patients: MSAM {msam}, CNN {cnn}, SVM {svm}, random forest {forest}. With epochs divided one by one: "
                "{msam_e}, {cnn_e}, {svm_e}, {forest_e}. Of subtypes dealt out at random a random forest on band power seemed to learn {leak} by "
                "epoch, and {honest} by patient.",
                **{model: run.words(model, "accuracy") for model in ("msam", "cnn", "svm", "forest")},
                **{
                    f"{model}_e": run.words(model, "accuracy", BY_EPOCH)
                    for model in ("msam", "cnn", "svm", "forest")
                },
                leak=run.shuffled_words(BY_EPOCH),
                honest=run.shuffled_words(BY_PATIENT),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals."""
    area = run.performance(BEST_MODEL, "auc")
    first = (
        "tells CPS from SPS better than chance"
        if area["lower"] > 0.5
        else "is not shown to tell CPS from SPS better than chance"
    )
    claims = []
    for other in ("cnn", "svm", "forest", "attn_1", "attn_2"):
        row = run.difference(BEST_MODEL, other, "bootstrap", "accuracy")
        if row is not None:
            told = "supported" if row["lower"] > 0 else "contradicted" if row["upper"] < 0 else "not shown"
            claims.append(f"{MODEL_LABELS[other]} {told}")
    return rich(
        "On patients whom it was not trained on, {model} {first}. A gain of its accuracy over other models: {claims}{ending}",
        model="MSAM",
        first=first,
        claims=", ".join(claims),
        ending=" (in simulated patients; no clinical meaning)." if run.simulated else ".",
    )


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    items = [
        rich(
            "{model}: accuracy {accuracy}, AUC {auc} by patient; {epoch}, {epoch_auc} by epoch.",
            model=MODEL_LABELS[model],
            accuracy=run.words(model, "accuracy"),
            auc=run.words(model, "auc"),
            epoch=run.words(model, "accuracy", BY_EPOCH),
            epoch_auc=run.words(model, "auc", BY_EPOCH),
        )
        for model in (BEST_MODEL, "cnn", "forest_bands")
    ]
    if run.has("recovery"):
        table = run.tables["recovery"]
        bayes = table.loc[table["group"] == "Accuracy by patient", "planted"].iloc[0]
        items.append(
            rich(
                "Planted truth: {ok} of {n} rules of recovery hold; no classifier of other patients can expect more than {bayes}.",
                ok=int(table["ok"].sum()),
                n=len(table),
                bayes=number_text(bayes, 3),
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = (patients.section(run), models.table_1(run), models.heads(run), models.ablations(run))
    recovery = (beyond.recovery(run),) if run.has("recovery") else ()
    sections = (
        Section("Results", results),
        models.two_splits(run),
        comparison_section(run),
        *recovery,
        Section("Beyond the paper", (beyond.locations(run), beyond.calibration(run))),
        methods.methods(run),
        departures_section(run.parameters),
        parameters_section(run.parameters),
        provenance_section("tle_subtypes", run.digests, run.seed, run.records),
        plausibility_section(run.reported),
    )
    return study_document(run, run.patients_line(), summary(run), key_results(run), sections)


def main(job: Job) -> None:
    """Rule write_report."""
    digests = {"sample sheet": job.input.sheet, "samples": job.input.samples}
    digests |= {f"split {Path(path).stem}": path for path in job.input.splits}
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        digests=[(f"{name} (SHA-256)", file_digest(path)) for name, path in digests.items()],
    )
    write_study_report(job, compose(run), comparison_table(run))


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
