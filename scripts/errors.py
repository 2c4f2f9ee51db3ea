"""Faults that a user can mend: what was expected, what was found, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """A fault in something the user gave; shown as a message, never as a traceback.

    Parameters
    ----------
    where : the file, row, column or patient at fault.
    expected, found : the two sides of the disagreement.
    remedy : what to do about it.
    patients : whom it is about, where that is known.

    A class with `is_screen` has a text that is a whole screen: shown as it is, and as the last thing.
    """

    is_screen = False

    def __init__(
        self, where: str, expected: str, found: str, remedy: str = "", patients: Iterable[str] = ()
    ) -> None:
        self.where, self.expected, self.found, self.remedy = where, expected, found, remedy
        self.patients = tuple(patients)
        message = f"{where}: expected {expected}, found {found}."
        super().__init__(f"{message} {remedy}" if remedy else message)

    def __reduce__(self) -> tuple:
        """Comes whole out of a worker process."""
        return type(self), (self.where, self.expected, self.found, self.remedy), vars(self)


class FaultList(InputError):
    """Several faults of one file or configuration, shown together, a line each."""

    def __init__(self, where: str, faults: list[str], remedy: str = "") -> None:
        self.faults = list(faults)
        super().__init__(where, "no faults", f"{len(faults)}", remedy)
        listing = "\n".join(f"  - {fault}" for fault in faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        self.args = (f"{where}: {count}\n{listing}" + (f"\n{remedy}" if remedy else ""),)

    def __reduce__(self) -> tuple:
        """Comes whole out of a worker process."""
        return type(self), (self.where, self.faults, self.remedy), vars(self)


class CaseError(Exception):
    """One patient cannot be computed (a numerical or geometric failure): goes to the ledger with its cause."""

    patients: tuple[str, ...] = ()


class OutOfMemory(MemoryError):
    """A worker process was killed, most likely for memory, while it computed these patients."""

    def __init__(self, message: str, patients: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.patients = tuple(patients)


def nearest(name: str, valid: Iterable[str]) -> str:
    """' Did you mean 'x'?' for the valid name closest to `name`, or '' where none is close."""
    matches = difflib.get_close_matches(str(name), [str(v) for v in valid], n=1, cutoff=0.6)
    return f" Did you mean '{matches[0]}'?" if matches else ""
