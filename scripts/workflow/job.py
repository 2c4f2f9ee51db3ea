"""One job of a rule, as a step sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


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
    contents : path -> label of the user's files whose content the step reads (`scripts.workflow.contents`).
    made_from : one text of everything that a batch's features come from.
    code : fingerprint of the code that the step's script reaches.
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
    contents: dict[str, str] = field(default_factory=dict)
    made_from: str = ""


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
        contents=json.loads(params.get("contents", "{}")),
        made_from=str(params.get("made_from", "")),
    )
