"""The last section of a report: whether the study's printed numbers can all be right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.report.document import BulletList, Column, Paragraph, Row, Section, Table
from scripts.reported.plausibility import Result, compare_printed

TITLE = "Plausibility of the printed numbers"
OPENING = (
    "Printed numbers of the study were compared with one another, each standing for all values that round to it: "
    "{n} comparisons, of which {found}. This is arithmetic on the printed page and takes nothing from this run. A line "
    "below says that printed numbers do not fit one another as they were read here; it says neither which of them is "
    "off nor why. A misprint, missing values, another denominator or another test than those named would do."
)


def plausibility_section(reported: Mapping[str, Any]) -> Section:
    """The section, for the end of a report's `sections`: `plausibility_section(run.reported)`.

    Parameters
    ----------
    reported : what `scripts.reported.printed.read_reported(job.input.reported)` gives; its list `checks` says what is
        compared (`scripts.reported.plausibility`). Without the list the section says that nothing was compared.

    Its tables have the keys `plausibility` (findings; absent where there are none) and `plausibility_checks`.
    """
    results = compare_printed(reported)
    if not results:
        return Section(
            TITLE, (Paragraph("No comparison of the printed numbers is laid down for this study."),)
        )
    found = [result for result in results if not result.agrees]
    words = {0: "all hold", 1: "1 does not hold"}.get(len(found), f"{len(found)} do not hold")
    blocks: list = [Paragraph(OPENING.format(n=len(results), found=words))]
    if found:
        blocks.append(_findings_table(found))
        if readings := list(dict.fromkeys(r.reading for r in found if r.reading)):
            blocks += [Paragraph("How these are read in this report:"), BulletList(tuple(readings))]
    blocks.append(_checks_table(results))
    return Section(TITLE, tuple(blocks))


def _findings_table(found: list[Result]) -> Table:
    rows, title = [], ""
    for result in found:
        if result.title != title:
            rows.append(Row((result.title,), heading=True))
        title = result.title
        where = ": ".join(filter(None, (result.where, result.subject)))
        rows.append(Row((where, result.printed, result.found), level=1))
    columns = (Column("Where"), Column("Printed"), Column("By calculation"))
    return Table("plausibility", "Printed numbers that do not fit one another.", columns, tuple(rows))


def _checks_table(results: list[Result]) -> Table:
    rows = []
    for title in dict.fromkeys(result.title for result in results):
        mine = [result for result in results if result.title == title]
        places = "; ".join(dict.fromkeys(result.where for result in mine))
        off = sum(not result.agrees for result in mine)
        rows.append(Row((title, places, str(len(mine)), str(off))))
    columns = (
        Column("What was compared"),
        Column("Where printed"),
        Column("Comparisons", "center"),
        Column("Do not hold", "center"),
    )
    return Table(
        "plausibility_checks", "Comparisons of printed numbers with one another.", columns, tuple(rows)
    )
