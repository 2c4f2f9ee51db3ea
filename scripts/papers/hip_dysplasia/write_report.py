"""Compose the report of hip_dysplasia from the tables and figures of a run, and typeset it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from scripts.model.gaussian_bundle import read_gaussian_bundle
from scripts.papers.hip_dysplasia.evaluate_criterion import IN_SAMPLE, LEFT_OUT
from scripts.papers.hip_dysplasia.names import ANGLE_LABELS, ANGLES
from scripts.papers.hip_dysplasia.report import criterion, films, methods
from scripts.papers.hip_dysplasia.report.comparison import comparison_section, comparison_table, recovery
from scripts.papers.hip_dysplasia.report.pages import overlay_files
from scripts.papers.hip_dysplasia.report.run import Run
from scripts.report.document import Document, Section
from scripts.report.plausibility import plausibility_section
from scripts.report.replication import run_fields, study_document, write_study_report
from scripts.report.rich_text import rich
from scripts.report.standard_sections import parameters_section
from scripts.report.wording import number_text
from scripts.workflow.job import Job
from scripts.workflow.provenance import file_digest

OTHER_INPUTS = ("model", "patients", "examples", "overlays")  # that are no tables


def reading_words(run: Run) -> str:
    """'CE 1.4°, Sharp 0.9°, Tönnis 1.6°': the SD of one reading, or that nobody knows it."""
    table = run.tables["agreement"]
    both = table[table["side"] == "both"].set_index("angle")["sd_observed"]
    if not len(both):
        return "not known (no film was read twice)"
    return ", ".join(f"{ANGLE_LABELS[angle]} {number_text(both[angle], 1)}°" for angle in ANGLES)


def summary(run: Run) -> tuple[tuple[str, list], ...]:
    """The structured abstract, written from the numbers of the run."""
    ending = " (in simulated patients; no clinical meaning)." if run.simulated else "."
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
                "CE, Sharp and Tönnis angles from contours drawn on films; clusters of the hips in descending order of density; the normal distribution of the "
                "densest cluster as criterion, beside the limits on the CE angle."
            ),
        ),
        (
            "Results",
            rich(
                "{n} of {all} hips form the densest cluster. Outside its ellipsoid lie {outside} of all hips and {abnormal} of those with dysplasia by CE, "
                "inside it {normal} of those that are normal by CE. SD of one reading: {reading}.",
                n=run.model["created_from"]["n_normal"],
                all=run.model["created_from"]["n_samples"],
                outside=run.share_words(IN_SAMPLE, "outside"),
                abnormal=run.share_words(IN_SAMPLE, "abnormal_outside"),
                normal=run.share_words(IN_SAMPLE, "normal_inside"),
                reading=reading_words(run),
            ),
        ),
        (
            "Conclusion",
            rich(
                "The two criteria agree on {same} of the hips (kappa {kappa}); which of them tells patients who need treatment, films and angles alone cannot "
                "say{ending}",
                same=run.share_words(LEFT_OUT, "same_call"),
                kappa=run.share_words(LEFT_OUT, "kappa"),
                ending=ending,
            ),
        ),
    )


def key_results(run: Run) -> tuple[list, ...]:
    """The box of key results."""
    signs = run.tables["signs"].set_index("quantity")
    items = [
        rich(
            "Both criteria agree on {same} of the hips, kappa {kappa}, when no patient's own hips shape the criterion.",
            same=run.share_words(LEFT_OUT, "same_call"),
            kappa=run.share_words(LEFT_OUT, "kappa"),
        ),
        rich("SD of one reading: {reading}.", reading=reading_words(run)),
        rich(
            "Equation 1 gives no sign: {n} of the CE angles {are} negative, of which {lost} would pass the limit on CE as printed.",
            n=int(signs.loc["negative_ce", "n"]),
            are="is" if signs.loc["negative_ce", "n"] == 1 else "are",
            lost=int(signs.loc["negative_ce_called_otherwise", "n"]),
        ),
    ]
    if run.has("recovery"):
        table = run.tables["recovery"]
        items.append(
            rich(
                "Planted truth: {ok} of {n} rules of recovery hold.", ok=int(table["ok"].sum()), n=len(table)
            )
        )
    return tuple(items)


def compose(run: Run) -> Document:
    """The whole document."""
    shown = films.shown_films(run.tables["verdicts"])
    results = Section(
        "Results",
        (films.patients(run), films.measurement(run, shown), criterion.knowledge(run), criterion.region(run)),
    )
    further = Section(
        "Beyond the paper", (criterion.both(run), films.readers(run), criterion.clusterings(run))
    )
    planted = (recovery(run),) if run.has("recovery") else ()
    appendix = (
        methods.methods(run),
        methods.departures(run),
        parameters_section(run.parameters),
        methods.provenance(run),
    )
    sections = (
        results,
        further,
        *planted,
        *appendix,
        comparison_section(run),
        plausibility_section(run.reported),
    )
    return study_document(run, run.patients_line(), summary(run), key_results(run), sections)


def main(job: Job) -> None:
    """Rule write_report."""
    run = Run(
        **run_fields(job, OTHER_INPUTS),
        model=read_gaussian_bundle(job.input.model),
        digests=[
            ("sample sheet (SHA-256)", file_digest(job.input.sheet)),
            ("a page a patient, patients.pdf (SHA-256)", file_digest(job.input.patients)),
        ],
    )
    overlays = overlay_files(job.input.overlays)
    shown = films.shown_films(run.tables["verdicts"])
    pictures = {
        "examples.svg": job.input.examples,
        **{f"{patient}.jpg": overlays[patient] for patient in shown},
    }
    write_study_report(job, compose(run), comparison_table(run), pictures)


if "snakemake" in globals():
    from scripts.workflow.step import run as run_step

    run_step(globals()["snakemake"], main)
