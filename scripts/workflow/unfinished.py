"""Jobs that were begun and whose outputs are missing: the next run of the folder makes them again.

Snakemake deletes the outputs of a job before it starts and after it fails. In a folder where an earlier run has
finished, the results further on still stand, and Snakemake would say of them that nothing is to be done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

LIST = Path(".snakemake/unfinished.txt")


def begin(outputs: Iterable[str]) -> None:
    """Note the outputs of a job that begins."""
    with contextlib.suppress(OSError), LIST.open("a", encoding="utf-8") as stream:
        stream.write("".join(f"{path}\n" for path in outputs))


def missing() -> set[str]:
    """Outputs that were begun and are not there."""
    try:
        listed = LIST.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return set()
    return {path for path in listed if path and not os.path.lexists(path)}


def keep_what_is_missing() -> None:
    """Shorten the list to what is still missing."""
    left = sorted(missing())
    with contextlib.suppress(OSError):
        if left:
            LIST.write_text("".join(f"{path}\n" for path in left), encoding="utf-8")
        else:
            LIST.unlink(missing_ok=True)
