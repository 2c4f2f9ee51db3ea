"""A step run from nothing but the code that its fingerprint counts.

`reduced_project` writes a project that lacks every other module, and in which every other definition is a stand-in that
stops whoever uses it. `run_job` runs a planned job there, its script started as Snakemake starts it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from scripts.workflow.fingerprint import closure, code_parts
from scripts.workflow.module_source import ModuleSource
from tests.end_to_end.runs import ROOT

STAND_IN = '''
class StandIn:
    """What stands for a definition that does not count."""

    def __init__(self, name):
        object.__setattr__(self, "name", name)


def stop(self, *arguments):
    raise AssertionError("used, but not in the fingerprint: " + object.__getattribute__(self, "name"))


for method in (
    "call getattribute getattr setattr delattr getitem setitem iter next len contains bool eq ne lt le gt ge hash repr "
    "str format enter exit add radd sub rsub mul rmul truediv floordiv mod rmod and or ror xor neg index int float "
    "mro_entries set_name get array array_ufunc fspath reduce reduce_ex"
).split():
    setattr(StandIn, f"__{method}__", stop)
'''
START = """
import json, runpy, sys
from types import SimpleNamespace
job = json.load(open(sys.argv[1]))
from tests.benchmarks.bare_target import NamedList
snakemake = SimpleNamespace(
    rule=job["rule"], input=NamedList(**job["input"]), output=NamedList(**job["output"]), params=job["params"],
    wildcards=SimpleNamespace(**job["wildcards"]), threads=job["threads"], log=job["log"],
)
runpy.run_path(sys.argv[2], init_globals={"snakemake": snakemake}, run_name="__main__")
"""


def reduced_project(script: str, folder: Path) -> list[str]:
    """Write the project reduced to what the script's fingerprint counts; the definitions left out of its files."""
    parts = code_parts(script, ROOT)
    left_out = []
    for path in closure(script, ROOT):
        file = path.relative_to(ROOT).as_posix()
        source = ModuleSource(".".join(Path(file).with_suffix("").parts), path)
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.parse("\n".join(lines)).body:
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            names = {getattr(node, "name", "")} | {
                n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)
            }
            names = {
                name for name in names & source.definitions.keys() if name and f"{file}:{name}" not in parts
            }
            if isinstance(node, (ast.Import, ast.ImportFrom)) or not names:
                continue
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            stand_ins = "; ".join(
                f"{n} = __import__('stand_in').StandIn({file + ':' + n!r})" for n in sorted(names)
            )
            lines[first - 1 : node.end_lineno] = [stand_ins] + [""] * (node.end_lineno - first)
            left_out += [f"{file}:{name}" for name in names]
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "stand_in.py").write_text(STAND_IN, encoding="utf-8")
    for name in ("config", "resources"):
        (folder / name).symlink_to(ROOT / name)
    return left_out


def run_job(job: dict, project: Path, folder: Path) -> None:
    """Run a planned job in `folder` with the code of `project`."""
    for path in job["output"]["values"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (project / "job.json").write_text(json.dumps(job), encoding="utf-8")
    (project / "start.py").write_text(START, encoding="utf-8")
    script = project / Path(job["script"]).relative_to(ROOT)
    done = subprocess.run(
        [sys.executable, project / "start.py", project / "job.json", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{project}:{ROOT}"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    log = folder / job["log"][0]
    assert done.returncode == 0, f"{job['rule']}:\n{done.stdout}\n{log.read_text() if log.exists() else ''}"


def plan(folder: Path, target: str, *configfiles: str) -> list[dict]:
    """The first job of each rule of a target, producers before consumers."""
    program = [
        sys.executable,
        "-m",
        "tests.benchmarks.planned_jobs",
        target,
        folder / "jobs.json",
        *configfiles,
    ]
    subprocess.run(
        program, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True
    )
    jobs = json.loads((folder / "jobs.json").read_text())
    return [
        job
        for number, job in enumerate(jobs)
        if job["rule"] not in {other["rule"] for other in jobs[:number]}
    ]
