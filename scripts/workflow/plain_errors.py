"""Snakemake's own errors in plain words: what was expected, what was found, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from scripts.errors import nearest
from scripts.workflow import run_guard
from scripts.workflow.failures import disk_fault

MOST_FILES = 5
MOST_LINES = 10
GO_ON = "Then run the same command again."
MADE_AGAIN = "Put it back if it is yours; what a step makes is made again by the same command."
# What only says again that some job failed, which the screen tells better.
ECHOES = ("At least one job did not complete successfully.",)


def in_plain_words(exception: str, text: str, targets: Sequence[str] = ()) -> str:
    """An error of Snakemake as a user needs it; '' where it says nothing new.

    Parameters
    ----------
    exception : name of the exception's class. text : what Snakemake says of it, calls and all.
    targets : what can be asked for, to propose the nearest.
    """
    if any(echo in text for echo in ECHOES):
        return ""
    if found := re.search(r"\[Errno (\d+)\] [^:\n]*(?:: (?:b?'([^'\n]+)'|(\S+)))?", text):
        if fault := disk_fault(int(found[1]), found[2] or found[3]):
            return f"{_capital(fault['cause'])}.\n{fault['remedy']} {GO_ON}"
        if int(found[1]) == 2:
            return (
                f"Expected the file {found[2] or found[3] or ''}, found none: it is gone since the run began.\n"
                f"Put it back. {GO_ON}"
            )
    if found := re.search(r"Missing files after \d+ seconds.*?:\n(.*)", text, re.DOTALL):
        files = [line.partition(" (missing locally")[0].strip() for line in found[1].splitlines()]
        listed = "\n".join(f"  {name}" for name in list(filter(None, files))[:MOST_FILES])
        return f"Expected a file that was there when the run began, found none:\n{listed}\n{MADE_AGAIN}"
    if "clock skew problem" in text and (found := re.search(r"than input (\S+) \(([^.)]*)", text)):
        return (
            f"{found[1]} is dated {found[2]}, later than now: a clock went wrong.\n"
            f"Set the clock right and touch the file. {GO_ON}"
        )
    for name, tell in TOLD.items():
        if exception == name or name in text:
            return tell(text, targets)
    return without_calls(text)


def without_calls(text: str) -> str:
    """The message without the lines of a traceback and without the names of exceptions and files of code."""
    lines = []
    in_traceback = False
    for line in text.splitlines():
        if line.startswith(("Traceback", "Full Traceback")):
            in_traceback = True
        elif in_traceback and (line.startswith(" ") or not line.strip()):
            continue
        elif not re.match(r'\s*File ".*", line \d+', line):
            in_traceback = False
            lines.append(re.sub(r"^\w+(?:Error|Exception)(?: in .*?line \d+)?:?\s*$", "", line))
    lines = [line for line in lines if line.strip()]
    return "\n".join(lines[:MOST_LINES])


def _missing_input(text: str, targets: Sequence[str]) -> str:
    step = re.search(r"Missing input files.* for rule (\w+)", text)
    after = text.partition("affected files:")[2]
    files = [
        line.strip()
        for line in after.splitlines()[1:]
        if line.strip() and not line.lstrip().startswith("File")
    ]
    listed = "\n".join(f"  {name}" for name in files[:MOST_FILES])
    more = f"\n  and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
    whose = f" that {step[1]} reads" if step else ""
    return (
        f"Expected the file{'s' if len(files) > 1 else ''}{whose}, found none:\n{listed}{more}\n"
        f"Put back what is gone, or correct its path in the configuration. {GO_ON}"
    )


def _no_such_target(text: str, targets: Sequence[str]) -> str:
    found = re.search(r"No rule to produce (\S+)", text)
    name = found[1].rstrip(",") if found else "it"
    hint = nearest(name, targets)
    choice = "" if hint else f" For example: {', '.join(targets[:MOST_FILES])}." if targets else ""
    return f"Expected something that can be made, found '{name}'.{hint}{choice}"


def _locked(text: str, targets: Sequence[str]) -> str:
    return run_guard.who_holds(Path.cwd()) or (
        "Another run holds this folder, or a run was killed here.\n"
        "Wait for the other run; after a killed one run: snakemake --unlock"
    )


def _incomplete(text: str, targets: Sequence[str]) -> str:
    return (
        "A run was killed here while it wrote files, and unfinished files are left.\n"
        "Run the same command with --rerun-incomplete: they are made again."
    )


def _protected(text: str, targets: Sequence[str]) -> str:
    files = [line.strip() for line in text.partition("affected files:")[2].splitlines() if line.strip()]
    listed = "\n".join(f"  {name}" for name in files[:MOST_FILES])
    return f"Expected results that can be written, found write-protected ones:\n{listed}\nMake them writable."


TOLD = {
    "MissingInputException": _missing_input,
    "MissingRuleException": _no_such_target,
    "LockException": _locked,
    "IncompleteFilesException": _incomplete,
    "ProtectedOutputException": _protected,
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
