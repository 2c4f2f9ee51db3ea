"""Compose the report of glioma_grading from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.papers.glioma_grading.compare_orders import ALL, BY_IMAGE, BY_PATIENT, OWN
from scripts.papers.glioma_grading.names import BEST_MODEL, MODEL_LABELS, in_sentence
from scripts.papers.glioma_grading.report import beyond, grading, method_figures, methods, orders, patients
from scripts.papers.glioma_grading.report.comparison import comparison_section, comparison_table
from scripts.papers.glioma_grading.report.run import MACRO, Run, estimate_words
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section
from scripts.report.wording import number_text
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

OTHER_INPUTS = ("split",)  # that are no tables


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    best = run.row(BEST_MODEL, "accuracy")
    others = ", ".join(
        f"{in_sentence(MODEL_LABELS[m])} {estimate_words(run.row(m, 'accuracy'))}"
        for m in run.models
        if m != BEST_MODEL
    )
    leaky = run.order(BY_IMAGE, ALL)
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
                "One contrast-enhanced T1-weighted slice of each patient, cut to the tumour; AlexNet with a new last layer, trained on each "
                "image and its 56 fixed versions by the SVHN policy of AutoAugment; {folds} folds of patients. Beside it the network "
                "without pretraining, without augmentation, with repeated images, and handcrafted features.",
                folds=run.n_folds,
            ),
        ),
        (
            "Results",
            rich(
                "Accuracy of the transferred network {best}, Az {az}; others: {others}. Divided into folds after the augmentation, the same "
                "network seems to reach {leaky}.",
                best=estimate_words(best),
                az=estimate_words(run.row(BEST_MODEL, "auc", MACRO)),
                others=others,
                leaky=orders.accuracy_words(leaky),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals."""
    honest, same, leaky = run.order(BY_PATIENT, OWN), run.order(BY_PATIENT, ALL), run.order(BY_IMAGE, ALL)
    commonest = max(run.flow(g) for g in run.grades) / run.flow("with a picture")
    above = honest["accuracy_lower"] > commonest
    inflated = leaky["accuracy_lower"] > same["accuracy_upper"]
    return rich(
        "Tested on patients, the transferred network {grades}; the order 'augment, then divide' {inflates}{ending}",
        grades="grades better than naming the commonest grade"
        if above
        else "is not shown to grade better than naming the commonest grade",
        inflates="measures how well patients are recognised and must not be used"
        if inflated
        else "is not shown to inflate the accuracy here",
        ending=" (in simulated patients; no clinical meaning)." if run.simulated else ".",
    )


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    items = [
        rich(
            "{model}: accuracy {accuracy}, Az {az}, tested on patients.",
            model=MODEL_LABELS[model],
            accuracy=estimate_words(run.row(model, "accuracy")),
            az=estimate_words(run.row(model, "auc", MACRO)),
        )
        for model in run.models
        if model in (BEST_MODEL, "scratch", "unaugmented")
    ]
    same, leaky = run.order(BY_PATIENT, ALL), run.order(BY_IMAGE, ALL)
    items.append(
        rich(
            "All 57 images tested: {same} where folds divide patients, {leaky} where they divide images.",
            same=orders.accuracy_words(same),
            leaky=orders.accuracy_words(leaky),
        )
    )
    if run.has("recovery"):
        judged = run.tables["recovery"]["ok"].dropna().astype(bool)
        bound = run.tables["recovery"].set_index("group").loc[["Accuracy"], "planted"].iloc[0]
        items.append(
            rich(
                "Largest expected accuracy of any classifier in these simulated patients: {bound}. {ok} of {n} rules of recovery hold.",
                bound=number_text(bound),
                ok=int(judged.sum()),
                n=len(judged),
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section("Results", (patients.section(run), method_figures.section(run), grading.section(run)))
    further = Section("Beyond the paper", (orders.section(run),))
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
        further,
        *recovery,
        *appendix,
        plausibility_section(run.reported),
    )
    return study_document(run, run.patients_line(), summary(run), key_results(run), sections)


def main(job: Job) -> None:
    """Rule write_report."""
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        sheet_digest=file_digest(job.input.sheet),
        split_digest=file_digest(job.input.split),
    )
    write_study_report(job, compose(run), comparison_table(run))


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
