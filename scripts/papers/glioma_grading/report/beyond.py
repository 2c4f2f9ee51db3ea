"""Report section: planted truth against what the run found (simulated cohorts)."""

from __future__ import annotations

import pandas as pd

from scripts.papers.glioma_grading.report.run import Run
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.wording import estimate_text, number_text


def recovery(run: Run) -> Section:
    """The section 'Recovery of the planted truth'."""
    table = run.tables["recovery"]
    judged = table[table["ok"].notna()]
    broken = judged[~judged["ok"].astype(bool)]
    names = " ".join(
        f"Not held, {str(group).lower()}: {'; '.join(part['quantity'])}."
        for group, part in broken.groupby("group", sort=False)
    )
    rows, group = [], None
    for r in table.to_dict("records"):
        if r["group"] != group:
            group = r["group"]
            rows.append(Row((str(group),), heading=True))
        rows.append(
            Row(
                (
                    r["quantity"],
                    number_text(r["planted"]),
                    estimate_text(r["found"], r["lower"], r["upper"]),
                    "–" if pd.isna(r["ok"]) else "yes" if r["ok"] else "no",
                    r["rule"],
                ),
                level=1,
            )
        )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The patients of this report were drawn by a program. Each tumour has three traits (necrosis, enhancement, "
                    "heterogeneity), normally distributed with a mean that depends on the grade; nothing else in an image knows the grade. "
                    "The best rule on the traits themselves has an expected accuracy that no classifier of the images can exceed, and that "
                    "one reaches only where the images show the traits without error and nothing has to be learnt.",
                ),
            ),
            Paragraph(
                rich(
                    "{ok} of {n} rules hold (@recovery_table, @recovery). {names}",
                    ok=len(judged) - len(broken),
                    n=len(judged),
                    names=names,
                )
            ),
            Figure(
                "recovery",
                rich(
                    "Planted values or bounds (diamonds) and what was found (dots), with 95% CI; numbers and rules are in @recovery_table."
                ),
                (Panel("recovery.svg"),),
            ),
            Table(
                "recovery_table",
                "Planted against found. Of an accuracy, planted is the bound: the expected accuracy of the best rule on the true traits.",
                (
                    Column("Quantity"),
                    Column("Planted", "right"),
                    Column("Found (95% CI)", "center"),
                    Column("Holds", "center"),
                    Column("Rule"),
                ),
                tuple(rows),
            ),
        ),
    )
