"""What turns a rule into one call: log, settings, errors in words, provenance.

A step's module ends with

    if "snakemake" in globals():
        from scripts.workflow.step import run
        run(globals()["snakemake"], main)

and its `main(job)` reads `job.input`, `job.output`, `job.settings` and hands plain values to functions that know
nothing of Snakemake.
"""

import contextlib
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import InputError


@dataclass(frozen=True)
class Job:
    """One job of a rule.

    Attributes
    ----------
    input, output, wildcards : Snakemake's own named lists.
    settings : the configuration keys that this step reads, and no others.
    cases : for a batch rule, a dict for each case: row, patient, image, image_series, mask, mask_roi.
    seed : the run's seed, None for a step that draws nothing; `scripts.seeds` derives the step's own generator.
    threads : processes or threads that the step may use.
    code : fingerprint of the step's script and the project modules it imports.
    log : where the step's messages go.
    """

    rule: str
    input: Any
    output: Any
    wildcards: Any
    settings: dict[str, Any]
    cases: list[dict[str, Any]]
    seed: int | None
    threads: int
    code: str
    log: Path | None


def job_of(snakemake: Any) -> Job:
    """The job that Snakemake handed to a script."""
    params = dict(snakemake.params.items())
    settings = json.loads(params.get("settings", "{}"))
    seed = settings.pop("seed", None)
    return Job(
        rule=snakemake.rule,
        input=snakemake.input,
        output=snakemake.output,
        wildcards=snakemake.wildcards,
        settings=settings,
        cases=json.loads(params.get("cases", "[]")),
        seed=seed,
        threads=int(snakemake.threads),
        code=str(params.get("code", "")),
        log=Path(snakemake.log[0]) if snakemake.log else None,
    )


def run(snakemake: Any, main: Callable[[Job], None]) -> None:
    """Run `main` on the job: messages into the rule's log, a user's slip as a message without a traceback.

    Exits with status 1 on any failure, so that Snakemake deletes the outputs of the failed job.
    """
    job = job_of(snakemake)
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
                from scripts.workflow.provenance import write_provenance

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
