"""Compose the report of crc_nomogram from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.model.bundle import read_bundle
from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.report import beyond, methods, nomogram, patients, signature
from scripts.papers.crc_nomogram.report.comparison import comparison_section, comparison_table
from scripts.papers.crc_nomogram.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import departures_section, parameters_section
from scripts.report.wording import estimate_text
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

OTHER_INPUTS = ("model", "examples")  # that are no tables


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    groups = {cohort: run.of("risk_groups", cohort).iloc[0] for cohort in COHORTS}
    concordance = {cohort: run.discrimination(cohort, "nomogram", "harrell_c") for cohort in COHORTS}
    stage = run.discrimination("validation", "tnm_stage", "harrell_c")
    n_features = len(run.model["signature"]["features"])
    return (
        (
            "Purpose",
            rich(
                "To run the study '{title}' again, with its whole method, on {patients}.",
                title=run.card["short_title"],
                patients=run.patients_line(),
            ),
        ),
        (
            "Materials and Methods",
            rich(
                "107 radiomic features of portal-venous CT; rad-score by LASSO-Cox and its cut-off by time-dependent ROC in the primary "
                "cohort; nomogram with TNM stage; all tested in the validation cohort, which no fit has seen."
            ),
        ),
        (
            "Results",
            [
                *rich(
                    "The rad-score has {n} {noun}. High against low risk: ",
                    n=n_features,
                    noun="feature" if n_features == 1 else "features",
                ),
                *(
                    part
                    for cohort in COHORTS
                    for part in (
                        f"{COHORT_LABELS[cohort].lower()}, ",
                        *signature.group_sentence(groups[cohort]),
                        "; ",
                    )
                ),
                *rich(
                    "C-index of the nomogram {p} in the primary and {v} in the validation cohort, against {t} there for TNM stage alone.",
                    p=estimate_text(*(concordance["primary"][k] for k in ("estimate", "ci_low", "ci_high"))),
                    v=estimate_text(
                        *(concordance["validation"][k] for k in ("estimate", "ci_low", "ci_high"))
                    ),
                    t=estimate_text(*(stage[k] for k in ("estimate", "ci_low", "ci_high"))),
                ),
            ],
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the intervals of the validation cohort."""
    table = run.of("auc_comparison", "validation").set_index("measure").loc["harrell_c"]
    group = run.of("risk_groups", "validation").iloc[0]
    separates = "ci_low" in group and group["ci_low"] == group["ci_low"] and group["ci_low"] > 1
    first = (
        "The rad-score separates patients of the validation cohort by disease-free survival"
        if separates
        else "The validation cohort does not show that the rad-score separates patients by disease-free survival"
    )
    second = (
        "the nomogram ranks them better than TNM stage alone"
        if table["ci_low"] > 0
        else "whether the nomogram ranks them better than TNM stage alone is not decided by these data"
    )
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
    return rich("{first}; {second}{ending}", first=first, second=second, ending=ending)


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results, from the validation cohort."""
    group = run.of("risk_groups", "validation").iloc[0]
    nomogram_c, stage_c = (
        run.discrimination("validation", m, "harrell_c") for m in ("nomogram", "tnm_stage")
    )
    slope = run.of("calibration_slopes", "validation").iloc[0]
    items = [
        ["Validation cohort, high against low risk: ", *signature.group_sentence(group), "."],
        rich(
            "Validation C-index: nomogram {a}, TNM stage alone {b}.",
            a=estimate_text(*(nomogram_c[k] for k in ("estimate", "ci_low", "ci_high"))),
            b=estimate_text(*(stage_c[k] for k in ("estimate", "ci_low", "ci_high"))),
        ),
        rich(
            "Validation calibration slope {s}.",
            s=estimate_text(slope["slope"], slope["ci_low"], slope["ci_high"]),
        ),
    ]
    if run.has("recovery"):
        table = run.tables["recovery"]
        oracle = table[
            (table["quantity"] == "C-index of the nomogram") & (table["cohort"] == "Validation cohort")
        ].iloc[0]
        items.append(
            rich(
                "Planted truth: the best possible C-index in the validation patients is {c:.2f}.",
                c=oracle["planted"],
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section(
        "Results",
        (
            patients.section(run),
            signature.selection(run),
            signature.risk_groups(run),
            nomogram.section(run),
            nomogram.hallmarks(run),
        ),
    )
    further = Section(
        "Beyond the paper",
        (
            beyond.decision(run),
            beyond.proportional_hazards(run),
            beyond.stability(run),
            beyond.rivals(run),
            beyond.published(run),
        ),
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
        model=read_bundle(job.input.model),
        sheet_digest=file_digest(job.input.sheet),
    )
    write_study_report(job, compose(run), comparison_table(run), {"examples.svg": job.input.examples})


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
