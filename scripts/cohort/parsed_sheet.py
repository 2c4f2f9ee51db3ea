"""The cells of a sheet after reading, as the rules between cells and rows see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from scripts.cohort.faults import Fault
from scripts.cohort.sheet import Row
from scripts.cohort.sheet_columns import SheetSchema


@dataclass
class ParsedSheet:
    """The cells of a sheet after reading.

    Parameters
    ----------
    rows, schema, role : what was read, by which schema, for development or predict.
    values : column -> a value a row; None where it is missing or in error.
    numbers : number column -> a value a row, also where it is out of range.
    broken : column -> positions of the rows whose cell is in error.
    folder_of : the sheet's path, from which relative paths are counted; '' for the working directory.
    """

    rows: list[Row]
    schema: SheetSchema
    role: str
    values: dict[str, list[Any]] = field(default_factory=dict)
    numbers: dict[str, list[float | None]] = field(default_factory=dict)
    broken: dict[str, set[int]] = field(default_factory=dict)
    folder_of: str = ""

    def patient(self, position: int) -> str:
        """The identifier of a row as the sheet has it."""
        return self.rows[position].values.get(self.schema.one_row_per, "")

    def group(self, position: int) -> Any:
        """The cohort of a row, or None."""
        groups = self.values.get(self.schema.group)
        return groups[position] if groups else None

    def uncertain_groups(self, *names: str) -> set[Any]:
        """Cohorts in which a cell of these columns is in error; every cohort where one of the cohorts is."""
        if self.broken[self.schema.group]:
            return set(self.schema.columns[self.schema.group].values)
        return {self.group(position) for name in names for position in self.broken[name]}

    def fault(self, severity: str, position: int, column: str, *words: str) -> Fault:
        """A fault at one cell."""
        return Fault(severity, self.rows[position].line, self.patient(position), column, *words)
