"""Snakemake's default limit of the rate of jobs, lifted, because it keeps the scheduler awake.

With a limit (the default: 100 jobs a second), the scheduler of Snakemake 9 has itself woken a second after each look at
the waiting jobs; each job that begins or ends makes it look as well, and so starts one more such chain, which lasts to
the end of the run (snakemake/snakemake, pull request 3744). After 100 jobs it looks 100 times a second.
"""

from __future__ import annotations

from typing import Any

DEFAULT = (100, 1)  # jobs, seconds: `--max-jobs-per-timespan 100/1s`


def lift_default(workflow: Any) -> None:
    """Take the limit off a workflow, unless it is one that the user set."""
    settings = getattr(workflow, "scheduling_settings", None)
    limit = getattr(settings, "max_jobs_per_timespan", None)
    if limit is not None and (limit.max_jobs, limit.timespan) == DEFAULT:
        settings.max_jobs_per_timespan = None
