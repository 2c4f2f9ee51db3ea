"""Compose the report of glioma_grading from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import yaml

from scripts.papers.glioma_grading.compare_orders import ALL, BY_IMAGE, BY_PATIENT, OWN
from scripts.papers.glioma_grading.names import BEST_MODEL, MODEL_LABELS, in_sentence
from scripts.papers.glioma_grading.report import beyond, grading, method_figures, methods, orders, patients
from scripts.papers.glioma_grading.report.comparison import comparison_section, comparison_table
from scripts.papers.glioma_grading.report.run import MACRO, Run, estimate_words
from scripts.report.captions import write_captions, write_table_pages
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section
from scripts.report.table_files import write_table_files
from scripts.report.typesetting import render_pdf
from scripts.report.wording import number_text
from scripts.reported.printed import read_reported
from scripts.tables import read_json, read_table, write_both
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

BANNER = "SIMULATED PATIENTS: drawn by a program, not results about people"
NAMED = ("reported", "paper", "template", "sheet", "figures", "split", "records")


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
    return Document(
        title=run.card["title"],
        subtitle="The study run again",
        kicker="Replication report",
        short_title=run.card["short_title"],
        citation=" ".join(run.card["citation"].split()),
        cohort_line=run.patients_line(),
        banner=BANNER if run.simulated else "",
        summary=summary(run),
        key_results=key_results(run),
        sections=(
            results,
            comparison_section(run),
            further,
            *recovery,
            *appendix,
            plausibility_section(run.reported),
        ),
    )


def main(job: Job) -> None:
    """Rule write_report."""
    run = Run(
        tables={name: read_table(path) for name, path in job.input.items() if name not in NAMED},
        reported=read_reported(job.input.reported),
        card=yaml.safe_load(Path(job.input.paper).read_text(encoding="utf-8")),
        parameters=job.settings["parameters"],
        records=[read_json(path) for path in job.input.records],
        cohort=job.settings["cohort"],
        simulated=job.settings["simulated"],
        seed=job.seed,
        sheet_digest=file_digest(job.input.sheet),
        split_digest=file_digest(job.input.split),
    )
    document = compose(run)
    write_both(comparison_table(run), job.output.reported_and_obtained)
    write_table_files(document, job.output.printed)
    write_table_pages(document, job.output.printed)
    write_captions(document, job.output.captions)
    render_pdf(document, Path(job.input.figures), job.output.pdf)


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
