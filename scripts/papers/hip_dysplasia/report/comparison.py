"""Reported beside obtained, and where the paper does not agree with itself; recovery of the planted truth."""

from __future__ import annotations

import pandas as pd

from scripts.papers.hip_dysplasia.report.run import Run
from scripts.report.counterparts import disagreement_sections
from scripts.report.document import Column, Figure, Note, Panel, Paragraph, Row, Section, Table
from scripts.report.rich_text import rich
from scripts.report.standard_tables import Verdict, verdict_table
from scripts.report.wording import estimate_text, number_text

QUANTITIES = {
    "n_films": ("Films", "analysed"),
    "n_samples": ("Hips", "hips"),
    "n_samples.right": ("Right hips", "right"),
    "n_samples.left": ("Left hips", "left"),
}
LIMITS = {
    "limit.ce_dysplasia": ("Limit on CE for dysplasia,\u00a0°", "knowledge.dysplasia_below"),
    "limit.ce_normal": ("Limit on CE for normal hips,\u00a0°", "knowledge.normal_above"),
    "limit.tonnis": ("Limit on Tönnis,\u00a0°", "knowledge.tonnis_above"),
}


def comparison_table(run: Run) -> pd.DataFrame:
    """quantity, where, reported, obtained, obtained_on: every printed number with a counterpart here."""
    values, rows = run.reported["values"], []
    for key, (label, step) in QUANTITIES.items():
        entry = values[key]
        rows.append(
            (
                "Films and hips",
                label,
                entry["where"],
                float(entry["value"]),
                float(run.flow(step)),
                "measured",
            )
        )
    for key, (label, parameter) in LIMITS.items():
        entry = values[key]
        rows.append(
            (
                "Settings",
                label,
                entry["where"],
                float(entry["value"]),
                float(run.value(parameter)),
                "setting of this run",
            )
        )
    for key, label in (
        ("dimensions", "Angles of the normal distribution"),
        ("points_of_circle", "Points of the circle"),
    ):
        entry = values[key]
        obtained = float(len(run.model["variables"])) if key == "dimensions" else 3.0
        rows.append(
            ("Settings", label, entry["where"], float(entry["value"]), obtained, "setting of this run")
        )
    return pd.DataFrame(rows, columns=["group", "quantity", "where", "reported", "obtained", "obtained_on"])


def comparison_section(run: Run) -> Section:
    """The section 'Reported beside obtained'."""
    table = comparison_table(run)
    verdicts = [
        Verdict(
            r.quantity,
            r.where.split(";")[0],
            number_text(r.reported, 0),
            number_text(r.obtained, 0),
            "",
            r.obtained_on,
            r.group,
        )
        for r in table.itertuples()
    ]
    return Section(
        "Reported beside obtained",
        (
            Paragraph(
                "The paper prints the size of its sample and the limits of the classes by CE, and no result in numbers: no mean of an angle, no number of hips "
                "in any class or cluster, no mean or covariance of its model, no accuracy. Its Figures 2, 3 and 5 have counterparts above, which can only be "
                "compared by eye."
            ),
            verdict_table("verdict", "Reported beside obtained.", verdicts),
            *disagreement_sections(run.reported),
        ),
    )


def recovery(run: Run) -> Section:
    """Planted truth against what the run found."""
    table = run.tables["recovery"]
    broken = table[~table["ok"].astype(bool)]
    names = f"Not held: {'; '.join(broken['quantity'])}. " if len(broken) else ""
    rows, group = [], None
    for r in table.to_dict("records"):
        if r["group"] != group:
            group = r["group"]
            rows.append(Row((str(group),), heading=True))
        found = estimate_text(r["found"], r["lower"], r["upper"])
        rows.append(
            Row(
                (r["quantity"], number_text(r["planted"]), found, "yes" if r["ok"] else "no", r["rule"]),
                level=1,
            )
        )
    columns = (
        Column("Quantity"),
        Column("Planted", "right"),
        Column("Found (95% CI)", "center"),
        Column("Holds", "center"),
        Column("Rule"),
    )
    return Section(
        "Recovery of the planted truth",
        (
            Note(
                "Simulated patients",
                (
                    "The hips of this report were drawn by a program: normal ones from a normal distribution, dysplastic and otherwise unusual ones from two "
                    "others. Contours were built that have exactly the drawn angles, and readers' hands err by known amounts. The rules by which a line "
                    "holds were fixed before any result was seen.",
                ),
            ),
            Paragraph(
                rich(
                    "{ok} of {n} rules hold (@recovery_table, @recovery). {names}",
                    ok=len(table) - len(broken),
                    n=len(table),
                    names=names,
                )
            ),
            Figure(
                "recovery",
                "Shares of the planted classes on either side of the criterion, with 95% CI (Wilson); planted: what a criterion that knows the planted normal "
                "distribution would be expected to reach, 0.95 of normal hips and all others.",
                (Panel("recovery.svg"),),
            ),
            Table("recovery_table", "Planted against found.", columns, tuple(rows)),
        ),
    )
