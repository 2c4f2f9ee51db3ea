"""Report section: the eight findings of the radiologists (the paper's Table 2), and what they can exclude."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scripts.papers.covid_ct.names import FINDINGS, GROUPS
from scripts.papers.covid_ct.report.cells import (
    UNCORRECTED,
    described,
    difference,
    p_cell,
    verdict_words,
)
from scripts.papers.covid_ct.report.run import Run
from scripts.report.document import Column, Figure, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.statistics.equivalence import ALIKE, BOTH, DIFFERENT, OPEN


def section(run: Run) -> Section:
    """The section 'Findings of the radiologists'."""
    rows = run.family("findings")
    if not len(rows):
        return Section(
            "Findings of the radiologists", (Paragraph("The sheet has no finding for these patients."),)
        )
    return Section(
        "Findings of the radiologists",
        (
            Paragraph(verdict_sentence(run)),
            findings_table(run),
            Figure(
                "findings",
                "Differences of the findings between the groups. The groups are alike at the 5% level where the thick line lies within the "
                "shaded margin.",
                (Panel("findings.svg"),),
            ),
        ),
    )


def verdict_sentence(run: Run) -> list:
    """How many findings differ, are alike, or remain open, and the widest difference that is not excluded."""
    rows, margin = run.family("findings"), 100 * run.value("equivalence.margin_proportion")
    counts = {name: int((rows["verdict"] == name).sum()) for name in (DIFFERENT, ALIKE, BOTH, OPEN)}
    still = rows[rows["verdict"] == OPEN]
    widest = rows.loc[rows[["ci_low", "ci_high"]].abs().max(axis=1).idxmax()]
    largest = 100 * max(abs(widest["ci_low"]), abs(widest["ci_high"]))
    return rich(
        "Of {n} findings (@findings_table, @findings), {different} differ at the {alpha:.0%} level ({holm} after Holm's correction), {alike} are "
        "alike within {margin:.0f} percentage points{both}{open}. That a finding is not different does not make it alike: the intervals say which "
        "differences these data leave possible, the widest up to {largest:.0f} points ({name}).",
        n=len(rows),
        different=counts[DIFFERENT] + counts[BOTH] or "none",
        alpha=run.value("tests.alpha"),
        holm=int((rows["p_holm"] < run.value("tests.alpha")).sum()) or "none",
        alike=counts[ALIKE] + counts[BOTH] or "none",
        margin=margin,
        both=f" ({counts[BOTH]} of them both)" if counts[BOTH] else "",
        open=f", and for {len(still)} neither is shown ({_listed(still)})" if len(still) else "",
        largest=largest,
        name=FINDINGS[widest["quantity"]].lower(),
    )


def _listed(rows: object) -> str:
    names = [FINDINGS[name].lower() for name in rows["quantity"]]
    return ", ".join(names)


def sparse_note(rows: pd.DataFrame) -> str:
    """In how many rows a cell is expected to hold fewer than five patients; '' where in none."""
    n = rows["n_covid"] + rows["n_other"]
    total = rows["x_covid"] + rows["x_other"]
    fewest = np.minimum(rows["n_covid"], rows["n_other"]) * np.minimum(total, n - total) / n
    k = int((fewest < 5).sum())
    if not k:
        return ""
    return f" In {k} of {len(rows)} rows fewer than five patients are expected in a cell; Fisher's exact test is in the table of all comparisons."


def findings_table(run: Run) -> Table:
    """Table 2 with difference, corrected P and the test of likeness; the rest is in the table of all comparisons."""
    lines = [
        Row(
            (
                FINDINGS[row["quantity"]],
                *(described(row, g) for g in GROUPS),
                difference(row),
                p_cell(row["p_value"]),
                p_cell(row["p_holm"]),
                p_cell(row["p_alike"]),
                verdict_words(row),
            )
        )
        for row in run.family("findings").to_dict("records")
    ]
    test = {
        "pearson": "chi-square test without continuity correction",
        "chi_square": "chi-square test with continuity correction",
        "fisher": "Fisher's exact test",
        "fisher_when_sparse": "Fisher's exact test where an expected count is below five, else chi-square with continuity correction",
    }[run.value("tests.categorical")]
    return Table(
        "findings_table",
        "Findings of the radiologists (the paper's Table 2), with what they can exclude.",
        (
            Column("Finding"),
            Column("COVID-19", "center", "n (%)"),
            Column("Other", "center", "n (%)"),
            Column("Difference, points\n(95% CI)", "center"),
            Column("P", "right", "Different?"),
            Column("Holm", "right", "Different?"),
            Column("P", "right", "Alike?"),
            Column("Verdict"),
        ),
        tuple(lines),
        notes=(
            f"Different: {test}. Difference: Newcombe's interval. Alike: two one-sided score tests (Farrington and Manning) against a difference of "
            f"{100 * run.value('equivalence.margin_proportion'):.0f} percentage points either way; P is the larger of the two. {UNCORRECTED}"
            + sparse_note(run.family("findings")),
        ),
    )
