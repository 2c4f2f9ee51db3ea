"""Compose the report of nact_response from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.nact_response.cohorts import FULL_MODEL, IMAGE_LABELS, MODEL_LABELS, in_sentence
from scripts.papers.nact_response.report import (
    beyond,
    changes,
    methods,
    patients,
    prediction,
    registrations,
)
from scripts.papers.nact_response.report.comparison import comparison_section, comparison_table
from scripts.papers.nact_response.report.feature_tables import value_words
from scripts.papers.nact_response.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section
from scripts.report.wording import estimate_text, number_text
from scripts.tables import read_json
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

PICTURES = {"examples": "examples.svg", "worst": "worst_registrations.svg"}  # inputs that other rules drew
OTHER_INPUTS = ("model", *PICTURES, "pictures")  # that are no tables


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    models = {model: run.performance(model) for model in run.models()}
    listed = ", ".join(
        f"{in_sentence(MODEL_LABELS[model])} {prediction.auc_words(row)}"
        for model, row in models.items()
        if row is not None
    )
    null = run.tables["null_summary"].set_index("order").loc["honest"]
    jacobian = run.test("jacobian", changes.SHOWN["jacobian_mean"][1])
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
                "DCE-MRI before and after two cycles of neoadjuvant chemotherapy: bias correction, tumour segmentation, registration of the "
                "follow-up to the baseline and its Jacobian map; 102 features of each image and their relative changes; Gaussian support "
                "vector machines with SVM-RFE, chosen and fitted in the development set, tested once in the testing set."
            ),
        ),
        (
            "Results",
            rich(
                "Mean Jacobian in the tumour: median {r} in responders, {n} in non-responders (*P* {p}). AUC in the testing set: {listed}. "
                "With shuffled responses the whole selection gives a cross-validated AUC of {null}.",
                r=value_words(jacobian["median_responders"]),
                n=value_words(jacobian["median_nonresponders"]),
                p=changes.p_words(jacobian["p_value"]),
                listed=listed,
                null=beyond.null_words(null),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals of the testing set."""
    full = run.performance(FULL_MODEL)
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
    if full is None:
        return rich(
            "The model of all features and the molecular subtype could not be fitted{ending}", ending=ending
        )
    first = (
        "The model of all features and the molecular subtype tells responders from non-responders of the testing set better than chance"
        if full["auc_lower"] > 0.5
        else "The testing set does not show that the model of all features and the molecular subtype tells responders from "
        "non-responders better than chance"
    )
    baseline = run.performance("baseline")
    if baseline is None:
        return rich("{first}{ending}", first=first, ending=ending)
    gain = full["auc"] - baseline["auc"]
    second = (
        "that it does so better than the baseline image alone is "
        + ("supported" if baseline["p_value"] < 0.05 and gain > 0 else "not shown")
        + " by these data"
    )
    singles = [row for row in map(run.performance, IMAGE_LABELS) if row is not None]
    best = max(singles, key=lambda row: row["auc"])
    third = (
        f"a gain over {in_sentence(MODEL_LABELS[best['model']])}, the best of the models without fusion, is "
        + ("supported" if best["p_value"] < 0.05 and full["auc"] > best["auc"] else "not shown")
    )
    if best["model"] == "baseline":
        return rich("{first}; {second}{ending}", first=first, second=second, ending=ending)
    return rich("{first}; {second}; {third}{ending}", first=first, second=second, third=third, ending=ending)


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    items = []
    for model in (FULL_MODEL, "follow_up", "baseline"):
        row = run.performance(model)
        if row is not None:
            items.append(
                rich(
                    "{model}: AUC {auc} in the testing set, sensitivity {se}, specificity {sp}.",
                    model=MODEL_LABELS[model],
                    auc=prediction.auc_words(row),
                    se=number_text(row["sensitivity"]),
                    sp=number_text(row["specificity"]),
                )
            )
    order = run.tables["cross_validation"]
    order = order[order["model"] == FULL_MODEL].set_index("order")
    if {"honest", "leaky"} <= set(order.index):
        honest, leaky = order.loc["honest"], order.loc["leaky"]
        items.append(
            rich(
                "{model}, cross-validated AUC in the development set: {honest} with the selection inside the folds, {leaky} with "
                "the selection before them.",
                model=MODEL_LABELS[FULL_MODEL],
                honest=estimate_text(honest["auc"], honest["lower"], honest["upper"]),
                leaky=number_text(leaky["auc"]),
            )
        )
    if run.has("recovery"):
        judged = run.tables["recovery"]["ok"].dropna().astype(bool)
        items.append(
            rich("Planted truth: {ok} of {n} rules of recovery hold.", ok=int(judged.sum()), n=len(judged))
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section(
        "Results",
        (
            patients.section(run),
            changes.voxelwise(run),
            changes.feature_level(run),
            changes.single_features(run),
            prediction.section(run),
        ),
    )
    further = Section(
        "Beyond the paper", (beyond.orders(run), beyond.rivals(run), registrations.registrations(run))
    )
    recovery = (beyond.recovery(run),) if run.has("recovery") else ()
    appendix = (
        methods.methods(run),
        departures_section(run.parameters),
        parameters_section(run.parameters),
        methods.provenance(run),
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
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        model=read_json(job.input.model),
        sheet_digest=file_digest(job.input.sheet),
    )
    pictures = {file: job.input[name] for name, file in PICTURES.items()}
    where = run.tables["registrations"].set_index("patient")["picture"]
    examples = changes.example_patients(run)
    pictures |= {f"example_{letter}.svg": where[patient] for letter, patient in examples.items()}
    write_study_report(job, compose(run), comparison_table(run), pictures)


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
