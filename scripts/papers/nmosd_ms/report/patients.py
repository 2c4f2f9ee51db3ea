"""Report section: who was studied, how the images were prepared, and where the lesions lie."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nmosd_ms.names import DISEASE_LABELS, DISEASES
from scripts.papers.nmosd_ms.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import p_text


def section(run: Run) -> Section:
    """The section 'Patients and lesion maps'."""
    excluded = run.flow("excluded")
    text = rich(
        "{n} patients were cross-validated, {ms} with MS and {nmosd} with NMOSD (@flow). {excluded} Characteristics are in "
        "@characteristics, a few images with their lesions in @examples.",
        n=run.flow("analysed"),
        ms=run.flow("ms"),
        nmosd=run.flow("nmosd"),
        excluded=f"{excluded} {'was' if excluded == 1 else 'were'} excluded (each with its cause in the ledger)."
        if excluded
        else "No patient was excluded.",
    )
    blocks = [
        Paragraph(text),
        Figure("flow", "Flow of patients from the sample sheet to the analysis.", (Panel("flow.svg"),)),
        characteristics_table(run.tables["table1"]),
        Figure(
            "examples",
            "FLAIR volumes of a few patients as they were given, with the outline of the lesion mask; the slice with the largest lesion "
            "area (the paper's Figure 1). Chosen by order of identifier, not by result.",
            (Panel("examples.svg"),),
        ),
        Figure(
            "preparation",
            "Preparation of one patient (the paper's Figure 2): the box of the head is found on the FLAIR volume (i) and cuts the lesion "
            "mask (ii), which is resized to a cube (iii); below, the cube seen from above and copies of it as a training epoch sees them, shifted "
            "and mirrored at random (iv).",
            (Panel("preparation.svg"),),
        ),
        Paragraph(
            rich(
                "@lesion_views shows how much the two diseases overlap: the share of patients who have a lesion anywhere on a line of sight."
            )
        ),
        Figure(
            "lesion_views",
            "Where lesions lie: share of the patients of either disease with a lesion on each line of sight through the prepared cubes.",
            (Panel("lesion_views.svg"),),
        ),
    ]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"]))
    return Section("Patients and lesion maps", tuple(blocks))


def characteristics_table(table: pd.DataFrame) -> Table:
    """Table 1."""
    rows = []
    for record in table.to_dict("records"):
        first = record["level"] == ""
        p_value = p_text(record["p_value"]) if record["p_value"] == record["p_value"] else ""
        label = "Patients" if record["variable"] == "n" else record["variable"]
        if not first and record["level"] in (None, ""):
            continue
        if record["level"]:
            rows.append(Row((record["level"], *(record[d] for d in DISEASES), p_value), level=1))
        else:
            rows.append(Row((label, *(record[d] for d in DISEASES), p_value)))
    return Table(
        "characteristics",
        "Patients and lesion volumes (the paper's Table 1).",
        (Column(""), *(Column(DISEASE_LABELS[d], "center") for d in DISEASES), Column("P", "right")),
        tuple(rows),
        notes=(
            "Mean (SD) or n (%). P: Student's t-test (as an analysis of variance), chi-square test with continuity correction for 2 × 2 "
            "tables. Lesions are connected pieces of the mask.",
        ),
    )
