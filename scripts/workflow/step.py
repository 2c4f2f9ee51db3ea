"""What turns a rule into one call: log, settings, errors in words, provenance.

A step's module ends with

    if "snakemake" in globals():
        from scripts.workflow.step import run
        run(globals()["snakemake"], main)

and its `main(job)` reads `job.input`, `job.output`, `job.settings` and hands plain values to functions that know
nothing of Snakemake.
"""

import contextlib
import sys
import traceback
from collections.abc import Callable
from typing import Any

from scripts.errors import InputError
from scripts.workflow.gpus import on_its_cards
from scripts.workflow.job import Job, job_of
from scripts.workflow.provenance import write_provenance


def run(snakemake: Any, main: Callable[[Job], None]) -> None:
    """Run `main` on the job: messages into the rule's log, a user's slip as a message without a traceback.

    Exits with status 1 on any failure, so that Snakemake deletes the outputs of the failed job.
    """
    job = job_of(snakemake)
    main = on_its_cards(main, getattr(getattr(snakemake, "resources", None), "gpu", 0))
    if job.log is None:
        main(job)
        return
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with (
        job.log.open("w", encoding="utf-8", buffering=1) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        try:
            main(job)
            message = ""
            if "provenance" in dict(job.output.items()):
                write_provenance(job)
        except InputError as error:
            message = str(error)
            print(message)
        except Exception as error:
            traceback.print_exc()
            message = f"{job.rule} failed: {type(error).__name__}: {error}\nThe whole story is in {job.log}"
    if message:
        print(f"\n{message}\n", file=sys.stderr)
        raise SystemExit(1)
