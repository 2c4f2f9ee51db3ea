"""Report section: who was studied. Flow of patients, Table 1, a few cases to look at."""

from __future__ import annotations

import pandas as pd

from scripts.papers.crc_nomogram.cohorts import COHORT_LABELS, COHORTS
from scripts.papers.crc_nomogram.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import exclusion_table
from scripts.report.wording import p_text


def baseline_table(table: pd.DataFrame) -> Table:
    """Table 1 as the paper prints it: risk groups side by side in each cohort, P by variable."""
    columns = [Column("")]
    for cohort in COHORTS:
        group = COHORT_LABELS[cohort]
        columns += [
            Column("Low risk", "center", group),
            Column("High risk", "center", group),
            Column("P", "right", group),
        ]
    table = table.assign(level=table["level"].fillna(""))
    cells = table.set_index(["cohort", "variable", "level"])
    rows = []
    for variable, members in table.groupby("variable", sort=False):
        levels = list(dict.fromkeys(members["level"]))
        p_values = {c: members.loc[members["cohort"] == c, "p_value"].dropna().tolist() for c in COHORTS}
        tests = {cohort: p_text(values[0]) if values else "" for cohort, values in p_values.items()}
        if levels != [""]:
            rows.append(Row((f"{variable}, n (%)", *(cell for c in COHORTS for cell in ("", "", tests[c])))))
        for level in levels:
            values = []
            for cohort in COHORTS:
                known = (cohort, variable, level) in cells.index
                pair = cells.loc[(cohort, variable, level), ["low", "high"]].tolist() if known else ["–", "–"]
                values += [*pair, "" if level else tests[cohort]]
            name = level or (f"{variable}, mean (SD)" if any(tests.values()) else variable)
            rows.append(
                Row((name.capitalize() if level == "missing" else name, *values), level=1 if level else 0)
            )
    return Table(
        "baseline",
        "Baseline characteristics of the patients by cohort and risk group.",
        tuple(columns),
        tuple(rows),
        notes=(
            "Counts with percentages of the known values, or mean (SD). P between risk groups: chi-square test (with "
            "continuity correction for 2 × 2 tables) or analysis of variance. Missing values are counted, not tested.",
        ),
    )


def section(run: Run) -> Section:
    """The section 'Patients'."""
    primary, validation = (run.flow(cohort, "scored") for cohort in COHORTS)
    excluded = sum(run.flow(cohort, "excluded") for cohort in COHORTS)
    without = sum(run.flow(cohort, "without follow-up") for cohort in COHORTS)
    events = {cohort: run.flow(cohort, "recurrences") for cohort in COHORTS}
    flow = rich(
        "{total} patients were analysed: {primary} in the primary cohort and {validation} in the validation cohort "
        "(@flow). {excluded} {left} Recurrence was seen in {events_p} of {followed_p} followed patients of the "
        "primary cohort and {events_v} of {followed_v} of the validation cohort. Baseline characteristics are in "
        "@baseline.",
        total=primary + validation,
        primary=primary,
        validation=validation,
        excluded="No patient was excluded."
        if not excluded
        else f"{excluded} were excluded (each with its cause in the ledger).",
        left=f"{without} without follow-up {'is' if without == 1 else 'are'} in @baseline only.".replace(
            "@baseline", "the baseline table"
        )
        if without
        else "All had follow-up.",
        events_p=events["primary"],
        followed_p=run.flow("primary", "with follow-up"),
        events_v=events["validation"],
        followed_v=run.flow("validation", "with follow-up"),
    )
    blocks = [
        Paragraph(flow),
        Figure("flow", "Flow of patients from the sample sheet to each analysis.", (Panel("flow.svg"),)),
        baseline_table(run.tables["table1"]),
        Figure(
            "examples",
            "Portal-venous CT of a few patients with the outline of the tumour mask (window centre 50 HU, width 350 HU); the slice "
            "with the largest mask area. Chosen by order of identifier, not by result.",
            (Panel("examples.svg"),),
        ),
    ]
    if excluded:
        blocks.append(exclusion_table(run.tables["exclusions"], by_cohort=True))
    return Section("Patients", tuple(blocks))
