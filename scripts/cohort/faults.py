"""A fault of the sample sheet or of a case, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("severity", "row", "patient", "column", "expected", "found", "remedy")


@dataclass(frozen=True)
class Fault:
    """One disagreement between what was expected and what was found.

    Parameters
    ----------
    severity : an error keeps a run from starting (or a case out of it); a warning is only shown.
    row : line of the sheet (its header is line 1); None where the fault is one of the whole sheet.
    patient, column : '' where the fault belongs to none.
    expected, found, remedy : the two sides in words, and what to do.
    """

    severity: Literal["error", "warning"]
    row: int | None
    patient: str
    column: str
    expected: str
    found: str
    remedy: str = ""

    def __post_init__(self) -> None:
        """What a cell, a name in a file or a path brings along must not steer a terminal or break a table."""
        for name in ("column", "expected", "found", "remedy"):
            object.__setattr__(self, name, visible(getattr(self, name)))

    def sentence(self) -> str:
        """The fault without its place: 'expected ..., found .... What to do.'"""
        return f"expected {self.expected}, found {self.found}. {self.remedy}".rstrip()


def sort_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Errors before warnings; within each, those of the whole sheet first, then by line of the sheet."""
    return sorted(faults, key=lambda f: (f.severity != "error", f.row is not None, f.row or 0))


def fault_table(faults: Iterable[Fault]) -> pd.DataFrame:
    """A fault a row, with the columns `COLUMNS`; `row` is empty for a fault of the whole sheet."""
    import pandas as pd

    table = pd.DataFrame([asdict(fault) for fault in faults], columns=list(COLUMNS))
    return table.astype({"row": "Int64"})


def visible(text: str) -> str:
    """`text` with control and other invisible characters spelt out."""
    return text if text.isprintable() else "".join(map(_spelt, text))


def _spelt(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def shown(text: str, longest: int = 60) -> str:
    """`text` in quotes as a message shows it: control characters spelt out, the end of a long one cut off."""
    spelt = visible(text)
    return f"'{spelt}'" if len(spelt) <= longest else f"'{spelt[: longest - 3]}...'"
