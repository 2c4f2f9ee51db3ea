"""The one screen at the end of a run that did not succeed: which patients, which step, why, what to do, which log."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts.workflow.failures import Failure
from scripts.workflow.progress import paper_of

WIDTH = 110
LINES = 25
MOST_NAMES = 6
MOST_LOGS = 2
LABEL = 10
SAME_COMMAND = "The same command goes on from there."


def screen(
    failures: Sequence[Failure],
    done: int | None = None,
    planned: int | None = None,
    other: Sequence[str] = (),
    stopped: bool = False,
    snakemake_log: str = "",
) -> str:
    """At most `LINES` lines of at most `WIDTH` characters; '' where there is nothing to tell.

    Parameters
    ----------
    failures : one for each failed job, the last attempt of each. Those with the same cause are told together.
    done, planned : steps of the run; None where no step was planned.
    other : faults that belong to no job, in plain words. stopped : whether the user stopped the run.
    snakemake_log : where everything stands that Snakemake said.

    A failure that is a screen by itself comes last and whole; alone, it is everything that is shown.
    """
    screens = list(dict.fromkeys(f.message for f in failures if f.is_screen))
    plain = [f for f in failures if not f.is_screen]
    if screens and not plain and not other:
        return "\n\n".join(screens)
    if not plain and not other and not stopped:
        return ""
    head = _head(len(plain) + len([f for f in failures if f.is_screen]), done, planned, stopped)
    foot = _foot(bool(plain), stopped, snakemake_log)
    room = LINES - len(head) - len(foot)
    body = _body([*(_fault(text) for text in other), *map(_told, _alike(plain))], room)
    return "\n".join([*head, *body, *foot, *(f"\n{text}" for text in screens)])


def line_of(failure: Failure) -> str:
    """One failed job in one line, for the time the run goes on."""
    return _cut(f"failed: {_short_name(failure)}: {failure.cause}")


def again_line(failure: Failure) -> str:
    """That a failed job is done again."""
    return _cut(f"again: {_short_name(failure)}, attempt {failure.attempt + 1}")


def _short_name(failure: Failure) -> str:
    paper = paper_of(failure.log)
    which = [value for key, value in failure.wildcards.items() if key != "paper"][-1:]
    return " ".join(filter(None, [paper, failure.rule.removesuffix(f"_{paper}"), *which]))


def step_name(failures: Sequence[Failure]) -> str:
    """'check_cases of crc_nomogram, cohort hospital, batches b00, b01' for jobs of one rule."""
    paper = paper_of(failures[0].log)
    rule = failures[0].rule.removesuffix(f"_{paper}") if paper else failures[0].rule
    keys = dict.fromkeys(key for failure in failures for key in failure.wildcards if key != "paper")
    parts = [f"{rule} of {paper}" if paper else rule]
    for key in keys:
        values = list(dict.fromkeys(str(f.wildcards[key]) for f in failures if key in f.wildcards))
        noun = key if len(values) == 1 else f"{key}es" if key.endswith("h") else f"{key}s"
        parts.append(f"{noun} {_some(values)}")
    return ", ".join(parts)


def _head(failed: int, done: int | None, planned: int | None, stopped: bool) -> list[str]:
    parts = []
    if stopped:
        parts.append("stopped on request")
    if failed:
        parts.append("1 step failed" if failed == 1 else f"{failed} steps failed")
    elif not stopped and planned:
        parts.append("the run stopped")
    if done is not None and planned:
        parts.append(f"{done} of {planned} steps are done")
    text = "; ".join(parts)
    return ["", f"{text[0].upper()}{text[1:]}."] if text else []


def _foot(mend: bool, stopped: bool, snakemake_log: str) -> list[str]:
    lines = []
    if mend or stopped:
        lines.append("When that is mended, the same command goes on from there." if mend else SAME_COMMAND)
    if snakemake_log:
        lines.append(f"All that Snakemake said: {snakemake_log}")
    return ["", *lines] if lines else []


def _alike(failures: Iterable[Failure]) -> list[list[Failure]]:
    """Failures with one cause and one thing to do together, in the order in which they came."""
    groups: dict[tuple[str, ...], list[Failure]] = {}
    for failure in failures:
        text = failure.message if failure.kind in ("input", "case") else ""
        groups.setdefault((failure.kind, failure.cause, failure.remedy, text), []).append(failure)
    return list(groups.values())


def _told(group: list[Failure]) -> list[str]:
    """The lines about failures of one cause."""
    first = group[0]
    rules = dict.fromkeys((f.rule, paper_of(f.log)) for f in group)
    lines = []
    for rule in rules:
        lines += _labelled("step", step_name([f for f in group if (f.rule, paper_of(f.log)) == rule]))
    patients = list(dict.fromkeys(p for f in group for p in f.patients))
    among = list(dict.fromkeys(p for f in group for p in f.among))
    if patients:
        lines += _labelled("patients" if len(patients) > 1 else "patient", _some(patients))
    elif among:
        lines += _labelled(
            "patients", f"one or more of {len(among)}: {_some(among)}" if among[1:] else among[0]
        )
    lines += _labelled("cause", first.cause)
    remedy, *listed = first.remedy.splitlines() or [""]
    details = first.message.splitlines()[1:] if first.kind == "input" and not listed else []
    lines += [_cut(f"{' ' * LABEL}{line}") for line in details if line.strip() and line != first.remedy]
    lines += _labelled("to do", remedy)
    lines += [_cut(f"{' ' * LABEL}{line}") for line in listed]
    logs = list(dict.fromkeys(f.log for f in group if f.log and Path(f.log).exists()))
    if logs:
        more = f" and {len(logs) - MOST_LOGS} more" if len(logs) > MOST_LOGS else ""
        shown = logs[:MOST_LOGS]
        shown[-1] += more
        lines += [f"{'' if i else 'log':<{LABEL}}{log}" for i, log in enumerate(shown)]
    return lines


def _fault(text: str) -> list[str]:
    """The lines of a fault that belongs to no job."""
    lines: list[str] = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        lines += _wrapped(line.strip(), indent, f"{indent}  ") if line.strip() else [""]
    return lines


def _body(parts: list[list[str]], room: int) -> list[str]:
    """The parts under one another with a line between, as far as there is room; what is left out is counted."""
    lines: list[str] = []
    for position, part in enumerate(parts):
        left = len(parts) - position - 1
        free = room - len(lines) - 1 - (1 if left else 0)
        if len(part) > free:
            if not lines:  # the first is told as far as it goes: its end says what to do
                return ["", *part[: free - 6], f"{' ' * LABEL}...", *part[-5:], *_left_out(left)]
            return [*lines, *_left_out(left + 1)]
        lines += ["", *part]
    return lines


def _left_out(count: int) -> list[str]:
    return [f"and {count} more kind{'s' if count > 1 else ''} of failure"] if count else []


def _labelled(label: str, text: str) -> list[str]:
    return _wrapped(text, f"{label:<{LABEL}}", " " * LABEL) if text else []


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 4] + " ..."


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
