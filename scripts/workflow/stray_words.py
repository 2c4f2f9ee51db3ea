"""What a job's process says before its step has opened a log, or when it dies: kept in a file, off the terminal.

An interrupted import or a missing package ends in a traceback on standard error that no step can catch.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from scripts.workflow.failures import INSTALL, OUR_FAULT, shortened


def gather(path: Path) -> None:
    """Let the standard error of every job of this process go into `path`; where that cannot be, to the terminal."""
    from snakemake.shell import shell

    if Path(shell.get_executable() or "").name == "bash":
        shell.prefix(f"set -euo pipefail; (: >>{path}) 2>/dev/null && exec 2>>{path} || true; ")


def of_job(path: Path, command: str) -> dict[str, str] | None:
    """Kind, cause and remedy from what a job left there; None where it left nothing.

    `command` names the job's script, '.snakemake/scripts/tmp1234.fit_model.py', which its traceback names too.
    """
    script = re.search(r"tmp\w+\.\w+\.py", command)
    try:
        said = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    mark = f'{script[0]}", line' if script else ""
    if not mark or mark not in said:
        return None
    after = said[said.rindex(mark) :].partition("Traceback (most")[0]
    ends = [line for line in after.splitlines()[1:] if re.match(r"[A-Za-z_][\w.]*(?::|$)", line)]
    if not ends:
        return None
    if ends[0].startswith("KeyboardInterrupt"):
        return {"kind": "interrupted", "cause": "stopped on request", "remedy": ""}
    missing = ends[0].startswith(("ModuleNotFoundError", "ImportError"))
    return {"kind": "code", "cause": shortened(ends[0]), "remedy": INSTALL if missing else OUR_FAULT}


def remove_if_empty(path: Path) -> None:
    """Remove the file where nothing was said."""
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
