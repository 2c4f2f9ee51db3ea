"""Each rule names the keys and inputs that its step reads, and no others.

Every step of the targets runs once in this process on the files of a finished run, with settings, seed and inputs that
write down what is read. A key that is read and not named is a KeyError; one that is named and not read fails here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import SimpleITK as sitk

from scripts.workflow.job import job_of
from scripts.workflow.provenance import write_provenance
from tests.benchmarks.bare_target import NamedList, module_of
from tests.end_to_end.runs import PDF, ROOT

# Inputs that make a step wait, or that it reads by another way: through its cases, or beside its own module.
NOT_BY_NAME = {"admitted", "faults", "files", "template"}
PREDICTION = "results/crc_nomogram/predict/clinic/fitted.pdf"
SIMULATED_ONLY = {"draw_patients", "render_cases", "correlate_hallmarks", "assess_recovery"}


class Settings(dict):
    """Settings that write down the dotted keys of the values that are read."""

    def __init__(self, values: dict[str, Any], read: set[str], prefix: str = "") -> None:
        super().__init__(values)
        self.read, self.prefix = read, prefix

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, dict):
            return Settings(value, self.read, f"{self.prefix}{key}.")
        self.read.add(f"{self.prefix}{key}")
        return value

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __iter__(self):
        return iter(list(super().keys()))

    def keys(self):
        return list(super().keys())

    def items(self):
        return [(key, self[key]) for key in self]

    def values(self):
        return [self[key] for key in self]


class Inputs(NamedList):
    """Inputs that write down the names that are read."""

    def __init__(self, values: list[str], names: dict[str, list]) -> None:
        super().__init__(values, names)
        self.read: set[str] = set()

    def __getattr__(self, name: str):
        value = super().__getattr__(name)
        self.__dict__["read"].add(name)
        return value

    def __getitem__(self, key):
        if isinstance(key, str):
            self.__dict__["read"].add(key)
        return super().__getitem__(key)

    def items(self):
        self.read |= set(self.names)
        return super().items()


class WatchedJob:
    """A job that writes down whether its seed is read."""

    def __init__(self, job: Any) -> None:
        self._job, self.read = job, set()
        self.settings = Settings(job.settings, self.read)

    @property
    def seed(self) -> int | None:
        self.read.add("seed")
        return self._job.seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._job, name)


def leaves(branch: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for key, value in branch.items():
        inner = isinstance(value, dict) and value
        found |= leaves(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}"}
    return found


def read_by(planned: dict) -> tuple[set[str], set[str]]:
    """Run a step, and say which settings and which named inputs it read."""
    for path in planned["output"]["values"]:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    job = job_of(
        SimpleNamespace(
            rule=planned["rule"],
            input=Inputs(**planned["input"]),
            output=NamedList(**planned["output"]),
            params=planned["params"],
            wildcards=SimpleNamespace(**planned["wildcards"]),
            threads=1,
            log=planned["log"],
        )
    )
    watched = WatchedJob(job)
    module_of(planned).main(watched)
    read = watched.read, set(job.input.read)
    if "provenance" in dict(job.output.items()):  # what the next step may read
        write_provenance(job)
    return read


def plan(folder: Path, target: str, *configfiles: str) -> list[dict]:
    """A job of each rule of the target."""
    command = [sys.executable, "-m", "tests.benchmarks.planned_jobs", target, "jobs.json", *configfiles]
    subprocess.run(
        command, cwd=folder, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True
    )
    jobs: dict[str, dict] = {}
    for job in json.loads((folder / "jobs.json").read_text(encoding="utf-8")):
        jobs.setdefault(job["rule"].removesuffix("_crc_nomogram"), job)
    return list(jobs.values())


def unread(job: dict) -> dict[str, set[str]]:
    """Keys and inputs that the rule names and the step leaves alone."""
    settings, inputs = read_by(job)
    named = leaves(json.loads(job["params"].get("settings", "{}")))
    return {"settings": named - settings, "inputs": set(job["input"]["names"]) - inputs - NOT_BY_NAME}


def check_all(jobs: Iterable[dict]) -> None:
    too_many = {job["rule"]: found for job in jobs if any((found := unread(job)).values())}
    assert not too_many


def split(mask: Path) -> None:
    """Give a mask a second piece: whether that is allowed is asked only then."""
    image = sitk.ReadImage(str(mask))
    array = sitk.GetArrayFromImage(image)
    array[0, 0, 0] = array[-1, -1, -1] = array.max()
    changed = sitk.GetImageFromArray(array)
    changed.CopyInformation(image)
    sitk.WriteImage(changed, str(mask))


@pytest.mark.filterwarnings("ignore")
def test_rules_of_a_cohort_name_what_they_read(hospital, tmp_path, monkeypatch):
    folder = hospital.copy(tmp_path / "copy").folder
    monkeypatch.chdir(folder)
    jobs = {
        job["rule"]: job for job in plan(folder, PREDICTION, "mine.yaml") + plan(folder, PDF, "mine.yaml")
    }
    assert len(jobs) == 18
    mask = Path(json.loads(jobs["check_cases"]["params"]["cases"])[0]["mask"])
    whole = mask.read_bytes()
    split(mask)
    check_all([jobs["check_cases"]])
    mask.write_bytes(whole)
    read_by(jobs.pop("check_cases"))
    check_all(jobs.values())


@pytest.mark.filterwarnings("ignore")
def test_rules_of_the_simulation_name_what_they_read(simulated_run, copy_of, monkeypatch):
    folder = copy_of(simulated_run)
    monkeypatch.chdir(folder)
    jobs = [job for job in plan(folder, PDF) if job["rule"].removesuffix("_crc_nomogram") in SIMULATED_ONLY]
    assert len(jobs) == len(SIMULATED_ONLY)
    check_all(jobs)
