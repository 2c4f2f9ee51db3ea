"""The computations of a target without Snakemake: `python -m tests.benchmarks.bare_target jobs.json seconds.json`.

One process imports every step once, forks a worker for each core, and hands each worker the next job whose inputs
are there: the same `main` of each step on the same inputs, settings, threads and seed, logs and provenance included.
"""

import json
import multiprocessing
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

from scripts.workflow.step import run
from tests.benchmarks.runs import CORES, ROOT


class NamedList(list):
    """A list of paths of which some have a name, as Snakemake hands inputs and outputs to a step."""

    def __init__(self, values: list[str], names: dict[str, list]) -> None:
        super().__init__(values)
        self.names = {name: self._of(*place) for name, place in names.items()}

    def _of(self, start: int, end: int | None) -> "str | NamedList":
        return list.__getitem__(self, start) if end is None else NamedList(self[start:end], {})

    def __getattr__(self, name: str):
        try:
            return self.__dict__["names"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, key):
        return self.names[key] if isinstance(key, str) else super().__getitem__(key)

    def get(self, name: str, default=None):
        """The value of a name."""
        return self.names.get(name, default)

    def keys(self):
        """Names."""
        return self.names.keys()

    def items(self):
        """Names with their values."""
        return self.names.items()


class Wildcards(SimpleNamespace):
    """Values by name, as Snakemake hands wildcards to a step."""

    def items(self):
        """Names with their values."""
        return vars(self).items()


def module_of(planned: dict):
    """The step's module, imported once."""
    return import_module(".".join(Path(planned["script"]).relative_to(ROOT).with_suffix("").parts))


def compute(planned: dict) -> float:
    """Run one job's step, and say how many seconds it took."""
    start = time.perf_counter()
    for path in planned["output"]["values"]:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    stand_in = SimpleNamespace(
        rule=planned["rule"],
        input=NamedList(**planned["input"]),
        output=NamedList(**planned["output"]),
        params=planned["params"],
        wildcards=Wildcards(**planned["wildcards"]),
        threads=planned["threads"],
        log=planned["log"],
    )
    try:
        run(stand_in, module_of(planned).main)
    except SystemExit:
        raise RuntimeError(f"{planned['rule']} failed: {Path(planned['log'][0]).read_text()}") from None
    return time.perf_counter() - start


def compute_all(jobs: list[dict]) -> dict[int, float]:
    """Seconds of each job, by id; jobs whose inputs are there run side by side."""
    seconds, running, waiting = {}, {}, {job["id"]: job for job in jobs}
    with ProcessPoolExecutor(CORES, mp_context=multiprocessing.get_context("fork")) as pool:
        while waiting or running:
            ready = [job for job in waiting.values() if not set(job["waits_for"]) - seconds.keys()]
            for job in ready[: CORES - len(running)]:
                running[pool.submit(compute, waiting.pop(job["id"]))] = job["id"]
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                seconds[running.pop(done)] = done.result()
    return seconds


def main() -> None:
    """Import, compute, write down the seconds."""
    plan, path = sys.argv[1:]
    jobs = json.loads(Path(plan).read_text(encoding="utf-8"))
    start = time.perf_counter()
    for job in jobs:
        module_of(job)
    imported = time.perf_counter()
    seconds = compute_all(jobs)
    record = {"imports": imported - start, "computing": time.perf_counter() - imported, "jobs": seconds}
    Path(path).write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    main()
