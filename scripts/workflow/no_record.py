"""Why a job failed that left no record: it was killed, or could not write one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from scripts.workflow import failures, plain_errors, stray_words


def cause_without_record(
    log: str, told: str, text: str, other_logs: Iterable[str], stray: Path, mem_mb: int = 0, runtime: int = 0
) -> dict[str, str]:
    """Kind, cause and remedy, from the outside in: the cluster, a signal, stray words, the disk.

    Parameters
    ----------
    log : of the step; '' for none. told, other_logs : what a cluster says of the job, and where it wrote more.
    text : what Snakemake says of its command. stray : what jobs wrote past their logs.
    mem_mb, runtime : asked for, MB and minutes; 0 where unknown.
    """
    number = failures.exit_signal(text)
    other_logs = [path for path in other_logs if path != "None"]
    known: dict[str, str] | None
    if told or other_logs:
        known = failures.killed_by_slurm(told, _contents(other_logs), mem_mb, runtime)
    else:
        known = failures.killed_locally(number, mem_mb) if number else None
    if known is None:
        known = stray_words.of_job(stray, text)
    for path in other_logs:
        known = known or stray_words.of_job(Path(path), _contents([path]))
    if known is not None:
        return known
    if state := failures.disk_state(Path(log).parent if log else Path()) or failures.disk_state("results"):
        return {"kind": "disk"} | state
    words = plain_errors.in_plain_words("", text).splitlines() if "CalledProcessError" not in text else []
    if words:
        return {"kind": "disk", "cause": words[0], "remedy": " ".join(words[1:])}
    cause = failures.shortened(told) or "ended without saying why"
    return {"kind": "code", "cause": cause, "remedy": failures.OUR_FAULT}


def _contents(paths: Iterable[str]) -> str:
    texts = []
    for path in paths:
        with contextlib.suppress(OSError):
            texts.append(Path(path).read_text(encoding="utf-8", errors="replace"))
    return "\n".join(texts)
