"""What must hold between the visits of a patient, by the rule `visits` of a sheet's schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from scripts.cohort.faults import Fault

if TYPE_CHECKING:
    from scripts.cohort.parsed_sheet import ParsedSheet


def visit_faults(sheet: ParsedSheet) -> Iterator[Fault]:
    """An error for each visit whose date is not after the one before it; unknown dates are passed over."""
    names = [visit["date"] for visit in sheet.schema.visits if visit.get("date") in sheet.values]
    for position in range(len(sheet.rows)):
        known = [(name, day) for name in names if (day := sheet.values[name][position]) is not None]
        for (earlier, before), (later, after) in zip(known, known[1:], strict=False):
            if after <= before:
                found = f"{after}, {'the same day' if after == before else f'{earlier} being {before}'}"
                remedy = "Correct the dates, or look whether the visits are swapped (their images, too)."
                yield sheet.fault("error", position, later, f"a date after {earlier}", found, remedy)
