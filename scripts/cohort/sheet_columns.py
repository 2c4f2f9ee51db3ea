"""What a sample sheet's columns may hold, in the form that the checks use.

`scripts.cohort.sheet_schema` reads a schema file into these and says what each key of the file means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from scripts.cohort.case_images import ANNOTATION, IMAGES, LABELS, MASK, CaseImage

ROLES = ("development", "predict")
Value = str | int


@dataclass(frozen=True)
class Slip:
    """A likely slip of unit, told by one value out of range within [start, end] or by a whole column."""

    looks_like: str
    remedy: str
    half_above: float | None = None
    all_below: float | None = None
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Threshold:
    """Numbers below `at` are the category `below`, from `at` on `start`; above `max` is an error."""

    at: float
    below: Value
    start: Value
    max: float


@dataclass(frozen=True)
class Column:
    """One column of a sheet; `scripts.cohort.sheet_schema` says what each field means."""

    name: str
    kind: str
    description: str
    required: tuple[str, ...] = ()
    may_be_empty: bool = False
    absent: dict[str, Value] = field(default_factory=dict)
    without: str = ""
    unit: str = ""
    min: float | None = None
    max: float | None = None
    above: float | None = None
    plausible: tuple[float, float] | None = None
    slips: tuple[Slip, ...] = ()
    values: dict[Value, tuple[str, ...]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    threshold: Threshold | None = None
    earliest: date | None = None
    part: str = ""
    pattern: str = ""
    form: str = ""
    longest: int | None = None
    holds: str = ""
    drawn_on: str = ""
    fewest_phases: int = 1

    @property
    def in_table(self) -> bool:
        """Whether the column enters the clinical table; files, free text and dates stay out of it."""
        return self.kind in ("id", "number", "category")

    @property
    def numeric(self) -> bool:
        """Whether the clinical table holds numbers in this column."""
        return self.kind == "number" or (bool(self.values) and all(isinstance(v, int) for v in self.values))

    @cached_property
    def words(self) -> dict[str, Value]:
        """Every accepted word of a category, folded by `fold`, and the value it stands for."""
        return {fold(str(word)): value for value, words in self.values.items() for word in (value, *words)}


@dataclass(frozen=True)
class SheetSchema:
    """The schema of one paper's sheet."""

    source: str
    columns: dict[str, Column]
    one_row_per: str
    group: str = ""
    together: tuple[dict[str, Any], ...] = ()
    survival: dict[str, Any] = field(default_factory=dict)
    apart_in_time: str = ""
    contradictions: tuple[dict[str, Any], ...] = ()
    visits: tuple[dict[str, str], ...] = ()
    side: str = ""
    classes: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    same_in_subject: tuple[str, ...] = ()

    @cached_property
    def images(self) -> tuple[CaseImage, ...]:
        """The images of a case, in the order of the columns."""
        masks = {column.drawn_on: column for column in self.columns.values() if column.holds == MASK}
        found = []
        for column in self.columns.values():
            if column.holds not in IMAGES:
                continue
            mask = masks.get(column.name)
            drawn = [c for c in self.columns.values() if c.holds == ANNOTATION and c.drawn_on == column.name]
            found.append(
                CaseImage(
                    column.name,
                    column.holds,
                    column.part,
                    mask.name if mask else "",
                    mask.part if mask else "",
                    bool(mask and not mask.may_be_empty),
                    column.fewest_phases,
                    tuple(c.name for c in drawn),
                    tuple(c.name for c in drawn if not c.may_be_empty),
                    tuple(
                        other.name
                        for other in self.columns.values()
                        if other.holds == LABELS and other.drawn_on == column.name
                    ),
                )
            )
        return tuple(found)


def fold(word: str) -> str:
    """A word for comparison: spaces at the ends and repeated ones gone, lower case."""
    return " ".join(word.split()).casefold()
