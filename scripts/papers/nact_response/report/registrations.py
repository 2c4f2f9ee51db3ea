"""Report section: how the images were prepared, how the registrations went, and the worst of them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, VISIT_LABELS
from scripts.papers.nact_response.report.run import Run
from scripts.papers.nact_response.report.visit_cells import visit_cells
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text

MOST_REGISTRATIONS = 10


def registrations(run: Run) -> Section:
    """How the images of the run were prepared and registered."""
    return preparation_section(run.tables["registrations"], run.tables["preparation"], COHORT_LABELS)


def preparation_section(table: pd.DataFrame, prepared: pd.DataFrame, labels: Mapping[str, str]) -> Section:
    """How the registrations went, and the page of the worst ten.

    Parameters
    ----------
    table : registrations.csv of the check. prepared : the table `preparation` (see describe_cohort).
    labels : cohorts of `prepared` and what they are called.
    """
    folded = int((table["n_nonpositive"] > 0).sum())
    repaired = int((table["n_nonpositive_unrepaired"] > 0).sum())
    rows = []
    for name, label, digits in (
        ("similarity_before", "Similarity, by the scanner's coordinates", 2),
        ("similarity_rigid", "Similarity after the rigid part", 2),
        ("similarity_after", "Similarity after the deformable part", 2),
        ("dice_before", "Dice of the two tumours, by the scanner's coordinates", 2),
        ("dice_after", "Dice of the two tumours after registration", 2),
        ("rotation_degrees", "Rotation, °", 1),
        ("translation_mm", "Translation, mm", 1),
        ("largest_displacement_mm", "Largest displacement of the deformable part, mm", 1),
        ("jacobian_in_tumour", "Mean Jacobian in the tumour", 2),
        ("smallest_jacobian", "Smallest Jacobian of a voxel", 3),
        ("largest_jacobian", "Largest Jacobian of a voxel", 1),
    ):
        if name in table and table[name].notna().any():
            values = table[name].quantile([0.5, 0.25, 0.75, 0.0, 1.0])
            middle = estimate_text(*values[[0.5, 0.25, 0.75]], digits)
            rows.append(
                Row((label, middle, number_text(values[0.0], digits), number_text(values[1.0], digits)))
            )
    text = rich(
        "{n} pairs were registered, rigidly and then by a smooth, invertible deformation (@registrations). {folded} {repaired}",
        n=len(table),
        folded="No voxel of any Jacobian map is at or below 0."
        if not folded
        else f"{folded} Jacobian maps have voxels at or below 0.",
        repaired=f"In {repaired} of them some voxels had folded before the velocity was smoothed until none did."
        if repaired
        else "None had folded on the way.",
    )
    worst = tuple(
        Row((str(r["patient"]), *(number_text(r.get(c), 3) for c in ("similarity_after", "dice_after", "jacobian_in_tumour", "smallest_jacobian"))))
        for r in table.head(MOST_REGISTRATIONS).to_dict("records")
    )  # fmt: skip
    return Section(
        "Preparation of the images, quality of the registrations",
        (
            Figure(
                "worst",
                rich(
                    "The registrations of @worst_registrations. Columns: baseline, follow-up, and follow-up after registration, with the "
                    "outlines of the tumours; checkerboard of the first and the third; Jacobian map over the anatomy (volume after over "
                    "volume before, 1 is kept)."
                ),
                (Panel("worst_registrations.svg"),),
            ),
            preparation_table(prepared, labels),
            Paragraph(text),
            Table(
                "registrations",
                "All registrations.",
                (
                    Column(""),
                    Column("Median (quartiles)", "center"),
                    Column("Least", "right"),
                    Column("Greatest", "right"),
                ),
                tuple(rows),
                notes=("Similarity: mean local correlation of the two images round the tumour, 0 to 1.",),
            ),
            Table(
                "worst_registrations",
                f"The {len(worst)} registrations with the lowest Dice of the two tumours, lowest first.",
                (
                    Column("Patient"),
                    Column("Similarity after", "right"),
                    Column("Dice after", "right"),
                    Column("Mean Jacobian", "right"),
                    Column("Smallest Jacobian", "right"),
                ),
                worst,
                notes=("Every registration is in results/nact_response/check, with a picture of each.",),
            ),
        ),
    )


def preparation_table(table: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """How the images of each visit were prepared; see `preparation_section`."""
    rows = [Row(cells) for cells in visit_cells(table, labels, _mean_words)]
    columns = [Column("")]
    for label in labels.values():
        columns += [Column(VISIT_LABELS[v], "center", label) for v in VISIT_LABELS]
    return Table(
        "preparation", "Preparation of the images: mean (lowest–highest).", tuple(columns), tuple(rows)
    )


def _mean_words(row: pd.Series) -> str:
    """'1.25 (1.10–1.46)', '8.5 (3.7–18.6)', '3': decimals by the greatest value of the cell."""
    mean, low, high = (float(row[name]) for name in ("mean", "lowest", "highest"))
    if low == high:
        return f"{mean:.3g}"
    size = max(abs(low), abs(high))
    return estimate_text(mean, low, high, 2 if size < 5 else 1 if size < 100 else 0)
