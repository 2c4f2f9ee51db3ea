"""What turns a rule into one call: log, settings, errors in words, provenance.

A step's module ends with

    if "snakemake" in globals():
        from scripts.workflow.step import run
        run(globals()["snakemake"], main)

and its `main(job)` reads `job.input`, `job.output`, `job.settings` and hands plain values to functions that know
nothing of Snakemake.
"""

import contextlib
import faulthandler
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from scripts.orphans import die_with_run
from scripts.workflow import failures
from scripts.workflow.contents import require_planned
from scripts.workflow.gpus import on_its_cards
from scripts.workflow.job import Job, job_of
from scripts.workflow.provenance import write_provenance


def run(snakemake: Any, main: Callable[[Job], None]) -> None:
    """Run `main` on the job: messages into the rule's log, a failure as a record and a message without a traceback.

    Exits with status 1 on any failure, so that Snakemake deletes the outputs of the failed job. What failed in this
    run already, and not for lack of memory, time or a node, is not tried again. The process ends with the run that
    started it, so that a killed run leaves no job behind that still writes.
    """
    die_with_run()
    job = job_of(snakemake)
    main = on_its_cards(main, getattr(getattr(snakemake, "resources", None), "gpu", 0))
    if job.log is None:
        main(job)
        return
    run_id = os.environ.get(failures.RUN_VARIABLE, "")
    former = failures.read_failure(job.log, run_id) if run_id else None
    if former is not None and former.kind not in failures.REPEATED:
        job.log.write_text(f"{former.message or former.cause}\n", encoding="utf-8")
        raise SystemExit(1)
    failures.remove_failure(job.log)
    failure: failures.Failure | None = None
    try:
        job.log.parent.mkdir(parents=True, exist_ok=True)
        with (
            job.log.open("w", encoding="utf-8", buffering=1) as log,
            contextlib.redirect_stdout(log),
            contextlib.redirect_stderr(log),
        ):
            faulthandler.enable(log)  # a crash below Python leaves its place in the log
            if former is not None:
                print(f"Attempt {former.attempt + 1}, after: {former.cause}")
            failure = _attempt(job, main)
            faulthandler.disable()
    except OSError as error:  # of the log itself
        failure = failure or _failure(job, error)
    if failure is not None:
        _leave(failure, former, snakemake, run_id)


def _attempt(job: Job, main: Callable[[Job], None]) -> failures.Failure | None:
    try:
        require_planned(job.contents)
        main(job)
        require_planned(job.contents)
        if "provenance" in dict(job.output.items()):
            write_provenance(job)
    except KeyboardInterrupt:
        print("Stopped on request.")
        raise SystemExit(130) from None
    except Exception as error:
        failure = _failure(job, error)
        with contextlib.suppress(OSError):  # the log's disk may be what is full
            if failure.kind == "input":
                print(failure.message)
            else:
                traceback.print_exc()
        return failure
    return None


def _failure(job: Job, error: Exception) -> failures.Failure:
    told = failures.told_by(error)
    if told["kind"] in ("code", "case"):  # a library may tell of a full disk in words of its own
        folders = {os.path.dirname(str(path)) for path in job.output}
        told |= next(({"kind": "disk"} | state for f in folders if (state := failures.disk_state(f))), {})
    if told["kind"] == "code":
        told["message"] = f"{job.rule} failed: {told['cause']}\nThe whole story is in {job.log}"
    elif told["kind"] != "input":
        told["message"] = f"{told['cause']}. {told['remedy']}"
    among = () if told["patients"] else failures.patients_of_cases(job.cases)
    place = {"rule": job.rule, "wildcards": dict(job.wildcards.items()), "log": str(job.log)}
    return failures.Failure(**place, among=among, **told)


def _leave(failure: failures.Failure, former: failures.Failure | None, snakemake: Any, run_id: str) -> None:
    """Leave the record for the main process; where none can be left or nobody reads it, the message."""
    asked = getattr(getattr(snakemake, "resources", None), "mem_mb", 0)
    facts = vars(failure) | {
        "attempt": former.attempt + 1 if former else 1,
        "mem_mb": asked if isinstance(asked, int) else 0,
        "run": run_id,
    }
    if not failures.write_failure(failures.Failure(**facts)) or not run_id:
        print(f"\n{failure.message or failure.cause}\n", file=sys.stderr)
    raise SystemExit(1)
