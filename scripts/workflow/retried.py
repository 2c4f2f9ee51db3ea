"""The record of jobs that the system ended and that were done again: logs/retried.tsv."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

from scripts.workflow.failures import Failure

RETRIED = Path("logs/retried.tsv")
COLUMNS = ("when", "rule", "wildcards", "attempt", "cause", "mem_mb", "log")


def note_retry(failure: Failure) -> None:
    """Add a line for a failed attempt that is followed by another; the file begins with the names of its columns."""
    RETRIED.parent.mkdir(parents=True, exist_ok=True)
    is_new = not RETRIED.exists()
    with RETRIED.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        if is_new:
            writer.writerow(COLUMNS)
        when = datetime.datetime.now().isoformat(timespec="seconds")
        wildcards = " ".join(f"{name}={value}" for name, value in failure.wildcards.items())
        writer.writerow(
            (when, failure.rule, wildcards, failure.attempt, failure.cause, failure.mem_mb, failure.log)
        )
