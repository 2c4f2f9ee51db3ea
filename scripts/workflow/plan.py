"""The jobs that a run would do, each with its causes, as plain data: the only border with Snakemake's plan and records.

Snakemake looks for causes only until it has found one, and not at all at a job behind another planned one. Here every
planned job is compared whole with the record of its last run: parameters, the set of inputs, files that no job makes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scripts.workflow import causes as of
from scripts.workflow.causes import Cause, Cohort, Stored
from scripts.workflow.config import ROOT
from scripts.workflow.contents import file_digest
from scripts.workflow.fingerprint import code_parts
from scripts.workflow.papers import paper_names, resolve_parameters

CODE = Path("cache/code")
COMPARED = ("settings", "cases", "contents", "code")
COHORT_KEYS = ("allow_several_pieces", "max_failed_cases")
CHOICE_OF_COHORT = ("cohort", "role", "simulated")


@dataclass(frozen=True)
class PlannedJob:
    """One job that would run.

    Attributes
    ----------
    paper, cohort : '' for a job of none. label : the rule without the paper's name, and the batch.
    renewed : inputs that other planned jobs make anew, and that make this one run.
    threads, resources : of a dry run alone; those of a real one may follow from files that are not there yet.
    causes : what changed for this job itself; empty where it only follows others.
    """

    rule: str
    paper: str
    cohort: str
    wildcards: dict[str, str]
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    renewed: tuple[str, ...]
    threads: int
    resources: dict[str, Any]
    causes: tuple[Cause, ...]

    @property
    def follows(self) -> bool:
        """Whether it runs only because others run before it."""
        return not self.causes


def planned_jobs(workflow: Any) -> list[PlannedJob]:
    """Every job that the run of a prepared workflow would do, producers before consumers; nothing is computed.

    Parameters
    ----------
    workflow : Snakemake's, after its plan is made.
    """
    return _Plan(workflow).jobs()


def unjudged_rules(workflow: Any) -> list[str]:
    """Rules with finished jobs of which Snakemake cannot tell whether they are up to date, for want of a record.

    So it is where `.snakemake` was deleted, and where a rule of a newer project makes a file more than it did.
    """
    jobs = set(workflow.dag.jobs) - set(workflow.dag.needrun_jobs(exclude_finished=False))
    return sorted({job.rule.name for job in jobs if workflow.dag.reason(job).no_metadata})


class _Plan:
    """Snakemake's plan, and what it keeps of earlier runs."""

    def __init__(self, workflow: Any) -> None:
        self.workflow, self.dag, self.config = workflow, workflow.dag, workflow.config
        self.planned = {job for job in self.dag.needrun_jobs(exclude_finished=False) if not job.rule.norun}
        self.made = {str(path) for job in self.dag.jobs for path in job.output}
        self.papers = paper_names()
        self.cohorts: dict[tuple[str, str], Cohort] = {}

    def jobs(self) -> list[PlannedJob]:
        """See `planned_jobs`."""
        ordered = [
            job
            for level in self.dag.toposorted()
            for job in sorted(
                self.planned & set(level), key=lambda j: (j.rule.name, sorted(j.wildcards_dict.items()))
            )
        ]
        return [self._told(job) for job in ordered]

    def _told(self, job: Any) -> PlannedJob:
        wildcards = dict(job.wildcards_dict)
        paper, cohort = self._paper(job), self._cohort(job)
        short = job.rule.name.removesuffix(f"_{paper}")
        batch = wildcards.get("batch", "")
        renewed = (f for f in self.dag.reason(job).updated_input_run if not f.is_ancient)
        return PlannedJob(
            rule=job.rule.name,
            paper=paper,
            cohort=cohort,
            wildcards=wildcards,
            label=f"{short} {batch}".strip(),
            inputs=tuple(map(str, job.input)),
            outputs=tuple(map(str, job.output)),
            renewed=tuple(sorted(map(str, renewed))),
            threads=job.threads if self.workflow.dryrun else 0,
            resources=dict(job.resources.items()) if self.workflow.dryrun else {},
            causes=tuple(dict.fromkeys(self._causes(job))),
        )

    def _paper(self, job: Any) -> str:
        ends = (paper for paper in self.papers if job.rule.name.endswith(f"_{paper}"))
        return job.wildcards_dict.get("paper") or next(ends, "")

    def _cohort(self, job: Any) -> str:
        paper = self.config["papers"].get(self._paper(job), {})
        return job.wildcards_dict.get("cohort") or paper.get("cohort", "")

    # Causes -------------------------------------------------------------------------------------------------

    def _causes(self, job: Any) -> list[Cause]:
        reason, record = self.dag.reason(job), self._record(job)
        found: list[Cause] = []
        if reason.forced:
            partial = self.workflow.async_run(self.workflow.persistence.incomplete(job))
            found += [of.Incomplete(str(path)) for path in partial[:1]] or [of.Forced()]
        if record is not None:
            found += self._changed_params(job, record)
            found += self._changed_inputs(job, record)
        if not any(isinstance(cause, of.Forced | of.Incomplete) for cause in found):
            found += self._missing(job)
        changed = {str(f) for f in reason.updated_input - reason.updated_input_run} - self.made_anew
        found += [of.ChangedFile(path) for path in sorted(changed)]
        if not found and not reason.updated_input_run:
            found.append(of.Unknown(str(reason)))
        return found

    @cached_property
    def made_anew(self) -> set[str]:
        """Outputs of planned jobs."""
        return {str(path) for job in self.planned for path in job.output}

    def _record(self, job: Any) -> Any:
        """What Snakemake kept of the job's last run; None where it never ran."""
        records = (self.workflow.persistence.metadata(path) for path in job.output)
        return next((record for record in records if record is not None), None)

    def _changed_params(self, job: Any, record: Any) -> list[Cause]:
        now = [repr(value) for value in _params(job).values()]
        before, after = of.stored_params(set(record.params or ()) - set(now)), of.stored_params(now)
        found: list[Cause] = []
        if before.settings is not None and after.settings is not None:
            for change in of.changed_settings(before.settings, after.settings):
                found += self._told_setting(job, change)
        if before.cases is not None and after.cases is not None:
            found += of.changed_cases(before.cases, after.cases, self._patients(job))
        if before.contents is not None and after.contents is not None:
            renamed = of.renamed_files(before.cases, after.cases if before.cases is not None else None)
            others = any(isinstance(cause, of.Regrouped) for cause in found)
            for change in of.changed_contents(before.contents, after.contents):
                if not others and (isinstance(change, of.ChangedFile) or change.path not in renamed):
                    found.append(change)
        if before.code is not None and after.code is not None:
            found += self._changed_code(before.code, after.code)
        if before != Stored() and not found:
            found.append(of.Unknown(str(self.dag.reason(job))))
        return found

    def _changed_code(self, before: str, after: str) -> list[Cause]:
        script = self.scripts.get(after, "")
        now = code_parts(script, ROOT) if script else _kept_code(after)
        return list(of.changed_code(_kept_code(before), now, script))

    @cached_property
    def scripts(self) -> dict[str, str]:
        """Fingerprint -> script of a rule that has it, below the project's folder."""
        found: dict[str, str] = {}
        for job in {job.rule.name: job for job in self.dag.jobs if job.rule.script}.values():
            path = Path(job.rule.basedir.join(job.rule.script).get_path_or_uri(False)).resolve()
            code = _params(job).get("code")
            if code and path.is_relative_to(ROOT):
                found[code] = path.relative_to(ROOT).as_posix()
        return found

    def _told_setting(self, job: Any, change: of.ChangedSetting) -> list[Cause]:
        """The change of a setting under the name that a user knows it by."""
        paper, cohort, key = self._paper(job), self._cohort(job), change.key
        parameter = key if key in self._parameters(paper) else ""
        if key.endswith("_code"):
            return self._changed_code(json.loads(change.before), json.loads(change.after))
        if key in CHOICE_OF_COHORT:
            name = f"papers.{paper}.cohort"
        elif key in COHORT_KEYS:
            name = f"cohorts.{cohort}.{key}"
        elif key == "batches":
            return [self._patients(job).regrouped()]
        elif parameter and job.wildcards_dict.get("extraction", "config") != "config":
            return [of.ChangedFile(self.config["models"].get(job.wildcards_dict["extraction"], key))]
        else:
            name = f"papers.{paper}.parameters.{key}" if parameter else key
        return [of.ChangedSetting(name, change.before, change.after)]

    def _parameters(self, paper: str) -> Iterable[str]:
        return resolve_parameters(paper, simulated=False) if paper else ()

    def _changed_inputs(self, job: Any, record: Any) -> list[Cause]:
        """Inputs that came or went (where they did not with their patients), and files of nobody's making that are
        newer and of other content."""
        now = {str(path) for path in job.input}
        before = set(record.input or now)
        cases = [
            of.stored_params(texts).cases for texts in (record.params or (), map(repr, _params(job).values()))
        ]
        now -= (renamed := of.renamed_files(*cases))
        found: list[Cause] = [of.NewInput(path) for path in sorted(now - before - self.made_anew)]
        for path in sorted(before - now - renamed):
            cases = self._cases_of_record(path)
            if cases is None:
                found.append(of.GoneInput(path))
                continue
            cohort = self._patients(job)
            gone = sorted(of.patients_of(cases) - cohort.after)
            found += [of.RemovedCase(patient) for patient in gone] or [cohort.regrouped()]
        changed = (path for path in sorted(now - self.made) if self._differs(job, path, record))
        return found + [of.ChangedFile(path) for path in changed]

    def _differs(self, job: Any, path: str, record: Any) -> bool:
        written = [os.stat(out).st_mtime for out in job.output if os.path.exists(out)]
        file = next(f for f in job.input if str(f) == path)
        if (
            file.is_ancient
            or not written
            or not os.path.isfile(path)
            or os.stat(path).st_mtime <= min(written)
        ):
            return False
        known = str((record.input_checksums or {}).get(path, "")).rpartition(":")[2]
        return file_digest(path) != known

    def _missing(self, job: Any) -> list[Cause]:
        """Outputs that are not there: of a batch that patients moved to, deleted, or never made."""
        missing = sorted(map(str, self.dag.reason(job).missing_output))
        if not missing:
            return []
        made = self._record(job) is not None
        if not made and "batch" in job.wildcards_dict and "cases" in _params(job):
            cohort = self._patients(job)
            new = sorted(of.patients_of(json.loads(_params(job)["cases"])) - cohort.before)
            if cohort.before:
                return [of.NewCase(patient) for patient in new] or [cohort.regrouped()]
        return [of.MissingOutput(missing[0], made)]

    # Patients -----------------------------------------------------------------------------------------------

    def _patients(self, job: Any) -> Cohort:
        """Patients of the job's cohort now, and when its batches were last made."""
        key = (self._paper(job), self._cohort(job))
        if key not in self.cohorts:
            before: set[str] = set()
            after: set[str] = set()
            for other in self.dag.jobs:
                if (self._paper(other), self._cohort(other)) != key:
                    continue
                if "batch" in other.wildcards_dict and "cases" in _params(other):
                    after |= of.patients_of(json.loads(_params(other)["cases"]))
                    record = self._record(other)
                    before |= of.patients_of(of.stored_params(record.params or ()).cases) if record else set()
                elif (record := self._record(other)) is not None:
                    for path in set(record.input or ()) - {str(path) for path in other.input}:
                        before |= of.patients_of(self._cases_of_record(path))
            self.cohorts[key] = Cohort(frozenset(before), frozenset(after))
        return self.cohorts[key]

    def _cases_of_record(self, path: str) -> list[dict] | None:
        """Cases of the batch that made a file which is no longer part of the plan."""
        from snakemake.io import IOFile

        record = self.workflow.persistence.metadata(IOFile(path))
        return of.stored_params(record.params or ()).cases if record is not None else None


def _params(job: Any) -> dict[str, str]:
    """The parameters of a job that are compared with those of its last run."""
    return {name: value for name, value in job.params.items() if name in COMPARED}


def _kept_code(fingerprint: str) -> dict[str, str] | None:
    """Definition -> hash of the code that a run kept under its fingerprint; None where none did."""
    try:
        return json.loads((CODE / f"{fingerprint}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
