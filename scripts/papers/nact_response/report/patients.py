"""Report section: who was studied and how they were imaged. Flow, Tables 1 and 2, a few cases to look at."""

from __future__ import annotations

import pandas as pd

from scripts.papers.nact_response.cohorts import COHORT_LABELS, COHORTS, VISIT_LABELS
from scripts.papers.nact_response.report.run import Run
from scripts.papers.nact_response.report.visit_cells import visit_cells
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import estimate_text, p_text

ACQUIRED = {  # parameters of the printed Table 1 that the files of a cohort do not tell
    "repetition_time_ms": "Repetition time, ms",
    "echo_time_ms": "Echo time, ms",
    "flip_angle_deg": "Flip angle, °",
    "field_of_view_mm": "Field of view, mm",
    "matrix": "Matrix",
    "slice_thickness_mm": "Slice thickness, mm",
    "in_plane_mm": "In-plane resolution, mm",
}


def section(run: Run) -> Section:
    """The section 'Patients'."""
    analysed = {cohort: run.flow(cohort, "with response") for cohort in COHORTS}
    responders = {cohort: run.flow(cohort, "responders") for cohort in COHORTS}
    excluded = sum(run.flow(cohort, "excluded") for cohort in COHORTS)
    without = sum(run.flow(c, "with features") - run.flow(c, "with response") for c in COHORTS)
    text = rich(
        "{total} patients were analysed: {development} in the development set, on which everything is fitted, and {testing} in "
        "the testing set, which no fit has seen (@flow). {excluded} {without}Responders (Miller-Payne grade 4 or 5) were {rd} of "
        "{development} and {rt} of {testing} patients. Characteristics are in @characteristics, imaging in @imaging.",
        total=sum(analysed.values()),
        development=analysed["development"],
        testing=analysed["testing"],
        excluded=f"{excluded} {'was' if excluded == 1 else 'were'} excluded (each with its cause in the ledger)."
        if excluded
        else "No patient was excluded.",
        without=f"{without} without a Miller-Payne grade {'enters' if without == 1 else 'enter'} no model. "
        if without
        else "",
        rd=responders["development"],
        rt=responders["testing"],
    )
    blocks = [
        Paragraph(text),
        Figure(
            "flow",
            "Flow of patients from the sample sheet to the analysis (the paper's Figure 2).",
            (Panel("flow.svg"),),
        ),
        characteristics_table(run.tables["table2"]),
        imaging_table(run.tables["table1"], run.reported["table_1"]),
        Figure(
            "examples",
            "Images of a few patients as they were given, with the outline of the tumour mask; the slice with the largest mask "
            "area. Chosen by order of identifier, not by result.",
            (Panel("examples.svg"),),
        ),
    ]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"], by_cohort=True))
    return Section("Patients", tuple(blocks))


def characteristics_table(table: pd.DataFrame) -> Table:
    """Table 2 as the paper prints it."""
    table = table.assign(level=table["level"].fillna(""))
    rows, tests = [], []
    for variable, members in table.groupby("variable", sort=False):
        first = members.iloc[0]
        known = first["p_value"] == first["p_value"]
        p_value = p_text(first["p_value"]) if known else ""
        if known and first["test"] not in tests:
            tests.append(first["test"])
        mark = "abcdef"[tests.index(first["test"])] if known else ""
        name = {"n": "Number", "Age, y": "Age, y, mean (range)"}.get(variable, variable)
        p_cell = rich("{p}^{mark}^", p=p_value, mark=mark) if mark else ""
        if len(members) > 1 and first["level"]:
            rows.append(Row((f"{name}, n (%)", "", "", "", p_cell)))
            shown = members
        else:
            rows.append(Row((name, *(first[c] for c in ("all", *COHORTS)), p_cell)))
            shown = members.iloc[1:]
        for r in shown.to_dict("records"):
            level = "Missing" if r["level"] == "missing" else r["level"]
            rows.append(Row((level, r["all"], *(r[c] for c in COHORTS), ""), level=1))
    marks = [rich("^{mark}^{test}", mark="abcdef"[i], test=test) for i, test in enumerate(tests)]
    note = [part for i, mark in enumerate(marks) for part in ([", "] if i else []) + mark]
    return Table(
        "characteristics",
        "Patient characteristics by set (the paper's Table 2).",
        (
            Column(""),
            Column("All", "center"),
            *(Column(COHORT_LABELS[c], "center") for c in COHORTS),
            Column("P", "right"),
        ),
        tuple(rows),
        notes=(
            [*note, ". "] if note else "",
            "P between the sets: chi-square test (with continuity correction for 2 × 2 tables), Fisher's exact test where an "
            "expected count is below five (drawn tables where it is larger than 2 × 2), analysis of variance for age. "
            "Percentages are of the known values; missing values are counted, not tested.",
        ),
    )


def imaging_table(table: pd.DataFrame, printed: list[dict]) -> Table:
    """Table 1: what the files say, with the paper's printed acquisition below."""
    rows = [Row(("This run, as the files say",), heading=True)]
    rows += [Row(cells, level=1) for cells in visit_cells(table, COHORTS, _spread)]
    rows.append(Row(("Printed in the paper (Table 1)",), heading=True))
    for entry in printed:
        values = [" × ".join(f"{v:g}" for v in _listed(entry[cohort])) for cohort in COHORTS]
        rows.append(Row((ACQUIRED[entry["parameter"]], values[0], "", values[1], ""), level=1))
    columns = [Column("")]
    for cohort in COHORTS:
        columns += [Column(VISIT_LABELS[v], "center", COHORT_LABELS[cohort]) for v in VISIT_LABELS]
    return Table(
        "imaging",
        "Imaging (the paper's Table 1).",
        tuple(columns),
        tuple(rows),
        notes=(
            "The commonest value over the patients, with the lowest and highest where they differ. The paper prints one value for "
            "both visits.",
        ),
    )


def _listed(value: float | list[float]) -> list[float]:
    return value if isinstance(value, list) else [value]


def _spread(row: pd.Series) -> str:
    """'2.2', or '2.00 (1.92–2.08)' where patients differ: one number of decimals in a cell."""
    common, low, high = (float(row[name]) for name in ("commonest", "lowest", "highest"))
    if low == high:
        return f"{common:.4g}"
    whole = all(value == int(value) for value in (common, low, high))
    return estimate_text(common, low, high, 0 if whole else 2)
