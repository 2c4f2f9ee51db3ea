"""Report section: who was studied, and what of their images the networks see (Figures 1 and 2)."""

from __future__ import annotations

import pandas as pd

from scripts.papers.glioma_grading.names import GRADE_LABELS
from scripts.papers.glioma_grading.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import p_text


def section(run: Run) -> Section:
    """The section 'Patients'."""
    excluded = run.flow("excluded")
    text = rich(
        "{n} patients were analysed: {counts} (@characteristics). {lost}",
        n=run.flow("with a picture"),
        counts=", ".join(f"{run.flow(g)} of {GRADE_LABELS[g].lower()}" for g in run.grades),
        lost=f"{excluded} {'was' if excluded == 1 else 'were'} excluded, each with the cause in "
        if excluded
        else "",
    )
    text += rich("@ledger. " if excluded else "No patient was excluded. ")
    text += rich(
        "One slice of each was taken, that with the largest enhancing area of the tumour (@gliomas), brought to 8 bits, and cut to the "
        "tumour (@areas)."
    )
    blocks: list = [
        Paragraph(text),
        characteristics_table(run.tables["table1"], run.grades),
        Figure(
            "gliomas",
            "Gliomas of each grade on contrast-enhanced T1-weighted MRI, with the outline of the tumour (the paper's Figure 1). The "
            "first patients of each grade by identifier, not chosen for their looks.",
            (Panel("gliomas.svg"),),
        ),
        Figure(
            "areas",
            "The same patients as the networks see them (the paper's Figure 2): the tumour's box, black outside the outline, made "
            f"a square of {run.value('crop.size')} pixels.",
            (Panel("areas.svg"),),
        ),
    ]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"]))
    return Section("Patients", tuple(blocks))


def characteristics_table(table: pd.DataFrame, grades: list[str]) -> Table:
    """Patients by grade."""
    table = table.assign(level=table["level"].fillna(""))
    rows = []
    for variable, members in table.groupby("variable", sort=False):
        first = members.iloc[0]
        known = first["p_value"] == first["p_value"]
        p_cell = p_text(first["p_value"]) if known else ""
        name = "Patients" if variable == "n" else str(variable)
        if len(members) > 1 and first["level"]:
            rows.append(Row((f"{name}, n (%)", *[""] * len(grades), p_cell)))
            shown = members
        else:
            rows.append(Row((name, *(first[g] for g in grades), p_cell)))
            shown = members.iloc[1:]
        for r in shown.to_dict("records"):
            level = "Missing" if r["level"] == "missing" else r["level"]
            rows.append(Row((level, *(r[g] for g in grades), ""), level=1))
    return Table(
        "characteristics",
        "Patients by grade.",
        (Column(""), *(Column(GRADE_LABELS[g], "center") for g in grades), Column("P", "right")),
        tuple(rows),
        notes=(
            "Mean (SD) with analysis of variance; n (%) with the chi-square test. Of the known values. The paper prints the numbers of "
            "patients alone.",
        ),
    )
