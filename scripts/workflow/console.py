"""What the user sees while a run goes and when it fails.

`attach` adds a handler to Snakemake's logger and a filter to its terminal. Snakemake's own account goes on into its log
file, whole; of the terminal the handler keeps what a user acts upon: the table of jobs, a line for each finished step,
a line for each failed one, and at the end one screen. Nothing here may harm a run: what raises falls silent, and
Snakemake's own words are shown again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scripts.workflow import failures, plain_errors, stray_words, unfinished
from scripts.workflow.failure_screen import again_line, line_of, screen
from scripts.workflow.failures import Failure
from scripts.workflow.no_record import cause_without_record
from scripts.workflow.progress import Progress, Step, exactly, measured_seconds, paper_of
from scripts.workflow.retried import RETRIED, note_retry

TERMINAL = "DefaultStreamHandler"
ERRORS = ("error", "job_error", "group_error")
STEP_BY_STEP = (
    "job_info", "group_info", "shellcmd", "job_started", "job_finished", "progress", "resources_info",
    "workflow_started",
)  # fmt: skip
ECHOES = ("Shutting down, this might", "Exiting because a job execution failed", "SLURM sbatch failed")
CHATTER = (
    *ECHOES, "Assuming unrestricted", "Building DAG", "Using shell", "Conda environments: ignored",
    "Singularity containers", "Select jobs to execute", "Waiting at most", "Complete log(s)", "Elapsed time",
    "Trying to restart job", "Group jobs:", "No SLURM account given", "No account was given",
    "Unable to guess SLURM account", "Cleaning up SLURM log files", "Could not retrieve node information",
    "Cannot restore ",  # a refused cohort that was never admitted
)  # fmt: skip
STOPPED = ("Terminating processes on user request", "Will exit after finishing currently running jobs")


def attach(workflow: Any, expected: Callable[[str, str, Mapping[str, str]], float] | None = None) -> None:
    """Let the main process of a run tell its progress and its failures. Called once, while the Snakefile is read.

    `expected` : seconds that a job of a rule, paper and wildcards takes elsewhere.
    """
    if not workflow.is_main_process:
        return
    with contextlib.suppress(Exception):
        from snakemake.logging import logger

        os.environ[failures.RUN_VARIABLE] = uuid.uuid4().hex
        terminal = next((handler for handler in logger.handlers if handler.name == TERMINAL), None)
        console = Console(workflow, terminal, expected=expected)
        if not console.is_verbose:
            stray_words.gather(console.stray)
        logger.addHandler(console)
        if terminal is not None:
            terminal.addFilter(console.is_for_the_terminal)


class Console(logging.Handler):
    """Hears what Snakemake says of its jobs, and tells the user.

    Parameters
    ----------
    workflow : Snakemake's. terminal : its handler that writes to the terminal; None where a logger plugin does.
    clock : seconds of a steady clock. expected : see `attach`.
    """

    def __init__(
        self,
        workflow: Any,
        terminal: logging.StreamHandler | None,
        clock: Callable[[], float] = time.monotonic,
        expected: Callable[[str, str, Mapping[str, str]], float] | None = None,
    ) -> None:
        super().__init__(logging.INFO)
        self.name, self.expected = "RunConsole", expected
        self.workflow, self.terminal, self.clock = workflow, terminal, clock
        self.run = os.environ.get(failures.RUN_VARIABLE, "")
        self.stray = Path(f".snakemake/log/{self.run[:8]}.stray.txt")
        settings = workflow.output_settings
        quiet = {str(getattr(q, "name", q)).lower() for q in settings.quiet or ()}
        self.is_silent, self.is_verbose = "all" in quiet, bool(settings.verbose)
        self.tells_progress = not quiet & {"all", "progress"}
        self.jobs: dict[int, dict[str, Any]] = {}  # job id -> what Snakemake said of it when it began
        self.failed: dict[Any, Failure] = {}  # job id or name of a group -> its last failure
        self.retried: set[Any] = set()
        self.finished: set[int] = set()
        self.unclaimed: dict[int, list[tuple[str, str]]] = {}  # thread -> errors not yet known to be of a job
        self.progress: Progress | None = None
        self.began = clock()
        self.is_stopped = self.is_broken = self.is_over = False

    # What is heard ------------------------------------------------------------------------------------------

    def is_for_the_terminal(self, record: logging.LogRecord) -> bool:
        """Filter of the terminal: False for what this console tells in its own way."""
        try:
            if self.is_broken or self.is_verbose:
                return True
            event, text = event_of(record), str(record.msg or "")
            if event in ERRORS:
                return False
            if event == "" and text.startswith(ECHOES):
                return False
            if self.workflow.output_settings.dryrun or self.workflow.touch:
                return True
            return not (event in STEP_BY_STEP or (event == "" and text.startswith(CHATTER)))
        except Exception:
            return True

    def emit(self, record: logging.LogRecord) -> None:
        """Take notice of what Snakemake says."""
        if self.is_broken or self.is_over:
            return
        try:
            self._hear(record)
        except Exception as error:
            self._give_up(error, record)

    def _hear(self, record: logging.LogRecord) -> None:
        event, text = event_of(record), str(record.msg or "")
        if event == "error":
            said = (str(getattr(record, "exception", "")), text)
            self.unclaimed.setdefault(record.thread or 0, []).append(said)
        elif event == "" and text.startswith(STOPPED):
            self.is_stopped = True
        elif event == "" and text.startswith("Building DAG"):
            self.workflow.dag.forcefiles.update(unfinished.missing())
        elif not self._runs():
            return
        elif event == "run_info":
            unfinished.keep_what_is_missing()
            self._plan()
        elif event == "job_info":
            self._begin(record)
        elif event == "job_finished":
            self._finish(int(record.job_id))  # type: ignore[attr-defined]
        elif event == "group_error":
            self._fail_group(record)
        elif event == "job_error" and not getattr(record, "indent", False):
            self._fail(record)
        elif event == "" and (found := re.match(r"Trying to restart job (\S+?)\.$", text)):
            self._again(found[1])

    def _runs(self) -> bool:
        """Whether jobs are really run: no dry run, no touching, no lint or summary."""
        workflow = self.workflow
        is_planned = workflow.executor_plugin is not None
        return is_planned and not workflow.output_settings.dryrun and not workflow.touch

    def _plan(self) -> None:
        dag, workflow = self.workflow.dag, self.workflow
        jobs = {job: int(dag.jobid(job)) for job in dag.needrun_jobs()}
        steps = {
            number: Step(
                job.rule.name,
                paper_of(str(job.log[0])) if job.log else "",
                frozenset(jobs[need] for need in dag.job_dependencies(job) if need in jobs),
                self._expected_s(job),
            )
            for job, number in jobs.items()
        }
        patterns = {job.rule.name: str(job.rule.benchmark) for job in jobs if job.rule.benchmark}
        slots = workflow.resource_settings.cores if workflow.local_exec else workflow.nodes
        self.progress = Progress(steps, measured_seconds(patterns), min(slots or 1, len(steps) or 1))
        self.began = self.clock()
        if self.tells_progress:
            for paper in self.progress.papers():
                self._say(self.progress.line(paper, self.clock()))

    def _expected_s(self, job: Any) -> float | None:
        paper = paper_of(str(job.log[0])) if job.log else ""
        with contextlib.suppress(Exception):  # a rule of no paper, a cohort that cannot be read
            return self.expected(job.rule.name, paper, dict(job.wildcards_dict)) if self.expected else None
        return None

    def _begin(self, record: logging.LogRecord) -> None:
        job = int(record.jobid)  # type: ignore[attr-defined]
        self.jobs[job] = {
            "rule": record.rule_name,  # type: ignore[attr-defined]
            "wildcards": dict(record.wildcards or {}),  # type: ignore[attr-defined]
            "log": str(record.log[0]) if record.log else "",  # type: ignore[attr-defined]
            "message": str(record.rule_msg or ""),  # type: ignore[attr-defined]
            "resources": record.resources,  # type: ignore[attr-defined]
        }
        unfinished.begin(map(str, record.output))  # type: ignore[attr-defined]
        if self.progress is not None:
            self.progress.start(job, self.clock())

    def _finish(self, job: int) -> None:
        self.finished.add(job)
        self.failed.pop(job, None)
        if self.progress is None or job not in self.progress.steps:
            return
        self.progress.finish(job, self.clock())
        paper = self.progress.steps[job].paper
        if self.tells_progress and paper and self.progress.is_worth_a_line(paper):
            what = self.jobs.get(job, {}).get("message", "").removeprefix(f"{paper}: ")
            line = self.progress.line(paper, self.clock())
            self._say(f"{line}; done: {what}" if what else line)

    # Failures -----------------------------------------------------------------------------------------------

    def _fail(self, record: logging.LogRecord) -> None:
        job = int(record.jobid)  # type: ignore[attr-defined]
        told = str(getattr(record, "rule_msg", "") or "")
        log, *others = [str(path) for path in record.log if path] or [""]  # type: ignore[attr-defined]
        text = self._claim(record)
        failure, former = failures.read_failure(log, self.run) if log else None, self.failed.get(job)
        if failure and former and failure.attempt <= former.attempt and failure.kind in failures.REPEATED:
            failure = None  # left by the attempt before: this one was killed before it could begin
        if failure is None:
            about = self.jobs.get(job, {"rule": record.rule_name, "wildcards": {}})  # type: ignore[attr-defined]
            failure = self._unrecorded(about, log, told, text, others, former.attempt + 1 if former else 1)
            failures.write_failure(failure)
        self._note(job, failure)

    def _fail_group(self, record: logging.LogRecord) -> None:
        members = record.job_error_info  # type: ignore[attr-defined]
        logs = {int(member["jobid"]): str(member["log"][0]) if member["log"] else "" for member in members}
        known = {job: failures.read_failure(log, self.run) for job, log in logs.items() if log}
        for job, failure in known.items():
            if failure is not None:
                self._note(job, failure)
        if not any(known.values()):
            first = min(logs)
            about = self.jobs.get(first, {"rule": members[0]["rule_name"], "wildcards": {}})
            group, traces = str(record.groupid), list(record.aux_logs)  # type: ignore[attr-defined]
            former = self.failed.get(group)
            attempt = former.attempt + 1 if former else 1
            self._note(group, self._unrecorded(about, logs[first], "", self._claim(record), traces, attempt))

    def _claim(self, record: logging.LogRecord) -> str:
        """The error that the thread of a failed job told just before; that of the main thread is of no job."""
        errors = self.unclaimed.get(record.thread or 0, [])
        if not errors or record.thread == threading.main_thread().ident:
            return ""
        return errors.pop()[1]

    def _unrecorded(
        self, about: dict[str, Any], log: str, told: str, text: str, other_logs: list[str], attempt: int
    ) -> Failure:
        """The failure of a job that left no record: it was killed, or could not write one.

        `told` and `other_logs` are what a cluster says of it, `text` what Snakemake says of its command.
        """
        mem_mb = _number(about.get("resources"), "mem_mb")
        asked = mem_mb, _number(about.get("resources"), "runtime")
        return Failure(
            rule=about["rule"],
            wildcards=about["wildcards"],
            log=log,
            among=self._patients(about),
            mem_mb=mem_mb,
            attempt=attempt,
            run=self.run,
            **cause_without_record(log, told, text, other_logs, self.stray, *asked),
        )

    def _patients(self, about: dict[str, Any]) -> tuple[str, ...]:
        with contextlib.suppress(Exception):
            for job in self.workflow.dag.needrun_jobs():
                if job.rule.name == about["rule"] and dict(job.wildcards.items()) == about["wildcards"]:
                    return failures.patients_of_cases(json.loads(dict(job.params.items())["cases"]))
        return ()

    def _note(self, job: Any, failure: Failure) -> None:
        """Keep a failure; the first time, or for another cause, with a line on the terminal."""
        former = self.failed.get(job)
        self.failed[job] = failure
        if failure.kind not in failures.REPEATED:
            self._spare_attempts(job)
        is_news = former is None or former.cause != failure.cause or failure.attempt > former.attempt
        if is_news and not failure.is_screen and failure.kind != "interrupted" and not self.is_silent:
            self._say(line_of(failure))

    def _spare_attempts(self, key: Any) -> None:
        """Another attempt at what failed by itself would fail likewise: let this count as the last.

        Only the count is set, as setting `attempt` would change the resources that the job gives back. Where that is
        not possible, the step itself ends the next attempt at once.
        """
        with contextlib.suppress(Exception):
            for job in list(self.workflow.scheduler.running):
                name = str(job.groupid) if job.is_group() else int(self.workflow.dag.jobid(job))
                members = [int(self.workflow.dag.jobid(m)) for m in job] if job.is_group() else []
                if key == name or key in members:
                    job._attempt = job.restart_times + 1

    def _again(self, job: str) -> None:
        """Snakemake tries a job again: recorded where that can help."""
        key = int(job) if job.isdigit() and int(job) in self.failed else job
        failure = self.failed.get(key)
        if failure is None or failure.kind not in failures.REPEATED:
            return
        self.retried.add(key)
        if not self.is_silent:
            self._say(again_line(failure))
        note_retry(failure)

    # The last word ------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The end of the run: Snakemake closes its handlers after everything else."""
        if not self.is_over:
            self.is_over = True
            if not self.is_broken:
                try:
                    self._last_word()
                except Exception as error:
                    self._give_up(error)
            stray_words.remove_if_empty(self.stray)
        super().close()

    def _catch_up(self) -> None:
        """Snakemake does not tell of finished jobs where it is to be quiet about progress: ask its plan."""
        if self.progress is None:
            return
        dag = self.workflow.dag
        for job in dag.needrun_jobs(exclude_finished=False):
            if dag.finished(job):
                number = int(dag.jobid(job))
                self.progress.finish(number, self.clock())
                self.failed.pop(number, None)

    def _last_word(self) -> None:
        if self.progress is not None:
            unfinished.keep_what_is_missing()
        self._catch_up()
        text = self._screen()
        if text:
            self._say(text)
        elif self.progress is not None and self.tells_progress and self.progress.steps:
            done, planned = len(self.progress.done), len(self.progress.steps)
            if done == planned:
                self._say(f"\n{done} of {planned} steps done in {exactly(self.clock() - self.began)}.")
                for line in self._retried_in_words():
                    self._say(line)

    def _screen(self) -> str:
        done = len(self.progress.done) if self.progress else None
        planned = len(self.progress.steps) if self.progress else None
        failed = [f for f in self.failed.values() if f.kind != "interrupted"]
        other = [
            plain_errors.in_plain_words(exception, text, self._targets())
            for errors in self.unclaimed.values()
            for exception, text in errors
        ]
        other = [text for text in dict.fromkeys(other) if text]
        logs = self.workflow.logger_manager.get_logfile() if self._runs() else []
        log = os.path.relpath(logs[0]) if logs else ""
        return screen(failed, done, planned, other, self.is_stopped, log)

    def _retried_in_words(self) -> list[str]:
        count = len(self.retried)
        if not count:
            return []
        jobs = "1 job was" if count == 1 else f"{count} jobs were"
        return [f"{jobs} ended by the system and done again with more: {RETRIED}"]

    def _targets(self) -> list[str]:
        papers = self.workflow.globals.get("PAPERS", [])
        return [*(f"results/{paper}.pdf" for paper in papers), "check"]

    def _say(self, text: str) -> None:
        """Write to where Snakemake writes, or to standard error where a plugin has taken the terminal."""
        stream = self.terminal.stream if self.terminal is not None else sys.stderr
        lock = getattr(self.terminal, "_output_lock", None) or contextlib.nullcontext()
        with lock, contextlib.suppress(OSError, ValueError):
            stream.write(f"{text}\n")
            stream.flush()

    def _give_up(self, error: Exception, record: logging.LogRecord | None = None) -> None:
        """Fall silent after a fault of this console, and show what it had kept from the terminal."""
        self.is_broken = True
        with contextlib.suppress(Exception):
            kept = [text for errors in self.unclaimed.values() for _, text in errors]
            kept += [failure.cause for failure in self.failed.values()]
            if record is not None and event_of(record) in ERRORS:
                kept.append(record.getMessage())
            self._say("\n".join([f"(The summary of this run failed: {error!r})", *kept]))


def event_of(record: logging.LogRecord) -> str:
    """Name of the event that a record of Snakemake's tells; '' for plain text."""
    event = getattr(record, "event", None)
    return str(getattr(event, "value", event) or "")


def _number(resources: Any, name: str) -> int:
    value = dict(resources.items()).get(name, 0) if hasattr(resources, "items") else 0
    return value if isinstance(value, int) else 0
