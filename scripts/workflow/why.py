"""A plan in plain words: what changed, which steps it reaches, and what follows from them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from scripts.workflow import causes as of
from scripts.workflow.causes import Cause
from scripts.workflow.plan import PlannedJob

WIDTH = 110
MOST_GROUPS = 8
MOST_NAMES = 6
INDENT = "    "


def explain(jobs: list[PlannedJob]) -> str:
    """What would run and because of which file, key or function; a group of lines for each thing that changed."""
    if not jobs:
        return "Nothing has changed: no job would run."
    if _is_first_run(jobs):
        return _wrapped(f"Nothing is there yet: all {_count(len(jobs), 'job')} would run: {_steps(jobs)}.")
    lines = [f"Why {_count(len(jobs), 'job')} would run:"]
    groups = _groups(jobs)
    for headline, direct in groups[:MOST_GROUPS]:
        lines.append(_wrapped(f"- {headline}", "  "))
        lines.append(_wrapped(f"{INDENT}reaches {_steps(direct)}{_and_then(direct, jobs)}", INDENT * 2))
    if len(groups) > MOST_GROUPS:
        lines.append(f"- and {_count(len(groups) - MOST_GROUPS, 'more change')}")
    return "\n".join(lines)


def summary(jobs: list[PlannedJob], total: int) -> str:
    """The same in five lines at most, for the start of a run; '' where nothing runs. `total`: jobs of the target."""
    if not jobs:
        return ""
    if _is_first_run(jobs):
        return f"{len(jobs)} of {_count(total, 'job')} to do: nothing is there yet."
    headlines = [headline for headline, _ in _groups(jobs)]
    more = f"; and {_count(len(headlines) - 3, 'more change')}" if len(headlines) > 3 else ""
    text = f"{len(jobs)} of {_count(total, 'job')} to do: {'; '.join(headlines[:3])}{more}."
    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=INDENT, max_lines=5, placeholder=" ..."))


def unjudged(rules: list[str]) -> str:
    """What to say of finished steps whose record is missing or does not name all of their files; '' for none."""
    if not rules:
        return ""
    again = "--forceall" if len(rules) > MOST_NAMES else f"--forcerun {' '.join(rules)}"
    text = (
        f"Not judged, as there is no whole record of their last run: {_listed(rules)}. They may be out of date; "
        f"to be sure, make them again with {again}."
    )
    return _wrapped(text)


def _is_first_run(jobs: list[PlannedJob]) -> bool:
    causes = [cause for job in jobs for cause in job.causes]
    made = (isinstance(cause, of.MissingOutput) and not cause.made_before for cause in causes)
    return all(made) and not any(job.follows for job in jobs)


# Groups of causes -------------------------------------------------------------------------------------------


def _groups(jobs: list[PlannedJob]) -> list[tuple[str, list[PlannedJob]]]:
    """What changed, in words, with the jobs that it reaches by itself."""
    reached: dict[Cause, list[PlannedJob]] = {}
    for job in jobs:
        for cause in job.causes:
            reached.setdefault(cause, []).append(job)
    together: dict[Any, list[Cause]] = {}
    for cause, direct in reached.items():
        together.setdefault(_kind(cause, direct), []).append(cause)
    groups = []
    for causes in together.values():
        direct = {id(job) for cause in causes for job in reached[cause]}
        groups.append((_headline(causes), [job for job in jobs if id(job) in direct]))
    return groups


def _kind(cause: Cause, direct: list[PlannedJob]) -> Any:
    """Causes of the same kind are told together: settings and code where they reach the same jobs, files where they
    reach the same steps."""
    if isinstance(cause, of.ChangedCode | of.ChangedSetting):
        return type(cause), cause.script if _is_unnamed(cause) else "", tuple(id(job) for job in direct)
    if isinstance(cause, of.ChangedFile | of.NewInput | of.GoneInput):
        return type(cause), tuple(sorted({job.rule for job in direct}))
    if isinstance(cause, of.MissingOutput):
        return type(cause), cause.made_before
    if isinstance(cause, of.ChangedCase):
        return type(cause), cause.field
    return type(cause), getattr(cause, "because", "")


def _is_unnamed(cause: Cause) -> bool:
    return isinstance(cause, of.ChangedCode) and not cause.definition


def _headline(causes: list[Any]) -> str:
    """What changed, in words, for causes of one kind."""
    first = causes[0]
    words: dict[type, Callable[[], str]] = {
        of.ChangedFile: lambda: _several(_paths(causes), "{} changed", "{n} files changed: {}"),
        of.NewInput: lambda: _several(_paths(causes), "{} is new", "{n} files are new: {}"),
        of.GoneInput: lambda: _several(_paths(causes), "{} is gone", "{n} files are gone: {}"),
        of.ChangedSetting: lambda: "; ".join(f"{c.key}: {c.before} -> {c.after}" for c in causes),
        of.ChangedCode: lambda: _code(causes),
        of.NewCase: lambda: _several(_patients(causes), "patient {} is new", "{n} patients are new: {}"),
        of.RemovedCase: lambda: _several(
            _patients(causes), "patient {} is gone", "{n} patients are gone: {}"
        ),
        of.ChangedCase: lambda: _several(
            [f"{c.patient} (was '{c.before}', is '{c.after}')" for c in causes],
            f"another {first.field} of patient {{}}",
            f"another {first.field} of {{n}} patients: {{}}",
        ),
        of.Regrouped: lambda: f"{first.because}: other patients share a batch",
        of.MissingOutput: lambda: _missing(causes),
        of.Incomplete: lambda: _several(
            _paths(causes),
            "a run was stopped while it made {}",
            "a run was stopped while it made {n} files: {}",
        ),
        of.Forced: lambda: "asked for on the command line",
        of.Unknown: lambda: textwrap.shorten(
            first.text or "Snakemake gives no reason", 160, placeholder=" ..."
        ),
    }
    return words[type(first)]()


def _missing(causes: list[of.MissingOutput]) -> str:
    if causes[0].made_before:
        return _several(_paths(causes), "{} was deleted", "{n} outputs were deleted: {}")
    return _several(_paths(causes), "{} is not made yet", "{n} outputs are not made yet: {}")


def _code(causes: list[of.ChangedCode]) -> str:
    if _is_unnamed(causes[0]):
        return f"the code of {causes[0].script or 'a step'}, or what it imports, changed"
    names: dict[str, list[str]] = {}
    for cause in causes:
        path, _, name = cause.definition.partition(":")
        names.setdefault(path, []).append("what runs on import" if name in ("", "__main__") else name)
    parts = [f"{_listed(found)} in {path}" for path, found in names.items()]
    return f"the code changed: {_listed(parts)}"


def _paths(causes: list[Any]) -> list[str]:
    return [cause.path for cause in causes]


def _patients(causes: list[Any]) -> list[str]:
    return [cause.patient for cause in causes]


# Steps and words --------------------------------------------------------------------------------------------


def _and_then(direct: list[PlannedJob], jobs: list[PlannedJob]) -> str:
    """Jobs behind `direct`, by the files that they wait for."""
    renewed = {path for job in direct for path in job.outputs}
    known = {id(job) for job in direct}
    behind = []
    for job in jobs:  # producers come before consumers
        if id(job) not in known and not renewed.isdisjoint(job.renewed):
            behind.append(job)
            renewed.update(job.outputs)
    return f", then {_steps(behind)}" if behind else ""


def _steps(jobs: Iterable[PlannedJob]) -> str:
    """Rules with the batches or the number of jobs of each; the number of the others after the first few."""
    rules: dict[tuple[str, str], list[PlannedJob]] = {}
    for job in jobs:
        rules.setdefault((job.paper, job.rule), []).append(job)
    parts = [
        members[0].label if len(members) == 1 else f"{members[0].label.split()[0]} ({len(members)} jobs)"
        for members in rules.values()
    ]
    if len(parts) <= MOST_NAMES + 1:
        return _listed(parts)
    rest = sum(len(members) for members in list(rules.values())[MOST_NAMES:])
    return f"{', '.join(parts[:MOST_NAMES])} and {rest} more"


def _several(names: list[str], one: str, many: str) -> str:
    names = sorted(dict.fromkeys(names))
    if len(names) == 1:
        return one.format(names[0])
    return many.format(_listed(names), n=len(names))


def _listed(names: list[str]) -> str:
    """a, b and c; the number of the others after the first few."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _wrapped(text: str, indent: str = INDENT) -> str:
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
