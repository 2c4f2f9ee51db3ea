"""Compose the report of covid_ct from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))


import pandas as pd

from scripts.papers.covid_ct.names import VOLUME_FAMILIES
from scripts.papers.covid_ct.report import beyond, comparison, findings, methods, patients, printed, volumes
from scripts.papers.covid_ct.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import parameters_section
from scripts.report.wording import estimate_text
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN
from scripts.tables import read_json
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

PICTURES = {"lesions": "lesions.svg"}  # an input that another rule drew
OTHER_INPUTS = ("model", *PICTURES)  # that are no tables


def counts_of(rows: pd.DataFrame) -> dict[str, int]:
    """How many comparisons have each verdict."""
    return {name: int((rows["verdict"] == name).sum()) for name in (DIFFERENT, ALIKE, BOTH, OPEN)}


def main_volumes(run: Run) -> pd.DataFrame:
    """Comparisons of the volumes of both lungs, lobes and windows."""
    names = [name for name in VOLUME_FAMILIES if name in ("whole_volume", "lobe_volume", "window_volume")]
    return pd.concat([run.family(name) for name in names], ignore_index=True)


def verdict_clause(rows: pd.DataFrame, what: str) -> str:
    """'of 8 findings 1 differs, 5 are alike within the margin, 2 are open'."""
    n = counts_of(rows)
    differ = n[DIFFERENT] + n[BOTH]
    return (
        f"of {len(rows)} {what} {differ or 'none'} {'differs' if differ == 1 else 'differ'}, "
        f"{n[ALIKE] + n[BOTH] or 'none'} {'is' if n[ALIKE] + n[BOTH] == 1 else 'are'} alike within the margin"
        f"{f' ({n[BOTH]} of them both)' if n[BOTH] else ''}, "
        f"{n[OPEN] or 'none'} {'is' if n[OPEN] == 1 else 'are'} open"
        f"{f', {untested} could not be tested' if (untested := len(rows) - sum(n.values())) else ''}"
    )


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    found = run.tables["combined"].iloc[0]
    return (
        (
            "Purpose",
            rich(
                "To run the study '{title}' again, with its whole method, on the {patients}, and to say what its tests can and cannot exclude.",
                title=run.card["short_title"],
                patients=run.patients_line(),
            ),
        ),
        (
            "Materials and Methods",
            rich(
                "Lesion volume and percentage of every lobe, segment and window of CT numbers; eight findings of radiologists; chi-square, *t* and "
                "Mann-Whitney tests as in the paper. Added: effect sizes with intervals, correction for many comparisons, tests of likeness, power, "
                "and one cross-validated score of everything."
            ),
        ),
        (
            "Results",
            rich(
                "{findings}; {volumes}. The combined score reaches a cross-validated area under the curve of {auc}.",
                findings=verdict_clause(run.family("findings"), "findings").capitalize(),
                volumes=verdict_clause(main_volumes(run), "volumes of lobes, windows and both lungs"),
                auc=estimate_text(found["auc"], found["ci_low"], found["ci_high"]),
            ),
        ),
        ("Conclusion", conclusion(run)),
    )


def conclusion(run: Run) -> list:
    """One sober sentence from the tests of difference and likeness."""
    rows = pd.concat([run.family("findings"), main_volumes(run)], ignore_index=True)
    n = counts_of(rows)
    differ, total = n[DIFFERENT] + n[BOTH], len(rows)
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
    if n[ALIKE] == total:
        text = "every comparison of findings and volumes is alike within the margin"
    elif differ == 0:
        text = (
            f"no difference was found in {total} comparisons of findings and volumes, but for {total - n[ALIKE]} of them likeness is not shown either: "
            "'no significant difference' is not 'no difference'"
        )
    else:
        text = (
            f"{differ} of {total} comparisons of findings and volumes {'differs' if differ == 1 else 'differ'} before correction for their number, "
            f"{n[ALIKE] + n[BOTH] or 'none'} {'is' if n[ALIKE] + n[BOTH] == 1 else 'are'} alike within the margin"
            f"{f' ({n[BOTH]} of them both)' if n[BOTH] else ''}, and {n[OPEN] or 'none'} {'is' if n[OPEN] == 1 else 'are'} open"
        )
    return rich("{text}{ending}", text=text[0].upper() + text[1:], ending=ending)


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    found, power = run.tables["combined"].iloc[0], run.tables["power"]
    here = power[power["of"] == "here"]
    items = [
        rich("Findings: {text}.", text=verdict_clause(run.family("findings"), "comparisons")),
        rich("Infected volumes: {text}.", text=verdict_clause(main_volumes(run), "comparisons")),
        rich(
            "All together: area under the curve {auc} in patients not fitted on.",
            auc=estimate_text(found["auc"], found["ci_low"], found["ci_high"]),
        ),
        rich(
            "Power for a difference of {d:.0%} between proportions: {low:.0%} to {high:.0%}, by the proportion.",
            d=run.value("power.difference"),
            low=here["z_test"].min(),
            high=here["z_test"].max(),
        ),
    ]
    if run.has("recovery"):
        judged = run.tables["recovery"]["ok"].astype(bool)
        items.append(
            rich("Planted truth: {ok} of {n} rules of recovery hold.", ok=int(judged.sum()), n=len(judged))
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    results = Section("Results", (patients.section(run), findings.section(run), volumes.section(run)))
    recovery = (beyond.recovery(run),) if run.has("recovery") else ()
    sections = (
        results,
        printed.section(run),
        comparison.section(run),
        *recovery,
        Section("Beyond the paper", (beyond.power(run), beyond.combined(run))),
        methods.methods(run),
        methods.departures(run),
        parameters_section(run.parameters),
        methods.provenance(run),
        volumes.appendix(run),
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
    write_study_report(
        job,
        compose(run),
        comparison.comparison_table(run),
        {file: job.input[name] for name, file in PICTURES.items()},
    )


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
