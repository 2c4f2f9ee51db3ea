"""Why a job runs: what differs between its parameters now and those that its outputs were made with.

Snakemake keeps the parameters of a finished job as an unordered list of texts without names. A rule of this project has
at most four of them, and each tells by its form which it is: `code` (a fingerprint), `cases` (a JSON list of cases),
`settings` (a JSON object whose keys are words) and `contents` (a JSON object whose keys are paths).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

FINGERPRINT = re.compile(r"[0-9a-f]{16,64}")
ABSENT = "not set"


@dataclass(frozen=True)
class MissingOutput:
    """An output is not there; `made_before` where it was once."""

    path: str
    made_before: bool


@dataclass(frozen=True)
class ChangedFile:
    """A file that no job of the target makes, or that was changed behind the run's back."""

    path: str


@dataclass(frozen=True)
class NewInput:
    """A file that the job did not read before."""

    path: str


@dataclass(frozen=True)
class GoneInput:
    """A file that the job read before and does not read now."""

    path: str


@dataclass(frozen=True)
class ChangedSetting:
    """A key of the configuration, as the user writes it; values as JSON text."""

    key: str
    before: str
    after: str


@dataclass(frozen=True)
class ChangedCode:
    """A definition 'scripts/x/y.py:function', or, where nothing tells which one, the `script` that reaches it."""

    definition: str
    script: str


@dataclass(frozen=True)
class NewCase:
    """A patient who was not in the cohort."""

    patient: str


@dataclass(frozen=True)
class RemovedCase:
    """A patient who is no longer in the cohort."""

    patient: str


@dataclass(frozen=True)
class ChangedCase:
    """A cell of a patient that names its files."""

    patient: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Regrouped:
    """The same patients, in other batches; `because` says why."""

    because: str


@dataclass(frozen=True)
class Incomplete:
    """A run was stopped while this output was made."""

    path: str


@dataclass(frozen=True)
class Forced:
    """Asked for on the command line."""


@dataclass(frozen=True)
class Unknown:
    """Snakemake's own words, where no other cause fits."""

    text: str


Cause = (
    MissingOutput | ChangedFile | NewInput | GoneInput | ChangedSetting | ChangedCode | NewCase | RemovedCase
    | ChangedCase | Regrouped | Incomplete | Forced | Unknown
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """Parameters of a job by their kind; None where it has none."""

    settings: dict[str, Any] | None = None
    cases: list[dict[str, Any]] | None = None
    contents: dict[str, str] | None = None
    code: str | None = None


def stored_params(texts: Iterable[str]) -> Stored:
    """The parameters behind Snakemake's list of Python literals; a text of no known form is left out."""
    found: dict[str, Any] = {}
    for text in texts:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            continue
        if isinstance(value, str) and FINGERPRINT.fullmatch(value):
            found["code"] = value
            continue
        try:
            value = json.loads(value)
        except (TypeError, ValueError):
            continue
        if isinstance(value, list):
            found["cases"] = value
        elif isinstance(value, dict):
            is_contents = bool(value) and not all(key.isidentifier() for key in value)
            found["contents" if is_contents else "settings"] = value
    return Stored(**found)


def flat(branch: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted keys -> values; a list of objects that have a `name` and a `value` counts as an object of them."""
    if isinstance(branch, list) and branch and all(isinstance(x, dict) and "name" in x for x in branch):
        return {f"{prefix}{x['name']}": x.get("value") for x in branch}
    if not isinstance(branch, dict):
        return {prefix.rstrip("."): branch}
    found: dict[str, Any] = {}
    for key, node in branch.items():
        nested = isinstance(node, dict) or (key == "parameters" and isinstance(node, list))
        inner = "" if key == "parameters" else f"{prefix}{key}."
        found.update(flat(node, inner) if nested else {f"{prefix}{key}": node})
    return found


def changed_settings(before: dict[str, Any], after: dict[str, Any]) -> Iterator[ChangedSetting]:
    """Keys whose values differ, dotted as the step reads them."""
    old, new = flat(before), flat(after)
    for key in sorted({*old, *new}):
        texts = [json.dumps(values[key]) if key in values else ABSENT for values in (old, new)]
        if texts[0] != texts[1]:
            yield ChangedSetting(key, *texts)


def changed_contents(before: dict[str, str], after: dict[str, str]) -> Iterator[Cause]:
    """Files whose content label differs."""
    for path in sorted({*before, *after}):
        if path not in before:
            yield NewInput(path)
        elif path not in after:
            yield GoneInput(path)
        elif before[path] != after[path]:
            yield ChangedFile(path)


def changed_code(
    before: dict[str, str] | None, after: dict[str, str] | None, script: str
) -> list[ChangedCode]:
    """Definitions that a step reaches and that differ; one cause without a name where either side is not known."""
    if before is not None and after is not None:
        names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
        if names:
            return [ChangedCode(name, "") for name in names]
    return [ChangedCode("", script)]


def _by_patient(cases: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        found.setdefault(str(case["patient"]), []).append(case)
    return found


def patients_of(cases: Iterable[dict[str, Any]] | None) -> set[str]:
    """Patient ids of a list of cases."""
    return {str(case["patient"]) for case in cases or []}


def renamed_files(before: list[dict] | None, after: list[dict] | None) -> set[str]:
    """Texts in cells of cases that only one of two lists has: files that came or went with a patient or a cell."""
    old, new = ({str(text) for case in cases or [] for text in case.values()} for cases in (before, after))
    return old ^ new


@dataclass(frozen=True)
class Cohort:
    """Patients of a cohort when its outputs were made, and now."""

    before: frozenset[str]
    after: frozenset[str]

    def regrouped(self) -> Regrouped:
        """Why patients who stay are in other batches."""
        same = self.before == self.after
        return Regrouped("cases_per_job" if same else "patients were added or removed")


def changed_cases(before: list[dict], after: list[dict], cohort: Cohort) -> list[Cause]:
    """New and removed patients, cells that name other files, or patients who came from another batch."""
    old, new = _by_patient(before), _by_patient(after)
    found: list[Cause] = [NewCase(p) for p in sorted(new.keys() - old.keys()) if p not in cohort.before]
    found += [RemovedCase(p) for p in sorted(old.keys() - new.keys()) if p not in cohort.after]
    for patient in sorted(old.keys() & new.keys()):
        if old[patient] != new[patient] and len(old[patient]) == len(new[patient]) == 1:
            was, now = old[patient][0], new[patient][0]
            found += [
                ChangedCase(patient, key, str(was.get(key, "")), str(now.get(key, "")))
                for key in sorted({*was, *now})
                if was.get(key, "") != now.get(key, "")
            ]
        elif old[patient] != new[patient]:
            found.append(ChangedCase(patient, "rows", str(len(old[patient])), str(len(new[patient]))))
    return found or [cohort.regrouped()]
