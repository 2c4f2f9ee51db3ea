"""The one screen that a user sees of a check: the counts, the first faults by kind, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from scripts.cohort.faults import Fault, sort_faults
from scripts.errors import InputError

WIDTH = 110
LINES = 24
MOST_ROWS = 4  # lines of the sheet named for one kind of fault
MOST_FOUND = 2  # examples of what was found, where it differs between the rows


class NotAdmitted(InputError):
    """A cohort that the check stopped; its text is the whole message for the terminal."""

    is_screen = True

    def __init__(self, message: str) -> None:
        super().__init__("the cohort", "no errors", "some")
        self.args = (message,)


def verdict_message(verdict: dict[str, Any], faults: Iterable[Fault], table: str) -> str:
    """At most `LINES` lines of at most `WIDTH` characters about a check; a path is never cut.

    Parameters
    ----------
    verdict : counts, as `scripts.cohort.check_cohort.verdict_of` makes them.
    faults : all of them; those of one severity, column and expectation are told together.
    table : where the whole table of faults lies.
    """
    faults = sort_faults(faults)
    head = [
        f"{verdict['sheet']}: {_count(verdict['rows'], 'row')}, {_count(verdict['errors'], 'error')}, "
        f"{_count(verdict['warnings'], 'warning')}",
        *textwrap.wrap(_who(verdict), WIDTH, initial_indent="  ", subsequent_indent="  "),
    ]
    foot = _what_to_do(verdict, table) if faults else []
    groups = _groups(faults)
    body: list[str] = []
    room = LINES - len(head) - len(foot)
    told = [_told(group) for group in groups]
    if sum(map(len, told)) > room:  # rather every kind in one line than some kinds in two
        told = [[lines[0] if len(lines) == 1 else lines[0][: WIDTH - 4] + " ..."] for lines in told]
    for position, lines in enumerate(told):
        left = len(groups) - position - 1
        if len(body) + len(lines) + (left > 0) > room:
            body.append(f"  and {_count(left + 1, 'more kind')} of fault")
            break
        body += lines
    return "\n".join([*head, *body, *foot])


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _who(verdict: dict[str, Any]) -> str:
    cohorts = ", ".join(f"{name} {n}" for name, n in verdict["cohorts"].items())
    word = "rows in order" if verdict["stop"] else "admitted"
    parts = [f"{verdict['admitted']} {word}{f' ({cohorts})' if cohorts else ''}"]
    parts += [f"{n} of them {cause}" for cause, n in verdict["kept_out"].items()]
    parts.append(f"{_count(verdict['excluded'], 'case')} failed ({verdict['max_failed_cases']} may)")
    return "; ".join(parts)


def _what_to_do(verdict: dict[str, Any], table: str) -> list[str]:
    lines = [f"Every fault, a row each: {table}"]
    if verdict["stop"]:
        lines.append("Nothing was computed. Correct the errors and run the same command again.")
    return lines


def _groups(faults: list[Fault]) -> list[list[Fault]]:
    """Faults of one kind together: errors before warnings, those of the whole sheet first, then of the files.

    A file's fault, above all one picture in two cohorts, is harder to see than a cell's, so it comes first.
    """
    kinds: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        kinds.setdefault((fault.severity, fault.column, fault.expected), []).append(fault)
    return sorted(
        kinds.values(), key=lambda g: (g[0].severity != "error", g[0].row is not None, not _of_file(g[0]))
    )


def _of_file(fault: Fault) -> bool:
    return fault.column in ("image", "mask")


def _told(group: list[Fault]) -> list[str]:
    """One or two lines about faults of one kind."""
    first = group[0]
    rows = list(dict.fromkeys(fault.row for fault in group if fault.row is not None))
    place = first.column
    if rows:
        more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
        place += f", line{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:MOST_ROWS]))}{more}"
    found = list(dict.fromkeys(fault.found for fault in group))
    others = f" and {_count(len(found) - MOST_FOUND, 'other')}" if len(found) > MOST_FOUND else ""
    examples = "; ".join(found[:MOST_FOUND]) + others
    text = f"{first.severity}  {place}: expected {first.expected}, found {examples}."
    remedies = {fault.remedy for fault in group}
    if len(remedies) == 1 and first.remedy:
        text = f"{text} {first.remedy}"
    lines = textwrap.wrap(
        text, WIDTH, initial_indent="  ", subsequent_indent="      ", break_on_hyphens=False
    )
    return lines if len(lines) <= 2 else [lines[0], lines[1][: WIDTH - 4] + " ..."]
