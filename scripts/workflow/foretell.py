"""Says what a run will do and why: before the first job in a few lines, at the end of a dry run in full."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scripts.workflow.plan import PlannedJob

TERMINAL = "DefaultStreamHandler"
NOTHING = "Nothing to be done"


def attach(workflow: Any, forecast: Callable[[list[PlannedJob]], str]) -> None:
    """Let the main process tell its plan. Called once, while the Snakefile is read.

    `forecast` says in words what the planned jobs will take.
    """
    if workflow.is_main_process:
        from snakemake.logging import logger

        terminal = next((handler for handler in logger.handlers if handler.name == TERMINAL), None)
        logger.addHandler(Foretelling(workflow, terminal, forecast))


class Foretelling(logging.Handler):
    """Waits until Snakemake has made its plan. Whatever goes wrong here harms no run: it is said in one line."""

    def __init__(
        self,
        workflow: Any,
        terminal: logging.StreamHandler | None,
        forecast: Callable[[list[PlannedJob]], str],
    ) -> None:
        super().__init__(logging.INFO)
        self.workflow, self.terminal, self.forecast = workflow, terminal, forecast
        self.last_word = ""
        quiet = {str(getattr(q, "name", q)).lower() for q in workflow.output_settings.quiet or ()}
        self.is_told = "all" in quiet

    def emit(self, record: logging.LogRecord) -> None:
        """Take notice of the plan, once."""
        event = getattr(record, "event", None)
        is_plan = getattr(event, "value", event) == "run_info"
        if self.is_told or not (is_plan or str(record.msg).startswith(NOTHING)):
            return
        self.is_told = True
        try:
            self._tell()
        except Exception as error:
            self._say(f"(The plan could not be explained: {error!r})")

    def _tell(self) -> None:
        from scripts.workflow import why
        from scripts.workflow.plan import planned_jobs, unjudged_rules

        jobs = planned_jobs(self.workflow)
        unjudged = why.unjudged(unjudged_rules(self.workflow))
        if self.workflow.dryrun:
            parts = (why.explain(jobs), unjudged, self.forecast(jobs))
            self.last_word = "\n" + "\n\n".join(filter(None, parts))
        elif jobs and not self.workflow.touch:
            total = sum(not job.rule.norun for job in self.workflow.dag.jobs)
            self._say(f"{why.summary(jobs, total)}\n")
        if unjudged and not self.workflow.dryrun:
            self._say(f"{unjudged}\n")

    def close(self) -> None:
        """Snakemake closes its handlers after everything else."""
        if self.last_word:
            self._say(self.last_word)
            self.last_word = ""
        super().close()

    def _say(self, text: str) -> None:
        stream = self.terminal.stream if self.terminal is not None else sys.stderr
        with contextlib.suppress(OSError, ValueError):
            stream.write(f"{text}\n")
            stream.flush()
