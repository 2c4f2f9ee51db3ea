"""Printed numbers of a study beside a run's own, as numbers and as lines of the report; and where a study disagrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scripts.report.document import BulletList, Paragraph, Section
from scripts.report.standard_tables import Verdict
from scripts.report.wording import interval_text, number_text

NAN = float("nan")
DISAGREEMENTS = (
    "Printed numbers and sentences were compared with one another. What follows is what does not agree or is not "
    "said, and the reading that this report takes; it implies nothing about how it came about. What arithmetic finds "
    "by itself is in the last section."
)


@dataclass(frozen=True)
class Counterpart:
    """A printed number and the run's own; NaN where there is none.

    Parameters
    ----------
    group : heading over neighbours that share it. where : the place of print; what follows a semicolon stays out of the
        report. ci_low, ci_high : 95% interval of `obtained`. digits : decimals.
    """

    group: str
    quantity: str
    where: str
    reported: float
    obtained: float = NAN
    ci_low: float = NAN
    ci_high: float = NAN
    obtained_on: str = ""
    digits: int = 2


def counterpart_table(counterparts: Sequence[Any]) -> pd.DataFrame:
    """The fields of each but `digits`, with reported_within_interval, missing where there is no interval.

    Parameters
    ----------
    counterparts : `Counterpart`s, or what else has their fields.
    """
    table = pd.DataFrame([vars(c) for c in counterparts]).drop(columns="digits")
    within = (table["ci_low"] <= table["reported"]) & (table["reported"] <= table["ci_high"])
    known = table["ci_low"].notna()
    return table.assign(reported_within_interval=within.where(known).astype("boolean"))


def counterpart_verdicts(counterparts: Sequence[Counterpart]) -> list[Verdict]:
    """The lines of `verdict_table`."""
    return [
        Verdict(
            c.quantity,
            c.where.split(";")[0],
            number_text(c.reported, c.digits),
            number_text(c.obtained, c.digits),
            interval_text(c.ci_low, c.ci_high, c.digits),
            c.obtained_on,
            c.group,
        )
        for c in counterparts
    ]


def disagreement_sections(reported: Mapping[str, Any]) -> tuple[Section, ...]:
    """The section 'Where the paper does not agree with itself'; none without `disagreements` in the reported numbers.

    Parameters
    ----------
    reported : content of resources/reported/<paper>.yaml; `disagreements`: where, printed, found of each.
    """
    items = tuple(
        f"{d['where']}: printed {' '.join(str(d['printed']).split())}; {' '.join(d['found'].split())}."
        for d in reported.get("disagreements") or ()
    )
    if not items:
        return ()
    blocks = (Paragraph(DISAGREEMENTS), BulletList(items))
    return (Section("Where the paper does not agree with itself", blocks),)
