"""A failure that no reader foresaw: one line for the ledger, and where it happened for the log.

A library's message can quote what it stumbled over, a name or a date of birth in a DICOM header among others, so the
message of a failure while reading is neither shown nor logged; the calls that led to it are.
"""

from __future__ import annotations

import traceback

LONGEST_CAUSE = 200


def calls(error: Exception) -> str:
    """The calls that ended in `error` and its kind, without its message; a text of several lines."""
    kinds = []
    link: BaseException | None = error
    while link is not None:
        kinds.append("".join(traceback.format_tb(link.__traceback__)) + type(link).__name__)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nafter\n".join(kinds)


def one_line(text: object, longest: int = LONGEST_CAUSE) -> str:
    """`text` with every run of spaces and line ends as one space, cut to `longest` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
